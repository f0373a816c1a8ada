"""RFC 9110 §15.5, §15.6: the meaning of an error, in a sentence or two."""

from typing import Final

__all__ = ["explanation"]

_EXPLANATIONS: Final = {
    400: "The server could not understand this request. Sending it again unchanged will not help.",
    401: "This is shown only with the right credentials, such as a password. The request had none, or wrong ones.",
    402: "This has to be paid for before it is shown.",
    403: "The server will not show this. Asking again will not help.",
    404: "There is nothing at this address. It may have been moved or deleted, or the address may be mistyped.",
    405: "This resource does not offer the method of the request.",
    406: "The server has this resource only in forms that the request excludes.",
    408: "The request did not arrive in time. It can be sent again.",
    409: "The request does not fit the present state of the resource. Fetch it anew before trying again.",
    410: "The resource at this address has been removed, and will not come back.",
    411: "The server takes this content only with a Content-Length.",
    412: "A condition of the request does not hold: the resource is not what the client expected. "
    "Fetch it anew before trying again.",
    413: "The content of the request is larger than the server takes. Sending it again will not help.",
    414: "The address is longer than the server takes. Sending it again will not help.",
    415: "The content of the request has a format that is not taken here.",
    416: "The resource has no bytes in the range that was asked for.",
    417: "The server does not support what the Expect field of the request demands.",
    421: "This connection cannot answer for the address that was asked for. A new connection may.",
    422: "The content of the request can be read, but cannot be carried out.",
    426: "The server answers this only over another protocol, which the Upgrade field of the answer names.",
    428: "The request has to say which state of the resource it is about, with If-Match for instance.",
    429: "Too many requests have come in a while. Please wait before trying again.",
    431: "The header section of the request is larger than the server takes.",
    500: "Something went wrong inside the server. It has been noted in the log; trying again later may help.",
    501: "The server does not know how to do what the request asks for.",
    502: "The program behind this address gave no valid answer. Trying again later may help.",
    503: "The server has too much to do right now. Please try again shortly.",
    504: "The program behind this address did not answer in time. Trying again later may help.",
    # The versions that are served (9110-15.6.6-1c)
    505: "The server speaks HTTP/1.1 and HTTP/1.0, and no other major version of HTTP on this connection.",
}


def explanation(status: int) -> str:
    """The meaning of an error of the client's (9110-15.5-1b) or of ours (9110-15.6-1b), and whether it will pass."""
    known = _EXPLANATIONS.get(status)
    if known is not None:
        return known
    return "The server could not answer this request." if status >= 500 else "The server did not accept this request."

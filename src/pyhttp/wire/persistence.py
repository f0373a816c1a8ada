"""RFC 9112 §9.3: whether a connection persists after a request, as far as the request says."""

from pyhttp.messages import RequestHead

__all__ = ["persists"]


def persists(head: RequestHead) -> bool:
    """Whether the client is ready for another exchange on this connection.

    Options that mean nothing here, and members that are no options at all, are ignored (RFC 9110 §7.6.1).
    """
    options = {option.lower() for option in head.headers.members("Connection")}
    if "close" in options:
        return False
    return head.version != "HTTP/1.0" or "keep-alive" in options

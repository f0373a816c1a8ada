"""RFC 9112 §9.3: whether a connection persists after a request, as far as the request says."""

from pyhttp.messages import RequestHead

__all__ = ["persists"]


def persists(head: RequestHead) -> bool:
    """Whether the client is ready for another exchange on this connection.

    Options that mean nothing here, and members that are no options at all, are ignored (RFC 9110 §7.6.1).
    """
    value = head.headers.by_name.get("connection")
    if value is None:
        return head.version != "HTTP/1.0"
    if value == "keep-alive":  # what browsers send
        return True
    options = {option.lower() for option in head.headers.members("Connection")}
    return "close" not in options and (head.version != "HTTP/1.0" or "keep-alive" in options)

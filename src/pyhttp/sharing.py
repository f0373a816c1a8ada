"""One look at a file for all that ask for it at once: which answers requests that arrived together may share.

`transport.together` says why none of them can tell the answer from one of its own.
"""

from typing import Final

from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.site import Site
from pyhttp.transport.exchange import Exchange

__all__ = ["answered_together", "keep_for_others"]

_MOST: Final = 16
"""The number of answers kept in a round, each of at most 64 KiB. Where more files are asked for, little is shared."""
_CHOOSING: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range"})
"""The fields by which a request chooses among the answers of a file (RFC 9110 §13.1, §14.2)."""


def answered_together(exchange: Exchange) -> bool:
    """Answer a request as another was that arrived together with it; False where none was, or it asks for more.

    Args:
        exchange: The exchange of a request to the server of a folder.

    Raises:
        OSError: The connection failed.
    """
    together, head = exchange.together, exchange.head
    if not together or head is None or head.path not in together:
        return False
    fields = head.headers.by_name
    if head.method != "GET" or not _CHOOSING.isdisjoint(fields) or ";" in fields.get("accept-encoding", ""):
        return False
    if exchange.refusal is not None:
        return False
    exchange.respond(together[head.path], ends_turn=True)
    return True


def keep_for_others(request: Request, site: Site, response: Response) -> None:
    """Keep the answer of a file for the others, if it depends on nothing but the path of its request."""
    together, add_fields = request.exchange.together, request.exchange.add_fields
    if together is None or len(together) >= _MOST or response.status != 200 or not isinstance(response.body, bytes):
        return
    if site.codings or site.compress or site.auth is not None or "content-encoding" in response.headers.by_name:
        return
    together[request.path] = response if add_fields is None else add_fields(response)

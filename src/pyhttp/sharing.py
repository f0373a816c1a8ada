"""One look at a file for all that ask for it at once: which answers requests that arrived together may share.

`transport.together` says why none of them can tell the answer from one of its own.
"""

from collections.abc import Mapping
from typing import Final

from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.site import Site
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.together import Asked

__all__ = ["answered_together", "keep_for_others"]

_MOST: Final = 16
"""The number of answers kept in a round, each of at most 64 KiB. Where more files are asked for, little is shared."""


def answered_together(exchange: Exchange) -> bool:
    """Answer a request as another was that arrived together with it; False where none was, or it asks for more.

    Args:
        exchange: The exchange of a request to the server of a folder.

    Raises:
        OSError: The connection failed.
    """
    together, head = exchange.together, exchange.head
    if not together or head is None or head.method != "GET" or exchange.refusal is not None:
        return False
    fields = head.headers.by_name
    asked = _asked(head.path, fields)
    found = None if asked is None else together.get(asked)
    if found is None or ";" in fields.get("accept-encoding", ""):
        return False
    exchange.respond(found, ends_turn=True)
    return True


def _asked(path: str, fields: Mapping[str, str]) -> Asked | None:
    """What a request asks for: a path, mostly; None where it chooses among the answers in a rarer way.

    A client that has the file sends a validator of its copy: entity tags (RFC 9110 §13.1.2), or else a date, which
    counts where there are no tags (§13.1.3). Other preconditions, and ranges (§14.2), are too rare to be shared.
    """
    if "range" in fields or "if-match" in fields or "if-unmodified-since" in fields:
        return None
    tags = fields.get("if-none-match")
    if tags is not None:
        return path, tags, ""
    date = fields.get("if-modified-since")
    return path if date is None else (path, None, date)


def keep_for_others(request: Request, site: Site, response: Response) -> None:
    """Keep the answer of a file for the others, if it depends on nothing but the path and the client's own copy."""
    together, add_fields, fields = request.exchange.together, request.exchange.add_fields, request.headers.by_name
    if together is None or len(together) >= _MOST or not isinstance(response.body, bytes):
        return
    asked = _asked(request.path, fields)
    if asked is None or response.status not in {200, 304}:
        return
    if site.codings or site.compress or site.auth is not None or "content-encoding" in response.headers.by_name:
        return
    together[asked] = response if add_fields is None else add_fields(response)

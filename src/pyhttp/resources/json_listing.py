"""RFC 8259: a directory as a JSON array, complete whatever its length (safety lines W4, W5)."""

from collections.abc import Iterator
from functools import lru_cache
from os import DirEntry
from typing import Final

from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.entries import Directory, Entry
from pyhttp.resources.generated import generated_response, streamed_response
from pyhttp.resources.listing import VARY, open_listed
from pyhttp.resources.order import Order
from pyhttp.resources.rows import json_rows
from pyhttp.resources.site_fields import Lines
from pyhttp.resources.sorting import BLOCK, Sorting
from pyhttp.resources.view import view_of
from pyhttp.site import Site

__all__ = ["json_response"]

_DEFAULT_LIMITS: Final = Limits()
_LINES: Final[Lines] = (("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"), VARY)
_START: Final = "[\n"
_BETWEEN: Final = ",\n"
_END: Final = "\n]\n"


def json_response(head: RequestHead, path: str, *, root: str, site: Site, limits: Limits = _DEFAULT_LIMITS) -> Response:
    """A listing as an array of objects with name, type, size, mtime and url, for all served entries, in order.

    Entries beyond the number that `limits` allows on a page are written while they are sent, in many turns.

    Args:
        head: The request; `sort` and `order` in its query choose the order, `q` a part of the names.
        path: Absolute file-system path of the directory.
        root: Absolute path of the folder served.
        site: The rules by which it is served.
        limits: The limits for entries that are written at once.

    Raises:
        HTTPError: As `directory_page` and `listing_response`.
    """
    order, _, wanted = view_of(head.query)
    directory = open_listed(path, root, site, wanted=wanted)
    try:
        found = directory.block(limits.listing_entries + 1)
        if len(found) > limits.listing_entries:
            return streamed_response(head, _Long(directory, found, order), _LINES, site=site)
        entries = tuple(directory.entries(found))
    except BaseException:
        directory.close()
        raise
    directory.close()
    return generated_response(head, _short(entries, order), _LINES, site=site)


@lru_cache(maxsize=1)
def _short(found: tuple[Entry, ...], order: Order) -> str:
    """The array of entries that have just been read; the last one is kept, since writing takes longer than reading."""
    return _START + _BETWEEN.join(json_rows(order.sorted(found))) + _END


class _Long:
    """The array of a long directory: read, sorted and written in steps; other clients are served between the steps.

    Args:
        directory: The directory; `close` closes it.
        found: The names that have been read of it.
        order: The order of the entries.
    """

    __slots__ = ("_directory", "_pieces")

    def __init__(self, directory: Directory, found: list[DirEntry[str]], order: Order) -> None:
        self._directory = directory
        self._pieces = _pieces(directory, found, order)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._directory.close()


def _pieces(directory: Directory, found: list[DirEntry[str]], order: Order) -> Iterator[bytes]:
    """Yield the array in pieces; an empty piece ends a step without output."""
    sorting = Sorting(directory, order)
    while found:
        sorting.add(found)
        yield b""
        found = directory.block(BLOCK)
    yield _START.encode()
    before = ""
    for names in sorting.take():
        rows = json_rows(directory.again(names))
        yield (before + _BETWEEN.join(rows)).encode() if rows else b""
        before = _BETWEEN if rows else before
    yield _END.encode()

"""The order of a directory that is too long for one page: its names are sorted as they are read, block by block.

One text is kept of each entry, and only the texts that the page can show. So a directory of a million files is listed
without a million objects that describe them.
"""

from collections.abc import Callable, Iterable, Iterator
from os import DirEntry
from typing import Final

from pyhttp.resources.entries import Directory, Entry
from pyhttp.resources.order import Column, Order

__all__ = ["BLOCK", "Sorting", "part_of"]

BLOCK: Final = 1024
"""The number of names that are read, or entries that are written, in one step."""


class Sorting:
    """Names in an order, which sizes and times may be part of.

    Args:
        directory: The directory whose names are added; an order by name looks at none of the files.
        order: The order of the names.
        keep: The number of first names that are wanted; 0 for all.

    Attributes:
        count: The number of shown names that have been added, as far as the order had to look at them.
    """

    __slots__ = ("_directory", "_keep", "_order", "_records", "count")

    def __init__(self, directory: Directory, order: Order, keep: int = 0) -> None:
        self._directory = directory
        self._order = order
        self._keep = keep
        self._records: list[str] = []
        self.count: int = 0

    def add(self, found: Iterable[DirEntry[str]]) -> None:
        """Take names from the directory."""
        directory, order = self._directory, self._order
        look: Callable[[Iterable[DirEntry[str]]], list[Entry]]
        look = directory.outlines if order.column is Column.NAME else directory.entries
        entries = look(found)
        self.count += len(entries)
        records = [f"{key}\0{entry.name}" for key, entry in zip(order.keys(entries), entries, strict=False)]
        records.sort(reverse=order.reverse)  # the sort of all merges sorted parts
        self._records += records
        if self._keep and len(self._records) > 2 * self._keep:
            self._sort()

    def names(self, start: int, stop: int) -> list[str]:
        """The names from one place to another in the order; the first place is 0."""
        self._sort()
        return _names(self._records[start:stop])

    def take(self) -> Iterator[list[str]]:
        """All names by blocks; meanwhile only their letters are kept."""
        self._sort()
        records, self._records = self._records, []
        blocks = ["/".join(_names(records[start : start + BLOCK])) for start in range(0, len(records), BLOCK)]
        del records
        return (block.split("/") for block in blocks)

    def _sort(self) -> None:
        self._records.sort(reverse=self._order.reverse)
        if self._keep:
            del self._records[self._keep :]


def _names(records: list[str]) -> list[str]:
    return "\0".join(records).split("\0")[1::2]


def part_of(directory: Directory, order: Order, number: int, size: int) -> tuple[list[Entry], int]:
    """The entries on one page, in no order, and the number of entries on all pages.

    In a directory with one page all entries are looked at, and counted. In a longer one an order by name looks only at
    those on the page. So some of the counted names may be names that the server cannot read, and a page that would show
    them has fewer entries.

    Args:
        directory: A directory of which no name has been read.
        order: The order that divides entries into pages.
        number: The number of the page; the first is 1. Beyond the last there are no entries.
        size: The number of entries on a page.
    """
    found = directory.block(size + 1)
    if len(found) <= size:
        entries = directory.entries(found)
        return entries, len(entries)
    sorting = Sorting(directory, order, number * size)
    while found:
        sorting.add(found)
        found = directory.block(BLOCK)
    return directory.again(sorting.names((number - 1) * size, number * size)), sorting.count

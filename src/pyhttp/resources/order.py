"""In what order a listing shows its entries: folders first, then as its query asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Final

from pyhttp.resources.entries import Entry

__all__ = ["Column", "Order", "parameters"]

_NUMBER: Final = re.compile("([0-9]+)")


class Column(Enum):
    """What entries are sorted by; the value stands in the query."""

    NAME = "name"
    SIZE = "size"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Order:
    """A column and a direction."""

    column: Column = Column.NAME
    descending: bool = False

    @classmethod
    def of(cls, query: str) -> "Order":
        """The order that a query asks for; what it does not say, or says wrongly, is by name and ascending."""
        asked = parameters(query)
        column = next((column for column in Column if column.value == asked.get("sort")), Column.NAME)
        return cls(column, asked.get("order") == "desc")

    def sorted(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries in this order; names decide between equals, always ascending."""
        folders = self._sorted([entry for entry in entries if entry.is_directory])
        return folders + self._sorted([entry for entry in entries if not entry.is_directory])

    def _sorted(self, entries: list[Entry]) -> list[Entry]:
        keys = _natural([entry.name for entry in entries])
        found = [entry for _, entry in sorted(zip(keys, entries, strict=False))]  # an entry begins with its name
        if self.column is Column.SIZE:
            found.sort(key=attrgetter("size"), reverse=self.descending)
        elif self.column is Column.DATE:
            found.sort(key=attrgetter("modified"), reverse=self.descending)
        elif self.descending:
            found.reverse()
        return found

    def direction_for(self, column: Column) -> str:
        """What a column's heading leads to: the other direction, or the one that people look for first."""
        descending = not self.descending if column is self.column else column is not Column.NAME
        return "desc" if descending else "asc"


def parameters(query: str) -> dict[str, str]:
    """The name=value pairs of a query, as they stand; the last of equal names counts."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return {name: value for name, _, value in pairs}


def _natural(names: list[str]) -> list[str]:
    """What each name is sorted by: letters without their case, and numbers by value: their length before their digits.

    A zero stands before the length, so that a number keeps the place of a digit among other characters. All names are
    taken together, with a slash between them, which no name holds: that takes half of the time. Without names, the
    result is one empty text.
    """
    parts = _NUMBER.split("/".join(names).casefold())
    numbers = [digits.lstrip("0") for digits in parts[1::2]]
    parts[1::2] = [f"0{chr(48 + len(number))}{number}" for number in numbers]
    return "".join(parts).split("/")

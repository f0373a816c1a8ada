"""In what order a listing shows its entries: folders first, then as its query asks."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pyhttp.resources.entries import Entry

__all__ = ["Column", "Order", "parameters"]

_NUMBER: Final = re.compile("0*([0-9]+)")


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

    def sort(self, entries: list[Entry]) -> None:
        """Sort in place; names decide between equals, always ascending."""
        entries.sort(key=_natural)
        if self.column is Column.SIZE:
            entries.sort(key=lambda entry: entry.size, reverse=self.descending)
        elif self.column is Column.DATE:
            entries.sort(key=lambda entry: entry.modified, reverse=self.descending)
        elif self.descending:
            entries.reverse()
        entries.sort(key=lambda entry: not entry.is_directory)

    def query_for(self, column: Column) -> str:
        """The query that a column's heading leads to: the other direction, or the one that people look for first."""
        descending = not self.descending if column is self.column else column is not Column.NAME
        return f"?sort={column.value}&order={'desc' if descending else 'asc'}"


def parameters(query: str) -> dict[str, str]:
    """The name=value pairs of a query, as they stand; the last of equal names counts."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return {name: value for name, _, value in pairs}


def _natural(entry: Entry) -> tuple[str, str]:
    """Letters without their case, and numbers by value: their length goes before their digits."""
    folded = entry.name.casefold()
    return _NUMBER.sub(lambda match: f"{len(match[1]):03}{match[1]}", folded), entry.name

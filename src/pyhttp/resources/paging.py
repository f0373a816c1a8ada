"""Which part of a long listing a page shows, and the links to the others (RFC 8288)."""

import re
from dataclasses import dataclass
from typing import Final

from pyhttp.errors import NotFound
from pyhttp.resources.order import parameters
from pyhttp.resources.view import USUAL, View

__all__ = ["Paging", "page_number"]

_NUMBER: Final = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Paging:
    """One page among those of a listing.

    Raises:
        NotFound: The listing has no such page; an empty one has the first.
    """

    view: View
    """Of the whole listing."""
    number: int
    """Of the page; the first is 1."""
    size: int
    """How many entries a page shows at most."""
    total: int
    """How many there are in all."""

    def __post_init__(self) -> None:
        if self.number > max(self.count, 1):
            raise NotFound("the listing has no such page")

    @property
    def count(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)

    @property
    def first(self) -> int:
        """The place of the page's first entry; that of the first of all is 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The place of its last entry."""
        return min(self.number * self.size, self.total)

    @property
    def previous(self) -> str:
        """The reference to the page before, relative to the listing; empty where there is none."""
        return self.view.reference(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The same of the page behind."""
        return self.view.reference(self.number + 1) if self.number < self.count else ""

    @property
    def link(self) -> str:
        """The value of a Link field that names both, and for an order or look that was chosen the listing itself.

        That is what a search engine is to keep of all of them (RFC 6596). The value is empty where there is no other.
        """
        links = [f'<{self.previous}>; rel="prev"'] if self.previous else []
        links += [f'<{self.next}>; rel="next"'] if self.next else []
        links += ['<./>; rel="canonical"'] if self.view != USUAL else []
        return ", ".join(links)


def page_number(query: str) -> int:
    """The number of the page that a query asks for; 1 where it names none.

    Raises:
        NotFound: What it names is no number that a page has.
    """
    asked = parameters(query).get("page", "1")
    if not _NUMBER.fullmatch(asked):
        raise NotFound("no number of a page")
    return int(asked)

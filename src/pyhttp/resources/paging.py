"""The part of a long listing on one page, and the links to the others (RFC 8288)."""

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
    """One page of a listing.

    Raises:
        NotFound: The listing has no such page; an empty listing has one page.
    """

    view: View
    """The view of the whole listing."""
    number: int
    """The number of the page; the first is 1."""
    size: int
    """The largest number of entries on a page."""
    total: int
    """The number of entries on all pages."""

    def __post_init__(self) -> None:
        if self.number > max(self.count, 1):
            raise NotFound("the listing has no such page")

    @property
    def count(self) -> int:
        """The number of pages."""
        return -(-self.total // self.size)

    @property
    def first(self) -> int:
        """The place of the page's first entry; the first entry of the listing has place 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The place of the page's last entry."""
        return min(self.number * self.size, self.total)

    @property
    def previous(self) -> str:
        """The reference to the page before, relative to the listing; empty where there is none."""
        return self.view.reference(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The reference to the page behind, relative to the listing; empty where there is none."""
        return self.view.reference(self.number + 1) if self.number < self.count else ""

    @property
    def link(self) -> str:
        """The value of a Link field that names both, and the listing itself for an order or look that was chosen.

        A search engine should keep only the listing itself (RFC 6596). The value is empty where there is nothing to
        name.
        """
        links = [f'<{self.previous}>; rel="prev"'] if self.previous else []
        links += [f'<{self.next}>; rel="next"'] if self.next else []
        links += ['<./>; rel="canonical"'] if self.view != USUAL else []
        return ", ".join(links)


def page_number(query: str) -> int:
    """The number of the page that a query asks for; 1 where it names none.

    Raises:
        NotFound: The query names something that cannot be the number of a page.
    """
    asked = parameters(query).get("page", "1")
    if not _NUMBER.fullmatch(asked):
        raise NotFound("not the number of a page")
    return int(asked)

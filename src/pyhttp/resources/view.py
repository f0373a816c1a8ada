"""The view of a listing that its query asks for: the order, the look, and a part of the names."""

import os
from typing import Final, NamedTuple

from pyhttp.resources.order import Order, parameters
from pyhttp.resources.relative_references import encode_segment
from pyhttp.semantics.references import unescaped

__all__ = ["USUAL", "View", "view_of"]


class View(NamedTuple):
    """The way in which a listing is shown."""

    order: Order = Order()
    grid: bool = False
    """Whether images are shown, as tiles; else the entries are rows."""
    wanted: str = ""
    """The text that the listed names contain, without regard to case, decoded like names; empty for all."""

    @property
    def carried(self) -> str:
        """The query that asks for the same view of another folder, with its question mark; empty for the usual view."""
        parts = [part for part in (self.order.query, "view=grid" if self.grid else "") if part]
        return "?" + "&".join(parts) if parts else ""

    def reference(self, number: int = 1) -> str:
        """The reference to a page of this listing, relative to the listing; the listing itself for the usual view.

        Each page has one reference, so that no crawler reads it twice.
        """
        chosen = [self.carried[1:]] if self.carried else []
        chosen += [f"q={encode_segment(self.wanted)}"] if self.wanted else []
        chosen += [f"page={number}"] if number > 1 else []
        return "?" + "&".join(chosen) if chosen else "./"


USUAL: Final = View()
"""The view without any choice."""


def view_of(query: str) -> View:
    """The view that a query asks for; a part that is missing or invalid is as in the usual view.

    Args:
        query: The query as received; `q` in it comes from a form, so that a plus means a space.
    """
    if not query:
        return USUAL
    asked = parameters(query)
    return View(Order.of(query), asked.get("view") == "grid", _decoded(asked.get("q", "")))


def _decoded(value: str) -> str:
    return os.fsdecode(unescaped(value.replace("+", " ").encode("ascii", "replace")))

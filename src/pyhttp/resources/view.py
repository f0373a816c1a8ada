"""What the query of a listing asks for: the order, the look, and which names."""

import os
import re
from typing import Final, NamedTuple

from pyhttp.resources.order import Order, parameters
from pyhttp.resources.paths import encode_segment

__all__ = ["USUAL", "View", "view_of"]

_ESCAPE: Final = re.compile(b"%([0-9A-Fa-f]{2})")


class View(NamedTuple):
    """How a listing is looked at."""

    order: Order = Order()
    grid: bool = False
    """Whether images are shown, as tiles; else the entries are rows."""
    wanted: str = ""
    """What the names hold that are listed, without regard to case, decoded as names are; empty for all."""

    @property
    def carried(self) -> str:
        """The query that asks for the same of another folder, with its question mark; empty for what nobody chose."""
        parts = [part for part in (self.order.query, "view=grid" if self.grid else "") if part]
        return "?" + "&".join(parts) if parts else ""

    def reference(self, number: int = 1) -> str:
        """The reference to a page of this listing, relative to the listing, which it is where nothing was chosen.

        Each page has one, so that no crawler reads it twice.
        """
        chosen = [self.carried[1:]] if self.carried else []
        chosen += [f"q={encode_segment(self.wanted)}"] if self.wanted else []
        chosen += [f"page={number}"] if number > 1 else []
        return "?" + "&".join(chosen) if chosen else "./"


USUAL: Final = View()
"""What nobody chose."""


def view_of(query: str) -> View:
    """The view that a query asks for; what it does not say, or says wrongly, is as nobody chose it.

    Args:
        query: As received; `q` in it is what a form sends, so that a plus is a space.
    """
    if not query:
        return USUAL
    asked = parameters(query)
    return View(Order.of(query), asked.get("view") == "grid", _decoded(asked.get("q", "")))


def _decoded(value: str) -> str:
    octets = value.replace("+", " ").encode("ascii", "replace")
    return os.fsdecode(_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), octets))

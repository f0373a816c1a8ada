"""The states of `wire`, drawn from their two tables, for docs/inside.md: a box for each state, an arrow for each pair.

The places of the boxes are written here. The arrows come from the tables. The arrows back to the beginning
stand for `start_next_cycle`, which is a rule beside the tables. `tests.helpers.inside` writes the picture.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from pyhttp.wire.states import RECEIVED, SENT, Receiving, Sending
from tests.helpers.drawing import opening

__all__ = ["PLACES", "picture"]

State = Receiving | Sending

PLACES: Final[Mapping[State, tuple[int, int, str]]] = {
    Receiving.HEAD: (170, 60, "a request may come"),
    Receiving.CONTENT: (170, 190, "its content may come"),
    Receiving.DONE: (170, 320, "it is complete"),
    Receiving.CLOSED: (430, 60, "no request will come"),
    Receiving.FAILED: (430, 190, "a rule was broken"),
    Sending.HEAD: (820, 60, "a head is owed"),
    Sending.CONTENT: (820, 190, "its content may go"),
    Sending.DONE: (820, 320, "it is complete"),
}
"""Left and upper edge of each box, and what its state means."""

SIDES: Final = (
    ("receiving: the request", 16, 584, Receiving.HEAD, Receiving.DONE),
    ("sending: the answer", 626, 374, Sending.HEAD, Sending.DONE),
)
"""The title, left edge and width of each frame, and the states between which the next cycle leads back."""

WIDTH, HEIGHT = 1016, 440
BOX_WIDTH, BOX_HEIGHT = 154, 60


def picture() -> str:
    """The SVG."""
    return "\n".join([*_picture(), ""])


def _picture() -> Iterator[str]:
    yield from opening(WIDTH, HEIGHT, "The states of a request and of its answer, and what leads from one to another")
    for title, left, width, first, last in SIDES:
        yield f'  <rect class="frame" x="{left}" y="16" width="{width}" height="{HEIGHT - 32}" rx="14"/>'
        yield f'  <text class="group" x="{left + width - 16}" y="{HEIGHT - 28}" text-anchor="end">{title}</text>'
        yield from _way_back(left + 20, first, last)
    pairs = [(state, target, event.__name__) for table in (RECEIVED, SENT) for (state, event), target in table.items()]
    for (state, target), events in groupby(sorted(pairs, key=repr), key=lambda pair: pair[:2]):
        yield from _arrow(state, target, [event for _, _, event in events])
    for state, (left, upper, meaning) in PLACES.items():
        size = f'x="{left}" y="{upper}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="12"'
        yield f'  <rect class="box loop" {size}/>'
        yield f'  <text class="name" x="{left + BOX_WIDTH // 2}" y="{upper + 26}">{state.name}</text>'
        yield f'  <text class="awaited" x="{left + BOX_WIDTH // 2}" y="{upper + 46}">{meaning}</text>'
    yield "</svg>"


def _way_back(line: int, first: State, last: State) -> Iterator[str]:
    """The line from the end of a cycle to the next cycle, along the left edge of the frame."""
    (left, end, _), (_, start, _) = PLACES[first], PLACES[last]
    corners = f"M{left} {start + 30} {line} {start + 30} {line} {end + 14} {left} {end + 14}"
    yield f'  <path class="line" stroke-dasharray="5 4" d="{corners}" marker-end="url(#tip)"/>'
    yield f'  <text class="label" x="{line + 10}" y="{start + 22}">the next cycle</text>'


def _arrow(state: State, target: State, events: list[str]) -> Iterator[str]:
    """A line with the names of the happenings that lead along it, one above the other."""
    (left, upper, _), (end, lower, _) = PLACES[state], PLACES[target]
    if state is target:
        corners = f"{left} {upper + 30} {left - 24} {upper + 30} {left - 24} {upper + 50} {left} {upper + 50}"
        x, y, anchor = left - 32, upper + 45, "end"
    elif end == left:
        corners = f"{left + 77} {upper + BOX_HEIGHT} {end + 77} {lower}"
        x, y, anchor = left + 67, (upper + BOX_HEIGHT + lower) // 2 + 5, "end"
    elif lower == upper:
        corners = f"{left + BOX_WIDTH} {upper + 30} {end} {lower + 30}"
        x, y, anchor = (left + BOX_WIDTH + end) // 2, upper + 20, "middle"
    else:
        corners = f"{left + BOX_WIDTH} {upper + BOX_HEIGHT - 8} {end} {lower + 8}"
        x, y, anchor = (left + BOX_WIDTH + end) // 2, (upper + BOX_HEIGHT + lower) // 2 + 5, "middle"
    yield f'  <path class="line" d="M{corners}" marker-end="url(#tip)"/>'
    for number, event in enumerate(reversed(events)):
        yield f'  <text class="label" x="{x}" y="{y - 18 * number}" text-anchor="{anchor}">{event}</text>'

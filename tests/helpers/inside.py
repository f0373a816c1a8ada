"""The life of a connection, drawn from the table of its phases: `python -m tests.helpers.inside`.

It writes the three pictures and the tables of docs/inside.md. `--check` writes nothing and fails where they are stale.
The places of the boxes are written here. The arrows come from the table: one that is missing here, or one too many, is
a fault.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import Final

from pyhttp.limits import Timeouts
from pyhttp.transport.phases import FACTS, TABLE, Facts, Happening, Owner, Phase
from pyhttp.transport.poller import READ, WRITE
from pyhttp.wire.states import RECEIVED, SENT
from tests.helpers import layers, states
from tests.helpers.drawing import opening

__all__ = ["ARROWS", "Arrow", "faults", "main", "picture", "with_tables"]

DOCS: Final = Path(__file__).parents[2] / "docs"

AWAITED: Final = {
    Phase.PROXY: "the client's address",
    Phase.HANDSHAKE: "the client's handshake",
    Phase.IDLE: "the first byte of a head",
    Phase.HEAD: "the rest of a head",
    Phase.CONTENT: "content, a part or all",
    Phase.QUEUED: "a free thread",
    Phase.TURN: "the handler's code",
    Phase.HELD: "the next turn, briefly",
    Phase.AWAIT: "a script, or its place",
    Phase.SEND: "the client's reading",
    Phase.DRAIN: "unread content",
    Phase.NOTIFY: "room for the end of TLS",
    Phase.LINGER: "the client's end",
    Phase.CLOSED: "nothing",
}

# --- the places of all parts of the picture

Point = tuple[int, int]
WIDTH, HEIGHT = 1080, 946
BOX_WIDTH, BOX_HEIGHT = 150, 72

BOXES: Final[dict[Phase, Point]] = {
    Phase.PROXY: (305, 16),
    Phase.HANDSHAKE: (372, 726),
    Phase.IDLE: (95, 184),
    Phase.HELD: (305, 184),
    Phase.HEAD: (200, 328),
    Phase.CONTENT: (200, 478),
    Phase.QUEUED: (600, 16),
    Phase.TURN: (600, 184),
    Phase.AWAIT: (850, 184),
    Phase.SEND: (600, 384),
    Phase.DRAIN: (780, 556),
    Phase.NOTIFY: (580, 836),
    Phase.LINGER: (580, 726),
    Phase.CLOSED: (880, 726),
}
"""The upper left corner of each phase."""

ALIVE: Final = "an open connection"
RECEIVING: Final = "a request is on its way"
ANSWERING: Final = "an answer is made and sent"

GROUPS: Final[dict[str, frozenset[Phase]]] = {
    RECEIVING: frozenset({Phase.IDLE, Phase.HELD, Phase.HEAD, Phase.CONTENT}),
    ANSWERING: frozenset({Phase.TURN, Phase.AWAIT, Phase.SEND}),
    ALIVE: frozenset(Phase) - {Phase.PROXY, Phase.HANDSHAKE, Phase.QUEUED, Phase.NOTIFY, Phase.LINGER, Phase.CLOSED},
}
"""Phases in a frame: an arrow that starts at the frame starts at each of them."""

FRAMES: Final[dict[str, tuple[int, int, int, int]]] = {
    ALIVE: (16, 118, 1048, 540),
    RECEIVING: (66, 146, 422, 436),
    ANSWERING: (566, 146, 470, 342),
}
"""Left, top, width and height of each frame."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A happening that leads from some phases to another, drawn as lines that end in the first line.

    Attributes:
        sources: Phases, or the names of groups.
        happening: The happening that leads on.
        target: The phase that follows.
        lines: The corners of each line. The first line has the head of the arrow.
        label: The place of its name.
        anchor: The end of the name that stands there.
    """

    sources: tuple[Phase | str, ...]
    happening: Happening
    target: Phase
    lines: tuple[tuple[Point, ...], ...]
    label: Point
    anchor: str = "middle"

    def rows(self) -> frozenset[tuple[Phase, Happening]]:
        """The rows of the table that it stands for."""
        phases = (GROUPS[source] if isinstance(source, str) else {source} for source in self.sources)
        return frozenset((phase, self.happening) for members in phases for phase in members)


ARROWS: Final = (
    # in front of all requests
    Arrow(
        (Phase.IDLE, Phase.HANDSHAKE),
        Happening.PROXIED,
        Phase.PROXY,
        (((200, 184), (200, 36), (305, 36)), ((376, 726), (376, 668), (10, 668), (10, 36), (200, 36))),
        (250, 28),
    ),
    Arrow((Phase.PROXY,), Happening.INTRODUCED, Phase.IDLE, (((305, 72), (225, 72), (225, 184)),), (234, 140), "start"),
    Arrow(
        (Phase.PROXY,),
        Happening.OVER,
        Phase.CLOSED,
        (((455, 36), (510, 36), (510, 8), (1072, 8), (1072, 762), (1030, 762)),),
        (483, 28),
    ),
    Arrow(
        (Phase.PROXY,),
        Happening.GREETED,
        Phase.HANDSHAKE,
        (((420, 88), (420, 110), (5, 110), (5, 680), (388, 680), (388, 726)),),
        (330, 104),
    ),
    Arrow(
        (Phase.HANDSHAKE,),
        Happening.SECURED,
        Phase.IDLE,
        (((402, 726), (402, 634), (28, 634), (28, 200), (95, 200)),),
        (277, 626),
    ),
    # while a request is received
    Arrow(
        (Phase.IDLE, Phase.HELD),
        Happening.BEGUN,
        Phase.HEAD,
        (((150, 256), (150, 294), (275, 294), (275, 328)), ((400, 256), (400, 294), (275, 294))),
        (275, 286),
    ),
    Arrow(
        (Phase.HEAD, Phase.IDLE, Phase.HELD),
        Happening.HEADED,
        Phase.CONTENT,
        (
            ((275, 400), (275, 478)),
            ((115, 256), (115, 440), (275, 440)),
            ((435, 256), (435, 440), (275, 440)),
        ),
        (355, 432),
    ),
    Arrow((Phase.HELD,), Happening.NEXT, Phase.IDLE, (((305, 220), (245, 220)),), (276, 212)),
    # to a turn, and away from it
    Arrow(
        (RECEIVING, Phase.HANDSHAKE),
        Happening.READY,
        Phase.TURN,
        (((488, 222), (600, 222)), ((512, 726), (512, 222))),
        (527, 239),
    ),
    Arrow((Phase.TURN,), Happening.HOLD, Phase.HELD, (((600, 204), (455, 204)),), (527, 196)),
    Arrow(
        (Phase.TURN, Phase.SEND),
        Happening.COLLECT,
        Phase.CONTENT,
        (((600, 246), (540, 246), (540, 514), (350, 514)), ((600, 420), (540, 420))),
        (419, 506),
    ),
    Arrow((Phase.TURN,), Happening.QUEUED, Phase.QUEUED, (((650, 184), (650, 88)),), (641, 108), "end"),
    Arrow((Phase.QUEUED,), Happening.TAKEN, Phase.TURN, (((700, 88), (700, 184)),), (709, 108), "start"),
    # while an answer is made and sent
    Arrow((Phase.TURN,), Happening.AWAIT, Phase.AWAIT, (((750, 206), (850, 206)),), (798, 198)),
    Arrow((Phase.AWAIT,), Happening.READY, Phase.TURN, (((850, 236), (750, 236)),), (802, 253)),
    Arrow((Phase.TURN,), Happening.SEND, Phase.SEND, (((650, 256), (650, 384)),), (641, 326), "end"),
    Arrow((Phase.SEND,), Happening.READY, Phase.TURN, (((700, 384), (700, 256)),), (709, 326), "start"),
    Arrow((Phase.SEND,), Happening.AWAIT, Phase.AWAIT, (((750, 404), (900, 404), (900, 256)),), (824, 396)),
    Arrow((Phase.AWAIT,), Happening.SEND, Phase.SEND, (((950, 256), (950, 436), (750, 436)),), (850, 453)),
    # all is sent
    Arrow((ANSWERING,), Happening.DRAIN, Phase.DRAIN, (((855, 488), (855, 556)),), (864, 526), "start"),
    Arrow(
        (Phase.DRAIN, ANSWERING),
        Happening.NEXT,
        Phase.IDLE,
        (((780, 606), (42, 606), (42, 220), (95, 220)), ((710, 488), (710, 606))),
        (277, 598),
    ),
    # the end
    Arrow(
        (ANSWERING, Phase.DRAIN),
        Happening.LAST,
        Phase.LINGER,
        (((655, 488), (655, 726)), ((820, 628), (820, 690), (655, 690))),
        (646, 698),
        "end",
    ),
    Arrow((ALIVE,), Happening.OVER, Phase.CLOSED, (((955, 658), (955, 726)),), (964, 698), "start"),
    Arrow((Phase.LINGER,), Happening.OVER, Phase.CLOSED, (((730, 762), (880, 762)),), (840, 754)),
    # and with TLS
    Arrow(
        (ANSWERING, Phase.DRAIN),
        Happening.NOTIFY,
        Phase.NOTIFY,
        (((760, 488), (760, 858), (730, 858)), ((860, 628), (860, 706), (760, 706))),
        (769, 822),
        "start",
    ),
    Arrow((Phase.NOTIFY,), Happening.LAST, Phase.LINGER, (((655, 836), (655, 798)),), (664, 822), "start"),
    Arrow((Phase.NOTIFY,), Happening.OVER, Phase.CLOSED, (((730, 886), (930, 886), (930, 798)),), (860, 878)),
    Arrow(
        (Phase.HANDSHAKE,),
        Happening.OVER,
        Phase.CLOSED,
        (((447, 798), (447, 928), (980, 928), (980, 798)),),
        (549, 920),
    ),
)


def faults(arrows: Iterable[Arrow] = ARROWS) -> Iterator[str]:
    """The differences between the arrows and the rows of the table."""
    drawn = {(row, arrow.target) for arrow in arrows for row in arrow.rows()}
    rows = set(TABLE.items())
    for (phase, happening), target in sorted(drawn ^ rows, key=repr):
        what = "is drawn, and cannot happen" if ((phase, happening), target) in drawn else "is not drawn"
        yield f"{phase.name}, {happening.name}, {target.name} {what}"


# --- the picture

OWNERS: Final = {
    Owner.LOOP: "armed: nobody's, until the loop takes it",
    Owner.THREAD: "the thread of its turn",
    Owner.QUEUE: "the queue",
    Owner.NOBODY: "nobody",
}


def picture() -> str:
    """The SVG."""
    return "\n".join([*_picture(), ""])


def _picture() -> Iterator[str]:
    yield from opening(WIDTH, HEIGHT, "The phases of a connection, and what leads from one to another")
    for title, (x, y, width, height) in FRAMES.items():
        yield f'  <rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="14"/>'
        yield f'  <text class="group" x="{x + width - 16}" y="{y + height - 11}" text-anchor="end">{title}</text>'
    for phase in BOXES:
        yield from _box(phase)
    yield from _beginning()
    for arrow in ARROWS:
        yield from _arrow(arrow)
    for arrow in ARROWS:
        (x, y), name = arrow.label, arrow.happening.name.lower()
        yield f'  <text class="label" x="{x}" y="{y}" text-anchor="{arrow.anchor}">{name}</text>'
    yield from _legend()
    yield "</svg>"


def _box(phase: Phase) -> Iterator[str]:
    x, y = BOXES[phase]
    facts = FACTS[phase]
    size = f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="12"'
    yield f'  <rect class="box {facts.owner.name.lower()}" x="{x}" y="{y}" {size}/>'
    middle = x + BOX_WIDTH // 2
    yield f'  <text class="name" x="{middle}" y="{y + 32}">{phase.name}</text>'
    yield f'  <text class="awaited" x="{middle}" y="{y + 53}">{escape(AWAITED[phase], quote=False)}</text>'


def _beginning() -> Iterator[str]:
    for phase, left, start, text in (
        (Phase.IDLE, 40, 82, "a client connects"),
        (Phase.HANDSHAKE, 85, 696, "or one of TLS does"),
    ):
        x, y = BOXES[phase]
        yield f'  <text class="note" x="{x + left}" y="{start - 16}" text-anchor="middle">{text}</text>'
        yield f'  <circle class="dot" cx="{x + left}" cy="{start}" r="5"/>'
        yield f'  <path class="line" d="M{x + left} {start} V{y}" marker-end="url(#tip)"/>'


def _arrow(arrow: Arrow) -> Iterator[str]:
    yield f"  <g><title>{arrow.happening.name}: {escape(arrow.happening.value, quote=False)}</title>"
    for number, line in enumerate(arrow.lines):
        corners = " ".join(f"{x} {y}" for x, y in line)
        tip = "" if number else ' marker-end="url(#tip)"'
        yield f'    <path class="line" d="M{corners}"{tip}/>'
    starts = zip(arrow.sources, arrow.lines, strict=True)
    for x, y in (line[0] for source, line in starts if isinstance(source, str)):
        yield f'    <circle class="dot" cx="{x}" cy="{y}" r="4.5"/>'
    yield "  </g>"


def _legend() -> Iterator[str]:
    y = 694
    for owner, meaning in OWNERS.items():
        yield f'  <rect class="box {owner.name.lower()}" x="24" y="{y}" width="26" height="16" rx="4"/>'
        yield f'  <text class="note" x="60" y="{y + 13}">{escape(meaning, quote=False)}</text>'
        y += 26
    yield f'  <circle class="dot" cx="37" cy="{y + 8}" r="4.5"/>'
    yield f'  <text class="note" x="60" y="{y + 13}">the arrow starts at each phase within the frame</text>'


# --- the tables


def _facts_table() -> Iterator[str]:
    yield "| phase | waits for | owner | armed for | deadline | safety line |"
    yield "|---|---|---|---|---|---|"
    for phase, facts in FACTS.items():
        cells = (AWAITED[phase], facts.owner.value, _armed_for(facts), _deadline(facts), facts.promise or "-")
        yield f"| `{phase.name}` | {' | '.join(cells)} |"


def _armed_for(facts: Facts) -> str:
    words = {READ: "input", WRITE: "room for output", 0: "what is awaited, and a hang-up"}
    if facts.owner is Owner.LOOP:
        return words[facts.armed_for]
    return f"-; its thread polls for {words[facts.armed_for]}" if facts.armed_for else "-"


def _deadline(facts: Facts) -> str:
    if facts.seconds is None:
        return f"moved by {facts.paced}" if facts.paced else "-"
    names = [field.name for field in fields(Timeouts)]
    distinct = Timeouts(**{name: float(number) for number, name in enumerate(names, start=1)})
    name = names[int(facts.seconds(distinct)) - 1]
    return f"`Timeouts.{name}`, {facts.seconds(Timeouts()):g} s"


def _happenings_table() -> Iterator[str]:
    yield "| happening | meaning | from | to |"
    yield "|---|---|---|---|"
    for happening in Happening:
        rows = [(phase, target) for (phase, what), target in TABLE.items() if what is happening]
        (target,) = {target for _, target in rows}
        sources = ", ".join(f"`{phase.name}`" for phase, _ in rows)
        yield f"| `{happening.name}` | {happening.value} | {sources} | `{target.name}` |"


def _states_table() -> Iterator[str]:
    yield "| side | state | what comes or goes | next state |"
    yield "|---|---|---|---|"
    for side, table in (("receiving", RECEIVED), ("sending", SENT)):
        for (state, event), target in table.items():
            yield f"| {side} | `{state.name}` | `{event.__name__}` | `{target.name}` |"


TABLES: Final = {"states": _states_table, "phases": _facts_table, "happenings": _happenings_table}


def with_tables(page: str) -> str:
    """`page` with its tables written anew, each between its two markers.

    Raises:
        ValueError: A marker is missing.
    """
    for name, table in TABLES.items():
        before, begins, rest = page.partition(f"<!-- {name} -->\n")
        _, ends, after = rest.partition(f"<!-- end of {name} -->\n")
        if not begins or not ends:
            raise ValueError(f"docs/inside.md lacks the markers of its table of {name}")
        lines = "\n".join(table())
        page = f"{before}{begins}\n{lines}\n\n{ends}{after}"
    return page


def main(arguments: Sequence[str] | None = None, docs: Path = DOCS) -> int:
    """Write the page and its pictures, or say whether they are stale. The result is the exit code."""
    parser = argparse.ArgumentParser(description="Draw the life of a connection into docs/inside.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a document is stale")
    check: bool = parser.parse_args(arguments).check
    wrong = list(faults())
    page = docs / "inside.md"
    drawings = {"inside.svg": picture(), "layers.svg": layers.picture(), "states.svg": states.picture()}
    wanted = {page: with_tables(page.read_text(encoding="utf-8"))}
    wanted |= {docs / name: drawing for name, drawing in drawings.items()}
    for path, text in wanted.items():
        if not check and not wrong:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"docs/{path.name} is stale: run `nox -s inside`")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

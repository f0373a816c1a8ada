"""Every row of `pyhttp check` as a transcript: `python -m tests.helpers.rows` writes them anew.

A row is a claim about what a server must do, and others are judged by it. So a change of a row has to be seen: in the
difference of a file that is read like a conversation.
"""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from hashlib import sha256
from pathlib import Path
from typing import Final

from pyhttp.checking.probing import LEFT_OUT
from pyhttp.checking.rows.all_rows import GROUPS
from pyhttp.checking.rows.hosts import HOSTS
from pyhttp.checking.rows.model import CANARY, Answer, Closed, Interim, Row, Seen, Send, Step

__all__ = ["SNAPSHOT", "describe"]

SNAPSHOT: Final = Path(__file__).parents[1] / "unit" / "checking" / "rows.txt"

_ERRORS: Final = tuple(range(400, 600))
_LONGEST: Final = 1000
"""The most characters of a value that are shown. A longer one is cut, and a digest stands for the rest."""
_RUN: Final = re.compile(r"(.)\1{19,}", re.DOTALL)
"""A character that comes twenty times or more."""


def describe() -> str:
    """What holds for all transcripts, then those of all rows, group by group."""
    every = (line for group, rows in GROUPS.items() for row in rows for line in _lines(group, row))
    return "".join(f"{line}\n" for line in (*_common(), *every))


def _common() -> Iterator[str]:
    """What no row says: the defaults of its steps, the hosts of a server of some alone, and what is not asked."""
    for kind in (Interim, Answer, Seen, Closed):
        told = (f"{one.name}={one.default!r}" for one in fields(kind) if one.default is not MISSING)
        yield f"unless told otherwise: {kind.__name__}({', '.join(told)})"
    yield f"the server of some hosts: {' '.join(sorted(HOSTS))}"
    yield from (f"left out where {need} is needed: {why}" for need, why in LEFT_OUT.items())


def _lines(group: str, row: Row) -> Iterator[str]:
    yield f"{group}: {row.name}"
    yield f"    shows {' '.join(row.cites)}"
    if row.needs:
        yield f"    needs {' '.join(sorted(row.needs))}"
    yield from (f"    {_told(step)}" for step in row.steps)
    for steps in row.or_else:
        yield "    or else"
        yield from (f"        {_told(step)}" for step in steps)


def _told(step: Step) -> str:
    if isinstance(step, Send):
        data = step.data.removesuffix(CANARY)
        return f"sends {_short(data)}{' and the canary' if data != step.data else ''}"
    return _shown(step)


def _shown(value: Step | Seen) -> str:
    """The name of a class, with the values that are not its defaults."""
    told = []
    for field in fields(value):
        each: object = getattr(value, field.name)
        default: object = field.default
        if each != default:
            told.append(f"{field.name}={_shown(each) if isinstance(each, Seen) else _short(each)}")
    return f"{type(value).__name__}({', '.join(told)})"


def _short(value: object) -> str:
    """`value` as source; all statuses of errors, a run of characters and a long value are abridged."""
    if value == _ERRORS:
        return "any error"
    text = repr(value)
    shown = _RUN.sub(lambda run: f"{run[1]}{{{len(run[0])}}}", text)
    if len(shown) <= _LONGEST:
        return shown
    return f"{shown[:_LONGEST]} ... ({len(text)} characters, {sha256(text.encode()).hexdigest()[:16]})"


if __name__ == "__main__":
    SNAPSHOT.write_text(describe(), encoding="utf-8")

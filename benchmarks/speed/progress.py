"""A line with the progress of a long run."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TextIO

__all__ = ["Progress", "told"]

EVERY: Final = 20.0
"""The seconds between two lines where they cannot replace each other."""


def told(seconds: float) -> str:
    """A time for people: `40 s`, `12 min`, `1 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@dataclass(slots=True)
class Progress:
    """A report of the present measurement: in place on a terminal, and now and then elsewhere.

    Attributes:
        planned: The workload of each turn of the run, in order: turns of one workload take equally long.
    """

    stream: TextIO
    planned: list[str]
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, list[float]] = field(default_factory=dict)
    _said: float = float("-inf")

    def say(self, what: str) -> None:
        """Report the next measurement."""
        line = f"{what}; {self.left()}"
        if self.stream.isatty():
            self.stream.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
        elif self.clock() - self._said >= EVERY:
            self._said = self.clock()
            self.stream.write(f"{line}\n")
        self.stream.flush()

    def took(self, seconds: float) -> None:
        """Note that a turn is over."""
        self._taken.setdefault(self.planned.pop(0), []).append(seconds)

    def left(self) -> str:
        """The time for the rest, by the times of earlier turns."""
        each = {workload: sum(taken) / len(taken) for workload, taken in self._taken.items()}
        if not each:
            return f"{len(self.planned)} turns to go"
        usual = sum(each.values()) / len(each)
        return f"{told(sum(each.get(workload, usual) for workload in self.planned))} to go"

    def end(self) -> None:
        """Leave the terminal's line."""
        if self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()

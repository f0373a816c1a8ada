"""The results of the rows at a server."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pyhttp.checking.recording import Said
from pyhttp.checking.register import Level, rank

__all__ = ["Outcome", "Report", "Result"]


class Outcome(Enum):
    """The outcome of a row, or of a law."""

    HELD = "held"
    """The conversation took place, or another that the RFC allows as well."""
    FAILED = "failed"
    """The row did not take place, and a MUST or a SHOULD demands it."""
    CHOICE = "choice"
    """The server decides otherwise than the row, in a case that the RFC leaves open."""
    SKIPPED = "skipped"
    """The server could not be asked."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row, or one law, with its outcome."""

    name: str
    """The group and name, such as "framing: two lengths"."""
    cites: tuple[str, ...]
    """The ids of statements, and of our safety lines."""
    outcome: Outcome
    why: str = ""
    """The difference from the row, or the reason why it was skipped."""
    said: tuple[Said, ...] = ()
    """The octets of a failed conversation; empty for other outcomes."""

    @property
    def level(self) -> Level | None:
        """The highest level among the statements; None where no RFC makes a demand."""
        return rank(self.cites)

    @property
    def section(self) -> str:
        """RFC and section of the first statement, such as "9112-6.3"; empty where there is none."""
        return next((cite.rpartition("-")[0] for cite in self.cites if "-" in cite), "")


@dataclass(frozen=True, slots=True)
class Report:
    """The results for a server."""

    server: str
    """The URL of the server."""
    product: str
    """The Server field; empty without one."""
    results: tuple[Result, ...]
    seconds: float

    def count(self, outcome: Outcome, levels: Iterable[Level | None] = (*Level, None)) -> int:
        """The number of rows and laws of these levels with this outcome."""
        wanted = frozenset(levels)
        return sum(result.outcome is outcome and result.level in wanted for result in self.results)

    def failed(self, least: Level) -> bool:
        """Whether a result of level `least` or above failed."""
        return any(
            result.outcome is Outcome.FAILED and result.level is not None and result.level.value >= least.value
            for result in self.results
        )

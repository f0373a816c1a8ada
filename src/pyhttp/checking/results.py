"""What became of the rows at a server."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pyhttp.checking.recording import Said
from pyhttp.checking.register import Level, rank

__all__ = ["Outcome", "Report", "Result"]


class Outcome(Enum):
    """What became of a row, or of a law."""

    HELD = "held"
    """The conversation took place, or another that the RFC allows as well."""
    FAILED = "failed"
    """It did not, and a MUST or a SHOULD stands behind it."""
    CHOICE = "choice"
    """The server decides otherwise than the row has it, where the RFC leaves that open."""
    SKIPPED = "skipped"
    """The server could not be asked."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row, or one law, and what became of it."""

    name: str
    """Group and name, such as "framing: two lengths"."""
    cites: tuple[str, ...]
    """Ids of statements, and of safety lines of ours."""
    outcome: Outcome
    why: str = ""
    """What came instead, or why it was skipped."""
    said: tuple[Said, ...] = ()
    """What was said where it failed; empty where it did not."""

    @property
    def level(self) -> Level | None:
        """The highest level among the statements; None where no RFC says anything."""
        return rank(self.cites)

    @property
    def section(self) -> str:
        """RFC and section of the first statement, such as "9112-6.3"; empty where there is none."""
        return next((cite.rpartition("-")[0] for cite in self.cites if "-" in cite), "")


@dataclass(frozen=True, slots=True)
class Report:
    """What a server was found to be like."""

    server: str
    """Its URL."""
    product: str
    """Its Server field; empty without."""
    results: tuple[Result, ...]
    seconds: float

    def count(self, outcome: Outcome, levels: Iterable[Level | None] = (*Level, None)) -> int:
        """How many rows and laws of these levels had this outcome."""
        wanted = frozenset(levels)
        return sum(result.outcome is outcome and result.level in wanted for result in self.results)

    def failed(self, least: Level) -> bool:
        """Whether one of level `least` or above failed."""
        return any(
            result.outcome is Outcome.FAILED and result.level is not None and result.level.value >= least.value
            for result in self.results
        )

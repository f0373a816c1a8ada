"""The register of statements (register.toml), as values: the demand of each, and its state here."""

import tomllib
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from typing import Final

__all__ = ["AREAS", "AT_HOME", "STATEMENTS", "Level", "State", "Statement", "rank"]

AREAS: Final = ("wire", "files", "cgi", "loop")


class State(Enum):
    """The state of a statement."""

    TESTED = "tested"
    CHOICE = "choice"
    NOT_OFFERED = "not offered"
    OTHER_PARTY = "other party"
    DELIBERATE = "deliberate"
    OPEN = "open"


AT_HOME: Final = (State.TESTED, State.CHOICE, State.DELIBERATE)
"""The states of a statement with a home: code here fulfils it, or leaves it undone for a reason."""


class Level(Enum):
    """The strength of a demand."""

    MUST = 3
    SHOULD = 2
    MAY = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of an RFC, in our own words."""

    id: str
    keyword: str
    gist: str
    state: State
    area: str
    reason: str
    home: str
    """The module that fulfils it, as a path below src/pyhttp; "" where no code here does."""

    @property
    def level(self) -> Level:
        """MUST for every kind of must, SHOULD for every kind of should and ought to, MAY otherwise."""
        word = self.keyword.lower()
        if word.startswith("must"):
            return Level.MUST
        return Level.SHOULD if word.startswith(("should", "recommended", "ought")) else Level.MAY

    @property
    def section(self) -> str:
        """RFC and section, such as "9112-6.1"."""
        return self.id.rpartition("-")[0]


def _statement(identifier: str, entry: dict[str, str]) -> Statement:
    """A checked entry.

    Raises:
        ValueError: It has an unknown state or area, lacks a key, or gives no reason where one is due.
    """
    unknown = entry.keys() - {"level", "gist", "state", "area", "home", "reason"}
    if unknown:
        raise ValueError(f"{identifier}: unknown keys {sorted(unknown)}")
    state, area, reason = State(entry["state"]), entry["area"], entry.get("reason", "")
    home = entry.get("home", "")
    if home and state not in AT_HOME:
        raise ValueError(f"{identifier}: {state.value}, but with a home")
    if area not in AREAS:
        raise ValueError(f"{identifier}: no area {area!r}")
    if state is not State.TESTED and not reason:
        raise ValueError(f"{identifier}: {state.value} for no reason")
    if state is State.OPEN and reason not in AREAS:
        raise ValueError(f"{identifier}: open, but waits for no area")
    if not entry["gist"]:
        raise ValueError(f"{identifier}: no gist")
    return Statement(identifier, entry["level"], entry["gist"], state, area, reason, home)


def _load() -> dict[str, Statement]:
    text = files("pyhttp.checking").joinpath("register.toml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, str]] = tomllib.loads(text)
    return {identifier: _statement(identifier, entry) for identifier, entry in entries.items()}


STATEMENTS: Final = _load()


def rank(cites: tuple[str, ...]) -> Level | None:
    """The highest level among the cited statements; None where only safety lines are cited."""
    levels = [STATEMENTS[cite].level for cite in cites if cite in STATEMENTS]
    return max(levels, key=lambda level: level.value, default=None)

"""The choice of rows and laws: by clause, by section, by name."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pyhttp.checking.laws import LAWS, Law
from pyhttp.checking.rows.model import Row
from pyhttp.checking.running import named_rows

__all__ = ["select"]


def select(patterns: Sequence[str]) -> tuple[tuple[tuple[str, Row], ...], tuple[Law, ...]]:
    """The rows and laws that match one of the patterns; all without patterns.

    A pattern is an id (9112-6.1-15b), a document or section with those below it (9112, 9112-6), a group (framing), or a
    glob for an id or a name ("framing: *length*").

    Raises:
        ValueError: A pattern matches no row and no law.
    """
    every = (*((name, row.cites) for name, row in named_rows()), *((f"law: {law.name}", law.cites) for law in LAWS))
    for pattern in patterns:
        if not any(_means((pattern,), name, cites) for name, cites in every):
            raise ValueError(f"{pattern}: no clause, section, group or name of a row")
    rows = tuple((name, row) for name, row in named_rows() if not patterns or _means(patterns, name, row.cites))
    laws = tuple(law for law in LAWS if not patterns or _means(patterns, f"law: {law.name}", law.cites))
    return rows, laws


def _means(patterns: Iterable[str], name: str, cites: Sequence[str]) -> bool:
    """Whether one of the patterns matches the row with this name and these clauses."""
    for pattern in patterns:
        if fnmatchcase(name, pattern) or name.partition(":")[0] == pattern:
            return True
        below = (f"{pattern}-", f"{pattern}.")
        if any(cite.startswith(below) or fnmatchcase(cite, pattern) for cite in cites):
            return True
    return False

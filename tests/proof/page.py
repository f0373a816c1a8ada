"""The tables of docs/proofs.md: `python -m tests.proof.page --write` writes them anew."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.proof.choices import CHOICES
from tests.proof.proofs import PROOFS

__all__ = ["PAGE", "main", "with_tables"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "proofs.md"


def _choices() -> Iterator[str]:
    yield "| difference | shortest witness | which side takes it | in the rule | clause | reason |"
    yield "|---|---|---|---|---|---|"
    for name, choice in CHOICES.items():
        taker = "pyhttp" if choice.taken else "the RFC"
        shown = _shown(choice.witness)
        yield f"| {name} | {shown} | {taker} | `{choice.rule}` | {choice.cites} | {choice.reason} |"


def _shown(word: bytes) -> str:
    """A word as Python writes it. Many equal octets are counted."""
    counted = re.sub(r"(.)\1{8,}", lambda run: f"{run[1]}{{{len(run[0])}}}", repr(word)[2:-1])
    return f"`{counted}`" if word else "nothing"


def _patterns() -> Iterator[str]:
    yield "| pattern | rule | but for |"
    yield "|---|---|---|"
    for proof in PROOFS:
        is_it = "within " if proof.within else ""
        yield f"| `{proof.name}` | {is_it}`{proof.rule}` | {', '.join(proof.choices)} |"


TABLES: Final = {"differences": _choices, "patterns": _patterns}


def with_tables(page: str) -> str:
    """`page` with its tables written anew, each between its two markers."""
    for name, table in TABLES.items():
        before, begins, rest = page.partition(f"<!-- {name} -->\n")
        _, ends, after = rest.partition(f"<!-- end of {name} -->\n")
        assert begins, name
        assert ends, name
        lines = "\n".join(table())
        page = f"{before}{begins}\n{lines}\n\n{ends}{after}"
    return page


def main(arguments: Sequence[str]) -> int:
    """Write the page, or find out whether it is stale. The result is the exit code."""
    found = PAGE.read_text(encoding="utf-8")
    wanted = with_tables(found)
    if "--write" in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

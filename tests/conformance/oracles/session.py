"""Compares parsers at length: `python -m tests.conformance.oracles.session --messages 500000 --seed 1`.

`--document` writes docs/divergences.md instead.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyhttp.checking.register import STATEMENTS
from tests.conformance.oracles.divergences import DIVERGENCES, Side, compare, named
from tests.conformance.oracles.messages import CANARY, requests
from tests.conformance.oracles.readers import READERS, Taken, ours

__all__ = ["DOCUMENT", "Unnamed", "divergences", "document", "main"]

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "divergences.md"


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A divergence without an entry."""

    parser: str
    side: Side
    reason: str
    data: bytes


def divergences(data: bytes) -> Iterator[tuple[str, str] | Unnamed]:
    """Where each parser parts from ours about `data`: the parser and the entry's name, or what no entry explains."""
    followed = data + CANARY
    own = ours(followed)
    for parser, read in READERS.items():
        found = compare(own, read(followed))
        if found is not None:
            entry = named(parser, *found, data)
            yield (parser, entry.name) if entry else Unnamed(parser, *found, data)


def document() -> str:
    """The named divergences as a page."""
    lines = [
        "# Where other parsers read differently",
        "",
        "The parsers h11, httptools (llhttp) and waitress read the same generated and damaged requests as pyhttp. This",
        "page has every difference that was found. *ours* means that the RFC leaves no choice, and that pyhttp follows",
        "it. *either* means that the RFC allows both readings. There is no entry where the other parser is right.",
        "`python -m tests.conformance.oracles.session --document` has written this page.",
        "",
        "| what | parsers | which side takes it | statement | right |",
        "|---|---|---|---|---|",
    ]
    takers = {Side.WE_REFUSE: "the parser", Side.THEY_REFUSE: "pyhttp", Side.DIFFER: "both, differently"}
    for entry in DIVERGENCES:
        statement = f"{entry.cite}: {STATEMENTS[entry.cite].gist}"
        cells = (entry.name, ", ".join(entry.parsers), takers[entry.side], statement, entry.right.value)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print a table; 1 where a divergence has no name."""
    options = argparse.ArgumentParser(prog="python -m tests.conformance.oracles.session", description=__doc__)
    options.add_argument("--messages", type=int, default=500_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--document", action="store_true")
    given = options.parse_args(arguments)
    if given.document:
        DOCUMENT.write_text(document(), encoding="utf-8")
        return 0
    counts: Counter[tuple[str, str]] = Counter()
    unnamed: list[Unnamed] = []
    taken = 0
    for data in requests(int(given.seed), int(given.messages)):
        taken += isinstance(ours(data + CANARY), Taken)
        for found in divergences(data):
            if isinstance(found, Unnamed):
                unnamed.append(found)
            else:
                counts[found] += 1
    for entry in DIVERGENCES:
        for parser in entry.parsers:
            sys.stdout.write(
                f"{counts[parser, entry.name]:7} {parser}: {entry.name} ({entry.cite}: {entry.right.value})\n"
            )
    for one in unnamed[:50]:
        sys.stdout.write(f"UNNAMED {one.parser}, {one.side.value}, {one.reason}: {one.data!r}\n")
    sys.stdout.write(f"{given.messages} messages, {taken} taken by us, {len(unnamed)} divergences without a name\n")
    return int(bool(unnamed))


if __name__ == "__main__":
    sys.exit(main())

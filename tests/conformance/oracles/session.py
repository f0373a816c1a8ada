"""A long comparison of parsers: `python -m tests.conformance.oracles.session`.

It fails where a divergence has no name, and where more messages have one than docs/divergences.md says: those figures
only fall. `--document` writes the page with the figures of today.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from pyhttp.checking.register import STATEMENTS
from tests.conformance.oracles.divergence import Side
from tests.conformance.oracles.divergences import DIVERGENCES, Unnamed, parting
from tests.conformance.oracles.messages import requests
from tests.conformance.oracles.readers import READERS, ours

__all__ = [
    "DOCUMENT",
    "FEW",
    "MANY",
    "SEED",
    "Compared",
    "Figures",
    "compare_all",
    "document",
    "main",
    "risen",
    "stated",
]

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "divergences.md"
SEED: Final = 1
FEW: Final = 3_000
"""Messages that each run of the suite compares."""
MANY: Final = 500_000
"""Messages that `nox -s oracles` compares; the first of them are those few."""

Figures = Mapping[tuple[str, int], int]
"""The number of messages for which a parser differs from ours, for each parser and number of messages."""
_OURS: Final = lru_cache(maxsize=1)(ours)
"""The messages that three parsers are compared with, read once."""
_ROW: Final = re.compile(r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \| [\d.]+ % \|$", re.MULTILINE)


@dataclass(slots=True)
class Compared:
    """The results of the comparison of some messages."""

    messages: int = 0
    parted: Counter[str] = field(default_factory=Counter)
    """The messages that have a divergence, for each parser."""
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The counts for each parser and entry."""
    unnamed: list[Unnamed] = field(default_factory=list)

    def add(self, messages: Iterable[bytes]) -> None:
        for data in messages:
            self.messages += 1
            for parser in READERS:
                found = parting(parser, data, _OURS)
                self.parted[parser] += bool(found.named)
                self.named.update((parser, entry.name) for entry in found.named)
                if found.unnamed is not None:
                    self.unnamed.append(found.unnamed)

    def figures(self) -> Figures:
        return {(parser, self.messages): self.parted[parser] for parser in READERS}


def compare_all(seed: int, counts: Sequence[int]) -> tuple[Compared, Figures]:
    """Compare as many messages as the last count says. There are figures for each count."""
    compared = Compared()
    figures: dict[tuple[str, int], int] = {}
    messages = requests(seed, counts[-1])
    for count in counts:
        compared.add(islice(messages, count - compared.messages))
        figures |= compared.figures()
    return compared, figures


def stated(page: str) -> Figures:
    """The figures of the page."""
    figures: dict[tuple[str, int], int] = {}
    for parser, few, many in _ROW.findall(page):
        figures[parser, FEW] = int(few.replace(",", ""))
        figures[parser, MANY] = int(many.replace(",", ""))
    return figures


def risen(figures: Figures, known: Figures) -> list[str]:
    """The figures that are higher than before, in words."""
    return [
        f"{parser} parts from ours about {count} of {messages} messages, which were {known[parser, messages]}"
        for (parser, messages), count in figures.items()
        if count > known.get((parser, messages), messages)
    ]


def document(figures: Figures) -> str:
    """The named divergences as a page."""
    lines = [
        "# Where other parsers read differently",
        "",
        "The parsers h11, httptools (llhttp) and waitress read the same generated and damaged requests as pyhttp. This",
        "page has every difference that was found. *ours* means that the RFC leaves no choice, and that pyhttp follows",
        "it. *either* means that the RFC allows both readings. There is no entry where the other parser is right.",
        "`python -m tests.conformance.oracles.session --document` has written this page.",
        "",
        "No message is left out because it has a difference. The shape that an entry is about is found in the message,",
        "and replaced by one that all parsers read alike. Then the method, the target, the version, the fields, the",
        "content, the trailer fields and the end of the message have to be the same.",
        "",
        "## How many messages",
        "",
        "The table counts the messages that have at least one of these differences. The figures only fall. The tests",
        "compare the first messages in each run, and `nox -s oracles` compares all. Both fail at one message more.",
        "",
        f"| parser | of {FEW:,} | of {MANY:,} | share |",
        "|---|---|---|---|",
    ]
    for parser in READERS:
        few, many = figures[parser, FEW], figures[parser, MANY]
        lines.append(f"| {parser} | {few:,} | {many:,} | {100 * many / MANY:.1f} % |")
    lines += [
        "",
        "## Which differences",
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


def _report(compared: Compared) -> None:
    for entry in DIVERGENCES:
        for parser in entry.parsers:
            count = compared.named[parser, entry.name]
            sys.stdout.write(f"{count:7} {parser}: {entry.name} ({entry.cite}: {entry.right.value})\n")
    for one in compared.unnamed[:50]:
        sys.stdout.write(f"UNNAMED {one.parser}, {one.side.value}, {one.reason}: {one.data!r}\n")
    for parser, count in compared.parted.items():
        sys.stdout.write(f"{parser} parts from ours about {count}, {100 * count / compared.messages:.1f} %\n")
    sys.stdout.write(f"{compared.messages} messages, {len(compared.unnamed)} divergences without a name\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print a table. The exit code is 1 where a divergence has no name, or the page says fewer."""
    options = argparse.ArgumentParser(prog="python -m tests.conformance.oracles.session", description=__doc__)
    options.add_argument("--messages", type=int, default=MANY)
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument("--document", action="store_true", help="write the page with the figures of today")
    given = options.parse_args(arguments)
    seed, messages = int(given.seed), int(given.messages)
    compared, figures = compare_all(seed, [FEW, messages] if messages > FEW else [messages])
    _report(compared)
    more = risen(figures, stated(DOCUMENT.read_text(encoding="utf-8"))) if seed == SEED else []
    for line in more:
        sys.stdout.write(f"MORE {line}\n")
    wrong = bool(compared.unnamed or more)
    if given.document and not wrong:
        DOCUMENT.write_text(document(figures), encoding="utf-8")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

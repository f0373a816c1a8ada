"""The differences between other parsers and ours: each has a name, its statement, and the parser that is right.

"ours": the RFC leaves no choice, and the other parser decides otherwise. "either": the RFC allows both. There is no
"theirs", which would be a fault of ours. Each entry has a sample; a test shows that the difference still exists.

An entry does not excuse a message. Its shape is mended, and the message compared again, until the readings are the
same in everything. So any other difference in the message has no name, and is found.
"""

from dataclasses import dataclass
from typing import Final

from tests.conformance.oracles.divergence import Divergence, Side
from tests.conformance.oracles.framings import FRAMINGS
from tests.conformance.oracles.messages import CANARY
from tests.conformance.oracles.readers import READERS, Outcome, Reader, Refused, Taken, in_a_mapping, ours
from tests.conformance.oracles.request_lines import REQUEST_LINES
from tests.conformance.oracles.sections import SECTIONS

__all__ = ["DIVERGENCES", "Parting", "Unnamed", "compare", "differing", "parting", "unnamed"]

DIVERGENCES: Final = (*REQUEST_LINES, *SECTIONS, *FRAMINGS)
_CHANGES: Final = 20
"""The number of mends for one message. Its shapes are gone long before."""
_COMPARED: Final = ("method", "target", "version", "content", "end", "fields", "trailers")


def differing(one: Taken, other: Taken) -> str:
    """The names of what differs between two readings, with commas. What a parser does not tell does not count."""
    pairs = [(name, getattr(one, name), getattr(other, name)) for name in _COMPARED]
    pairs.append(("mapping", *_mappings(one, other)))
    return ",".join(name for name, a, b in pairs if a is not None and b is not None and a != b)


def _mappings(one: Taken, other: Taken) -> tuple[dict[bytes, bytes] | None, dict[bytes, bytes] | None]:
    if one.mapping is None and other.mapping is None:
        return None, None
    return (
        one.mapping if one.fields is None else in_a_mapping(one.fields),
        other.mapping if other.fields is None else in_a_mapping(other.fields),
    )


def compare(own: Outcome, theirs: Outcome) -> tuple[Side, str] | None:
    """How two outcomes part; None where they agree. Two parsers that both refuse a message agree about it."""
    match own, theirs:
        case Refused(why), Taken():
            return Side.WE_REFUSE, why
        case Taken(), Refused(why):
            return Side.THEY_REFUSE, why
        case Taken(), Taken() if what := differing(own, theirs):
            return Side.DIFFER, what
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A divergence that no entry explains."""

    parser: str
    side: Side
    reason: str
    data: bytes
    """The message as far as it was mended, and the one behind it."""


@dataclass(frozen=True, slots=True)
class Parting:
    """What a parser and ours make of one message."""

    named: tuple[Divergence, ...]
    """The changes, in this order, after which both agreed."""
    unnamed: Unnamed | None


def parting(parser: str, data: bytes, own: Reader = ours) -> Parting:
    """Where `parser` parts from ours about `data`. What has a name is mended, and the rest is compared again.

    Args:
        parser: A name of READERS.
        data: A message.
        own: The reader that stands for ours.
    """
    named: list[Divergence] = []
    data += CANARY
    while True:
        one, other = own(data), READERS[parser](data)
        found = compare(one, other)
        if found is None:
            # One of the two took the message before. It has to take the message when less is wrong with it.
            lost = bool(named) and isinstance(one, Refused)
            worse = Unnamed(parser, named[-1].side, "refused when mended", data) if lost else None
            return Parting(tuple(dict.fromkeys(named)), worse)
        entry, mended = _mended(parser, found[0], data) if len(named) < _CHANGES else (None, data)
        if entry is None:
            return Parting(tuple(dict.fromkeys(named)), Unnamed(parser, *found, data))
        named.append(entry)
        data = mended


def _mended(parser: str, side: Side, data: bytes) -> tuple[Divergence | None, bytes]:
    """The first entry whose shape is in the message, and the message without it."""
    for entry in DIVERGENCES:
        if entry.side is side and parser in entry.parsers and (mended := entry.mended(data)) is not None:
            return entry, mended
    return None, data


def unnamed(data: bytes, own: Reader = ours) -> list[Unnamed]:
    """The divergences of all parsers about `data` that have no name."""
    partings = (parting(parser, data, own) for parser in READERS)
    return [one.unnamed for one in partings if one.unnamed is not None]

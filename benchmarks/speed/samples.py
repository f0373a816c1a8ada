"""What is measured, and what is made of it: medians of rounds, and ratios within a round."""

import statistics
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Figure", "Key", "Results", "Sample", "Setting", "median", "ratio"]


class Setting(StrEnum):
    """Where the processes may run."""

    PINNED = "pinned"
    """The server and all its children on one processor, the client on another."""
    FREE = "free"
    """Wherever the kernel puts them."""


class Figure(StrEnum):
    """What a turn measures."""

    CPU = "cpu_us"
    """Microseconds of processor time for each unit of work, of the whole tree of processes."""
    SYSTEM = "system_us"
    """The part of it that is spent in the kernel, split as the kernel's own ticks say."""
    RATE = "per_second"
    """Units of work for each second that passes."""
    P50 = "p50_ms"
    """Milliseconds that half of the requests take at most."""
    P99 = "p99_ms"
    """Milliseconds that 99 of 100 requests take at most."""
    FAILED = "failed"
    """Connections that were refused or broke, idle ones too, and answers that did not come within 10 s."""
    PEAK = "peak_bytes"
    """The most memory of each process, less what it shares with others, in bytes."""
    GROWTH = "growth_bytes"
    """Bytes of memory for each idle connection, or what an upload adds to the server's memory."""
    LOSS = "loss"
    """The part of the requests a second that idle connections take away."""


class Key(NamedTuple):
    """Whose figures."""

    workload: str
    server: str
    setting: Setting


Sample = Mapping[Figure, float]
"""The figures of one turn; which ones there are depends on the workload."""
Results = Mapping[Key, Sequence[Sample]]
"""The samples of each round, in their order."""


def median(results: Results, key: Key, figure: Figure) -> float | None:
    """The median over the rounds; None where there is no such figure."""
    values = [sample[figure] for sample in results.get(key, ()) if figure in sample]
    return statistics.median(values) if values else None


def ratio(results: Results, own: Key, other: Key, figure: Figure, of: Figure | None = None) -> float | None:
    """The median of what each round says: `own`'s figure divided by `other`'s, which may be another figure.

    What else the machine does in a round slows both, so that it blurs the ratio less than the figures.
    """
    quotients = [
        mine[figure] / theirs[of or figure]
        for mine, theirs in zip(results.get(own, ()), results.get(other, ()), strict=False)  # a turn may have failed
        if figure in mine and theirs.get(of or figure)
    ]
    return statistics.median(quotients) if quotients else None

"""The figures of a measurement, and their summary: medians of rounds, and ratios within a round."""

import statistics
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Figure", "Key", "Results", "Sample", "Setting", "median", "ratio"]


class Setting(StrEnum):
    """The processors of the processes."""

    PINNED = "pinned"
    """The server and all its children on one processor, the client on another."""
    FREE = "free"
    """The processors that the kernel chooses."""


class Figure(StrEnum):
    """A figure that a turn measures."""

    CPU = "cpu_us"
    """Microseconds of processor time for each unit of work, of the whole tree of processes."""
    SYSTEM = "system_us"
    """The part of it that is spent in the kernel, by the kernel's own ticks."""
    RATE = "per_second"
    """The number of units of work for each second."""
    P50 = "p50_ms"
    """The milliseconds that half of the requests take at most."""
    P99 = "p99_ms"
    """The milliseconds that 99 of 100 requests take at most."""
    FAILED = "failed"
    """The number of connections that were refused or broke, idle ones too, and of answers that did not come within 10
    s."""
    PEAK = "peak_bytes"
    """The largest memory of each process, less what it shares with others, in bytes."""
    GROWTH = "growth_bytes"
    """The bytes of memory for each idle connection, or those that an upload adds to the server's memory."""
    LOSS = "loss"
    """The part of the requests a second that idle connections take away."""


class Key(NamedTuple):
    """The owner of figures: a server, at a workload, in a setting."""

    workload: str
    server: str
    setting: Setting


Sample = Mapping[Figure, float]
"""The figures of one turn; the workload decides which ones there are."""
Results = Mapping[Key, Sequence[Sample]]
"""The samples of the rounds, in their order."""


def median(results: Results, key: Key, figure: Figure) -> float | None:
    """The median over the rounds; None where there is no such figure."""
    values = [sample[figure] for sample in results.get(key, ()) if figure in sample]
    return statistics.median(values) if values else None


def ratio(results: Results, own: Key, other: Key, figure: Figure, of: Figure | None = None) -> float | None:
    """The median of the rounds' quotients: `own`'s figure divided by `other`'s, which may be another figure.

    Other work on the machine in a round slows both, so that it changes the ratio less than the figures.
    """
    quotients = [
        mine[figure] / theirs[of or figure]
        for mine, theirs in zip(results.get(own, ()), results.get(other, ()), strict=False)  # a turn may have failed
        if figure in mine and theirs.get(of or figure)
    ]
    return statistics.median(quotients) if quotients else None

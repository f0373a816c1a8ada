"""The work that a request may cost: numbers that only fall.

A count above its bound is an error, and so is one clearly below it: a gain has to be written down, so that it cannot be
lost again. `python -m tests.counts.measure --write` writes the present numbers.
"""

from typing import Final, NamedTuple

__all__ = ["BOUNDS", "IMPORT_BOUND", "Bounds", "verdict"]


_SMALL_GAIN: Final = 3
"""A gain that is smaller than this need not be written down."""


class Bounds(NamedTuple):
    """What one request of a workload costs at most, on Python 3.11.

    Attributes:
        python_calls: Calls of Python functions.
        c_calls: Calls of C functions from Python functions.
        system_calls: System calls.
        instructions: Instructions outside the kernel; 0 where they are not counted.
    """

    python_calls: int
    c_calls: int
    system_calls: int
    instructions: int


BOUNDS: Final = {
    "file": Bounds(56, 51, 8, 142_849),
    "not-modified": Bounds(56, 49, 7, 133_415),
    "range": Bounds(78, 88, 8, 205_356),
    "listing": Bounds(163, 5218, 1027, 13_914_365),
    "function": Bounds(46, 39, 4, 99_661),
    "application": Bounds(59, 50, 4, 129_213),
    "script": Bounds(260, 342, 37, 0),
    "closing": Bounds(108, 104, 18, 304_791),
    "secure": Bounds(70, 62, 8, 0),
    "pooled": Bounds(57, 54, 8, 0),
}


IMPORT_BOUND: Final = 140
"""Instructions of `import pyhttp`, in percent of those of `import http.server`."""


def verdict(what: str, counted: int, bound: int, chance: int = 0) -> str:
    """What is wrong with a count; empty where it is right.

    Args:
        what: What was counted.
        counted: How many there were.
        bound: How many there may be.
        chance: How many more or fewer may be due to chance.
    """
    if counted > bound + chance:
        return f"{what}: {counted}, and at most {bound} are allowed"
    if counted < bound - _SMALL_GAIN - chance:
        return f"{what}: {counted}, fewer than the bound: write {counted} for {bound} into tests/counts/bounds.py"
    return ""

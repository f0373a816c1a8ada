"""ISO/IEC 18004: a URL as a QR code that a telephone reads from a terminal.

The drawing needs a library, `segno`, which no other code here needs; the extra "qr" installs it.
"""

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from pyhttp.command.listening import CannotServe

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check", "drawn"]

_QUIET: Final = 4
"""Light modules around a code (ISO/IEC 18004 §6.3.8)."""
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
"""Colours from the fixed part of the palette: no theme can change them, so that the code is dark on light
everywhere."""
_AS_BEFORE: Final = "\x1b[0m"


def check() -> None:
    """Check that codes can be drawn.

    Raises:
        CannotServe: The library is missing.
    """
    try:
        import segno  # noqa: F401, PLC0415 - only to see whether it is installed
    except ImportError:
        raise CannotServe("--qr needs the package segno: pip install 'pyhttp-server[qr]'") from None


def drawn(url: str) -> str:
    """The code of a URL, as lines for a terminal: two rows of modules in each, as half blocks."""
    import segno  # noqa: PLC0415 - an extra; `check` has found it

    matrix: Sequence[Sequence[int]] = segno.make(url, micro=False).matrix
    beside, above = [False] * _QUIET, [[False] * (len(matrix[0]) + 2 * _QUIET)] * _QUIET
    rows = [*above, *[[*beside, *[bool(module) for module in row], *beside] for row in matrix], *above]
    lines = zip_longest(rows[::2], rows[1::2], fillvalue=above[0])
    drawn_lines = ["".join([_HALVES[pair] for pair in zip(upper, lower, strict=True)]) for upper, lower in lines]
    return "".join([f"{_BLACK_ON_WHITE}{line}{_AS_BEFORE}\n" for line in drawn_lines])

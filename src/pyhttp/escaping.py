r"""What others have said, as text for one line of a log: every log asks here (safety line O2).

What could start a line of its own, move a terminal's cursor, or change the order in which a line is read, is written as
``\xNN`` or ``\uNNNN``, and so is ``\`` itself: it can be undone. JSON has a rule of its own, which `json` knows.
"""

import re
from typing import Final

__all__ = ["in_line", "in_quotes"]

_OTHERS: Final = r"\\\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""The backslash, controls but the tab, and what Unicode has for the end of a line and for the direction of text."""
_NOT_IN_LINE: Final = f"[{_OTHERS}]"
_NOT_IN_QUOTES: Final = f'["\t{_OTHERS}]'


def in_line(text: str) -> str:
    """`text` as it may stand in a line by itself, as a script or an application says it: tabs and quotes stay."""
    if text.isprintable() and "\\" not in text:  # nearly all is, which is sooner known than by the expression
        return text
    return re.sub(_NOT_IN_LINE, _escape, text)


def in_quotes(text: str) -> str:
    """`text` as it may stand between quotes, where quotes tell columns apart."""
    if text.isprintable() and "\\" not in text and '"' not in text:
        return text
    return re.sub(_NOT_IN_QUOTES, _escape, text)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"

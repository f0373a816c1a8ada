r"""The escaping of foreign text for one line of a log; every log uses it (safety line O2).

A character that could start a line of its own, move the cursor of a terminal, or change the order in which a line is
read, is written as ``\xNN`` or ``\uNNNN``. So is ``\`` itself: the escaping can be undone. JSON has its own rule, by
`json`.
"""

import re
from typing import Final

__all__ = ["in_line", "in_quotes"]

_OTHERS: Final = r"\\\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""The backslash, controls except the tab, and the characters of Unicode for line ends and for the direction of text."""
_NOT_IN_LINE: Final = f"[{_OTHERS}]"
_NOT_IN_QUOTES: Final = f'["\t{_OTHERS}]'


def in_line(text: str) -> str:
    """The text of a script or an application, as it may stand in a line by itself: tabs and quotes stay."""
    if text.isprintable() and "\\" not in text:  # nearly every text is, and this is quicker than the expression
        return text
    return re.sub(_NOT_IN_LINE, _escape, text)


def in_quotes(text: str) -> str:
    """`text` as it may stand between quotes, where quotes separate columns."""
    if text.isprintable() and "\\" not in text and '"' not in text:
        return text
    return re.sub(_NOT_IN_QUOTES, _escape, text)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"

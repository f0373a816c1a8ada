"""The octet that an error is about, and the line around it."""

import re
from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.explaining.model import Refusal
from pyhttp.phrases import reason_phrase

__all__ = ["located", "parts_of", "refusal_of"]

_DETAIL: Final = re.compile(r"(?P<rule>.*?) \((?P<clause>RFC [^()]*|[0-9]{4}-[^()]*)\)(?P<more>.*)", re.DOTALL)
_BEFORE: Final = 60
"""Octets of a long line that are shown before the one at fault."""
_AROUND: Final = 84


def parts_of(detail: str) -> tuple[str, str]:
    """The rule that is broken, and the clause behind it, by an error's detail; the clause is "" where there is none."""
    match = _DETAIL.fullmatch(detail)
    return (detail, "") if match is None else (match["rule"] + match["more"], match["clause"])


def located(detail: str, head: bytes) -> int:
    """The place in a complete head that an error is about: the target, or the last line of the field that it names.

    An error that names neither, or a field that is not there, is about the head's last octets or its method.
    """
    subject, colon, _ = detail.partition(": ")
    if subject == "request-target":
        return head.index(b" ") + 1
    if not colon:
        return 0
    begin = head.lower().rfind(b"\r\n" + subject.lower().encode("latin-1") + b":")
    return begin + 2 if begin >= 0 else len(head) - 2


def refusal_of(error: HTTPError, data: bytes, offset: int | None, begin: int) -> Refusal:
    """The refusal that an error stands for; `offset`, and `begin`, where the message begins, are places in `data`."""
    rule, clause = parts_of(error.detail)
    begin, end = _line_around(data, len(data) if offset is None else offset, begin)
    return Refusal(offset, rule, clause, error.status, reason_phrase(error.status), data[begin:end], begin)


def _line_around(data: bytes, offset: int, first: int) -> tuple[int, int]:
    """The beginning, not before `first`, and end of the line around `offset`, or of a part of a long line."""
    begin = max(first, data.rfind(b"\n", 0, offset) + 1)
    newline = data.find(b"\n", offset)
    end = len(data) if newline < 0 else newline + 1
    begin = max(begin, offset - _BEFORE)
    return begin, min(end, begin + _AROUND)

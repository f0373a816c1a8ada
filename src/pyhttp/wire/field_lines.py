"""RFC 9112 §5: field lines, and the field sections they make (header section §2.1, trailer section §7.1.2)."""

import functools
import re
from typing import Final

from pyhttp import abnf
from pyhttp.errors import FieldsTooLarge, HTTPError, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.semantics.fields import Headers
from pyhttp.wire.faults import at, move
from pyhttp.wire.line import LineFinder

__all__ = ["FieldSection", "check_field_line"]

_NAMED: Final = 100
"""The largest number of octets of a field name that the log shows."""


@functools.cache
def _line_pattern() -> re.Pattern[bytes]:
    return re.compile(abnf.FIELD_LINE)


@functools.cache
def _name_pattern() -> re.Pattern[bytes]:
    return re.compile(abnf.FIELD_NAME)


@functools.cache
def _forbidden() -> re.Pattern[bytes]:
    return re.compile(abnf.NO_FIELD_OCTET)


def check_field_line(line: bytes) -> None:
    """Refuse a line, without its CRLF, that is no field line; a line with an unknown name is one (9110-5.1-6b).

    CR, LF and NUL have to be refused (9110-5.5-5a), and so are all other controls but HTAB (9110-5.5-5b).

    Raises:
        MalformedRequest: The line breaks a rule of RFC 9112 §5; the detail says which, and where.
    """
    if _line_pattern().fullmatch(line) is None:
        raise _explained(line)


def _explained(line: bytes) -> MalformedRequest:
    """The error for a line that is no field line, with the rule that it breaks."""
    # White space begins a folded line (9112-5.2-4a), or the first one (9112-2.2-8a): the request is refused for both.
    if line[:1] in {b" ", b"\t"}:
        rule = "field line: begins with white space, obsolete folding is refused (RFC 9112 §5.2)"
        return at(MalformedRequest(rule), 0)
    name, colon, _ = line.partition(b":")
    if not colon:
        return at(MalformedRequest("field line: no colon (RFC 9112 §5)"), len(line))
    if not name:
        return at(MalformedRequest("field line: empty field name (RFC 9110 §5.1)"), 0)
    if name.rstrip(b" \t") != name:  # 9112-5.1-2c
        where = len(name.rstrip(b" \t"))
        return at(MalformedRequest("field line: white space before the colon (RFC 9112 §5.1)"), where)
    token = _name_pattern().match(name)
    end = 0 if token is None else token.end()
    if end < len(name):
        return at(MalformedRequest(f"field name: octet 0x{name[end]:02x} at offset {end} (RFC 9110 §5.1)"), end)
    return MalformedRequest(f"value of {name.decode('ascii')}: a control character (RFC 9110 §5.5)")


def _too_long(what: str) -> HTTPError:
    return FieldsTooLarge(f"{what} (9110-5.4-2a)")


class FieldSection:
    """A reader of a field section: line by line, as the lines arrive, and under the limits D2, D3 and D4.

    Args:
        limits: `field_line`, `field_lines` and `field_section` are kept.
    """

    __slots__ = ("_finder", "_limits", "_lines", "_room")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._finder = LineFinder(_forbidden())
        self._lines: list[str] = []
        self._room = limits.field_section

    @property
    def headers(self) -> Headers:
        """The lines read so far; the white space around a value is no part of it (9110-5.5-3b)."""
        return Headers.split(self._lines)

    def read(self, data: bytes | bytearray, start: int) -> tuple[int, bool]:
        """Read the complete lines at `start`, where a line of this section begins.

        Returns:
            The offset behind the last line read, and whether it was the empty line that ends the section.

        Raises:
            MalformedRequest: A line breaks the grammar.
            FieldsTooLarge: A line, the number of lines, or the section is over its limit (9110-5.4-2a).
        """
        while start < len(data):
            first = data[start]
            if first != 0x0D:
                self._may_begin(first, start)
            longest = max(0, min(self._limits.field_line, self._room - 2))
            try:
                end = self._finder.find(data, start, longest, "field line", _too_long)
            except FieldsTooLarge as error:
                raise self._named(error, bytes(data[start : start + longest])) from None
            if end < 0:
                break
            if end == start:
                return end + 2, True
            line = bytes(data[start:end])
            try:
                check_field_line(line)
            except MalformedRequest as error:
                move(error, start)
                raise
            self._lines.append(line.decode("latin-1"))  # each octet stays what it is (9110-5.5-4e)
            self._room -= end + 2 - start
            start = end + 2
        return start, False

    def _named(self, error: FieldsTooLarge, line: bytes) -> HTTPError:
        """The error with the number and the name of the line that it is about: for the log alone (6585-5-2).

        Args:
            error: The error of a line that is too long.
            line: The line up to its limit: that much has arrived, however the input was split.
        """
        name, colon, _ = line[: _NAMED + 1].partition(b":")
        which = f"{len(self._lines) + 1}"
        if colon and _name_pattern().fullmatch(name):
            which += f", {name.decode('ascii')}"
        named = FieldsTooLarge(error.detail.replace("field line", f"field line {which}", 1))
        named.offset = error.offset
        return named

    def _may_begin(self, first: int, start: int) -> None:
        """Refuse a line at its first octet where that octet makes the line wrong."""
        if len(self._lines) == self._limits.field_lines:
            raise at(FieldsTooLarge(f"field section: more than {self._limits.field_lines} lines (9110-5.4-2a)"), start)
        if first in b" \t":
            raise at(_explained(bytes((first,))), start)

"""RFC 9110 §5: fields, as an immutable, case-insensitive mapping that keeps what arrived."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

from pyhttp import abnf
from pyhttp.errors import Misuse

__all__ = ["EMPTY", "Headers", "is_field_name", "is_field_value", "parse_list"]

_NAME: Final = re.compile(abnf.text(abnf.FIELD_NAME))
_NONE: Final[Mapping[str, tuple[str, ...]]] = {}
_NO_VALUE: Final = " \t\r"
"""What may stand around a value in a checked line; no CR is left within one."""
_VALUE: Final = re.compile(r"(?![ \t])" + abnf.text(abnf.FIELD_VALUE) + r"(?<![ \t])")


def is_field_name(name: str) -> bool:
    """Whether `name` is a field-name (RFC 9110 §5.1)."""
    return _NAME.fullmatch(name) is not None


def is_field_value(value: str) -> bool:
    """Whether `value` is a field-value (RFC 9110 §5.5): no control but HTAB, and no white space at either end."""
    return _VALUE.fullmatch(value) is not None


class Headers(Mapping[str, str]):
    """The field lines of one section, in arrival order (RFC 9110 §5.2, §5.3).

    Lookup ignores the case of names; `headers[name]` joins the values of repeated lines by ``", "`` (9110-5.3-1a).
    Text is ISO-8859-1: one character per byte (9110-5.5-4e).

    Args:
        fields: A mapping, or (name, value) pairs.

    Raises:
        ValueError: A name or a value breaks the grammar; the message names it.
    """

    __slots__ = ("_lines", "_unsplit", "_wire", "by_name", "repeated")

    by_name: Mapping[str, str]
    """The joined value of each name, in lower case: for lookups that need no folding of case."""
    repeated: Mapping[str, tuple[str, ...]]
    """The values of each name, in lower case, that has more than one line."""

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        if isinstance(fields, Headers):
            pairs = fields.lines
        lines = tuple(pairs)
        for name, value in lines:
            if _NAME.fullmatch(name) is None:
                raise ValueError(f"headers: {name!r} is not a field name (RFC 9110 §5.1)")
            if _VALUE.fullmatch(value) is None:
                raise ValueError(f"headers: the value of {name} is not a field value (RFC 9110 §5.5): {value!r}")
        self._keep(lines)

    @classmethod
    def parsed(cls, lines: Iterable[tuple[str, str]]) -> Self:
        """Headers of (name, value) pairs that were checked already; they are not checked again."""
        headers = cls.__new__(cls)
        headers._keep(tuple(lines))  # noqa: SLF001 - an alternative constructor
        return headers

    @classmethod
    def split(cls, lines: list[str]) -> Self:
        """Headers of field lines that a parser has checked already (RFC 9112 §5); a line may still have its CR.

        The white space around a value is no part of it; only SP and HTAB are such (9110-5.5-3b, safety line S7).
        """
        headers = cls.__new__(cls)
        by_name = {name.lower(): value.strip(_NO_VALUE) for line in lines for name, _, value in [line.partition(":")]}
        if len(by_name) < len(lines):
            headers._keep(_pairs(lines))  # noqa: SLF001 - an alternative constructor
            return headers
        headers.by_name = by_name
        headers.repeated = _NONE
        headers._unsplit = lines  # noqa: SLF001
        headers._wire = None  # noqa: SLF001
        headers._lines = None  # noqa: SLF001
        return headers

    def _keep(self, lines: tuple[tuple[str, str], ...]) -> None:
        """Index the lines, in time linear in their bytes (safety line S10)."""
        self._unsplit: list[str] = []
        self._wire: bytes | None = None
        self._lines: tuple[tuple[str, str], ...] | None = lines
        by_name = {name.lower(): value for name, value in lines}
        self.repeated = _NONE
        if len(by_name) < len(lines):
            self.repeated = _repeated(lines)
            by_name.update((name, ", ".join(values)) for name, values in self.repeated.items())
        self.by_name = by_name

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every (name, value) in arrival order, names as received."""
        if self._lines is None:  # most requests are answered without them; making them twice does no harm
            self._lines = _pairs(self._unsplit)
        return self._lines

    @property
    def wire(self) -> bytes:
        """The field lines as they are sent, each with its CRLF; they are put together once.

        Raises:
            Misuse: A line holds a line end, which would split the message (RFC 9112 §11.1), or is not ISO-8859-1.
        """
        if self._wire is None:
            lines = self.lines
            text = "".join([f"{name}: {value}\r\n" for name, value in lines])
            if text.count("\r") != len(lines) or text.count("\n") != len(lines):
                raise Misuse("a field holds a line end")
            try:
                self._wire = text.encode("latin-1")
            except UnicodeEncodeError as error:
                raise Misuse("a field is not ISO-8859-1") from error
        return self._wire

    def __getitem__(self, name: str) -> str:
        return self.by_name[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.by_name

    def __eq__(self, other: object) -> bool:
        """Equal when each name has the same values in the same order; the order between names is free (9110-5.3)."""
        if not isinstance(other, Headers):
            return NotImplemented
        return self.by_name == other.by_name and self.repeated == other.repeated

    def __hash__(self) -> int:
        return hash(frozenset(self.by_name.items()))

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)!r})"

    def get_all(self, name: str) -> tuple[str, ...]:
        """The value of each line called `name`, in order; empty where there is none."""
        folded = name.lower()
        value = self.by_name.get(folded)
        return () if value is None else self.repeated.get(folded, (value,))

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a list-based field, empty ones dropped (the #rule, RFC 9110 §5.6.1).

        Commas inside quoted strings do not separate. Members come as they stand, quoting included.
        """
        return tuple(member for value in self.get_all(name) for member in parse_list(value))


def _pairs(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """Name and value of each field line."""
    return tuple([(name, value.strip(_NO_VALUE)) for line in lines for name, _, value in [line.partition(":")]])


def _repeated(lines: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    """The values under each lower-case name that has several."""
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name.lower(), []).append(value)
    return {name: tuple(several) for name, several in values.items() if len(several) > 1}


def parse_list(value: str) -> tuple[str, ...]:
    """The members of one list-based field value (RFC 9110 §5.6.1.2): empty ones skipped, quoted strings whole."""
    if '"' not in value:
        return tuple(stripped for part in value.split(",") if (stripped := part.strip(" \t")))
    return tuple(stripped for part in _split_quoted(value) if (stripped := part.strip(" \t")))


def _split_quoted(value: str) -> Iterator[str]:
    """Split at commas outside quoted strings; a string that is never closed runs to the end."""
    start = 0
    for match in abnf.text_pattern(abnf.QUOTED_OR_COMMA).finditer(value):
        if match.group() == ",":
            yield value[start : match.start()]
            start = match.end()
    yield value[start:]


EMPTY: Final = Headers()
"""A section without lines."""

"""RFC 9110 §5: fields, as an immutable, case-insensitive mapping that keeps what arrived."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

from pyhttp import abnf

__all__ = ["EMPTY", "Headers", "is_field_name", "is_field_value", "parse_list"]

_NAME: Final = re.compile(abnf.text(abnf.FIELD_NAME))
_VALUE: Final = re.compile(abnf.text(abnf.FIELD_VALUE))


def is_field_name(name: str) -> bool:
    """Whether `name` is a field-name (RFC 9110 §5.1)."""
    return _NAME.fullmatch(name) is not None


def is_field_value(value: str) -> bool:
    """Whether `value` is a field-value (RFC 9110 §5.5): no control but HTAB, and no white space at either end."""
    return _VALUE.fullmatch(value) is not None and value == value.strip(" \t")


class Headers(Mapping[str, str]):
    """The field lines of one section, in arrival order (RFC 9110 §5.2, §5.3).

    Lookup ignores the case of names; `headers[name]` joins the values of repeated lines by ``", "`` (9110-5.3-1a).
    Text is ISO-8859-1: one character per byte (9110-5.5-4e).

    Args:
        fields: A mapping, or (name, value) pairs.

    Raises:
        ValueError: A name or a value breaks the grammar; the message names it.
    """

    __slots__ = ("_index", "lines")

    lines: tuple[tuple[str, str], ...]
    """Every (name, value) in arrival order, names as received."""

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        if isinstance(fields, Headers):
            pairs = fields.lines
        lines = tuple(pairs)
        for name, value in lines:
            if not is_field_name(name):
                raise ValueError(f"headers: {name!r} is not a field name (RFC 9110 §5.1)")
            if not is_field_value(value):
                raise ValueError(f"headers: the value of {name} is not a field value (RFC 9110 §5.5): {value!r}")
        self.lines = lines
        self._index = _index(lines)

    @classmethod
    def parsed(cls, lines: Iterable[tuple[str, str]]) -> Self:
        """Headers of lines that a parser has checked already; they are not checked again."""
        headers = cls.__new__(cls)
        headers.lines = tuple(lines)
        headers._index = _index(headers.lines)  # noqa: SLF001 - an alternative constructor
        return headers

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._index[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index

    def __eq__(self, other: object) -> bool:
        """Equal when each name has the same values in the same order; the order between names is free (9110-5.3)."""
        return self._index == other._index if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset((name, tuple(values)) for name, values in self._index.items()))

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)!r})"

    def get_all(self, name: str) -> tuple[str, ...]:
        """The value of each line called `name`, in order; empty where there is none."""
        return tuple(self._index.get(name.lower(), ()))

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a list-based field, empty ones dropped (the #rule, RFC 9110 §5.6.1).

        Commas inside quoted strings do not separate. Members come as they stand, quoting included.
        """
        return tuple(member for value in self.get_all(name) for member in parse_list(value))


def _index(lines: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """The values under each lower-case name."""
    index: dict[str, list[str]] = {}
    for name, value in lines:
        index.setdefault(name.lower(), []).append(value)
    return index


def parse_list(value: str) -> tuple[str, ...]:
    """The members of one list-based field value (RFC 9110 §5.6.1.2): empty ones skipped, quoted strings whole."""
    if '"' not in value:
        return tuple(stripped for part in value.split(",") if (stripped := part.strip(" \t")))
    return tuple(stripped for part in _split_quoted(value) if (stripped := part.strip(" \t")))


_QUOTED_OR_COMMA: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|$)|,', re.DOTALL)


def _split_quoted(value: str) -> Iterator[str]:
    """Split at commas outside quoted strings; a string that is never closed runs to the end."""
    start = 0
    for match in _QUOTED_OR_COMMA.finditer(value):
        if match.group() == ",":
            yield value[start : match.start()]
            start = match.end()
    yield value[start:]


EMPTY: Final = Headers()
"""A section without lines."""

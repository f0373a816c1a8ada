"""RFC 9110 §5: fields, as an immutable, case-insensitive mapping that keeps the lines as they arrived."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Self, TypeVar, overload

from pyhttp import abnf
from pyhttp.arguments import check_lines, check_pairs
from pyhttp.errors import Misuse
from pyhttp.semantics.usual import AROUND, folded

__all__ = ["EMPTY", "OF_CONNECTION", "Headers", "is_field_name", "is_field_value", "list_value", "parse_list"]

_T = TypeVar("_T")

_NAME: Final = re.compile(abnf.text(abnf.FIELD_NAME))
_NONE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
OF_CONNECTION: Final = frozenset({"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"})
"""Fields about the connection, which only the server may describe. Those among them that ought to be listed in
Connection are sent by no other part of the program. A handler may send Upgrade; it is listed."""
_STEERING: Final = OF_CONNECTION | {"content-length", "date", "location", "upgrade"}
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
    Text is ISO-8859-1: one character per byte.

    Args:
        fields: A mapping, or (name, value) pairs.

    Raises:
        ValueError: A name or a value breaks the grammar; the message names the field.
        TypeError: A name or a value is no str; the message names it.
    """

    __slots__ = ("_index", "_lines", "_unsplit", "_wire", "by_name", "repeated", "steers")

    by_name: Mapping[str, str]
    """The joined value of each name, in lower case: for lookups that need no folding of case; it is read-only."""
    repeated: Mapping[str, tuple[str, ...]]
    """The values of each name, in lower case, that has more than one line; it is read-only."""

    steers: bool
    """Whether one of the fields is about the message or the connection, so that the sender has to look at them."""

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        if isinstance(fields, dict):  # it is asked first, since an abstract class asks its register of subclasses
            lines = tuple(fields.items())
        elif isinstance(fields, list | tuple):
            lines = tuple(fields)
        elif isinstance(fields, Headers):
            lines = fields.lines
        else:
            check_lines("headers", fields)
            lines = tuple(fields.items() if isinstance(fields, Mapping) else fields)
        try:
            for name, value in lines:  # no call for each line, which many answers would pay for
                if name.__class__ is not str or value.__class__ is not str:
                    _demand_text(name, value)
                if _NAME.fullmatch(name) is None:
                    raise ValueError(f"headers: {name!r} is not a field name (RFC 9110 §5.1)")  # noqa: TRY301 - see above
                if _VALUE.fullmatch(value) is None:
                    raise ValueError(  # noqa: TRY301 - likewise
                        f"headers: the value of {name} is not a field value (RFC 9110 §5.5): {value!r}"
                    )
        except (TypeError, ValueError):
            check_pairs("headers", lines)  # says more of what cannot be taken apart
            raise
        self._keep(lines)

    @classmethod
    def parsed(cls, lines: Iterable[tuple[str, str]]) -> Self:
        """Headers of (name, value) pairs that were checked already; they are not checked again."""
        headers = cls.__new__(cls)
        headers._keep(tuple(lines))  # noqa: SLF001 - an alternative constructor
        return headers

    @classmethod
    def split(cls, lines: list[str], octets: bytes = b"") -> Self:
        """Headers of field lines that a parser has checked already (RFC 9112 §5); a line may still have its CR.

        Args:
            lines: The field lines.
            octets: The same lines as received, if they are at hand, with line ends: they are kept in place of the
                lines.
        """
        headers = cls.__new__(cls)
        index = dict(map(folded, lines))
        if len(index) < len(lines):
            headers._keep(_pairs(lines))  # noqa: SLF001 - an alternative constructor
            return headers
        headers._index = index  # noqa: SLF001
        headers._lines = None  # noqa: SLF001
        headers._unsplit = octets or "\n".join(lines).encode("latin-1")  # noqa: SLF001
        headers._wire = None  # noqa: SLF001
        headers.by_name = MappingProxyType(index)
        headers.repeated = _NONE
        headers.steers = not _STEERING.isdisjoint(index)
        return headers

    def plus(self, name: str, value: str) -> Self:
        """The same fields and a further line, which is valid; no field is called `name` yet."""
        headers = type(self).__new__(type(self))
        headers._unsplit = b""  # noqa: SLF001 - an alternative constructor
        headers._lines = (*self.lines, (name, value))  # noqa: SLF001
        headers._index = {**self._index, name.lower(): value}  # noqa: SLF001
        headers._wire = self.wire + f"{name}: {value}\r\n".encode("latin-1")  # noqa: SLF001
        headers.by_name = MappingProxyType(headers._index)  # noqa: SLF001
        headers.repeated = self.repeated
        headers.steers = self.steers or name.lower() in _STEERING
        return headers

    def _keep(self, lines: tuple[tuple[str, str], ...]) -> None:
        """Index the lines, in time linear in their bytes (safety line S10)."""
        self._unsplit: bytes = b""
        self._lines: tuple[tuple[str, str], ...] | None = lines
        self._wire: bytes | None = None
        index = {name.lower(): value for name, value in lines}
        self.repeated = _NONE
        if len(index) < len(lines):
            self.repeated = MappingProxyType(_repeated(lines))
            index.update((name, ", ".join(values)) for name, values in self.repeated.items())
        self.steers = not _STEERING.isdisjoint(index)
        self._index: dict[str, str] = index
        self.by_name = MappingProxyType(index)

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every (name, value) in arrival order, names as received."""
        if self._lines is not None:
            return self._lines
        # Most requests are answered without the lines, and a section that is kept for the next request is to stay
        # small.
        return _pairs([line.decode("latin-1") for line in self._unsplit.splitlines() if line])

    @property
    def wire(self) -> bytes:
        """The field lines as they are sent, each with its CRLF; they are made once.

        Raises:
            Misuse: A line holds a line end, which would split the response (RFC 9112 §11.1), or is not ISO-8859-1.
        """
        if self._wire is None:
            self._wire = _serialized(self.lines)
        return self._wire

    def __reduce__(self) -> tuple[Callable[[Iterable[tuple[str, str]]], Self], tuple[tuple[tuple[str, str], ...]]]:
        """Copy and pickle the headers by their lines: the other attributes, made from the lines, cannot be pickled."""
        return self.parsed, (self.lines,)

    def __getitem__(self, name: str) -> str:
        return self._index[name.lower()]

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | _T) -> str | _T: ...

    def get(self, name: str, /, default: object = None) -> object:
        """The joined value of `name`, or `default` where there is none."""
        return self._index.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index

    def __eq__(self, other: object) -> bool:
        """Equal when each name has the same values in the same order; the order between names is free (9110-5.3)."""
        if not isinstance(other, Headers):
            return NotImplemented
        return self._index == other._index and self.repeated == other.repeated

    def __hash__(self) -> int:
        return hash(frozenset(self._index.items()))

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)!r})"

    def get_all(self, name: str) -> tuple[str, ...]:
        """The value of each line called `name`, in order; empty where there is none."""
        folded = name.lower()
        value = self._index.get(folded)
        return () if value is None else self.repeated.get(folded, (value,))

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a list-based field, empty ones dropped (the #rule, RFC 9110 §5.6.1).

        Commas inside quoted strings do not separate. Members come as they stand, quoting included.
        """
        return tuple([member for value in self.get_all(name) for member in parse_list(value)])


def _demand_text(name: object, value: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"headers: a field name is a str, not {type(name).__name__}: {name!r}")
    if not isinstance(value, str):
        raise TypeError(f"headers: the value of {name} is a str, not {type(value).__name__}: {value!r}")


def _pairs(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """Name and value of each field line."""
    return tuple([(name, value.strip(AROUND)) for line in lines for name, _, value in [line.partition(":")]])


def _serialized(lines: tuple[tuple[str, str], ...]) -> bytes:
    """The lines as they are sent.

    Optional white space is one space behind a colon or comma (9110-5.6.3-2b), and elsewhere none (9110-5.6.3-2b.2).
    None of our fields has required white space, which would be one space (9110-5.6.3-3b), or bad white space
    (9110-5.6.3-5b).
    """
    text = "".join([f"{name}: {value}\r\n" for name, value in lines])
    if text.count("\r") != len(lines) or text.count("\n") != len(lines):
        raise Misuse("a field of the response holds a line end")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Misuse("a field of the response is not ISO-8859-1") from error


def _repeated(lines: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    """The values of each name, in lower case, that has several lines."""
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name.lower(), []).append(value)
    return {name: tuple(several) for name, several in values.items() if len(several) > 1}


def parse_list(value: str) -> tuple[str, ...]:
    """The members of one list-based field value (the #rule), quoted strings whole.

    Empty members are skipped (9110-5.6.1.2-1b), however many stand side by side (9110-5.6.1.2-1c).
    """
    if '"' not in value:
        return tuple([stripped for part in value.split(",") if (stripped := part.strip(" \t"))])
    return tuple([stripped for part in _split_quoted(value) if (stripped := part.strip(" \t"))])


def list_value(members: Iterable[str]) -> str:
    """A list as it is sent, without empty members (9110-5.6.1.1-1a)."""
    return ", ".join([member for member in members if member])


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

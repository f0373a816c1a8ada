"""Errors for an argument of a wrong type: the message names the argument, and says what to write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

__all__ = [
    "AsTuple",
    "Several",
    "check_callable",
    "check_lines",
    "check_pairs",
    "check_several",
    "check_type",
    "field_lines",
    "name_of",
    "optional",
    "pairs",
    "takes",
    "texts",
]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_TEXT = (str, bytes, bytearray)
"""Types that are sequences of letters, too. An argument of such a type is meant as the only member."""


class Several(Protocol[_T_co]):
    """Members in an order: a tuple or a list. A text is not one, since its members are texts again."""

    def __contains__(self, item: object, /) -> bool:
        """Whether an item is a member."""

    def __getitem__(self, index: int, /) -> _T_co:
        """The member with this number."""

    def __iter__(self) -> Iterator[_T_co]:
        """Each member."""

    def __len__(self) -> int:
        """The number of members."""


class AsTuple(Generic[_T]):
    """A field of a dataclass that takes any tuple or list, and holds a tuple; the argument is the default.

    Type checkers learn this from the two methods. The dataclass itself has a slot in their place, and its
    `__post_init__` puts the tuple there.
    """

    def __init__(self, default: tuple[_T, ...] = ()) -> None:
        self._default = default

    def __get__(self, instance: object, owner: type | None = None) -> tuple[_T, ...]:
        """The default, for the decorator that makes the dataclass."""
        return self._default

    def __set__(self, instance: object, value: Several[_T]) -> None:
        """Do nothing: the dataclass sets its slot itself."""


def check_type(name: str, value: object, *kinds: type, hint: str = "") -> None:
    """Check that an argument is of one of some types; a bool is no int.

    Raises:
        TypeError: The argument is of another type.
    """
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join([kind.__name__ for kind in kinds])
        raise TypeError(f"{name}: {wanted}, not {type(value).__name__}{hint and f': {hint}'}")


def optional(name: str, value: _T | None, kind: type[_T]) -> _T | None:
    """An argument that is None or of some type.

    Raises:
        TypeError: The argument is neither.
    """
    if value is not None:
        check_type(name, value, kind)
    return value


def check_several(name: str, value: object, what: str, write: str) -> None:
    """Check that an argument is a tuple, a list, or another sequence of `what`, and no text.

    Raises:
        TypeError: The argument is something else; the message says what to write.
    """
    if isinstance(value, _TEXT) or not isinstance(value, Sequence):
        if isinstance(value, str) and what == "texts":
            write = repr((value,))
        elif isinstance(value, Mapping) and what == "pairs":
            write = repr(tuple(value.items()))
        raise TypeError(f"{name}: a tuple or a list of {what}, not {type(value).__name__}: write {write}")


def texts(name: str, value: Several[str]) -> tuple[str, ...]:
    """An argument that is several texts, as a tuple.

    Raises:
        TypeError: The argument is something else, such as one text, which would count as a text for each letter.
    """
    check_several(name, value, "texts", "('a', 'b')")
    for member in value:
        check_type(name, member, str)
    return tuple(value)


def pairs(name: str, value: Several[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """An argument that is pairs of texts, as a tuple of tuples.

    Raises:
        TypeError: The argument is something else.
    """
    check_several(name, value, "pairs", "(('a', 'b'),)")
    check_pairs(name, value)
    for pair in value:
        for member in pair:
            check_type(name, member, str)
    return tuple([(first, second) for first, second in value])


def field_lines(name: str, value: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """An argument that is field lines, a mapping or pairs, as a tuple of tuples.

    Raises:
        TypeError: The argument is something else.
    """
    check_lines(name, value)
    return pairs(name, tuple(value.items() if isinstance(value, Mapping) else value))


def check_lines(name: str, value: object) -> None:
    """Check that an argument may be field lines: a mapping, or another iterable.

    Raises:
        TypeError: It cannot.
    """
    if isinstance(value, _TEXT) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: a mapping, or (name, value) pairs, not {type(value).__name__}")


def check_pairs(name: str, value: Iterable[object]) -> None:
    """Check that all members of an argument are pairs.

    Raises:
        TypeError: A member is not a pair.
    """
    for pair in value:
        if isinstance(pair, _TEXT) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise TypeError(f"{name}: each is a pair, such as ('a', 'b'), not {pair!r}")


def check_callable(name: str, value: object, *, or_none: bool = False) -> None:
    """Check that an argument can be called.

    Raises:
        TypeError: The argument cannot be called.
    """
    if not callable(value) and not (or_none and value is None):
        raise TypeError(f"{name}: a callable, not {type(value).__name__}")


def takes(function: object, count: int) -> bool:
    """Whether a function can be called with `count` arguments by position, as far as this can be known."""
    from inspect import signature  # noqa: PLC0415 - see `pyhttp.first_steps`

    if not callable(function):
        return False
    try:
        parameters = signature(function)
    except (TypeError, ValueError):  # some callables have no signature, such as C functions
        return True
    try:
        parameters.bind(*[None] * count)
    except TypeError:
        return False
    return True


def name_of(function: object) -> str:
    """The name of a function or a class, for a message."""
    name: object = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else repr(function)

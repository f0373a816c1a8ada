"""Errors for an argument of a wrong type: the message names the argument, and says what to write."""

from inspect import signature  # dataclasses has loaded it already
from typing import TypeVar

__all__ = ["check_callable", "check_type", "name_of", "optional", "takes"]

_T = TypeVar("_T")


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


def check_callable(name: str, value: object, *, or_none: bool = False) -> None:
    """Check that an argument can be called.

    Raises:
        TypeError: The argument cannot be called.
    """
    if not callable(value) and not (or_none and value is None):
        raise TypeError(f"{name}: a callable, not {type(value).__name__}")


def takes(function: object, count: int) -> bool:
    """Whether a function can be called with `count` arguments by position, as far as this can be known."""
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

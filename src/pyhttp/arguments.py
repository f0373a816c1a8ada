"""What is said of an argument of a wrong type: which one, and what to write."""

from inspect import signature  # dataclasses have loaded it
from typing import TypeVar

__all__ = ["check_callable", "check_type", "name_of", "optional", "takes"]

_T = TypeVar("_T")


def check_type(name: str, value: object, *kinds: type, hint: str = "") -> None:
    """See that an argument is of one of some types; a bool is no int.

    Raises:
        TypeError: It is not.
    """
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join([kind.__name__ for kind in kinds])
        raise TypeError(f"{name}: {wanted}, not {type(value).__name__}{hint and f': {hint}'}")


def optional(name: str, value: _T | None, kind: type[_T]) -> _T | None:
    """An argument that is None or of some type.

    Raises:
        TypeError: It is neither.
    """
    if value is not None:
        check_type(name, value, kind)
    return value


def check_callable(name: str, value: object, *, or_none: bool = False) -> None:
    """See that an argument can be called.

    Raises:
        TypeError: It cannot.
    """
    if not callable(value) and not (or_none and value is None):
        raise TypeError(f"{name}: something to be called, not {type(value).__name__}")


def takes(function: object, count: int) -> bool:
    """Whether something can be called with `count` arguments by position, as far as can be told."""
    if not callable(function):
        return False
    try:
        parameters = signature(function)
    except (TypeError, ValueError):  # some things do not tell, C functions among them
        return True
    try:
        parameters.bind(*[None] * count)
    except TypeError:
        return False
    return True


def name_of(function: object) -> str:
    """What a function or a class is called, for a message."""
    name: object = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else repr(function)

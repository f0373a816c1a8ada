"""The library as users without a type checker see it."""

from types import SimpleNamespace
from typing import Protocol

__all__ = ["Call", "said_to_be_bytes", "untyped"]


class Call(Protocol):
    """A function that may be called with any values."""

    def __call__(self, *args: object, **named: object) -> object:
        """Call the function."""


def untyped(function: object) -> Call:
    """The same `function`, which may now be called with values of any type."""
    call: Call = vars(SimpleNamespace(it=function))["it"]
    return call


def said_to_be_bytes(value: object) -> bytes:
    """The same `value`, whatever its type."""
    said: bytes = vars(SimpleNamespace(it=value))["it"]
    return said

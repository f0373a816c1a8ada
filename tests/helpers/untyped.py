"""The library as users without a type checker see it."""

from types import SimpleNamespace
from typing import Protocol

__all__ = ["Call", "said_to_be_bytes", "untyped"]


class Call(Protocol):
    """What may be called with anything."""

    def __call__(self, *args: object, **named: object) -> object:
        """Call it."""


def untyped(function: object) -> Call:
    """`function`, to be called with values of any type."""
    call: Call = vars(SimpleNamespace(it=function))["it"]
    return call


def said_to_be_bytes(value: object) -> bytes:
    """`value` as it is, whatever its type."""
    said: bytes = vars(SimpleNamespace(it=value))["it"]
    return said

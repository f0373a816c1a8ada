"""Where in the octets received an error is about one of them: found on the way of an error alone."""

from typing import TypeVar

from pyhttp.errors import HTTPError

__all__ = ["at", "move"]

Error = TypeVar("Error", bound=HTTPError)


def at(error: Error, offset: int) -> Error:
    """The error, about the octet at `offset` of what its raiser reads."""
    error.offset = offset
    return error


def move(error: HTTPError, begin: int) -> None:
    """Count its offset from further ahead: what its raiser reads begins at `begin` of what is read here."""
    if error.offset is not None:
        error.offset += begin

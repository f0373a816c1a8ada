"""The octet that an error is about, among those received: it is looked for only when there is an error."""

from typing import TypeVar

from pyhttp.errors import HTTPError

__all__ = ["at", "move"]

Error = TypeVar("Error", bound=HTTPError)


def at(error: Error, offset: int) -> Error:
    """Make the error be about the octet at `offset` of the data that its raiser reads."""
    error.offset = offset
    return error


def move(error: HTTPError, begin: int) -> None:
    """Count the error's offset from an earlier place: its raiser's data begins at `begin` of the caller's data."""
    if error.offset is not None:
        error.offset += begin

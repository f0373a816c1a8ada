"""RFC 9110 §6.4: the content of a response, checked as far as possible before it is read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

__all__ = ["Body", "FileSlice", "OpenFile", "Source", "Written", "check_body", "check_item", "close_body", "octets"]


@runtime_checkable
class OpenFile(Protocol):
    """The part of an open file that a FileSlice needs; any object with these two methods will do."""

    def fileno(self) -> int:
        """The open descriptor."""

    def close(self) -> None:
        """Close the file; harmless when called twice."""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """`length` bytes of an open regular file from `offset` on, as the content of a Response.

    The code that sends the Response closes the file, in every outcome.

    Raises:
        ValueError: `offset` or `length` is negative.
    """

    file: OpenFile
    offset: int
    length: int

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length < 0:
            raise ValueError(f"FileSlice: offset and length must not be negative: {self.offset}, {self.length}")

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self.file.close()


@runtime_checkable
class Source(Protocol):
    """Content from outside, such as from a process: it is read when it is there, and no thread waits for it.

    The code that sends the Response closes the source, in every outcome.
    """

    def watched(self) -> tuple[int, ...]:
        """The descriptors to watch; when one of them is readable, `read` is to be called."""

    def due(self) -> float:
        """The latest time at which `read` is to be called, on the monotonic clock."""

    def read(self) -> bytes | None:
        """The next octets, without waiting; None where there are none now, ``b""`` at the end.

        Raises:
            HTTPError: The content ended before it was complete, or is late.
        """

    def close(self) -> None:
        """End the source; harmless when called twice."""


@runtime_checkable
class Written(Protocol):
    """Content that other code writes while it is sent, such as a Feed."""

    def reader(self) -> Source:
        """The source that the sender of the Response reads and closes.

        Raises:
            Misuse: The content has a reader already.
        """

    def discard(self) -> None:
        """Note that the Response is not sent, or is over: if the content has no reader, it will never have one."""


Body = bytes | FileSlice | tuple[bytes | FileSlice, ...] | Iterable[bytes] | Source | Written


def close_body(body: Body) -> None:
    """Release the resources of a response body: the files of its parts, a source, or an iterator that can be closed."""
    if isinstance(body, tuple):
        for part in body:
            close_body(part)
        return
    if body.__class__ is not FileSlice and isinstance(body, Written):  # most bodies that get here are files
        body.discard()
        return
    close: Callable[[], object] | None = getattr(body, "close", None)
    if close is not None:
        close()


def octets(parts: tuple[bytes | FileSlice, ...]) -> int:
    """The number of octets in all parts."""
    return sum([len(part) if isinstance(part, bytes) else part.length for part in parts])


_INSTEAD: Final[tuple[tuple[type[object], str], ...]] = (
    (str, "text.encode()"),
    (bytearray, "bytes(body)"),
    (memoryview, "bytes(body)"),
    (Mapping, "json.dumps(body).encode()"),
    (type(None), 'b"", or leave it out'),
)
"""The code to write for values that are no content, though some of them are iterables."""


def check_body(body: object) -> None:
    """Check that a body is one, as far as possible before it is read.

    Raises:
        TypeError: The body is none, or an item that is there already is none.
    """
    if isinstance(body, bytes | FileSlice):
        return
    wrong = next((write for kind, write in _INSTEAD if isinstance(body, kind)), None)
    if wrong is not None:
        raise TypeError(f"body: bytes, not {type(body).__name__}: write {wrong}")
    if isinstance(body, tuple):
        for part in body:
            if not isinstance(part, bytes | FileSlice):
                raise TypeError(f"body: a part of a tuple is bytes or a FileSlice, not {type(part).__name__}")
    elif isinstance(body, list):
        for item in body:
            check_item(item)
    elif not hasattr(body, "__iter__") and not isinstance(body, Source | Written):
        raise TypeError(f"body: bytes, or an iterable of bytes, not {type(body).__name__}")


def check_item(item: object) -> None:
    """Check that an item of an iterable body is one.

    Raises:
        TypeError: The item is none.
    """
    if not isinstance(item, bytes):
        hint = ": write item.encode()" if isinstance(item, str) else ""
        raise TypeError(f"body: an iterable yields bytes, not {type(item).__name__}{hint}")

"""PEP 3333, "Optional Platform-Specific File Handling": a file as an application's answer, sent by the system."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Protocol

from pyhttp.messages import FileSlice

__all__ = ["FileWrapper"]

_BLOCK: Final = 64 * 1024


class Readable(Protocol):
    """An object from which octets can be read."""

    def read(self, size: int, /) -> bytes:
        """Some octets; ``b""`` at the end."""
        ...


class FileWrapper:
    """`wsgi.file_wrapper`: an iterable over the blocks of `filelike`; closing it closes `filelike`.

    An application may return the wrapper itself. Then the system sends a regular file from its present position to its
    end, and no code reads it.

    Args:
        filelike: An object that has `read`, and maybe `close`.
        block_size: The number of octets of a block.
    """

    __slots__ = ("_block_size", "_filelike")

    def __init__(self, filelike: Readable, block_size: int = _BLOCK) -> None:
        self._filelike = filelike
        self._block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        return iter(partial(self._filelike.read, self._block_size), b"")

    def fileno(self) -> int:
        """The open descriptor of the file that `as_slice` has found.

        Raises:
            OSError: The object is no file of the system.
        """
        if not isinstance(self._filelike, io.BufferedReader | io.FileIO):
            raise io.UnsupportedOperation("no file of the system")
        return self._filelike.fileno()

    def close(self) -> None:
        """Close the file, if it can be closed."""
        close: Callable[[], object] | None = getattr(self._filelike, "close", None)
        if close is not None:
            close()

    def as_slice(self, stated: int | None) -> FileSlice | None:
        """The part of the file to send; None where the object has to be read.

        A descriptor alone would not do: a `gzip.GzipFile` has a descriptor, too, but other octets are behind it.

        Args:
            stated: The Content-Length of the answer: no more is sent.
        """
        file = self._filelike
        if isinstance(file, io.BufferedReader):
            raw: object = file.raw
        elif isinstance(file, io.FileIO):
            raw = file
        else:
            return None
        if not isinstance(raw, io.FileIO):
            return None
        about = os.fstat(raw.fileno())
        if not stat.S_ISREG(about.st_mode):
            return None
        offset = file.tell()
        left = max(0, about.st_size - offset)
        return FileSlice(self, offset, left if stated is None else min(left, stated))

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
    """What has octets to be read."""

    def read(self, size: int, /) -> bytes:
        """Some octets; ``b""`` at the end."""
        ...


class FileWrapper:
    """`wsgi.file_wrapper`: an iterable over the blocks of `filelike`, which is closed with it.

    An application that returns it as it is has a regular file sent from where it stands to its end, without reading it.

    Args:
        filelike: Has `read`, and maybe `close`.
        block_size: Octets of a block.
    """

    __slots__ = ("_block_size", "_filelike")

    def __init__(self, filelike: Readable, block_size: int = _BLOCK) -> None:
        self._filelike = filelike
        self._block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        return iter(partial(self._filelike.read, self._block_size), b"")

    def fileno(self) -> int:
        """The open descriptor of what `as_slice` has found to be a file.

        Raises:
            OSError: It is none.
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
        """What is to be sent of it; None where it has to be read.

        A descriptor alone would not do: a `gzip.GzipFile` has one, too, with other octets behind it.

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

"""RFC 9110 §14.6, §15.3.7.2: several ranges of a file as one multipart/byteranges body, streamed."""

import os
from collections.abc import Iterator
from typing import Final

from pyhttp.errors import InternalError
from pyhttp.resources.opened import OpenedFile
from pyhttp.semantics.ranges import Span, content_range

__all__ = ["ByteRanges"]

_READ: Final = 64 * 1024
"""Bytes in memory at a time, whatever the number and size of the ranges (safety line G5)."""


class ByteRanges:
    """The body of a 206 with several parts, in the order asked for (9110-15.3.7.2-6a).

    Args:
        file: Closed by `close`.
        spans: At least two.
        size: The complete length of the representation.
        media_type: Its Content-Type, stated with each part (9110-15.3.7.2-2b).

    Attributes:
        length: Of the whole body.
        media_type: The value of Content-Type for it.
    """

    __slots__ = ("_end", "_file", "_heads", "_spans", "length", "media_type")

    length: int
    media_type: str

    def __init__(self, file: OpenedFile, spans: tuple[Span, ...], size: int, media_type: str) -> None:
        # 128 random bits: no author of a file can have foreseen them, and none holds them by chance (G5).
        boundary = os.urandom(16).hex()
        self._file = file
        self._spans = spans
        self._heads = [
            (
                f"\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {content_range(span, size)}\r\n\r\n"
            ).encode("latin-1")
            for span in spans
        ]
        self._heads[0] = self._heads[0].removeprefix(b"\r\n")
        self._end = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length = sum(map(len, self._heads)) + sum(span.length for span in spans) + len(self._end)
        self.media_type = f"multipart/byteranges; boundary={boundary}"

    def __iter__(self) -> Iterator[bytes]:
        """The body in pieces.

        Raises:
            InternalError: The file has become shorter than a range; the connection must be cut (safety line W2).
        """
        for part_head, span in zip(self._heads, self._spans, strict=True):
            yield part_head
            position = span.start
            while position <= span.last:
                data = os.pread(self._file.fileno(), min(_READ, span.last + 1 - position), position)
                if not data:
                    raise InternalError("a file has become shorter while it was sent")
                position += len(data)
                yield data
        yield self._end

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self._file.close()

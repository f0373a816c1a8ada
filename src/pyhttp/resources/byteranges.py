"""RFC 9110 §14.6, §15.3.7.2: several ranges of a file as one multipart/byteranges body."""

import os

from pyhttp.messages import FileSlice
from pyhttp.resources.opened_file import OpenedFile
from pyhttp.semantics.ranges import Span, content_range

__all__ = ["byte_ranges"]


def byte_ranges(
    file: OpenedFile, spans: tuple[Span, ...], size: int, media_type: str
) -> tuple[str, tuple[bytes | FileSlice, ...]]:
    """The parts of a 206, in the order asked for (9110-15.3.7.2-6a); the file is not read into memory (safety line G5).

    Each part has its Content-Range (9110-15.3.7.2-2a). The head has none (9110-15.3.7.2-1b); the returned Content-Type
    is for the head. Lines end in CRLF (9110-8.3.3-1c).

    Args:
        file: The file; it is closed with the parts.
        spans: At least two spans.
        size: The complete length of the representation.
        media_type: The file's Content-Type, stated with each part (9110-15.3.7.2-2b).

    Returns:
        The value of Content-Type for the whole answer, and the content.
    """
    # 128 random bits: the author of a file cannot have known them, and no file has them by chance (G5).
    boundary = os.urandom(16).hex()
    parts: list[bytes | FileSlice] = []
    # The first delimiter has its CRLF as well, behind an empty preamble (RFC 2046 §5.1.1): zsync, for one, needs it.
    delimiter = f"\r\n--{boundary}"
    for span in spans:
        head = f"{delimiter}\r\nContent-Type: {media_type}\r\nContent-Range: {content_range(span, size)}\r\n\r\n"
        parts += (head.encode("latin-1"), FileSlice(file, span.start, span.length))
    parts.append(f"{delimiter}--\r\n".encode("ascii"))
    return f"multipart/byteranges; boundary={boundary}", tuple(parts)

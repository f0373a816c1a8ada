"""RFC 9110 §15.3.7, §14.6: 206 (Partial Content): a range of a file, or several as one multipart/byteranges body."""

import os
from typing import Final

from pyhttp.errors import RangeNotSatisfiable
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.resources.opened_file import OpenedFile, content_of
from pyhttp.resources.site_fields import without
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.ranges import Span, Unranged, content_range, select

__all__ = ["byte_ranges", "ranged_response"]

_HELD_ALREADY: Final = frozenset(
    {"content-type", "content-encoding", "content-language", "last-modified", "x-content-type-options"}
)
"""Fields of the representation that not every 206 repeats: a client that sent If-Range has them (9110-15.3.7-6a)."""


def ranged_response(head: RequestHead, whole: Headers, file: OpenedFile, limits: Limits) -> Response:
    """A 206: the one range asked for, or several in one multipart body (9110-15.3.7.1-1a, 9110-15.3.7.2-1a)."""
    asked, size = head.headers.by_name["range"], file.size
    spans = select(asked, size, limits.ranges, limits.unordered_ranges)
    if spans is Unranged.UNSATISFIABLE:
        raise RangeNotSatisfiable(f"the range has none of the {file.size} octets", length=file.size)
    if spans is Unranged.WHOLE:
        return Response(200, whole, content_of(head, file, 0, file.size))
    fields = whole  # those for a cache (9110-15.3.7-4a), and without If-Range all others (9110-15.3.7-6b)
    if "if-range" in head.headers.by_name:
        fields = Headers.parsed(without(fields.lines, _HELD_ALREADY))
    if len(spans) == 1:  # never a multipart of one (9110-15.3.7.2-5a): the others had no byte (9110-15.3.7.2-5b)
        span = spans[0]
        fields = fields.plus("Content-Range", content_range(span, file.size))
        return Response(206, fields, content_of(head, file, span.start, span.length))
    media_type, parts = byte_ranges(file, spans, file.size, whole.by_name["content-type"])
    return Response(
        206, Headers.parsed((("Content-Type", media_type), *without(fields.lines, {"content-type"}))), parts
    )


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

"""RFC 9110 §8.4: files that get a content coding while they are sent, piece by piece, as fast as the client takes them.

It is for types that gain by it, and for whole files. The octets of a range would change with the next version of a
compressor, and all octets before the range would have to be compressed.
"""

import os
import sys
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Final, Protocol

from pyhttp.errors import InternalError
from pyhttp.messages import RequestHead
from pyhttp.resources.opened_file import OpenedFile
from pyhttp.semantics.media_types import LOOK, media_type
from pyhttp.semantics.validators import parse_entity_tag
from pyhttp.site import Site

__all__ = ["LEAST", "Compressed", "codings_for", "is_for_part"]

LEAST: Final = 1024
"""The number of octets below which a coding of a file saves no packet."""
_PIECE: Final = 64 * 1024
_STEP: Final = 1024 * 1024
"""The number of octets of a file after which others are served, however few coded octets there are."""
_GZIP_WINDOW: Final = 16 + 15
"""The value with which `zlib` writes a gzip header and uses a window of 32 KiB (RFC 1952)."""
_TEXTUAL: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/msword",
        "application/pgp-signature",
        "application/postscript",
        "application/rtf",
        "application/vnd.apple.mpegurl",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/x-pem-file",
        "application/xml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/vnd.microsoft.icon",
        "message/rfc822",
        "model/obj",
    }
)
"""Media types that gain by a coding, besides those of text and those that end in "+json" or "+xml"."""


class Compressor(Protocol):
    """An object like those of `zlib.compressobj` and `compression.zstd.ZstdCompressor`."""

    def compress(self, data: bytes, /) -> bytes:
        """The coded octets that are ready now, if any."""
        ...

    def flush(self) -> bytes:
        """The rest of the coded octets."""
        ...


def codings_for(path: str, file: OpenedFile, site: Site) -> tuple[str, ...]:
    """The codings that a file may get, best first.

    Args:
        path: Absolute file-system path.
        file: The opened file.
        site: The rules by which it is served: an operator who sets no-transform wants no coding.
    """
    if file.size < LEAST or _is_kept(site):
        return ()
    beginning = partial(os.pread, file.fileno(), LOOK, 0)
    kind = media_type(path, beginning=beginning, further=site.media_types, default=site.default_type)
    return _codings() if _gains(kind.partition(";")[0].strip().lower()) else ()


def _gains(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in _TEXTUAL


@lru_cache(maxsize=64)
def _is_kept(site: Site) -> bool:
    return any(name.lower() == "cache-control" and "no-transform" in value.lower() for name, value in site.headers)


def is_for_part(head: RequestHead) -> bool:
    """Whether a request is for a part of a file as it is, without a coding.

    With a date in If-Range it is not: two representations may have the same date, so it would be unknown which of them
    the client has a part of (9110-13.1.5-8a). A tag shows it.
    """
    fields = head.headers.by_name
    if head.method != "GET" or "range" not in fields:
        return False
    return "if-range" not in fields or parse_entity_tag(fields["if-range"]) is not None


@lru_cache(maxsize=1)
def _codings() -> tuple[str, ...]:
    """The codings that can be made here: zstd only from Python 3.14 on, if it was built with it."""
    return ("gzip",) if _zstd() is None else ("zstd", "gzip")


def _zstd() -> Compressor | None:
    if sys.version_info >= (3, 14):
        try:
            from compression.zstd import ZstdCompressor  # noqa: PLC0415 - `compress` alone needs it
        except ImportError:
            return None
        return ZstdCompressor()
    return None


def _compressor(coding: str) -> Compressor:
    if coding == "zstd" and (made := _zstd()) is not None:
        return made
    from zlib import compressobj  # noqa: PLC0415 - as above

    return compressobj(wbits=_GZIP_WINDOW)


class Compressed:
    """The content of an open file with a content coding, made while it is sent; the sender closes it.

    Args:
        file: An open file whose size is known.
        coding: A coding of `codings_for` the file.
    """

    __slots__ = ("_coding", "_file")

    def __init__(self, file: OpenedFile, coding: str) -> None:
        self._file = file
        self._coding = coding

    def __iter__(self) -> Iterator[bytes]:
        """Yield the coded content in pieces; an empty piece ends a step without coded octets.

        Raises:
            InternalError: The file was truncated since it was opened: the sent octets are not the whole.
        """
        compressor, offset, size = _compressor(self._coding), 0, self._file.size
        while offset < size:
            data = os.pread(self._file.fileno(), min(_PIECE, size - offset), offset)
            if not data:
                raise InternalError("the file was truncated before it could be sent")
            offset += len(data)
            piece = compressor.compress(data)
            if piece or not offset % _STEP:
                yield piece
        yield compressor.flush()

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self._file.close()

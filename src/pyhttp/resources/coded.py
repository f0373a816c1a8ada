"""RFC 1952, RFC 7932, RFC 8878, RFC 9659: whether a file can be what another one is with a content coding.

It keeps apart what only is called so: an empty file, one that is being written or was cut, one of another content. What
can be told without decoding is told: of gzip nearly all, of zstd that it is whole, of brotli little.
"""

import os
import re
from typing import Final

from pyhttp.resources.opened_file import OpenedFile

__all__ = ["can_hold"]

_PIECE: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b\x08"
_GZIP_LEAST: Final = 18
"""Octets of header and trailer (RFC 1952 §2.3)."""
_CHECKED: Final = 1024 * 1024
"""Octets of a file up to which it is read for its checksum; a larger one has to have the length alone."""
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_HEAD: Final = 18
"""Octets that magic number and frame header have at most (RFC 8878 §3.1.1.1)."""
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""What a client has to have room for (RFC 9659 §3): browsers decode nothing that needs more."""
_ZSTD_BLOCKS: Final = 8192
"""Blocks that are looked at; of 128 KiB each, they are a content of 1 GiB."""
_TEXT: Final = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\udc80-\udcff]*[\udc80-\udcff]{0,3}")
"""Of octets that are no UTF-8, which are surrogates here, only those of a last character that is cut off."""


def can_hold(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
    """Whether `sibling` may be `plain` with a coding, as far as can be told for the price of a few reads.

    Args:
        coding: "gzip", "zstd" or "br".
        sibling: Open, and as large as it says.
        plain: Open, and as large as it says.

    Raises:
        OSError: One of them cannot be read.
    """
    match coding:
        case "gzip":
            return _gzip(sibling, plain)
        case "zstd":
            return _zstd(sibling, plain.size)
        case _:
            return _brotli(sibling)


def _gzip(sibling: OpenedFile, plain: OpenedFile) -> bool:
    """By its trailer, the last thing that is written: checksum and length of the content (RFC 1952 §2.3.1)."""
    descriptor, size = sibling.fileno(), sibling.size
    if size < _GZIP_LEAST or os.pread(descriptor, len(_GZIP), 0) != _GZIP:
        return False
    trailer = os.pread(descriptor, 8, size - 8)
    if int.from_bytes(trailer[4:], "little") != plain.size & 0xFFFF_FFFF:
        return False
    return plain.size > _CHECKED or int.from_bytes(trailer[:4], "little") == _checksum(plain)


def _checksum(file: OpenedFile) -> int:
    from zlib import crc32  # noqa: PLC0415 - only sites with coded files need it

    checksum = 0
    for offset in range(0, file.size, _PIECE):
        checksum = crc32(os.pread(file.fileno(), _PIECE, offset), checksum)
    return checksum


def _zstd(sibling: OpenedFile, length: int) -> bool:
    """By its one frame (RFC 8878 §3.1.1): the length it states, if it does; its blocks have to end with the file."""
    descriptor = sibling.fileno()
    head = os.pread(descriptor, _ZSTD_HEAD, 0)
    if len(head) < 6 or head[:4] != _ZSTD or head[4] & 0b11:  # one that needs a dictionary
        return False
    single, checksum, width = head[4] & 0x20, head[4] >> 2 & 1, (0, 2, 4, 8)[head[4] >> 6]
    width = width or (1 if single else 0)
    offset = 5 if single else 6
    stated = int.from_bytes(head[offset : offset + width], "little") + (256 if width == 2 else 0)
    if width and stated != length:
        return False
    base = 1 << (10 + (head[5] >> 3))
    if (stated if single else base + (base >> 3) * (head[5] & 0b111)) > _ZSTD_WINDOW:
        return False
    return _end_of_blocks(descriptor, offset + width) + 4 * checksum == sibling.size


def _end_of_blocks(descriptor: int, offset: int) -> int:
    """Where the blocks from `offset` on end; before the file if they do not (RFC 8878 §3.1.1.2)."""
    for _ in range(_ZSTD_BLOCKS):
        header = os.pread(descriptor, 3, offset)
        value = int.from_bytes(header, "little")
        kind = value >> 1 & 0b11
        if len(header) < 3 or kind == 0b11:
            break
        offset += 3 + (1 if kind == 0b01 else value >> 3)  # of a run, one octet is there
        if value & 1:
            return offset
    return -8


def _brotli(sibling: OpenedFile) -> bool:
    """It has neither a mark nor a length; but it is not empty, and not a text, as `page.html.br` in Breton would be."""
    beginning = os.pread(sibling.fileno(), 256, 0)
    return bool(beginning) and not _TEXT.fullmatch(beginning.decode("utf-8", "surrogateescape"))

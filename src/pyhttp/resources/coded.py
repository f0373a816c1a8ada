"""RFC 1952, RFC 7932, RFC 8878, RFC 9659: whether a file can be another file with a content coding.

The check rejects files that only have such a name: an empty file, one that is being written or was cut, or one of
another content. It finds all faults that show without decoding: nearly all of gzip, a cut end of zstd, few of brotli.
"""

import os
import re
from typing import Final

from pyhttp.resources.opened_file import OpenedFile

__all__ = ["can_hold"]

_PIECE: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b\x08"
_GZIP_LEAST: Final = 18
"""The number of octets of header and trailer (RFC 1952 §2.3)."""
_CHECKED: Final = 1024 * 1024
"""The largest number of octets of a file that is read for its checksum; a larger file is checked by its length
alone."""
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_HEAD: Final = 18
"""The largest number of octets of magic number and frame header (RFC 8878 §3.1.1.1)."""
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""The memory that every client has for a window (RFC 9659 §3): browsers decode nothing that needs more."""
_ZSTD_BLOCKS: Final = 8192
"""The number of blocks that are looked at; with 128 KiB each, they hold a content of 1 GiB."""
_TEXT: Final = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\udc80-\udcff]*[\udc80-\udcff]{0,3}")
"""Text: octets that are no UTF-8, which are surrogates here, may only be those of a last character that is cut off."""


def can_hold(coding: str, sibling: OpenedFile, plain: OpenedFile) -> bool:
    """Whether `sibling` may be `plain` with a coding, as far as a few reads can show.

    Args:
        coding: "gzip", "zstd" or "br".
        sibling: An open file whose size is known.
        plain: An open file whose size is known.

    Raises:
        OSError: One of the files cannot be read.
    """
    match coding:
        case "gzip":
            return _gzip(sibling, plain)
        case "zstd":
            return _zstd(sibling, plain.size)
        case _:
            return _brotli(sibling)


def _gzip(sibling: OpenedFile, plain: OpenedFile) -> bool:
    """Check the trailer, which is written last: checksum and length of the content (RFC 1952 §2.3.1)."""
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
    """Check the one frame (RFC 8878 §3.1.1): the stated length, if any, and blocks that end with the file."""
    descriptor = sibling.fileno()
    head = os.pread(descriptor, _ZSTD_HEAD, 0)
    if len(head) < 6 or head[:4] != _ZSTD or head[4] & 0b11:  # the frame needs a dictionary
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
    """The end of the blocks from `offset` on; before the file if they have none (RFC 8878 §3.1.1.2)."""
    for _ in range(_ZSTD_BLOCKS):
        header = os.pread(descriptor, 3, offset)
        value = int.from_bytes(header, "little")
        kind = value >> 1 & 0b11
        if len(header) < 3 or kind == 0b11:
            break
        offset += 3 + (1 if kind == 0b01 else value >> 3)  # a run has one octet
        if value & 1:
            return offset
    return -8


def _brotli(sibling: OpenedFile) -> bool:
    """Check that the file is neither empty nor a text, as `page.html.br` in Breton would be; brotli has no mark."""
    beginning = os.pread(sibling.fileno(), 256, 0)
    return bool(beginning) and not _TEXT.fullmatch(beginning.decode("utf-8", "surrogateescape"))

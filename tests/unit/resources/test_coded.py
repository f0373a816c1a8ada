"""Whether a file can be another one with a content coding, by its octets."""

import os
from pathlib import Path
from typing import Final
from zlib import crc32

import pytest

from pyhttp.resources.coded import can_hold
from pyhttp.resources.opened_file import open_file
from pyhttp.site import Site
from tests.helpers.folder import write

MAGIC: Final = b"\x28\xb5\x2f\xfd"
LARGEST: Final = 8 * 1024 * 1024
"""The window that every client has."""


def holds(folder: Path, coding: str, data: bytes, length: int, beginning: bytes = b"") -> bool:
    """Whether `data` can be a file of `length` octets, of which those behind `beginning` are zeros."""
    write(folder / "coded", data)
    os.truncate(write(folder / "plain", beginning), length)
    files = [open_file(str(folder / name), str(folder), Site()) for name in ("coded", "plain")]
    try:
        return can_hold(coding, *files)
    finally:
        for file in files:
            file.close()


def block(kind: int, size: int, data: bytes, *, last: bool = True) -> bytes:
    """A block of a frame: raw, a run, compressed, or of the kind that there is not."""
    return (size << 3 | kind << 1 | last).to_bytes(3, "little") + data


RUN: Final = block(1, 99, b"x")


def stated(length: int, octets: int) -> bytes:
    """The length of the content in a header; two octets begin at 256."""
    return (length - (256 if octets == 2 else 0)).to_bytes(octets, "little")


@pytest.mark.parametrize(
    ("header", "length", "can"),
    [
        # Single segments, with each width of the length.
        (b"\x20" + stated(9, 1), 9, True),
        (b"\x20" + stated(9, 1), 8, False),
        (b"\x20" + stated(0, 1), 0, True),
        (b"\x60" + stated(256, 2), 256, True),
        (b"\x60" + stated(256, 2), 0, False),
        (b"\x60" + stated(65_791, 2), 65_791, True),
        (b"\xa0" + stated(70_000, 4), 70_000, True),
        (b"\xe0" + stated(70_000, 8), 70_000, True),
        (b"\xe0" + stated(70_000, 8), 70_001, False),
        (b"\xa0" + stated(LARGEST, 4), LARGEST, True),
        (b"\xa0" + stated(LARGEST + 1, 4), LARGEST + 1, False),
        # With a window, and a length or none.
        (b"\x00\x00", 5, True),
        (b"\x40\x00" + stated(300, 2), 300, True),
        (b"\x40\x00" + stated(300, 2), 301, False),
        (b"\x80\x00" + stated(300, 4), 300, True),
        (b"\xc0\x00" + stated(300, 8), 300, True),
        (b"\xc0\x00" + stated(300, 8), 44, False),
        (bytes((0, 12 << 3 | 7)), 5, True),
        (bytes((0, 13 << 3)), 5, True),
        (bytes((0, 13 << 3 | 1)), 5, False),
        (bytes((0, 14 << 3)), 5, False),
        # Bits that say nothing, and those of a dictionary.
        (b"\x38" + stated(9, 1), 9, True),
        (b"\x21" + stated(9, 1), 9, False),
        (b"\x22" + stated(9, 1), 9, False),
        (b"\x23" + stated(9, 1), 9, False),
    ],
)
def test_the_header_of_a_zstd_frame(tmp_path: Path, header: bytes, length: int, can: bool) -> None:
    assert holds(tmp_path, "zstd", MAGIC + header + RUN, length) is can
    assert not holds(tmp_path, "zstd", MAGIC + header + RUN + b"x", length)
    with_checksum = bytes((header[0] | 4, *header[1:])) + RUN
    assert holds(tmp_path, "zstd", MAGIC + with_checksum + b"abcd", length) is can
    assert not holds(tmp_path, "zstd", MAGIC + with_checksum, length)
    assert not holds(tmp_path, "zstd", b"\x28\xb5\x2f\xfe" + header + RUN, length)
    assert not holds(tmp_path, "zstd", b"x" + MAGIC[1:] + header + RUN, length)


@pytest.mark.parametrize(
    ("blocks", "can"),
    [
        (block(0, 4, b"abcd"), True),
        (block(0, 4, b"abc"), False),
        (block(0, 4, b"abcde"), False),
        (block(0, 0, b""), True),
        (block(1, 4, b"a"), True),
        (block(1, 4, b"abcd"), False),
        (block(2, 4, b"abcd"), True),
        (block(2, 4, b"a"), False),
        (block(3, 4, b"abcd"), False),
        (block(3, 4, b"a"), False),
        (block(0, 4, b"abcd", last=False), False),
        (block(0, 4, b"abcd", last=False) + block(1, 4, b"a", last=False) + block(2, 300, b"a" * 300), True),
        (block(3, 4, b"abcd", last=False) + block(0, 0, b""), False),
        (block(0, 0, b"") + block(0, 0, b""), False),
        (block(0, 0, b"", last=False) * 8191 + block(0, 0, b""), True),
        (block(0, 0, b"", last=False) * 8192 + block(0, 0, b""), False),
        (b"", False),
    ],
)
def test_the_blocks_of_a_zstd_frame_end_with_the_file(tmp_path: Path, blocks: bytes, can: bool) -> None:
    assert holds(tmp_path, "zstd", MAGIC + b"\x00\x00" + blocks, 5) is can


@pytest.mark.parametrize("length", range(10))
def test_a_zstd_frame_is_never_shorter_than_its_header_and_a_block(tmp_path: Path, length: int) -> None:
    frame = MAGIC + b"\x20\x00" + block(0, 0, b"")
    assert holds(tmp_path, "zstd", frame[:length], 0) is (length == len(frame))


def gzip_like(between: int, checksum: int, length: int) -> bytes:
    """What shows of a gzip file: its first three octets, and its trailer."""
    return b"\x1f\x8b\x08" + bytes(between) + checksum.to_bytes(4, "little") + length.to_bytes(4, "little")


TEXT: Final = b"\0text" * 13_108
"""A file of more than one piece, but less than two."""


@pytest.mark.parametrize(
    ("data", "length", "beginning", "can"),
    [
        (gzip_like(7, 0, 0), 0, b"", True),
        (gzip_like(6, 0, 0), 0, b"", False),
        (gzip_like(9, crc32(b"ab"), 2), 2, b"ab", True),
        (gzip_like(9, crc32(b"ac"), 2), 2, b"ab", False),
        (gzip_like(9, crc32(b"ab"), 1), 2, b"ab", False),
        (gzip_like(9, crc32(b"ab"), 2 + 256), 2, b"ab", False),
        (gzip_like(9, crc32(TEXT), len(TEXT)), len(TEXT), TEXT, True),
        (b"\x1f\x8b\x09" + gzip_like(9, crc32(b"ab"), 2)[3:], 2, b"ab", False),
        (b"\x1e\x8b\x08" + gzip_like(9, crc32(b"ab"), 2)[3:], 2, b"ab", False),
        # The length is one of 32 bits (RFC 1952 §2.3.1).
        (gzip_like(9, 0, 5), 2**32 + 5, b"", True),
        (gzip_like(9, 0, 4), 2**32 + 5, b"", False),
        (gzip_like(9, 0, 2**24), 2**24, b"", True),
    ],
)
def test_gzip_is_told_by_both_of_its_ends(
    tmp_path: Path, data: bytes, length: int, beginning: bytes, can: bool
) -> None:
    assert holds(tmp_path, "gzip", data, length, beginning) is can


@pytest.mark.parametrize(
    ("data", "can"),
    [
        (b"", False),
        (b"\t\n\r ~text", False),
        *[(b"text" + bytes((octet,)), True) for octet in (0, 8, 0x0B, 0x0C, 0x0E, 0x1F, 0x7F)],
        *[(b"text" + bytes((octet,)), False) for octet in (9, 0x0A, 0x0D, 0x20, 0x7E)],
        ("ü€𝄞".encode(), False),
        (b"text" + "𝄞".encode()[:3], False),
        (b"text\x80\xff\x80", False),
        (b"text\x80\x80\x80\x80", True),
        (b"\x80text", True),
        (b"a" * 256 + b"\0", False),
        (b"a" * 255 + b"\0", True),
    ],
)
def test_brotli_is_what_is_no_text(tmp_path: Path, data: bytes, can: bool) -> None:
    assert holds(tmp_path, "br", data, 5) is can

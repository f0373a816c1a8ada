"""Content codings written by hand, for files beside a file."""

import gzip

__all__ = ["brotli_of", "gzip_of", "zstd_of"]


def gzip_of(data: bytes) -> bytes:
    """The data in the format of RFC 1952."""
    return gzip.compress(data, mtime=0)


def brotli_of(data: bytes) -> bytes:
    """The data by RFC 7932.

    They are one meta-block of 1 to 65536 octets that is not compressed, and an empty last one.
    """
    return ((len(data) - 1) << 4 | 1 << 20).to_bytes(3, "little") + data + b"\x03"


def zstd_of(
    data: bytes, *, block: int = 65536, state_length: bool = True, window: int = 0, checksum: bool = False
) -> bytes:
    """The data by RFC 8878: one frame of blocks that are not compressed, and a run of one octet at its end.

    Args:
        data: The data, of at least two octets.
        block: Octets in a block.
        state_length: Whether the length stands in the header, in eight octets.
        window: The octet of the window; 0 for a single segment.
        checksum: Whether a checksum follows. It is not right.
    """
    descriptor = (0xC0 if state_length else 0) | (0 if window else 0x20) | (4 if checksum else 0)
    length = len(data).to_bytes(8, "little") if state_length else b"" if window else len(data).to_bytes(1, "little")
    blocks = [data[start : start + block] for start in range(0, len(data) - 1, block)]
    blocks[-1:] = [blocks[-1][: len(data) - 1 - block * (len(blocks) - 1)]]
    raw = b"".join((len(each) << 3).to_bytes(3, "little") + each for each in blocks)
    last = (1 << 3 | 0b01 << 1 | 1).to_bytes(3, "little") + data[-1:]
    frame = b"\x28\xb5\x2f\xfd" + bytes((descriptor,)) + (bytes((window,)) if window else b"")
    return frame + length + raw + last + (b"abcd" if checksum else b"")

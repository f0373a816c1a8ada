"""What tests of files need: request heads, files with a known time, and the content of a Response."""

import os
from pathlib import Path

from pyhttp.messages import FileSlice, RequestHead, Response, Source
from pyhttp.semantics.fields import Headers

__all__ = ["OLD", "content", "request", "write"]

OLD = 1_700_000_000_123_456_789
"""A time of change, in nanoseconds, that is no tick ago."""


def request(method: str = "GET", target: str = "/", fields: dict[str, str] | None = None) -> RequestHead:
    """The head of a request."""
    path, _, query = target.partition("?")
    return RequestHead(method, target, path, query, "localhost", "HTTP/1.1", Headers(fields or {}))


def write(path: Path, data: bytes = b"", *, modified_ns: int = OLD) -> Path:
    """Write a file that was changed at `modified_ns`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(modified_ns, modified_ns))
    return path


def content(response: Response) -> bytes:
    """The content of a response, which is closed."""
    try:
        match response.body:
            case Source():
                raise TypeError("what comes from outside is no content of a file")
            case tuple() as parts:
                return b"".join(map(_octets, parts))
            case bytes() | FileSlice() as part:
                return _octets(part)
            case pieces:
                return b"".join(pieces)
    finally:
        response.close()


def _octets(part: bytes | FileSlice) -> bytes:
    return part if isinstance(part, bytes) else os.pread(part.file.fileno(), part.length, part.offset)

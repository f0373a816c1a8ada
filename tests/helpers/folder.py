"""Helpers for tests of files: request heads, files with a known time, and the content of a Response."""

import os
import time
from pathlib import Path

from pyhttp.messages import FileSlice, RequestHead, Response, Source, Written
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.validators import FileVersion, validators_of_file

__all__ = ["OLD", "content", "later", "request", "settle", "tag_of", "version_of", "write"]

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


def later() -> int:
    """A time, in nanoseconds, at which a file that is just being written is not new any more."""
    return time.time_ns() + 10_000_000_000


def settle(*paths: Path) -> None:
    """Wait until the clock that stamps files has moved on since these files were changed.

    Then their tags are strong.
    """
    changed = max(path.stat().st_ctime_ns for path in paths)
    assert changed % 1_000_000_000, "this file system keeps whole seconds: nobody wants to wait for those"
    while time.time_ns() <= changed + 10_000_000:
        os.sched_yield()


def version_of(path: Path) -> FileVersion:
    """The version of a file, from which its tag is made."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino


def tag_of(path: Path) -> str:
    """The strong tag of a file."""
    return str(validators_of_file(version_of(path), later()).etag)


def content(response: Response) -> bytes:
    """The content of a response. The response is closed."""
    try:
        match response.body:
            case Source() | Written():
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

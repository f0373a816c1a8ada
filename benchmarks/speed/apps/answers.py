"""The answers of the small applications of the peers: files of a folder with validators and single ranges, and a hello.

A careful user writes such an application in an afternoon: a path that stays in the folder, one open file,
`Last-Modified` and `ETag`, 304 and 206. No data is kept from one request to the next.
"""

import mimetypes
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO, Final

__all__ = ["HELLO", "PIECE", "Answer", "find"]

HELLO: Final = b"hello " * 170 + b"hi!\n"
"""1,024 octets."""
PIECE: Final = 1 << 16
"""The number of octets that are read at once, of a file or of an upload."""
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with its reason, fields, and a part of an open file; `length` is 0 where there is no content."""

    status: str
    fields: list[tuple[str, str]]
    file: BinaryIO | None = None
    length: int = 0

    @property
    def large(self) -> bool:
        """Whether the content is more than one piece."""
        return self.length > PIECE


def find(root: str, path: str, asked: Mapping[str, str]) -> Answer:
    """The answer to GET of `path`; `asked` has the request's fields by their names in lower case."""
    place = os.path.normpath(os.path.join(root, path.lstrip("/")))
    if not place.startswith(root + os.sep):
        return Answer("404 Not Found", [("Content-Length", "0")])
    try:
        file = open(place, "rb")  # noqa: SIM115 - the sender closes it
    except OSError:
        return Answer("404 Not Found", [("Content-Length", "0")])
    about = os.fstat(file.fileno())
    size = about.st_size
    tag = f'"{about.st_mtime_ns:x}-{size:x}"'
    date = formatdate(about.st_mtime, usegmt=True)
    validators = [("Last-Modified", date), ("ETag", tag)]
    known = asked.get("if-none-match")
    if known == tag or (known is None and asked.get("if-modified-since") == date):
        file.close()
        return Answer("304 Not Modified", validators)
    media_type = mimetypes.guess_type(place)[0] or "application/octet-stream"
    fields = [("Content-Type", media_type), ("Accept-Ranges", "bytes"), *validators]
    wanted = _RANGE.fullmatch(asked.get("range", ""))
    if wanted is None or int(wanted[1]) >= size:
        return Answer("200 OK", [*fields, ("Content-Length", str(size))], file, size)
    first, last = int(wanted[1]), min(int(wanted[2]), size - 1)
    file.seek(first)
    length = last - first + 1
    fields += [("Content-Range", f"bytes {first}-{last}/{size}"), ("Content-Length", str(length))]
    return Answer("206 Partial Content", fields, file, length)

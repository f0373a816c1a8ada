"""The application of the WSGI servers: files of $BENCH_ROOT, a hello, and the counting of an upload."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final, Protocol, runtime_checkable

from benchmarks.speed.apps.answers import HELLO, PIECE, find

__all__ = ["application"]

ROOT: Final = os.environ["BENCH_ROOT"]
NAMES: Final = {
    "if-none-match": "HTTP_IF_NONE_MATCH",
    "if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    "range": "HTTP_RANGE",
}
Environ = dict[str, object]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@runtime_checkable
class _Input(Protocol):
    def read(self, size: int, /) -> bytes: ...


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    path = str(environ["PATH_INFO"])
    if path == "/hello":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(HELLO)))])
        return [HELLO]
    if path == "/upload":
        counted = b"%d" % count(environ["wsgi.input"], int(str(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(counted)))])
        return [counted]
    answer = find(ROOT, path, {name: str(environ[key]) for name, key in NAMES.items() if key in environ})
    start_response(answer.status, answer.fields)
    if answer.file is None:
        return []
    wrapper = environ.get("wsgi.file_wrapper")
    if answer.large and answer.status.startswith("200") and callable(wrapper):
        wrapped: Iterable[bytes] = wrapper(answer.file, PIECE)  # the server may use sendfile
        return wrapped
    if not answer.large:
        with answer.file:
            return [answer.file.read(answer.length)]
    return pieces(answer.file, answer.length)


def count(source: object, length: int) -> int:
    """The number of octets of `length` that come, read in pieces."""
    if not isinstance(source, _Input):
        raise TypeError(f"no stream: {source!r}")
    left = length
    while left and (data := source.read(min(left, PIECE))):
        left -= len(data)
    return length - left


def pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield `length` octets of a file."""
    with file:
        while length and (data := file.read(min(length, PIECE))):
            length -= len(data)
            yield data

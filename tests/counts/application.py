"""The WSGI application that is counted: its answer is that of a handler of the workload "function"."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["hello"]

_CONTENT: Final = b"x" * 1024
_FIELDS: Final = [("Content-Type", "application/octet-stream"), ("Content-Length", "1024")]


def hello(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer every request in the same way."""
    start_response("200 OK", _FIELDS)
    return [_CONTENT]

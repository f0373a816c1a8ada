"""The application of the rows for servers that run one: `pyhttp.checking.apps:wsgi`, and `:asgi`.

Each does what its interface leaves to an application: no content for HEAD, and no success for content cut off.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final, Protocol, TypedDict, runtime_checkable

from pyhttp.checking.application import Asked, Reads, Told, reads, respond

__all__ = ["PHRASES", "AskedToFail", "Message", "Scope", "asgi", "asked_of", "cgi_fields", "pieces_of", "wsgi"]

_ABSOLUTE: Final = re.compile(r"[A-Za-z]+://([^/?]*)")
PHRASES: Final[Mapping[int, str]] = {int(status): status.phrase for status in HTTPStatus}
"""Reason phrases of the statuses that have one."""


class AskedToFail(Exception):
    """The application fails, as a row asked it to."""


@runtime_checkable
class _Input(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def asked_of(method: str, target: str, version: str, fields: Iterable[tuple[str, str]], content: bytes) -> Asked:
    """A request, as a gateway describes it."""
    kept = tuple(fields)
    absolute = _ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute else target
    path, _, query = rest.partition("?")
    host = ", ".join(value for name, value in kept if name.lower() == "host")
    return Asked(method, target, path or "/", query, version, absolute[1] if absolute else host, kept, content)


def pieces_of(told: Told, late: Callable[[], bytes] | None) -> Iterator[bytes]:
    """Yield the content that comes while it is made, and fail at its end if the row asks for it."""
    yield from told.pieces or ()
    if told.fails:
        raise AskedToFail
    if late is not None:
        yield f"{len(late())}\n".encode()


# --- WSGI


class _StartResponse(Protocol):
    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object: ...


def cgi_fields(environ: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The header section, from the variables of CGI and WSGI."""
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            yield key[5:].replace("_", "-").title(), str(value)
        elif key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield key.replace("_", "-").title(), str(value)


def _wsgi_target(environ: Mapping[str, object]) -> str:
    """The target as received if the server gives it, else put together again."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    query = environ.get("QUERY_STRING", "")
    return str(raw or f"{environ.get('PATH_INFO', '')}{f'?{query}' if query else ''}")


def _wsgi_read(environ: Mapping[str, object], most: int | None = None) -> bytes:
    """Read the content: all of it, or at most so many octets."""
    length, source = str(environ.get("CONTENT_LENGTH", "")), environ["wsgi.input"]
    if not isinstance(source, _Input):
        raise AskedToFail
    if length.isdigit():
        wanted = int(length) if most is None else min(int(length), most)
        content = source.read(wanted)
        if len(content) < wanted:
            raise AskedToFail
        return content
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    return source.read() if most is None else source.read(most)


def wsgi(environ: Mapping[str, object], start_response: _StartResponse) -> Iterable[bytes]:
    """The application for WSGI servers."""
    target, method, version = _wsgi_target(environ), str(environ["REQUEST_METHOD"]), str(environ["SERVER_PROTOCOL"])
    asked = asked_of(method, target, version, cgi_fields(environ), b"")
    plan = reads(asked.path)
    if plan in {Reads.ALL, Reads.SOME}:
        content = _wsgi_read(environ, None if plan is Reads.ALL else 1)
        asked = asked_of(method, target, version, asked.fields, content)
    told = respond(asked)
    if told.fails and told.pieces is None:
        raise AskedToFail
    fields = list(told.fields)
    if told.pieces is None and told.status not in {204, 304}:
        fields.append(("Content-Length", str(len(told.content))))
    start_response(f"{told.status} {PHRASES.get(told.status, 'Unregistered')}", fields)
    if asked.method == "HEAD":
        return []
    if told.pieces is None:
        return [told.content]
    return pieces_of(told, (lambda: _wsgi_read(environ)) if plan is Reads.LATE else None)


# --- ASGI


class Scope(TypedDict):
    """The first description of a request by an ASGI server."""

    type: str
    method: str
    raw_path: bytes
    query_string: bytes
    http_version: str
    headers: list[tuple[bytes, bytes]]


class Message(TypedDict, total=False):
    """A later message between an ASGI server and its application."""

    type: str
    body: bytes
    more_body: bool
    status: int
    headers: list[tuple[bytes, bytes]]


_Receive = Callable[[], Awaitable[Message]]
_Send = Callable[[Message], Awaitable[None]]


async def _asgi_content(receive: _Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise AskedToFail
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def _asgi_read(receive: _Receive, plan: Reads) -> bytes:
    content = bytearray()
    if plan in {Reads.ALL, Reads.SOME}:
        async for part in _asgi_content(receive):
            content += part
            if content and plan is Reads.SOME:
                break
    return bytes(content)


async def asgi(scope: Scope, receive: _Receive, send: _Send) -> None:
    """The application for ASGI servers."""
    if scope["type"] != "http":
        raise AskedToFail
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    plan = reads(target.partition("?")[0])
    content = await _asgi_read(receive, plan)
    told = respond(asked_of(scope["method"], target, f"HTTP/{scope['http_version']}", fields, content))
    if told.fails and told.pieces is None:
        raise AskedToFail
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.fields]
    if told.pieces is None and told.status not in {204, 304}:
        lines.append((b"content-length", b"%d" % len(told.content)))
    await send({"type": "http.response.start", "status": told.status, "headers": lines})
    for piece in told.pieces or ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if told.fails:
        raise AskedToFail
    rest = told.content
    if plan is Reads.LATE:
        rest = b"%d\n" % sum([len(part) async for part in _asgi_content(receive)])
    await send({"type": "http.response.body", "body": rest})

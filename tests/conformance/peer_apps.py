"""The application of the rows for other servers: WSGI, ASGI, http.server, aiohttp, SCGI for nginx, CGI for Apache.

`python -m tests.conformance.peer_apps KIND PORT` serves it with waitress, cheroot, http.server, aiohttp or SCGI, and
`... cgi` is a script; the other servers import `wsgi` or `asgi` by name. Nothing of our own server is used here.

What its interface leaves to an application, each adapter does: no content for HEAD, no success for content cut off.
"""

import importlib
import os
import re
import socketserver
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol, TypedDict

from pyhttp.checking.application import Asked, Reads, Told, reads, respond

__all__ = ["asgi", "main", "wsgi"]

_ABSOLUTE: Final = re.compile(r"[A-Za-z]+://([^/?]*)")
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}


class _FailureError(Exception):
    """The application fails, as a row asked it to."""


class _Input(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Messages(Protocol):
    """Fields of a message, as http.server and aiohttp have them."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def _asked(method: str, target: str, version: str, fields: Iterable[tuple[str, str]], content: bytes) -> Asked:
    kept = tuple(fields)
    absolute = _ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute else target
    path, _, query = rest.partition("?")
    host = ", ".join(value for name, value in kept if name.lower() == "host")
    return Asked(method, target, path or "/", query, version, absolute[1] if absolute else host, kept, content)


def _pieces(told: Told, late: Callable[[], bytes] | None) -> Iterator[bytes]:
    """Content that comes as it is made, the failure at its end included."""
    yield from told.pieces or ()
    if told.fails:
        raise _FailureError
    if late is not None:
        yield f"{len(late())}\n".encode()


# --- WSGI

_Environ = TypedDict(
    "_Environ",
    {
        "wsgi.input": _Input,
        "REQUEST_METHOD": str,
        "PATH_INFO": str,
        "QUERY_STRING": str,
        "SERVER_PROTOCOL": str,
        "CONTENT_LENGTH": str,
        "HTTP_TRANSFER_ENCODING": str,
        "RAW_URI": str,
        "REQUEST_URI": str,
    },
    total=False,
)


class _StartResponse(Protocol):
    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object: ...


def _cgi_fields(environ: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            yield key[5:].replace("_", "-").title(), str(value)
        elif key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield key.replace("_", "-").title(), str(value)


def _wsgi_target(environ: _Environ) -> str:
    """As received where the server tells, else put together again."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    query = environ.get("QUERY_STRING", "")
    return raw or environ.get("PATH_INFO", "") + (f"?{query}" if query else "")


def _wsgi_read(environ: _Environ, most: int) -> bytes:
    """All of the content, or one byte of it."""
    length, source = environ.get("CONTENT_LENGTH", ""), environ["wsgi.input"]
    if length.isdigit():
        wanted = min(int(length), most) if most >= 0 else int(length)
        content = source.read(wanted)
        if len(content) < wanted:
            raise _FailureError
        return content
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    return source.read(most) if most >= 0 else source.read()


def wsgi(environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
    """The application for WSGI servers."""
    target = _wsgi_target(environ)
    asked = _asked(environ["REQUEST_METHOD"], target, environ["SERVER_PROTOCOL"], _cgi_fields(environ), b"")
    plan = reads(asked.path)
    if plan in {Reads.ALL, Reads.SOME}:
        content = _wsgi_read(environ, -1 if plan is Reads.ALL else 1)
        asked = _asked(asked.method, target, asked.version, asked.fields, content)
    told = respond(asked)
    if told.fails and told.pieces is None:
        raise _FailureError
    fields = list(told.fields)
    if told.pieces is None and told.status not in {204, 304}:
        fields.append(("Content-Length", str(len(told.content))))
    start_response(f"{told.status} {_PHRASES.get(told.status, 'Unregistered')}", fields)
    if asked.method == "HEAD":
        return []
    if told.pieces is None:
        return [told.content]
    return _pieces(told, (lambda: _wsgi_read(environ, -1)) if plan is Reads.LATE else None)


# --- ASGI


class _Scope(TypedDict):
    type: str
    method: str
    raw_path: bytes
    query_string: bytes
    http_version: str
    headers: list[tuple[bytes, bytes]]


class _Message(TypedDict, total=False):
    type: str
    body: bytes
    more_body: bool
    status: int
    headers: list[tuple[bytes, bytes]]


_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


async def _asgi_content(receive: _Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _FailureError
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


async def asgi(scope: _Scope, receive: _Receive, send: _Send) -> None:
    """The application for ASGI servers."""
    if scope["type"] != "http":
        raise _FailureError
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    plan = reads(target.partition("?")[0])
    content = await _asgi_read(receive, plan)
    told = respond(_asked(scope["method"], target, f"HTTP/{scope['http_version']}", fields, content))
    if told.fails and told.pieces is None:
        raise _FailureError
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.fields]
    if told.pieces is None and told.status not in {204, 304}:
        lines.append((b"content-length", b"%d" % len(told.content)))
    await send({"type": "http.response.start", "status": told.status, "headers": lines})
    for piece in told.pieces or ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if told.fails:
        raise _FailureError
    rest = told.content
    if plan is Reads.LATE:
        rest = b"%d\n" % sum([len(part) async for part in _asgi_content(receive)])
    await send({"type": "http.response.body", "body": rest})


# --- http.server, as its documentation shows how to use it


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _read(self, most: int) -> bytes:
        """It knows Content-Length only where its user reads it."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            return b""
        wanted = min(int(length), most) if most >= 0 else int(length)
        content = self.rfile.read(wanted)
        if len(content) < wanted:
            raise _FailureError
        return content

    def _answer(self) -> None:
        asked = _asked(self.command, self.path, self.request_version, self.headers.items(), b"")
        plan = reads(asked.path)
        if plan in {Reads.ALL, Reads.SOME}:
            content = self._read(-1 if plan is Reads.ALL else 1)
            asked = _asked(self.command, self.path, self.request_version, asked.fields, content)
        told = respond(asked)
        if told.fails and told.pieces is None:
            raise _FailureError
        self.send_response(told.status)
        for name, value in told.fields:
            self.send_header(name, value)
        if told.pieces is None:
            if told.status not in {204, 304}:
                self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told.content)
            return
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            for piece in _pieces(told, (lambda: self._read(-1)) if plan is Reads.LATE else None):
                self.wfile.write(piece)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - as the library has them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


# --- CGI, and SCGI, which is CGI over a socket


def _gateway(environ: Mapping[str, str], content: bytes, write: Callable[[bytes], object]) -> None:
    """Answer as a script does."""
    target = environ.get("REQUEST_URI", "")
    plan = reads(target.partition("?")[0])
    seen = content if plan is Reads.ALL else content[:1] if plan is Reads.SOME else b""
    told = respond(_asked(environ["REQUEST_METHOD"], target, environ["SERVER_PROTOCOL"], _cgi_fields(environ), seen))
    length = environ.get("CONTENT_LENGTH", "")
    if (told.fails and told.pieces is None) or (length.isdigit() and len(content) < int(length)):
        return
    lines = [f"Status: {told.status} {_PHRASES.get(told.status, 'Unregistered')}"]
    lines += [f"{name}: {value}" for name, value in told.fields]
    if told.pieces is None and told.status not in {204, 304}:
        lines.append(f"Content-Length: {len(told.content)}")
    write("\r\n".join((*lines, "", "")).encode("latin-1") + told.content)
    for piece in _pieces(told, (lambda: content) if plan is Reads.LATE else None):
        write(piece)


class _Scgi(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        size = int(b"".join(iter(lambda: self.rfile.read(1), b":")))
        parts = self.rfile.read(size).decode("latin-1").split("\0")[:-1]
        self.rfile.read(1)
        environ: dict[str, str] = {}
        for name, value in zip(parts[::2], parts[1::2], strict=True):
            repeated = name in environ and name.startswith("HTTP_")
            environ[name] = f"{environ[name]}, {value}" if repeated else value
        _gateway(environ, self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)), self.wfile.write)


def _script() -> None:
    """One CGI request; without CONTENT_LENGTH what there is of content ends with the input."""

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    _gateway(os.environ, sys.stdin.buffer.read(), write)


class _ScgiServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _serve_aiohttp(port: int) -> None:
    web = importlib.import_module("aiohttp.web")

    class Request(Protocol):
        method: str
        raw_path: str
        version: tuple[int, int]
        headers: _Messages

        async def read(self) -> bytes: ...

    async def handle(request: Request) -> object:
        version = f"HTTP/{request.version[0]}.{request.version[1]}"
        plan = reads(request.raw_path.partition("?")[0])
        content = await request.read() if plan is Reads.ALL else b""
        if plan is Reads.SOME:
            content = (await request.read())[:1]
        told = respond(_asked(request.method, request.raw_path, version, request.headers.items(), content))
        if told.fails and told.pieces is None:
            raise _FailureError
        headers = dict(told.fields)
        if told.pieces is None:
            return web.Response(status=told.status, headers=headers, body=told.content or None)
        response = web.StreamResponse(status=told.status, headers=headers)
        await response.prepare(request)
        for piece in told.pieces if request.method != "HEAD" else ():
            await response.write(piece)
        if told.fails:
            raise _FailureError
        if plan is Reads.LATE:
            await response.write(b"%d\n" % len(await request.read()))
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def main(kind: str, port: int) -> None:
    """Serve the application with a server that is a library, until ended."""
    match kind:
        case "http.server":
            ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()
        case "scgi":
            _ScgiServer(("127.0.0.1", port), _Scgi).serve_forever()
        case "waitress":
            importlib.import_module("waitress").serve(wsgi, host="127.0.0.1", port=port)
        case "cheroot":
            importlib.import_module("cheroot.wsgi").Server(("127.0.0.1", port), wsgi).start()
        case "aiohttp":
            _serve_aiohttp(port)
        case _:
            raise ValueError(f"no such server: {kind}")


if __name__ == "__main__":
    if sys.argv[1:] == ["cgi"]:
        _script()
    else:
        main(sys.argv[1], int(sys.argv[2]))

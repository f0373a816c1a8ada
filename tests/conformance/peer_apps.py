"""The application of the rows for other servers: http.server, aiohttp, SCGI for nginx, CGI for Apache.

`python -m tests.conformance.peer_apps KIND PORT` serves it with waitress, cheroot, http.server, aiohttp or SCGI, and
`... cgi` is a script; the other servers import it from `pyhttp.checking.apps`. No code of our own server is used here.
"""

import importlib
import os
import socketserver
import sys
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from pyhttp.checking.application import Reads, reads, respond
from pyhttp.checking.apps import PHRASES, AskedToFail, asked_of, cgi_fields, pieces_of, wsgi

__all__ = ["main"]


class _Messages(Protocol):
    """Fields of a message, as http.server and aiohttp have them."""

    def items(self) -> Iterable[tuple[str, str]]: ...


# --- http.server, as its documentation shows how to use it


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _read(self, most: int) -> bytes:
        """Read content. The library leaves it to its user to read Content-Length."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            return b""
        wanted = min(int(length), most) if most >= 0 else int(length)
        content = self.rfile.read(wanted)
        if len(content) < wanted:
            raise AskedToFail
        return content

    def _answer(self) -> None:
        asked = asked_of(self.command, self.path, self.request_version, self.headers.items(), b"")
        plan = reads(asked.path)
        if plan in {Reads.ALL, Reads.SOME}:
            content = self._read(-1 if plan is Reads.ALL else 1)
            asked = asked_of(self.command, self.path, self.request_version, asked.fields, content)
        told = respond(asked)
        if told.fails and told.pieces is None:
            raise AskedToFail
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
            for piece in pieces_of(told, (lambda: self._read(-1)) if plan is Reads.LATE else None):
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
    told = respond(asked_of(environ["REQUEST_METHOD"], target, environ["SERVER_PROTOCOL"], cgi_fields(environ), seen))
    length = environ.get("CONTENT_LENGTH", "")
    if (told.fails and told.pieces is None) or (length.isdigit() and len(content) < int(length)):
        return
    lines = [f"Status: {told.status} {PHRASES.get(told.status, 'Unregistered')}"]
    lines += [f"{name}: {value}" for name, value in told.fields]
    if told.pieces is None and told.status not in {204, 304}:
        lines.append(f"Content-Length: {len(told.content)}")
    write("\r\n".join((*lines, "", "")).encode("latin-1") + told.content)
    for piece in pieces_of(told, (lambda: content) if plan is Reads.LATE else None):
        write(piece)


class _Scgi(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        size = bytearray()
        while (octet := self.rfile.read(1)) != b":":
            if not octet:  # a connection that only tests whether this port is listened on sends nothing
                return
            size += octet
        parts = self.rfile.read(int(size)).decode("latin-1").split("\0")[:-1]
        self.rfile.read(1)
        environ: dict[str, str] = {}
        for name, value in zip(parts[::2], parts[1::2], strict=True):
            repeated = name in environ and name.startswith("HTTP_")
            environ[name] = f"{environ[name]}, {value}" if repeated else value
        _gateway(environ, self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)), self.wfile.write)


def _script() -> None:
    """Answer one CGI request. Without CONTENT_LENGTH the content ends with the input."""

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    _gateway(os.environ, sys.stdin.buffer.read(), write)


class _ScgiServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


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
        told = respond(asked_of(request.method, request.raw_path, version, request.headers.items(), content))
        if told.fails and told.pieces is None:
            raise AskedToFail
        headers = dict(told.fields)
        if told.pieces is None:
            return web.Response(status=told.status, headers=headers, body=told.content or None)
        response = web.StreamResponse(status=told.status, headers=headers)
        await response.prepare(request)
        for piece in told.pieces if request.method != "HEAD" else ():
            await response.write(piece)
        if told.fails:
            raise AskedToFail
        if plan is Reads.LATE:
            await response.write(b"%d\n" % len(await request.read()))
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def main(kind: str, port: int) -> None:
    """Serve the application with a server that is a library, until the process is ended."""
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

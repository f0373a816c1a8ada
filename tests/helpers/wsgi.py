"""WSGI applications for tests, and a client of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.wsgi import wsgi_handler
from tests.helpers.servers import connect, serving_by
from tests.helpers.sockets import request
from tests.helpers.wire_client import Reply, WireClient

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["TEXT", "Closable", "answering", "asked", "environ_of", "serving_app"]

TEXT = [("Content-Type", "text/plain")]


class Closable:
    """An iterable that counts the calls of `close`."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = iter(items)
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self._items

    def close(self) -> None:
        self.closed += 1


def answering(
    result: Iterable[bytes], *, status: str = "200 OK", headers: list[tuple[str, str]] = TEXT
) -> "WSGIApplication":
    """An application that answers every request with `result`."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response(status, headers)
        return result

    return app


@contextmanager
def serving_app(
    app: "WSGIApplication",
    *,
    server_class: type[BaseServer] = PooledServer,
    content: Literal["streamed", "spooled"] = "spooled",
    script_name: str = "",
) -> Iterator[WireClient]:
    """A client of a server of `app`."""
    factory = wsgi_handler(app, content=content, script_name=script_name)
    with serving_by(server_class, factory) as server, connect(server) as client:
        yield client


def asked(app: "WSGIApplication", target: str = "/", *lines: str, method: str = "GET", content: bytes = b"") -> Reply:
    """The answer of `app` to one request."""
    with serving_app(app) as client:
        client.send(request(target, *lines, method=method, content=content))
        return client.reply(method)


def environ_of(target: str = "/", *lines: str, method: str = "GET", content: bytes = b"") -> "WSGIEnvironment":
    """The environment of an application for one request. The content has been read, and stands in `read`."""
    seen: list[WSGIEnvironment] = []

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        seen.append({**environ, "read": environ["wsgi.input"].read()})
        start_response("204 No Content", [])
        return []

    assert asked(app, target, *lines, method=method, content=content).status == 204
    return seen[0]

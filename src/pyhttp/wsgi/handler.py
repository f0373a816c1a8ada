"""PEP 3333: a WSGI application as the handler that a server calls for each request."""

import socket
from functools import partial
from typing import TYPE_CHECKING, Literal

from pyhttp.answering import HandlerFactory, serve_plain
from pyhttp.arguments import check_callable, check_type, optional
from pyhttp.auth import BasicAuth
from pyhttp.errand import ends_of
from pyhttp.messages import RequestHead, Response
from pyhttp.request import Request
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.wsgi.call import Call
from pyhttp.wsgi.environ import Common, build_environ, common, runs_threads

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["wsgi_handler"]


def wsgi_handler(
    app: "WSGIApplication",
    *,
    content: Literal["streamed", "spooled"] = "spooled",
    script_name: str = "",
    multiprocess: bool = False,
    auth: BasicAuth | None = None,
) -> HandlerFactory:
    """A handler factory that answers each request with the answer of a WSGI application (PEP 3333).

    Args:
        app: The application: called with an environ and `start_response`, it returns an iterable of bytes.
        content: "spooled" calls the application when all content of a request has been received, in memory or in a
            temporary file. So a slow upload holds no thread, and CONTENT_LENGTH is there for chunked content, too.
            "streamed" calls it while content may still be on its way; reading `wsgi.input` then waits for content.
        script_name: The path below which the application is mounted, such as "/shop": SCRIPT_NAME. A path that is not
            below it is answered with 404. Empty for the root.
        multiprocess: Whether other processes call the same application at once, such as those of a `ProcessServer`. The
            application gets this as `wsgi.multiprocess`.
        auth: The users who may have any answer but 401, as in `Site.auth`; None: everybody. The application gets the
            user by AUTH_TYPE and REMOTE_USER, and does not get the password.

    Raises:
        ValueError: `content` is neither of the two, or `script_name` does not begin with a slash, or ends in one.
        TypeError: `app` cannot be called; `auth` is no `BasicAuth`.
    """
    check_callable("app", app)
    check_type("script_name", script_name, str)
    if content not in {"streamed", "spooled"}:
        raise ValueError(f'content: "streamed" or "spooled", not {content!r}')
    if script_name and (script_name[0] != "/" or script_name[-1] == "/"):
        raise ValueError(f'script_name: "", or like "/shop", not {script_name!r}')
    optional("auth", auth, BasicAuth)
    mount = script_name.encode().decode("latin-1")
    return _Factory(app, spooled=content == "spooled", script_name=mount, multiprocess=multiprocess, auth=auth)


class _Kept:
    """The memory of a connection for its next request: the factory, the shared part, and the last request."""

    __slots__ = ("common", "factory", "head")

    def __init__(self, factory: "_Factory", common: Common, head: RequestHead) -> None:
        self.factory = factory
        self.common = common
        self.head = head


class _Factory:
    """The factory that the servers call."""

    __slots__ = ("_app", "_auth", "_multiprocess", "_script_name", "_spooled")

    def __init__(
        self, app: "WSGIApplication", *, spooled: bool, script_name: str, multiprocess: bool, auth: BasicAuth | None
    ) -> None:
        self._app = app
        self._auth = auth
        self._spooled = spooled
        self._script_name = script_name
        self._multiprocess = multiprocess

    def __call__(self, conn: socket.socket, addr: Address, server: object, /) -> object:
        """Answer the request of a server's connection, or each request of another socket."""
        if isinstance(conn, Connection):
            self._begin(conn, addr, server, conn.take_exchange())
        else:
            serve_plain(conn, server, partial(self._begin, conn, addr, server))
        return self

    def _begin(self, conn: socket.socket, addr: Address, server: object, exchange: Exchange) -> None:
        if exchange.refusal is not None:
            raise exchange.refusal
        if self._auth is not None:
            from pyhttp import guard  # noqa: PLC0415 - most applications are for everybody, or ask themselves

            guard.admit(exchange, self._auth)
        request = Request.of(exchange)
        if request.path == "*":  # about the server as a whole (9110-9.3.7), not about a path of the application
            exchange.respond(Response(204))
        elif exchange.whole or not self._spooled:
            self._call(conn, addr, server, request)
        else:
            exchange.collect(partial(self._call, conn, addr, server, request))

    def _call(self, conn: socket.socket, addr: Address, server: object, request: Request) -> None:
        exchange = request.exchange
        environ = build_environ(
            self._common(conn, addr, server, request),
            request.head,
            None if exchange.whole else request.body,
            0 if exchange.whole else self._length(request),
        )
        send_all = conn.send_all if isinstance(conn, Connection) else None
        call = Call(exchange, send_all, holds_thread=bool(environ["wsgi.multithread"]))
        call.answer(self._app(environ, call.start_response))

    def _common(self, conn: socket.socket, addr: Address, server: object, request: Request) -> Common:
        """The part of a request's environ that others share; a connection of one client alone remembers it."""
        if not isinstance(conn, Connection) or conn.proxied is not None or request.exchange.user:
            return self._uncommon(conn, addr, server, request)
        kept, head = conn.kept, request.head
        if isinstance(kept, _Kept) and kept.factory is self:
            if kept.common.head is head:
                return kept.common
            if kept.common.fits(head):
                if kept.head is head and request.exchange.whole:  # a client that repeats itself
                    kept.common = kept.common.of(head)
                kept.head = head
                return kept.common
        found = self._uncommon(conn, addr, server, request)
        conn.kept = _Kept(self, found, head)
        return found

    def _uncommon(self, conn: socket.socket, addr: Address, server: object, request: Request) -> Common:
        return common(
            request.head,
            ends_of(request, conn, addr),
            multithread=runs_threads(server),
            multiprocess=self._multiprocess,
            script_name=self._script_name,
        )

    def _length(self, request: Request) -> int | None:
        """The number of content octets; None for chunked content that is still on its way."""
        if self._spooled:
            return request.exchange.content.collected().length
        stated = request.headers.by_name.get("content-length")
        return None if stated is None else int(stated)

"""For tests of other programs: a server that records its requests, and asserts on them.

In pytest it is the fixture `pyhttp_server`; in unittest and elsewhere it is a context manager.
"""

import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pyhttp.answering import Handler, returned
from pyhttp.arguments import check_callable, check_type
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.semantics.fields import Headers
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site
from pyhttp.transport.client import Address
from pyhttp.transport.spool import Spool

if TYPE_CHECKING:
    import ssl

__all__ = ["RecordedRequest", "RecordingServer"]

_STOP: Final = Timeouts(stop=1.0)
"""The test is over when its server stops: no client waits for the answers that are still to come."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that a `RecordingServer` has answered, or has begun to answer.

    A request that could not be parsed has no method, target and fields: these are empty.
    """

    method: str
    """The method token, case-sensitive (9110-9.1)."""
    target: str
    """The request-target as received (RFC 9112 §3.2)."""
    path: str
    """The path, still encoded, without query."""
    query: str
    """The query, still encoded; empty where there is none."""
    headers: Headers
    """The header section."""
    content: bytes
    """The content, framing removed; empty where it was refused."""
    status: int
    """The status of the answer."""

    def __str__(self) -> str:
        line = f"{self.method} {self.target}" if self.method else "a malformed request"
        return f"{line} -> {self.status}" + (f", with {len(self.content)} octets" if self.content else "")


class RecordingServer:
    """An HTTP server for a test: on a free port of this machine, until the end of a `with` block.

    It answers with the responses given to `respond_with`; else by `handler`, if there is one; else from the folder
    `directory`. Every answer waits for all content of its request. A request is among `requests` before its client has
    the answer.

    Args:
        handler: The value of the attribute.
        directory: The folder; unless given, a temporary one, which is deleted in the end.
        site: The rules by which the folder is served.
        tls: A context for servers, whose certificate is for 127.0.0.1: the server then speaks TLS.

    Raises:
        TypeError: `handler` cannot be called; `site` is no Site.
        ValueError: `tls` is for clients, or allows versions older than TLS 1.2.

    Attributes:
        handler: A function from Request to Response; None for the folder. It may be set at any time.
        directory: The folder that is served.
    """

    handler: Handler | None
    directory: Path

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        directory: str | os.PathLike[str] | None = None,
        site: Site | None = None,
        tls: "ssl.SSLContext | None" = None,
    ) -> None:
        check_callable("handler", handler, or_none=True)
        if site is not None:
            check_type("site", site, Site)
        self.handler = handler
        self._changed = threading.Condition()
        self._requests: list[RecordedRequest] = []
        self._responses: dict[tuple[str | None, str], tuple[Response, ...]] = {}
        self._server = ThreadedServer(port=0, request_handler=partial(_Recorder, self, site), timeouts=_STOP, tls=tls)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="pyhttp-", ignore_cleanup_errors=True)
            directory = self._temporary.name
        self.directory = Path(os.path.abspath(directory))

    @property
    def url(self) -> str:
        """The URL at which it serves, with a slash at the end."""
        return self._server.url

    def url_for(self, path: str) -> str:
        """The URL of a path, which may have a query.

        Raises:
            ValueError: The text is no path as it stands in a request.
        """
        return self.url.rstrip("/") + _checked(path)

    def respond_with(self, path: str, *responses: Response, method: str | None = None) -> None:
        """Answer requests for a path with these responses, one after the other, and then always with the last one.

        Earlier responses for the same path and method are forgotten.

        Args:
            path: The path as it stands in a request. One with a "?" is for this query only, and goes before one
                without.
            responses: At least one; the content of each is `bytes`, since it may be sent several times.
            method: The only method that the responses are for; unless given, any method.

        Raises:
            ValueError: There is no response; `path` is no path.
            TypeError: An argument is no Response, or has other content, which a `handler` can give.
        """
        if not responses:
            raise ValueError("responses: at least one")
        for response in responses:
            check_type("responses", response, Response)
            check_type("body", response.body, bytes, hint="a handler can give content that is sent only once")
        with self._changed:
            self._responses[method, _checked(path)] = responses

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests, in the order of the answers."""
        with self._changed:
            return tuple(self._requests)

    def assert_requested(
        self, method: str, path: str, *, times: int | None = None, within: float = 0.0
    ) -> tuple[RecordedRequest, ...]:
        """Check that requests came with this method for this path; returns them.

        Args:
            method: The method token.
            path: The path as it stands in a request; with a "?", only requests with this query count.
            times: The number of requests; unless given, at least one.
            within: Seconds to wait for so many requests, where another thread or process sends them.

        Raises:
            AssertionError: The number of requests is another; the message lists the requests.
            ValueError: `path` is no path.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        _checked(path)
        end = time.monotonic() + within
        with self._changed:
            while True:
                found = tuple(request for request in self._requests if _is_for(request, method, path))
                left = end - time.monotonic()
                if len(found) >= (1 if times is None else times) or left <= 0:
                    break
                self._changed.wait(left)
            came = [f"\n  {request}" for request in self._requests] or [" nothing"]
        if len(found) == times or (times is None and found):
            return found
        wanted = "at least once" if times is None else _count(times)
        raise AssertionError(
            f"{method} {path}: requested {_count(len(found))}, not {wanted}. What came:{''.join(came)}"
        )

    def close(self) -> None:
        """Stop, and delete the temporary folder; harmless when called twice."""
        self._server.__exit__()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        """Serve in threads of its own.

        Raises:
            RuntimeError: The server is serving already, or has been closed.
        """
        self._server.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    # --- called by its handlers

    def _chosen(self, request: Request) -> Callable[[], Response] | None:
        """The function that answers a request; None for the folder."""
        with self._changed:
            for path in (f"{request.path}?{request.query}", request.path):
                for key in ((request.method, path), (None, path)):
                    if responses := self._responses.get(key):
                        self._responses[key] = responses[1:] or responses
                        return lambda: responses[0]
        handler = self.handler
        return None if handler is None else lambda: returned(handler(request))

    def _record(self, request: RecordedRequest, place: int | None) -> int:
        """Write down a request, at its place where it has one; returns the place."""
        with self._changed:
            if place is None:
                place = len(self._requests)
                self._requests.append(request)
            else:
                self._requests[place] = request
            self._changed.notify_all()
            return place


class _Recorder(BaseHttpRequestHandler):
    """A handler that answers one request of a `RecordingServer`, and writes it down."""

    def __init__(
        self, recording: RecordingServer, site: Site | None, conn: socket.socket, addr: Address, server: object
    ) -> None:
        self._recording = recording
        self._first: Request | None = None
        self._content = b""
        self._place: int | None = None
        super().__init__(conn, addr, server, recording.directory, site=site)

    def handle(self) -> None:
        """Wait for all content first."""
        if self._first is None:
            self._first = self.request
            self.request.exchange.collect(self._answer_all)
        else:
            super().handle()  # a script has redirected: the request is the same

    def _answer_all(self) -> None:
        """Keep the content, which has arrived whole, and answer."""
        self._content = _whole(self.request.exchange.content.collected())
        answer = self._recording._chosen(self.request)  # noqa: SLF001 - the two are one
        if answer is None:
            super().handle()
        else:
            self.respond(answer())

    def respond(self, response: Response, *, wait: bool = False) -> None:
        """Write the request down first: a client that has the answer finds it."""
        asked = self._first or self.request
        recorded = RecordedRequest(
            asked.method, asked.target, asked.path, asked.query, asked.headers, self._content, response.status
        )
        self._place = self._recording._record(recorded, self._place)  # noqa: SLF001
        super().respond(response, wait=wait)


def _is_for(request: RecordedRequest, method: str, path: str) -> bool:
    return request.method == method and path in {request.path, f"{request.path}?{request.query}"}


def _checked(path: str) -> str:
    """A path as it stands in a request, with its query or without.

    Raises:
        ValueError: The text is no path, and so no request could match it.
    """
    if not re.fullmatch(r"/[!-\"$-~]*", path):
        raise ValueError(f"path: as it stands in a request, such as /a%20b?c=d, not {path!r}")
    return path


def _count(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _whole(spool: Spool) -> bytes:
    """All content that is kept; it can still be read from its beginning."""
    descriptor = spool.descriptor()
    if descriptor is None:
        return b""
    with open(descriptor, "rb", closefd=False) as file:
        content = file.read()
    spool.rewind()
    return content

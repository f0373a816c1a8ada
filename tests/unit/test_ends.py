"""The end of an exchange releases scripts, places and content, in every outcome of its handler. C11, D18, F17, O3."""

import asyncio
import gc
import logging
import socket
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, HTTPError, Limits, Timeouts
from pyhttp.answering import function_handler
from pyhttp.cgi.running import RunningScripts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.plain import PlainChannel
from tests.helpers.cgi_site import has_children, settled
from tests.helpers.crowd import until
from tests.helpers.servers import connect, serving_by
from tests.helpers.sockets import pair, read_until_end, request

ADDRESS = ("127.0.0.1", 1)
HANGS = "echo Content-Type: a/b; echo; echo body; exec sleep 60"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "cgi-bin").mkdir()
    path = tmp_path / "cgi-bin" / "x"
    path.write_text(f"#!/bin/sh\n{HANGS}\n")
    path.chmod(0o755)
    yield tmp_path
    settled()
    assert not has_children()


@pytest.fixture
def around() -> SimpleNamespace:
    limits, timeouts = Limits(), Timeouts(script_kill=0.2)
    return SimpleNamespace(limits=limits, timeouts=timeouts, scripts=RunningScripts(limits, timeouts))


class Careless(BaseHttpRequestHandler):
    """A handler that runs a script where it must not, or that does not send the answer of a script."""

    def handle(self) -> None:
        script = str(Path(self.directory) / "cgi-bin" / "x")
        match self.request.path:
            case "/answered":
                self.respond(Response(204))
                self.run_cgi(script)
            case "/twice":
                self.run_cgi(script)
                self.run_cgi(script)
            case _:
                self.run_cgi(script)

    def respond(self, response: Response, *, wait: bool = False) -> None:
        if response.status == 200:
            response = Response(203, {}, b"mine")
        super().respond(response, wait=wait)


@pytest.mark.parametrize(("path", "status"), [("/answered", 204), ("/twice", 500), ("/replaced", 203)])
def test_D18_a_script_that_is_not_wanted_keeps_no_place(folder: Path, path: str, status: int) -> None:
    timeouts = Timeouts(script_kill=0.2)
    with serving_by(BaseServer, partial(Careless, directory=folder), timeouts=timeouts) as server:
        with connect(server) as client:
            client.send(request(path))
            assert client.reply().status == status
        until(lambda: not server.scripts.running)


@pytest.mark.parametrize("path", ["/answered", "/twice", "/replaced"])
def test_D18_nor_in_place(folder: Path, path: str, around: SimpleNamespace) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request(path))
        theirs.shutdown(socket.SHUT_WR)
        Careless(ours, ADDRESS, around, folder)
    until(lambda: not around.scripts.running)


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_C11_who_is_interrupted_in_place_leaves_no_script_behind(
    folder: Path, around: SimpleNamespace, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(channel: PlainChannel, what: object) -> None:
        raise error

    monkeypatch.setattr(PlainChannel, "wait_for", interrupted)
    with pair() as (ours, theirs):
        theirs.sendall(request("/cgi-bin/x"))
        with pytest.raises(error):
            BaseHttpRequestHandler(ours, ADDRESS, around, folder)
    until(lambda: not around.scripts.running)


class Items:
    """Content that cannot be closed, or that does not begin."""

    def __init__(self, *items: bytes) -> None:
        self.items = items

    def __iter__(self) -> Iterator[bytes]:
        yield from self.items
        raise ValueError

    def close(self) -> None:
        raise RuntimeError("cannot be closed")


@pytest.mark.parametrize("items", [(), (b"item",)])
def test_content_that_cannot_be_closed_is_not_the_owners_problem(
    items: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/1") + request("/2"))
        theirs.shutdown(socket.SHUT_WR)
        function_handler(lambda _: Response(200, {}, Items(*items)))(ours, ADDRESS, None)
        assert read_until_end(theirs).startswith(b"HTTP/1.1 200 " if items else b"HTTP/1.1 500 ")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None


def test_a_fault_is_not_kept_in_a_cycle() -> None:
    class Fault(Exception):
        pass

    faults: list[weakref.ref[Fault]] = []

    def handler(_: Request) -> Response:
        fault = Fault()
        faults.append(weakref.ref(fault))
        try:
            raise fault
        finally:
            del fault

    gc.disable()
    try:
        with pair() as (ours, theirs):
            theirs.sendall(request())
            function_handler(handler)(ours, ADDRESS, SimpleNamespace(log=logging.Logger("quiet", logging.CRITICAL)))
        assert faults[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("sent", [request(), b"bad\r\n\r\n"], ids=["in its own look", "in the server's"])
def test_L10_an_interrupt_while_an_error_is_answered_stops_the_server(sent: bytes) -> None:
    class Interrupted(BaseHttpRequestHandler):
        def handle(self) -> None:
            raise ValueError

        def respond(self, response: Response, *, wait: bool = False) -> None:
            raise KeyboardInterrupt

    class Server(BaseServer):
        def error_response(self, error: HTTPError, request: Request) -> Response:
            if sent.startswith(b"bad"):
                raise KeyboardInterrupt
            return super().error_response(error, request)

    server = Server("127.0.0.1", 0, Interrupted)

    def ask() -> None:
        with connect(server) as client:
            client.send(sent)
            client.ended()

    asking, otherwise = threading.Thread(target=ask), threading.Timer(5, server.close)
    asking.start()
    otherwise.start()
    with pytest.raises(KeyboardInterrupt):
        server.serve_forever()
    otherwise.cancel()
    server.close()
    gc.collect()
    asking.join()

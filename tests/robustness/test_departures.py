"""L6, L7, L12, O1 to O4: clients that leave, clients that go on sending, and the log lines about them."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    AccessEntry,
    BaseHttpRequestHandler,
    BaseServer,
    Limits,
    Request,
    Response,
    Timeouts,
    function_handler,
)
from tests.helpers.cgi_site import has_children
from tests.helpers.crowd import crowd, latencies, reset, statuses, until
from tests.helpers.servers import Entries, connect, echo, serving, serving_by
from tests.helpers.sockets import descriptors, request

RESETS: Final = 300
QUICK: Final = Timeouts(linger=0.5, drain=0.5, content=5, send=5, hold=0.02, script_kill=0.5)
SLEEPS: Final = "#!/bin/sh\necho Content-Type: text/plain\necho\necho begun\nexec sleep 30\n"
READS: Final = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\n\\nread'\n"


@pytest.fixture
def site(folder: Path) -> Path:
    """A folder with two scripts. One begins to answer and then takes its time, and the other waits for all content."""
    scripts = folder / "cgi-bin"
    scripts.mkdir()
    for name, text in (("sleeps", SLEEPS), ("reads", READS)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    return folder


@contextmanager
def unchanged() -> Iterator[None]:
    """Check that the numbers of descriptors and children are as before, and that threads are those a pool may keep."""
    before, threads = descriptors(), threading.active_count()
    yield
    until(lambda: descriptors() <= before and threading.active_count() <= threads + 33 and not has_children())


def resets(server: BaseServer, sent: bytes, *, answered: bool = False, count: int = RESETS, at_once: int = 10) -> None:
    """Let `count` clients send `sent`, wait for the first byte of an answer where there has to be one, and reset."""
    for _ in range(count // at_once):
        with crowd(server.addresses[0], at_once, sent, window=4096) as clients:
            for client in clients:
                assert not answered or client.recv(1) == b"H"
            for client in clients:
                reset(client)


def test_L6_clients_that_vanish_leave_nothing(
    server_class: type[BaseServer], site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L6, L13: The clients vanish in the middle of a head, of a download, or of an upload.

    A handler may await the upload.
    """
    upload = request("/small", "Content-Length: 1000000", method="POST")
    entries = Entries()
    seen: list[AccessEntry] = []
    factory = partial(BaseHttpRequestHandler, directory=site)
    with serving_by(server_class, factory, timeouts=QUICK, access_log=entries) as server:
        latencies(server.addresses[0], request("/small"), 5)
        with unchanged():
            resets(server, b"GET /small HTTP/1.1\r\nHo")
            resets(server, request("/large"), answered=True)
            resets(server, upload + bytes(1000))
            resets(server, upload + bytes(100_000), count=50)
        latencies(server.addresses[0], request("/small"), 5)
        seen += entries.rest()
        assert sum(entry.target == "/large" for entry in seen) == RESETS
    assert not [record for record in caplog.records if record.exc_info or record.levelno > logging.INFO]


def test_L6_clients_that_vanish_from_scripts_leave_nothing(
    server_class: type[BaseServer], site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L6, L13, C11: The scripts of clients that have gone are ended and reaped."""
    at_once = 1 if server_class is BaseServer else 10
    upload = request("/cgi-bin/reads", "Content-Length: 1000000", method="POST") + bytes(100_000)
    factory = partial(BaseHttpRequestHandler, directory=site)
    with serving_by(server_class, factory, timeouts=QUICK) as server:
        latencies(server.addresses[0], request("/small"), 5)
        with unchanged():
            resets(server, request("/cgi-bin/sleeps"), answered=True, at_once=at_once)
            resets(server, upload, count=50, at_once=at_once)
        latencies(server.addresses[0], request("/small"), 5)
    assert not [record for record in caplog.records if record.exc_info]


def test_L6_a_client_that_has_only_stopped_sending_is_answered(server_class: type[BaseServer]) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/first") + request("/second"))
        client.half_close()
        assert [client.reply().content for _ in range(2)] == [b"GET /first ", b"GET /second "]
        assert client.ended() == b""


def test_L7_a_mebibyte_in_chunks_of_one_byte_is_read(server_class: type[BaseServer]) -> None:
    count = 1 << 20

    def measure(got: Request) -> Response:
        return Response(200, {}, str(len(got.body.read())).encode())

    with serving(server_class, measure) as server, connect(server) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"1\r\na\r\n" * count + b"0\r\n\r\n")
        assert client.reply().content == str(count).encode()


def test_L12_who_goes_on_sending_receives_the_whole_answer(server_class: type[BaseServer]) -> None:
    """The answer has left before the content that the handler does not read. The stream ends without a reset."""
    entries = Entries()

    def refuse(got: Request) -> Response:
        return Response(403, {}, bytes(100_000))

    limits, timeouts = Limits(drain=1024), Timeouts(linger=10)
    with serving(server_class, refuse, limits=limits, timeouts=timeouts, access_log=entries) as server:
        with connect(server) as client:
            client.send(request("/", "Content-Length: 70000", method="POST") + bytes(65_536))
            entries.next()
            for _ in range(4):
                client.sock.sendall(bytes(1000))
            received = bytearray()
            while piece := client.sock.recv(65_536):  # a reset would raise an error
                received += piece
        assert statuses(bytes(received)) == [403]
        assert received.endswith(bytes(100_000))


def test_L12_so_does_who_sends_on_after_a_head_that_is_refused(server_class: type[BaseServer]) -> None:
    entries = Entries()
    with serving(server_class, access_log=entries) as server, connect(server) as client:
        client.send(b"GET / HTTP/1.1\r\nbad field\r\n\r\n")
        entries.next()
        for _ in range(30):
            client.sock.sendall(bytes(1000))
        client.half_close()
        received = bytearray()
        while piece := client.sock.recv(65_536):
            received += piece
        assert statuses(bytes(received)) == [400]


HOSTILE: Final = (
    b'GET /"\\\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n',
    b"G\x9bT / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\x85%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a%0d%0a127.0.0.1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a\n127.0.0.1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \x85\x9b"\\\r\nReferer: a"b\r\n\r\n',
    b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x00b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 7000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
)


def test_O1_hostile_bytes_stay_on_one_line_of_the_log(
    server_class: type[BaseServer], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """O1, O2, O3: Each request has one access line of printable characters, and no traceback is logged."""
    caplog.set_level(logging.DEBUG, "pyhttp")
    with serving_by(server_class, partial(BaseHttpRequestHandler, directory=folder), timeouts=QUICK) as server:
        for sent in HOSTILE:
            with connect(server) as client:
                client.send(sent)
                client.half_close()
                client.ended()
    lines = [record.getMessage() for record in caplog.records if record.name == "pyhttp.access"]
    assert len(lines) == len(HOSTILE)
    for record in caplog.records:
        assert record.exc_info is None
        message = record.getMessage()
        assert all(character.isprintable() for character in message), message
        assert len(message) <= 2048
    assert all(line.count('"') == 2 for line in lines)


class Failing(logging.Handler):
    """A sink that fails for every record."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("the disk is full")


def test_O3_a_sink_that_fails_fails_no_request(server_class: type[BaseServer]) -> None:
    """No request fails because of a sink of the access log, or because of a sink of `logging`."""

    def fail(entry: AccessEntry) -> None:
        raise OSError("the disk is full")

    def break_down(got: Request) -> Response:
        if got.path == "/fault":
            raise ValueError("a fault of the handler")
        return echo(got)

    logger, failing = logging.getLogger("pyhttp"), Failing()
    level = logger.level
    logger.addHandler(failing)
    logger.setLevel(logging.DEBUG)
    try:
        for sink in (fail, None):
            with server_class("127.0.0.1", 0, function_handler(break_down), access_log=sink) as server:
                with connect(server) as client:
                    for _ in range(3):
                        client.send(request())
                        assert client.reply().status == 200
                    client.send(request("/fault"))
                    assert client.reply().status == 500
                with connect(server) as client:
                    client.send(b"bad\r\n\r\n")
                    assert client.reply().status == 400
    finally:
        logger.removeHandler(failing)
        logger.setLevel(level)


def test_O4_secrets_are_not_logged(server_class: type[BaseServer], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pyhttp")

    def answer(got: Request) -> Response:
        got.body.read()
        return Response(200, {"Set-Cookie": "id=hush"}, b"hush")

    secret = ("Authorization: Basic hush", "Cookie: id=hush", "Proxy-Authorization: hush")
    with serving(server_class, answer) as server, connect(server) as client:
        client.send(request("/", *secret, method="POST", content=b"hush"))
        assert client.reply().status == 200
        client.send(request("/", *secret, "bad field: \x00"))
        assert client.reply().status == 400
    assert len([record for record in caplog.records if record.name == "pyhttp.access"]) == 2
    assert "hush" not in caplog.text

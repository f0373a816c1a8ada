"""Exchanges from request to answer on plain sockets, and what a handler's server may lack."""

import logging
import socket
import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from pyhttp.cgi.scripts import Scripts
from pyhttp.errors import Disconnected, Forbidden, HTTPError, InternalError, MalformedRequest, NotFound
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.requests import SocketWriter
from pyhttp.serving import ERROR_LOG, Handler, Surroundings, function_handler
from pyhttp.transport.outbox import FileTruncatedError
from tests.helpers.servers import echo
from tests.helpers.sockets import pair, read_until_end, request

ADDRESS = ("127.0.0.1", 1)
QUICK = SimpleNamespace(timeouts=Timeouts(idle=0.05, head=0.05, content=0.05, send=0.05))


def serve(sent: bytes, handler: Handler = echo, *, server: object = QUICK, end: bool = True) -> bytes:
    """What a peer gets that sends `sent` to a handler on a plain socket, until the handler is done."""
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        if end:
            theirs.shutdown(socket.SHUT_WR)
        function_handler(handler)(ours, ADDRESS, server)
        return read_until_end(theirs)


def statuses(answers: bytes) -> list[int]:
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


def test_a_handler_on_a_plain_socket_serves_it_to_its_end() -> None:
    answers = serve(b"".join(request(f"/{n}", method="POST", content=b"x" * n) for n in range(30)))
    assert statuses(answers) == [200] * 30
    assert answers.endswith(b"\r\n\r\nPOST /29 " + b"x" * 29)


def test_the_socket_stays_its_owners() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Connection: close") + b"rest")
        function_handler(echo)(ours, ADDRESS, None)
        assert ours.recv(10) == b"rest"


def test_F11_content_that_a_handler_leaves_unread_is_read_away() -> None:
    answers = serve(request("/", method="POST", content=b"abc") + request("/2"), lambda _: Response(204))
    assert statuses(answers) == [204, 204]


def test_the_requests_own_wish_ends_it() -> None:
    assert statuses(serve(request("/1", "Connection: close") + request("/2"))) == [200]
    assert serve(request("/1", version="1.0") + request("/2")).count(b"HTTP/1.1 200 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (request("/" + "a" * 9000), 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 400),
        (request("/", "Transfer-Encoding: chunked", method="POST") + b"x\r\n", 400),
    ],
)
def test_F13_what_is_malformed_is_answered_and_ends_the_connection(sent: bytes, status: int) -> None:
    answers = serve(request("/1") + sent + request("/3"))
    assert statuses(answers)[:2] == [200, status]
    assert b"\r\nConnection: close\r\n" in answers
    assert len(statuses(answers)) == 2


def test_F10_content_that_ends_early_is_answered_400() -> None:
    assert statuses(serve(request("/", "Content-Length: 5", method="POST") + b"abc")) == [400]


def test_D7_half_a_head_is_answered_408_and_D8_silence_with_silence() -> None:
    assert statuses(serve(request("/1") + b"GET /2 HT", end=False)) == [200, 408]
    assert statuses(serve(request("/1"), end=False)) == [200]
    assert serve(b"", end=False) == b""
    assert serve(b"") == b""


def test_D9_content_that_stalls_is_answered_408() -> None:
    assert statuses(serve(request("/1", "Content-Length: 5", method="POST"), end=False)) == [408]


@pytest.mark.parametrize(
    ("error", "status", "goes_on", "tracebacks"),
    [
        (RuntimeError("x"), 500, False, 1),
        (NotFound("x"), 404, True, 0),
        (Forbidden("x"), 403, True, 0),
        (MalformedRequest("x"), 400, False, 0),
        (InternalError("x"), 500, False, 0),
        (HTTPError("x", fields=(("Bad name", "x"),)), 500, False, 1),
    ],
)
def test_R4_what_a_handler_lets_through_is_answered(
    error: Exception, status: int, goes_on: bool, tracebacks: int, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(got: Request) -> Response:
        if got.path == "/1":
            raise error
        return echo(got)

    answers = serve(request("/1") + request("/2"), fail)
    assert statuses(answers) == ([status, 200] if goes_on else [status])
    assert len([record for record in caplog.records if record.exc_info]) == tracebacks


@pytest.mark.parametrize("error", [Disconnected("gone"), FileTruncatedError("short")])
def test_F17_what_cannot_be_completed_is_cut(error: Exception) -> None:
    def fail(_: Request) -> Response:
        raise error

    assert serve(request("/1") + request("/2"), fail) == b""


def fail_after(got: Request) -> None:
    got.exchange.respond(Response(200))
    raise RuntimeError("after the answer")


def answer_twice(got: Request) -> None:
    got.exchange.respond(Response(200))
    got.exchange.respond(Response(200))


def refuse_after(got: Request) -> None:
    got.exchange.respond(Response(200))
    raise NotFound


@pytest.mark.parametrize("use", [fail_after, answer_twice, refuse_after])
def test_a_fault_after_the_answer_ends_the_connection(use: Callable[[Request], None]) -> None:
    def handler(got: Request) -> Response:
        use(got)
        raise AssertionError("not reached")

    assert statuses(serve(request("/1") + request("/2"), handler)) == [200]


def test_what_is_written_by_hand_stands_alone() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    class ByHand:
        def __init__(self, conn: socket.socket, *, then: Callable[[socket.socket], None]) -> None:
            def handler(got: Request) -> Response:
                SocketWriter(conn).write(answer)
                then(conn)
                raise NotFound

            function_handler(handler)(conn, ADDRESS, None)

    for then in (lambda _: None, lambda conn: SocketWriter(conn).close()):
        with pair() as (ours, theirs):
            theirs.sendall(request("/1") + request("/2"))
            ByHand(ours, then=then)
            assert theirs.recv(1000) == answer
            assert read_until_end(theirs) == b""


def test_F13_behind_malformed_content_of_a_request_before_nothing_is_answered() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Transfer-Encoding: chunked", method="POST") + b"x\r\n" + request("/2"))
        Request(ours)
        function_handler(echo)(ours, ADDRESS, None)
        assert read_until_end(theirs) == b""


def test_a_peer_that_has_left_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, address = listener.accept()
    with ours:
        theirs.sendall(request("/1") + request("/2"))

        def handler(_: Request) -> Response:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            theirs.close()
            return Response(200, {}, b"x")

        function_handler(handler)(ours, address, None)
    assert not [record for record in caplog.records if record.exc_info]


def test_a_refusal_that_the_peer_does_not_hear_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(b"nonsense\r\n\r\n")
        theirs.close()
        function_handler(echo)(ours, ADDRESS, None)
    assert not [record for record in caplog.records if record.exc_info]


def test_O3_a_failing_sink_fails_no_request() -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("the disk is full")

    log = logging.Logger("broken")
    log.addHandler(Broken())

    def fail(_: Request) -> Response:
        raise HTTPError("x", fields=(("Bad name", "x"),))

    assert statuses(serve(request(), fail, server=SimpleNamespace(log=log))) == [500]


def test_a_request_in_the_log_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def fail(_: Request) -> Response:
        raise NotFound("not\nhere\x9b")

    serve(request("/%0a"), fail)
    (record,) = caplog.records
    assert record.getMessage() == r"'GET /%0a': 404 not\x0ahere\x9b"


# --- surroundings


def test_a_server_may_be_any_object() -> None:
    found = Surroundings(object())
    assert found.limits == Limits()
    assert found.timeouts == Timeouts()
    assert found.log is ERROR_LOG
    assert not found.closing
    assert isinstance(found.scripts, Scripts)


def test_what_a_server_has_is_used() -> None:
    limits, timeouts, log = Limits(content=5), Timeouts(idle=5), logging.getLogger("mine")
    scripts = Scripts(limits, timeouts)
    found = Surroundings(SimpleNamespace(limits=limits, timeouts=timeouts, log=log, closing=True, scripts=scripts))
    assert (found.limits, found.timeouts, found.log, found.closing) == (limits, timeouts, log, True)
    assert found.scripts is scripts


def test_what_a_server_has_of_another_kind_is_not() -> None:
    found = Surroundings(SimpleNamespace(limits=5, timeouts="x", log=print, closing="no", scripts=[]))
    assert found.limits == Limits()
    assert found.log is ERROR_LOG
    assert not found.closing
    assert isinstance(found.scripts, Scripts)


def test_the_answer_of_a_server_that_stops_is_the_last() -> None:
    assert statuses(serve(request("/1") + request("/2"), server=SimpleNamespace(closing=True))) == [200]

"""Exchanges from request to answer on plain sockets, and attributes that a handler's server may lack."""

import asyncio
import json
import logging
import math
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import SimpleNamespace
from typing import Final, NamedTuple

import pytest

from pyhttp import answering
from pyhttp.answering import Handler, conclude, error_answer, function_handler
from pyhttp.cgi.script_path import NotExecutable
from pyhttp.errors import (
    Disconnected,
    Forbidden,
    HTTPError,
    InternalError,
    MalformedRequest,
    NotFound,
    WrongScheme,
)
from pyhttp.hosts import HostNotAllowed
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.requests import SocketWriter
from pyhttp.servers.base import BaseServer
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.plain import open_channel
from tests.helpers.crowd import until
from tests.helpers.servers import connect, echo, serving_by
from tests.helpers.sockets import pair, read_until_end, request

ADDRESS = ("127.0.0.1", 1)
QUICK = SimpleNamespace(timeouts=Timeouts(idle=0.05, head=0.05, content=0.05, send=0.05))


def serve(sent: bytes, handler: Handler = echo, *, server: object = QUICK, end: bool = True) -> bytes:
    """What a peer gets when it sends `sent` to a handler on a plain socket, until the handler is done."""
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
        (HTTPError(500, "x", headers=(("Bad name", "x"),)), 500, False, 1),
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
        raise HTTPError(500, "x", headers=(("Bad name", "x"),))

    assert statuses(serve(request(), fail, server=SimpleNamespace(log=log))) == [500]


def test_a_request_in_the_log_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def fail(_: Request) -> Response:
        raise NotFound("not\nhere\x9b")

    serve(request("/%0a"), fail)
    (record,) = caplog.records
    assert record.getMessage() == r'"GET /%0a": 404 not\x0ahere\x9b'


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_what_is_no_exception_is_the_owners(error: type[BaseException]) -> None:
    """The owner of a plain socket, and of the loop that it may run, gets the error.

    Nothing is answered in its place.
    """

    def fail(_: Request) -> Response:
        raise error

    with pair() as (ours, theirs):
        theirs.sendall(request())
        with pytest.raises(error):
            function_handler(fail)(ours, ADDRESS, None)
        ours.close()
        assert read_until_end(theirs) == b""


# --- where errors become answers

Door = Callable[[Exchange, Response], None]


class Kept(logging.Handler):
    """A log handler that keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Concluded(NamedTuple):
    """What has become of an exchange."""

    answer: bytes
    fate: Fate
    logged: list[logging.LogRecord]

    @property
    def faults(self) -> list[type[BaseException] | None]:
        """What was logged with a traceback."""
        return [record.exc_info[0] for record in self.logged if record.exc_info]


def concluded(
    failure: BaseException | None,
    door: Door | None = None,
    *,
    plain: Callable[[HTTPError, Request], Response] = error_answer,
    before: Callable[[Exchange], None] = lambda _: None,
) -> Concluded:
    """A turn has done `before` and then returned, or raised `failure`."""
    kept = Kept()
    log = logging.Logger("mine")
    log.addHandler(kept)
    with pair() as (ours, theirs):
        theirs.sendall(request("/1"))
        channel = open_channel(ours, Limits(), Timeouts())
        exchange = channel.open_exchange()
        exchange.door = None if door is None else partial(door, exchange)
        before(exchange)
        conclude(channel, exchange, failure, log, plain)
        exchange.end()
        ours.close()
        return Concluded(read_until_end(theirs), channel.fate, kept.records)


def own_door(exchange: Exchange, response: Response) -> None:
    exchange.respond(Response(response.status, response.headers.plus("X-Door", "own")))


def servers_look(error: HTTPError, asked: Request) -> Response:
    assert asked.path in {"/", "/1"}
    return Response(error.status, {"X-Look": "server's"})


def looks(answer: bytes) -> list[bytes]:
    return re.findall(rb"X-(?:Look|Door): ([^\r]*)", answer)


def raising(error: type[BaseException]) -> Door:
    def door(exchange: Exchange, _: Response) -> None:
        raise error

    return door


def leaving_open(_: Exchange, __: Response) -> None:
    """A door that gives no answer."""


BASE: Final = [ValueError, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit]


@pytest.mark.parametrize(
    ("failure", "status", "fate"),
    [
        (None, 500, Fate.LAST),
        (NotFound("x"), 404, Fate.KEEP),
        (MalformedRequest("x"), 400, Fate.LAST),
        (ValueError("x"), 500, Fate.LAST),
        *((error(), 500, Fate.LAST) for error in BASE),
    ],
)
def test_R4_an_error_leaves_by_the_door_of_its_exchange(failure: BaseException | None, status: int, fate: Fate) -> None:
    found = concluded(failure, own_door, plain=servers_look)
    assert (statuses(found.answer), looks(found.answer), found.fate) == ([status], [b"server's", b"own"], fate)
    assert (b"\r\nConnection: close\r\n" in found.answer) == (fate is Fate.LAST)
    assert len(found.logged) == 1
    assert found.faults == ([] if failure is None or isinstance(failure, HTTPError) else [type(failure)])


@pytest.mark.parametrize(
    ("failure", "level", "said"),
    [
        (None, logging.ERROR, 'the handler gave no answer to "GET /1"'),
        (ValueError("x"), logging.ERROR, 'the handler of "GET /1" failed'),
        (FileTruncatedError("short"), logging.WARNING, '"GET /1": short'),
        (NotFound("not\nhere"), logging.INFO, r'"GET /1": 404 not\x0ahere'),
        (HostNotAllowed("a\nb"), logging.WARNING, r'"GET /1": 421 a\x0ab'),
        (WrongScheme("x"), logging.WARNING, '"GET /1": 400 x'),
        (NotExecutable("x"), logging.WARNING, '"GET /1": 403 x'),
    ],
)
def test_what_is_logged_of_an_error(failure: BaseException | None, level: int, said: str) -> None:
    (record,) = concluded(failure).logged
    assert (record.levelno, record.getMessage()) == (level, said)
    assert bool(record.exc_info) is isinstance(failure, ValueError)


def test_without_a_door_it_is_answered_plainly() -> None:
    found = concluded(NotFound("x"), plain=servers_look)
    assert (statuses(found.answer), looks(found.answer), found.fate) == ([404], [b"server's"], Fate.KEEP)


def test_so_it_is_where_the_door_leaves_it_open() -> None:
    found = concluded(NotFound("x"), leaving_open, plain=servers_look)
    assert (statuses(found.answer), looks(found.answer), found.faults) == ([404], [b"server's"], [])


@pytest.mark.parametrize("door", [None, own_door])
def test_what_the_handler_makes_of_an_error_is_what_is_answered(door: Door | None) -> None:
    def give_look(exchange: Exchange) -> None:
        exchange.look = lambda error: Response(error.status, {"X-Look": "handler's"})

    found = concluded(NotFound("x"), door, before=give_look)
    assert (statuses(found.answer), looks(found.answer)[:1]) == ([404], [b"handler's"])


@pytest.mark.parametrize("fault", BASE)
def test_R4_a_door_that_fails_costs_its_own_look(fault: type[BaseException]) -> None:
    """The fault of the door is a fault of the server: the answer is a 500, and the log has a second entry."""
    found = concluded(NotFound("x"), raising(fault), plain=servers_look)
    assert (statuses(found.answer), looks(found.answer), found.fate) == ([500], [b"server's"], Fate.LAST)
    assert found.faults == [fault]
    _, told = (record.getMessage() for record in found.logged)
    assert told == 'the error of "GET /1" cannot be answered as it is'


@pytest.mark.parametrize("fault", BASE)
def test_R4_the_last_resort_needs_nobody(fault: type[BaseException]) -> None:
    def fail(_: HTTPError, __: Request) -> Response:
        raise fault

    found = concluded(NotFound("x"), own_door, plain=fail)
    assert (statuses(found.answer), found.fate) == ([500], Fate.LAST)
    assert found.faults == [fault, fault]
    assert concluded(NotFound("x"), plain=fail).fate is Fate.LAST


@pytest.mark.parametrize("fault", BASE)
def test_where_even_that_fails_the_connection_is_cut(
    fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: HTTPError, __: Request) -> Response:
        raise fault

    monkeypatch.setattr(answering, "error_response", lambda _, *, headers: fail(_, headers))
    found = concluded(NotFound("x"), plain=fail)
    assert (found.answer, found.fate, found.faults) == (b"", Fate.CUT, [fault, fault])


@pytest.mark.parametrize("fault", BASE)
def test_F17_a_door_that_fails_after_its_answer_has_answered(fault: type[BaseException]) -> None:
    def door(exchange: Exchange, response: Response) -> None:
        own_door(exchange, response)
        raise fault

    found = concluded(NotFound("x"), door, plain=servers_look)
    assert (statuses(found.answer), looks(found.answer), found.fate) == ([404], [b"server's", b"own"], Fate.CUT)
    assert found.faults == [fault]


def test_F17_a_door_whose_content_fails_in_the_middle_has_answered() -> None:
    def items() -> Iterator[bytes]:
        yield b"begun"
        raise ValueError

    found = concluded(NotFound("x"), lambda exchange, _: exchange.respond(Response(404, {}, items())))
    assert (statuses(found.answer), found.fate) == ([404], Fate.CUT)
    assert found.answer.endswith(b"begun\r\n")


@pytest.mark.parametrize("failure", [NotFound("x"), ValueError("x"), asyncio.CancelledError()])
def test_F17_an_answer_that_has_failed_in_the_middle_is_cut(failure: BaseException) -> None:
    def items() -> Iterator[bytes]:
        yield b"begun"
        raise failure

    def before(exchange: Exchange) -> None:
        with pytest.raises(type(failure)):
            exchange.respond(Response(200, {}, items()))

    found = concluded(failure, own_door, before=before)
    assert (statuses(found.answer), found.fate, len(found.logged)) == ([200], Fate.CUT, 1)
    assert found.answer.endswith(b"begun\r\n")


def test_where_nobody_is_left_to_hear_the_answer_no_other_is_tried() -> None:
    asked: list[HTTPError] = []

    def note(error: HTTPError, request: Request) -> Response:
        asked.append(error)
        return servers_look(error, request)

    found = concluded(NotFound("x"), raising(Disconnected), plain=note)
    assert (found.answer, found.fate, len(asked), found.faults) == (b"", Fate.CUT, 1, [])


@pytest.mark.parametrize("failure", [None, Disconnected("x"), NotFound("x"), ValueError("x"), *(e() for e in BASE)])
def test_F17_an_answer_is_never_followed_by_another(failure: BaseException | None) -> None:
    found = concluded(failure, own_door, before=lambda exchange: exchange.respond(Response(204)))
    assert statuses(found.answer) == [204]
    kept = {type(None): Fate.KEEP, Disconnected: Fate.CUT}
    assert found.fate is kept.get(type(failure), Fate.LAST)
    assert len(found.logged) == (0 if type(failure) in kept else 1)


def test_F17_an_answer_by_hand_is_none_either() -> None:
    found = concluded(NotFound("x"), own_door, before=lambda exchange: exchange.answer_by_hand())
    assert (found.answer, found.fate) == (b"", Fate.LAST)


class Never:
    """Something that never becomes ready, and that notes when it is closed."""

    def __init__(self, *, due: float = math.inf) -> None:
        self.closed = threading.Event()
        self.until = due

    def watched(self) -> tuple[int, ...]:
        return ()

    def due(self) -> float:
        return self.until

    def proceed(self) -> bool:
        return time.monotonic() >= self.until

    def close(self) -> None:
        self.closed.set()


def server_of(answer: Callable[[Request], None]) -> AbstractContextManager[BaseServer]:
    def factory(conn: socket.socket, addr: Address, server: object, /) -> object:
        assert isinstance(conn, Connection)
        answer(Request(conn))
        return None

    return serving_by(BaseServer, factory)


def test_an_error_ends_what_is_awaited() -> None:
    never = Never()

    def answer(got: Request) -> None:
        got.exchange.door = partial(own_door, got.exchange)
        got.exchange.wait_for(never, lambda: got.exchange.respond(Response(200)))
        assert not never.closed.is_set()
        raise NotFound("x")

    with server_of(answer) as server, connect(server) as client:
        client.send(request())
        reply = client.reply(breaks=("errors explain themselves",))
        assert (reply.status, reply.get("X-Door")) == (404, "own")
        assert never.closed.is_set()


def test_a_turn_that_awaits_something_is_not_answered_for(caplog: pytest.LogCaptureFixture) -> None:
    """The caller that runs the turn gives no answer for it, not even where an error waits for its answer."""

    def door(got: Request, response: Response) -> None:
        later = Never(due=time.monotonic() + 0.05)
        got.exchange.wait_for(later, lambda: own_door(got.exchange, response))

    def fail() -> None:
        raise NotFound("x")

    def answer(got: Request) -> None:
        got.exchange.door = partial(door, got)
        got.exchange.wait_for(Never(due=time.monotonic() + 0.05), fail)

    with server_of(answer) as server, connect(server) as client:
        client.send(request() * 2)
        for _ in range(2):
            reply = client.reply(breaks=("errors explain themselves",))
            assert (reply.status, reply.get("X-Door")) == (404, "own")
    assert not caplog.records


# --- all content first


def test_content_is_streamed_or_spooled() -> None:
    for other in ("all", "", "Spooled", 1):
        with pytest.raises(ValueError, match="streamed"):
            function_handler(echo, content=json.loads(json.dumps(other)))


def spooled(sent: bytes, handler: Handler = echo, *, server: object = QUICK, end: bool = True) -> bytes:
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        if end:
            theirs.shutdown(socket.SHUT_WR)
        function_handler(handler, content="spooled")(ours, ADDRESS, server)
        return read_until_end(theirs)


@pytest.mark.parametrize("size", [0, 1, 5000, 200_000])
def test_all_of_the_content_is_there_when_the_handler_is_called(size: int) -> None:
    """The content is in memory, or in a file where it is too large for memory."""
    content = bytes(range(250)) * (size // 250) + b"x" * (size % 250)

    def handler(got: Request) -> Response:
        assert got.exchange.complete
        assert got.body.read(3) == content[:3]
        assert got.body.read() == content[3:]
        return Response(204)

    small = SimpleNamespace(limits=Limits(spool_memory=1000))
    sent = request("/", method="POST", content=content)
    assert statuses(spooled(sent, handler, server=small)) == [204]


def test_so_are_its_trailers() -> None:
    def handler(got: Request) -> Response:
        assert got.trailers["X-Sum"] == "5"
        return echo(got)

    sent = request("/", "Transfer-Encoding: chunked", method="POST") + b"2\r\nab\r\n0\r\nX-Sum: 5\r\n\r\n"
    assert spooled(sent, handler).endswith(b"\r\n\r\nPOST / ab")


@pytest.mark.parametrize(
    ("content", "end", "status"),
    [
        (b"5\r\nabc", True, 400),
        (b"x\r\n", False, 400),
        (b"5\r\nabc", False, 408),
        (b"b\r\nabcdefghijk\r\n", False, 413),
    ],
)
def test_F10_without_all_of_it_the_handler_is_not_called(content: bytes, end: bool, status: int) -> None:
    def handler(_: Request) -> Response:
        raise AssertionError("not reached")

    around = SimpleNamespace(limits=Limits(content=10), timeouts=QUICK.timeouts)
    sent = request("/", "Transfer-Encoding: chunked", method="POST") + content
    answers = spooled(sent, handler, server=around, end=end)
    assert statuses(answers) == [status]
    assert b"\r\nConnection: close\r\n" in answers


def test_D22_without_room_for_it_the_answer_is_a_503() -> None:
    around = SimpleNamespace(limits=Limits(spool=10))
    sent = [request("/", method="POST", content=b"x" * size) for size in (10, 11, 1)]
    assert statuses(spooled(b"".join(sent), server=around)) == [200, 503]


def test_L4_a_slow_upload_holds_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    """The upload does not even hold the thread of a BaseServer. In the end, nothing is kept of the upload."""
    called: list[str] = []

    def handler(got: Request) -> Response:
        called.append(got.path)
        return echo(got)

    factory = function_handler(handler, content="spooled")
    with serving_by(BaseServer, factory, limits=Limits(read_ahead=1)) as server:
        with connect(server) as slow, connect(server) as other:
            slow.send(request("/1", "Content-Length: 5", "Expect: 100-continue", method="PUT"))
            assert slow.reply().status == 100
            for piece in (b"a", b"b"):
                slow.send(piece)
                other.send(request("/2"))
                assert other.reply().content == b"GET /2 "
            assert called == ["/2", "/2"]
            slow.send(b"cde")
            assert slow.reply().content == b"PUT /1 abcde"
        until(lambda: server.budget._left == server.limits.spool)
    assert not caplog.records


def test_streamed_it_is_called_while_content_is_on_its_way() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Content-Length: 5", method="POST"))

        def handler(got: Request) -> Response:
            theirs.sendall(b"hello")
            return echo(got)

        function_handler(handler, content="streamed")(ours, ADDRESS, SimpleNamespace(closing=True))
        assert read_until_end(theirs).endswith(b"POST / hello")


def test_the_answer_of_a_server_that_stops_is_the_last() -> None:
    assert statuses(serve(request("/1") + request("/2"), server=SimpleNamespace(closing=True))) == [200]

"""A server's connection as its handler gets it, on every server: a socket, with octets read by the loop in front."""

import io
import socket
import threading
from collections.abc import Callable

import pytest

from pyhttp.errors import Misuse
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.requests import SocketWriter
from pyhttp.servers.base import BaseServer
from pyhttp.transport.client import Address, Connection
from tests.helpers.servers import Entries, connect, serving_by, wait_for
from tests.helpers.sockets import request

ServerClass = type[BaseServer]
Use = Callable[[Connection], None]
SHORT = Timeouts(linger=0.3)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = "Transfer-Encoding: chunked"


class Seen:
    """The things that a handler saw. They are looked at when the client has its answer and the connection has ended."""

    def __init__(self, use: Use) -> None:
        self.use = use
        self.turns = 0
        self.failure: BaseException | None = None

    def __call__(self, conn: socket.socket, addr: Address, server: object) -> object:
        assert isinstance(conn, Connection)
        self.turns += 1
        try:
            self.use(conn)
        except BaseException as error:
            self.failure = error
            raise
        return self


def one_turn(server_class: ServerClass, sent: bytes, use: Use, *, more: bytes = b"") -> bytes:
    """The octets that a client gets up to the end.

    The client sends `sent` (and `more` with its end) to a handler that does `use`.
    """
    seen = Seen(use)
    with serving_by(server_class, seen, timeouts=SHORT) as server, connect(server) as client:
        client.send(sent)
        if more:
            client.send(more)
        answer = client.ended()
    if seen.failure is not None:
        raise seen.failure
    assert seen.turns == 1
    return answer


def receive(conn: Connection, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += conn.recv(count - len(data))
    return data


def test_recv_yields_the_head_as_it_was_sent(server_class: ServerClass) -> None:
    sent = request("/a", "x-Mixed:  spaces ")

    def use(conn: Connection) -> None:
        assert conn.recv(65536) == sent
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


@pytest.mark.parametrize("step", [1, 7, 65536])
def test_recv_yields_head_then_content_then_whatever_follows(server_class: ServerClass, step: int) -> None:
    sent = request("/a", method="POST", content=b"content") + request("/b")

    def use(conn: Connection) -> None:
        data = b""
        while len(data) < len(sent):
            data += conn.recv(step)
        assert data == sent
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_recv_yields_the_framing_of_chunked_content_as_it_was_sent(server_class: ServerClass) -> None:
    sent = request("/a", CHUNKED, method="POST") + b"3;x=y\r\nabc\r\n0\r\n\r\n"

    def use(conn: Connection) -> None:
        assert receive(conn, len(sent)) == sent
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_recv_yields_what_has_yet_to_come(server_class: ServerClass) -> None:
    """A long upload is not awaited by the loop; its handler reads on where the loop has stopped."""
    content = bytes(range(256)) * 1024
    sent = request("/a", method="POST", content=content)

    def use(conn: Connection) -> None:
        assert receive(conn, len(sent)) == sent
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_recv_yields_content_once_a_request_has_taken_the_head(server_class: ServerClass) -> None:
    sent = request("/a", method="POST", content=b"content")

    def use(conn: Connection) -> None:
        assert Request(conn).path == "/a"
        assert receive(conn, 7) == b"content"
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_recv_yields_long_content_once_a_request_has_taken_the_head(server_class: ServerClass) -> None:
    content = bytes(range(256)) * 1024

    def use(conn: Connection) -> None:
        Request(conn)
        assert receive(conn, len(content)) == content
        conn.sendall(ANSWER)

    assert one_turn(server_class, request("/a", method="POST", content=content), use) == ANSWER


def test_a_look_consumes_nothing(server_class: ServerClass) -> None:
    sent = request("/a")

    def use(conn: Connection) -> None:
        for _ in range(3):
            assert conn.recv(4, socket.MSG_PEEK) == b"GET "
        assert receive(conn, len(sent)) == sent
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_recv_into_and_its_bounds(server_class: ServerClass) -> None:
    sent = request("/a")

    def use(conn: Connection) -> None:
        buffer = bytearray(6)
        assert conn.recv_into(buffer, 4, socket.MSG_PEEK) == 4
        assert buffer == b"GET \0\0"
        assert conn.recv_into(buffer) == 6
        assert buffer == b"GET /a"
        assert conn.recv_into(bytearray()) == 0
        with pytest.raises(ValueError, match="negative"):
            conn.recv(-1)
        assert receive(conn, len(sent) - 6) == sent[6:]
        conn.sendall(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_makefile_reads_and_writes(server_class: ServerClass) -> None:
    sent = request("/a", method="POST", content=b"content")

    def use(conn: Connection) -> None:
        with conn.makefile("rwb") as file:
            assert file.readline() == b"POST /a HTTP/1.1\r\n"
            while file.readline() != b"\r\n":
                pass
            assert file.read(7) == b"content"
            file.write(ANSWER)

    assert one_turn(server_class, sent, use) == ANSWER


def test_a_file_that_outlives_its_turn_does_not_keep_the_connection(server_class: ServerClass) -> None:
    files: list[io.BufferedIOBase] = []

    def use(conn: Connection) -> None:
        files.append(conn.makefile("rwb"))
        conn.sendall(ANSWER)

    assert one_turn(server_class, request("/a"), use) == ANSWER
    with pytest.raises(OSError, match=r"Bad file|closed"):
        files[0].read()
    files[0].close()


def write(conn: Connection) -> None:
    Request(conn)
    assert SocketWriter(conn).write(ANSWER) == len(ANSWER)


def write_and_close(conn: Connection) -> None:
    Request(conn)
    writer = SocketWriter(conn)
    writer.write(ANSWER)
    writer.close()
    writer.close()


def send(conn: Connection) -> None:
    assert conn.send(ANSWER) == len(ANSWER)


def send_file(conn: Connection) -> None:
    assert conn.sendfile(io.BytesIO(ANSWER)) == len(ANSWER)


def write_and_fail(conn: Connection) -> None:
    conn.sendall(ANSWER)
    raise RuntimeError("after the answer")


@pytest.mark.parametrize("use", [write, write_and_close, send, send_file, write_and_fail])
def test_what_is_written_past_the_gate_stands_alone_and_ends_the_connection(
    server_class: ServerClass, use: Use
) -> None:
    entries = Entries()
    seen = Seen(use)
    with serving_by(server_class, seen, timeouts=SHORT, access_log=entries) as server, connect(server) as client:
        client.send(request("/1") + request("/2"))
        assert client.ended() == ANSWER
        entry = entries.next()
    assert (entry.target, entry.status) == ("/1", 0)
    assert entries.rest() == []
    assert seen.turns == 1


def test_a_handler_that_closes_its_connection_ends_it(server_class: ServerClass) -> None:
    def use(conn: Connection) -> None:
        with conn:
            pass
        conn.close()

    assert one_turn(server_class, request(), use) == b""


def test_a_handler_that_answers_and_then_reads_by_itself_ends_the_connection(server_class: ServerClass) -> None:
    def use(conn: Connection) -> None:
        got = Request(conn)
        got.exchange.respond(Response(200, {}, b"x"))
        conn.recv(1)

    answer = one_turn(server_class, request("/1") + request("/2"), use)
    assert answer.endswith(b"\r\n\r\nx")


def test_the_answer_of_a_handler_that_read_by_itself_says_close(server_class: ServerClass) -> None:
    def use(conn: Connection) -> None:
        got = Request(conn)
        conn.recv(1)
        got.exchange.respond(Response(200, {}, b"x"))

    answer = one_turn(server_class, request("/1", method="POST", content=b"abc"), use)
    assert b"\r\nConnection: close\r\n" in answer


def read_then_take(conn: Connection) -> None:
    conn.recv(1)
    Request(conn)


def take_twice(conn: Connection) -> None:
    Request(conn)
    Request(conn)


def duplicate(conn: Connection) -> None:
    conn.dup()


def detach(conn: Connection) -> None:
    conn.detach()


def answer_twice(conn: Connection) -> None:
    exchange = Request(conn).exchange
    exchange.respond(Response(200, {}, b"first"))
    exchange.respond(Response(200, {}, b"second"))


@pytest.mark.parametrize("use", [read_then_take, take_twice, duplicate, detach, answer_twice])
def test_what_a_handler_may_not_do(server_class: ServerClass, use: Use, caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen(use)
    with serving_by(server_class, seen, timeouts=SHORT) as server, connect(server) as client:
        client.send(request("/1") + request("/2"))
        reply = client.reply()
        if use is answer_twice:
            assert (reply.status, reply.content) == (200, b"first")
        else:
            assert reply.status == 500
            assert reply.says_close
        assert client.ended() == b""
    assert isinstance(seen.failure, Misuse)
    assert seen.turns == 1
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.levelname == "ERROR"


def test_a_handler_that_gives_no_answer(server_class: ServerClass, caplog: pytest.LogCaptureFixture) -> None:
    def use(conn: Connection) -> None:
        assert conn.recv(1) == b"G"

    for handler in (lambda _: None, use):
        with serving_by(server_class, Seen(handler), timeouts=SHORT) as server, connect(server) as client:
            client.send(request("/1") + request("/2"))
            reply = client.reply()
            assert reply.status == 500
            assert reply.says_close
            assert client.ended() == b""
    assert caplog.text.count("no answer") == 2


def test_L6_a_client_that_leaves_while_its_handler_writes_is_no_fault(
    server_class: ServerClass, caplog: pytest.LogCaptureFixture
) -> None:
    started, left = threading.Event(), threading.Event()

    def use(conn: Connection) -> None:
        Request(conn)
        started.set()
        wait_for(left)
        for _ in range(1000):
            conn.sendall(bytes(65536))

    seen = Seen(use)
    with serving_by(server_class, seen, timeouts=SHORT) as server:
        with connect(server) as client:
            client.send(request())
            wait_for(started)
        left.set()
    assert isinstance(seen.failure, ConnectionError)
    assert not [record for record in caplog.records if record.exc_info]


def test_a_handlers_calls_block_with_a_timeout(server_class: ServerClass) -> None:
    def use(conn: Connection) -> None:
        assert conn.gettimeout() == SHORT.content
        assert conn.getblocking()
        assert receive(conn, len(request()))
        conn.settimeout(0.01)
        with pytest.raises(TimeoutError):
            conn.recv(1)
        conn.sendall(ANSWER)

    assert one_turn(server_class, request(), use) == ANSWER


@pytest.mark.parametrize("change", ["setblocking", "settimeout", "no time"])
def test_L4_no_handler_makes_the_loop_wait_for_its_client(server_class: ServerClass, change: str) -> None:
    """A descriptor that blocks would hold the loop; a timeout of one turn must not last for the next."""
    found: list[float | None] = []

    def use(conn: socket.socket, addr: Address, server: object) -> object:
        assert isinstance(conn, Connection)
        exchange = Request(conn).exchange
        found.append(conn.gettimeout())
        match change:
            case "setblocking":
                conn.setblocking(True)
            case "settimeout":
                conn.settimeout(None)
            case _:
                conn.settimeout(0)
        exchange.respond(Response(200, {}, bytes(16 << 20)))
        return use

    with serving_by(server_class, use, timeouts=SHORT) as server, connect(server) as slow, connect(server) as other:
        slow.send(request("/slow"))
        assert slow.sock.recv(1) == b"H"
        slow.send(request("/next"))
        other.send(request("/other"))
        assert other.reply().status == 200
        slow._held += b"H"
        assert slow.reply().status == 200
        assert slow.reply().status == 200
    assert found == [SHORT.content] * 3


def test_L1_an_upload_is_not_remembered(server_class: ServerClass) -> None:
    """The octets that the loop keeps of a request, for a handler that reads by itself, go when a Request takes it."""
    held: list[int] = []

    def use(conn: Connection) -> None:
        got, count = Request(conn), 0
        while piece := got.body.read(65536):
            count += len(piece)
            held.append(sum(map(len, conn._raw or ())))
        got.exchange.be_last()
        got.exchange.respond(Response(200, {}, str(count).encode()))

    assert one_turn(server_class, request("/", method="POST", content=bytes(4_000_000)), use).endswith(b"\n4000000")
    assert max(held) == 0

"""A connection as a socket: every method that moves octets, or would leave traces after the turn."""

import array
import io
import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from pyhttp.errors import Misuse
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.by_hand import SocketByHand
from pyhttp.transport.client import Connection
from pyhttp.transport.fate import Fate
from pyhttp.transport.poller import wait_until_ready
from pyhttp.transport.progress import Progress
from tests.helpers.channels import Met, met, read_now, reset
from tests.helpers.sockets import read_until_end, request

SENT = request("/a", method="POST", content=b"content") + request("/b")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


# --- reading


def recv(conn: Connection, count: int, flags: int = 0) -> bytes:
    return conn.recv(count, flags)


def recv_into(conn: Connection, count: int, flags: int = 0) -> bytes:
    buffer = bytearray(count + 5)
    got = conn.recv_into(buffer, count, flags)
    assert buffer[got:] == bytes(len(buffer) - got)
    return bytes(buffer[:got])


def recv_into_all(conn: Connection, count: int, flags: int = 0) -> bytes:
    buffer = array.array("B", bytes(count))
    got = conn.recv_into(buffer, 0, flags)
    return buffer.tobytes()[:got]


def recvfrom(conn: Connection, count: int, flags: int = 0) -> bytes:
    data, address = conn.recvfrom(count, flags)
    assert address is None
    return data


def recvfrom_into(conn: Connection, count: int, flags: int = 0) -> bytes:
    buffer = bytearray(count)
    got, address = conn.recvfrom_into(buffer, 0, flags)
    assert address is None
    return bytes(buffer[:got])


def recvmsg(conn: Connection, count: int, flags: int = 0) -> bytes:
    data, ancillary, message_flags, address = conn.recvmsg(count, 100, flags)
    assert (ancillary, message_flags, address) == ([], 0, None)
    return data


def recvmsg_into(conn: Connection, count: int, flags: int = 0) -> bytes:
    first, second, third = bytearray(count // 3), bytearray(0), bytearray(count - count // 3)
    got, ancillary, message_flags, address = conn.recvmsg_into([first, second, third], 100, flags)
    assert (ancillary, message_flags, address) == ([], 0, None)
    return bytes(first + third)[:got]


class Read(Protocol):
    """One way to read."""

    def __call__(self, conn: Connection, count: int, flags: int = 0, /) -> bytes: ...


READS = pytest.mark.parametrize(
    "read", [recv, recv_into, recv_into_all, recvfrom, recvfrom_into, recvmsg, recvmsg_into]
)


def test_every_method_that_moves_octets_or_lasts_is_overridden() -> None:
    """A method that a later Python adds shows here, too."""
    harmless = {
        "accept", "bind", "connect", "connect_ex", "fileno", "get_inheritable", "getpeername", "getsockname",
        "getsockopt", "listen", "makefile", "set_inheritable", "setsockopt",
    }  # fmt: skip
    methods = {
        name for name in dir(socket.socket) if not name.startswith("_") and callable(getattr(socket.socket, name))
    }
    assert methods - harmless == {name for name in vars(SocketByHand) if name in methods}


@READS
def test_every_read_yields_the_request_as_it_was_sent_and_then_what_comes(read: Read) -> None:
    with met() as made:
        made.begin(SENT)
        data = b""
        while len(data) < len(SENT):
            data += read(made.conn, 7)
        assert data == SENT
        made.peer.sendall(b"more")
        assert read(made.conn, 3) == b"mor"
        assert read(made.conn, 3) == b"e"
        made.peer.shutdown(socket.SHUT_WR)
        assert read(made.conn, 3) == b""


@READS
def test_a_look_consumes_nothing(read: Read) -> None:
    with met() as made:
        made.begin(SENT)
        assert read(made.conn, 6, socket.MSG_PEEK) == b"POST /"
        assert read(made.conn, 6, socket.MSG_PEEK) == b"POST /"
        assert read(made.conn, 1000) == SENT
        made.peer.sendall(b"more")
        assert read(made.conn, 3, socket.MSG_PEEK) == b"mor"
        assert read(made.conn, 3) == b"mor"


@READS
def test_every_read_ends_the_connection_after_the_turn(read: Read) -> None:
    with met() as made:
        exchange = made.begin(SENT)
        read(made.conn, 3)
        assert made.conn.fate is Fate.LAST
        exchange.respond(Response(200))  # an answer can still be given
        assert b"\r\nConnection: close\r\n" in read_now(made.peer)


@READS
def test_every_read_yields_content_once_a_request_has_taken_the_head(read: Read) -> None:
    with met() as made:
        made.begin(SENT)
        Request(made.conn)
        assert read(made.conn, 7) == b"content"


def test_no_octet_of_the_next_request_is_content() -> None:
    """The octets that were put aside are content.

    The octets behind them are not known to be content, and come unparsed.
    """
    with met() as made:
        exchange = made.begin(SENT)
        Request(made.conn)
        exchange.content.read_ahead()
        assert made.conn.recv(1000) == b"content" + request("/b")


def test_a_request_without_content_is_read_as_it_was_sent() -> None:
    with met() as made:
        made.begin(request("/a") + request("/b"))
        assert made.conn.recv(1000) == request("/a") + request("/b")


def test_a_refused_request_is_read_as_it_was_sent() -> None:
    with met() as made:
        made.send(request("/a"))
        assert made.conn.recv(1000) == request("/a")


def test_reading_nothing_and_less_than_nothing() -> None:
    with met() as made:
        made.begin(SENT)
        assert made.conn.recv(0) == b""
        with pytest.raises(ValueError, match="negative"):
            made.conn.recv(-1)
        assert made.conn.recv_into(bytearray()) == 0
        assert made.conn.recv(4) == b"POST"


def test_a_read_that_has_to_wait_says_so_and_one_that_has_not_does_not() -> None:
    with met() as made:
        made.begin(request())
        made.conn.recv(1000)
        assert made.setting.blocked == 0
        made.setting.script = lambda: made.peer.sendall(b"later")
        assert made.conn.recv(1000) == b"later"
        assert made.setting.blocked == 1


def test_flags_need_not_be_given() -> None:
    with met() as made:
        made.begin(request())
        made.conn.recv(1000)
        made.peer.sendall(b"0123456")
        buffer = bytearray(1)
        assert made.conn.recv(1) == b"0"
        assert made.conn.recv_into(buffer) == 1
        assert made.conn.recvfrom(1) == (b"2", None)
        assert made.conn.recvfrom_into(buffer) == (1, None)
        assert made.conn.recvmsg(1) == (b"4", [], 0, None)
        assert made.conn.recvmsg_into([buffer]) == (1, [], 0, None)
        assert made.conn.recv(10) == b"6"


def test_makefile_reads_what_has_been_read_already() -> None:
    with met() as made:
        made.begin(SENT)
        with made.conn.makefile("rb") as file:
            assert file.readline() == b"POST /a HTTP/1.1\r\n"
        assert made.conn.fileno() >= 0


# --- writing


def send(conn: Connection, path: Path) -> object:
    return conn.send(ANSWER)


def sendall(conn: Connection, path: Path) -> object:
    conn.sendall(ANSWER, 0)
    return None


def sendto(conn: Connection, path: Path) -> object:
    return conn.sendto(ANSWER, ("127.0.0.1", 1))


def sendto_with_flags(conn: Connection, path: Path) -> object:
    return conn.sendto(ANSWER, 0, ("127.0.0.1", 1))


def sendto_with_nonsense(conn: Connection, path: Path) -> object:
    return conn.sendto(ANSWER, None, None)


def sendmsg(conn: Connection, path: Path) -> object:
    return conn.sendmsg([ANSWER[:9], ANSWER[9:]])


def sendmsg_to(conn: Connection, path: Path) -> object:
    return conn.sendmsg([ANSWER], [], 0, ("127.0.0.1", 1))


def sendfile(conn: Connection, path: Path) -> object:
    path.write_bytes(b"--" + ANSWER + b"--")
    with path.open("rb") as file:
        return conn.sendfile(file, 2, len(ANSWER))


def sendfile_from_memory(conn: Connection, path: Path) -> object:
    return conn.sendfile(io.BytesIO(ANSWER))


def written_file(conn: Connection, path: Path) -> object:
    with conn.makefile("wb") as file:
        return file.write(ANSWER)


WRITES = [
    send, sendall, sendto, sendto_with_flags, sendto_with_nonsense, sendmsg, sendmsg_to, sendfile,
    sendfile_from_memory, written_file,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_by_hand_stands_alone(write: Callable[[Connection, Path], object], tmp_path: Path) -> None:
    with met() as made:
        exchange = made.begin(request())
        assert write(made.conn, tmp_path / "file") in {len(ANSWER), None}
        assert (made.conn.fate, exchange.progress, exchange.status) == (Fate.LAST, Progress.ANSWERED, 0)
        with pytest.raises(Misuse):
            exchange.respond(Response(200))
        assert read_now(made.peer) == ANSWER


def test_flags_of_sendto_are_heeded() -> None:
    with met() as made:
        made.begin(request())
        made.conn.sendto(b"x", socket.MSG_OOB, ("127.0.0.1", 1))
        assert wait_until_ready(made.peer.fileno(), select.POLLPRI, 10)
        made.peer.setblocking(False)  # a blocking read would wait for octets that are not out of band
        assert made.peer.recv(1, socket.MSG_OOB) == b"x"


def test_shutdown_is_a_way_to_answer_nothing() -> None:
    with met() as made:
        exchange = made.begin(request())
        made.conn.shutdown(socket.SHUT_WR)
        assert (made.conn.fate, exchange.progress) == (Fate.LAST, Progress.ANSWERED)
        assert read_until_end(made.peer) == b""


def test_close_ends_the_connection_and_leaves_the_descriptor_to_its_owner() -> None:
    with met() as made:
        exchange = made.begin(request())
        with made.conn:
            pass
        made.conn.close()
        assert made.conn.fileno() >= 0
        os.fstat(made.conn.fileno())
        assert (made.conn.fate, exchange.progress) == (Fate.LAST, Progress.ANSWERED)
        assert read_until_end(made.peer) == b""


def test_close_is_harmless_when_the_client_has_left_or_the_owner_has_closed() -> None:
    with met() as made:
        made.begin(request())
        reset(made.peer)
        assert wait_until_ready(made.conn.fileno(), 0, 10)
        made.conn.close()
        made.conn.release(reset=False)
        made.conn.close()


def test_writing_between_two_requests_concerns_no_exchange() -> None:
    with met() as made:
        made.conn.send(b"x")
        assert made.conn.fate is Fate.LAST


def test_a_duplicate_or_the_descriptor_itself_is_not_to_be_had() -> None:
    with met() as made:
        with pytest.raises(Misuse, match="duplicated"):
            made.conn.dup()
        with pytest.raises(Misuse, match="taken away"):
            made.conn.detach()


# --- timeouts


def no_timeout(conn: Connection) -> None:
    conn.settimeout(None)


def blocking(conn: Connection) -> None:
    conn.setblocking(True)


def not_blocking(conn: Connection) -> None:
    conn.setblocking(False)


def short(conn: Connection) -> None:
    conn.settimeout(0.01)


def next_turn(made: Met) -> None:
    made.conn.core.take_buffered()
    made.conn.begin_exchange(None)


@pytest.mark.parametrize(
    ("change", "timeout", "is_blocking"),
    [(no_timeout, None, True), (blocking, None, True), (not_blocking, 0.0, False), (short, 0.01, True)],
)
def test_a_timeout_is_the_turns_and_the_descriptor_never_blocks(
    change: Callable[[Connection], None], timeout: float | None, is_blocking: bool
) -> None:
    with met(timeouts=Timeouts(content=7)) as made:
        conn = made.conn
        assert (conn.gettimeout(), conn.getblocking()) == (7, True)
        assert not os.get_blocking(conn.fileno())
        change(conn)
        assert (conn.gettimeout(), conn.getblocking()) == (timeout, is_blocking)
        assert not os.get_blocking(conn.fileno())
        with pytest.raises(BlockingIOError):
            conn.stream.read(1)
        next_turn(made)
        assert (conn.gettimeout(), conn.getblocking()) == (7, True)
        assert not os.get_blocking(conn.fileno())


def test_a_timeout_that_was_never_changed_stays() -> None:
    with met(timeouts=Timeouts(content=7)) as made:
        next_turn(made)
        assert made.conn.gettimeout() == 7


def test_a_turn_that_asked_for_no_end_and_then_for_one_has_it() -> None:
    with met() as made:
        made.conn.settimeout(None)
        made.conn.settimeout(0.01)
        with pytest.raises(TimeoutError):
            made.conn.recv(1)


def test_without_blocking_a_read_says_at_once_that_nothing_is_there() -> None:
    with met() as made:
        made.conn.setblocking(False)
        with pytest.raises(BlockingIOError):
            made.conn.recv(1)


@pytest.mark.parametrize("change", [no_timeout, blocking])
def test_a_read_without_an_end_waits_for_what_comes(change: Callable[[Connection], None]) -> None:
    with met(timeouts=Timeouts(content=0.01)) as made:
        change(made.conn)
        made.setting.script = lambda: made.peer.sendall(b"later")
        assert made.conn.recv(10) == b"later"

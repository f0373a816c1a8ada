"""Exchanges on sockets that no server keeps: what blocks there, and for how long."""

import gc
import os
import socket
import struct
import threading
import weakref
from pathlib import Path

import pytest

from pyhttp.errors import Disconnected, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.plain import PlainChannel, open_channel
from tests.helpers.sockets import Pair, fed, pair, read_until_end, request

QUICK = Timeouts(head=0.1, idle=0.1, content=0.1, send=0.1)


def channel(sock: socket.socket, *, closing: bool = False) -> PlainChannel:
    return open_channel(sock, Limits(), QUICK, closing=closing)


def connected() -> Pair:
    """A TCP connection, which can be reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    return ours, theirs


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("blocking", [True, False])
def test_D10_a_peer_that_does_not_read_is_left_whatever_the_mode_of_the_socket(blocking: bool) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        ours.setblocking(blocking)
        exchange = channel(ours).open_exchange()
        with pytest.raises(Disconnected, match="does not read"):
            exchange.respond(Response(200, {}, bytes(8_000_000)))
        assert os.get_blocking(ours.fileno()) == blocking


def test_everything_is_sent_to_a_peer_that_reads_slowly() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        data = os.urandom(3_000_000)
        received: list[bytes] = []
        reading = threading.Thread(target=lambda: received.append(read_until_end(theirs)))
        reading.start()
        channel(ours).open_exchange().respond(Response(200, {}, data))
        ours.close()
        reading.join()
        assert received[0].endswith(data)


def test_a_peer_that_has_reset_is_gone_for_reading() -> None:
    ours, theirs = connected()
    with ours:
        theirs.sendall(request()[:-1])
        exchange = channel(ours)
        reset(theirs)
        with pytest.raises(Disconnected):
            exchange.open_exchange()


def test_a_peer_that_has_reset_is_gone_for_writing() -> None:
    ours, theirs = connected()
    with ours:
        theirs.sendall(request())
        exchange = channel(ours).open_exchange()
        reset(theirs)
        with pytest.raises(Disconnected):
            exchange.respond(Response(200, {}, b"x"))


class FailingSocket(socket.socket):
    """A socket that can be looked at but not consumed."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        if not flags & socket.MSG_PEEK:
            raise ConnectionResetError("reset")
        return super().recv(bufsize, flags)


def test_a_reset_between_looking_and_consuming() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        failing = FailingSocket(ours.family, ours.type, ours.proto, ours.detach())
        with failing, pytest.raises(Disconnected):
            channel(failing).open_exchange()


class StolenSocket(socket.socket):
    """A socket whose octets somebody else takes after they were looked at."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        return super().recv(bufsize, flags) if flags & socket.MSG_PEEK else b""


def test_octets_that_somebody_else_took_are_not_waited_for() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        stolen = StolenSocket(ours.family, ours.type, ours.proto, ours.detach())
        with stolen:
            assert channel(stolen).open_exchange().head is not None


def test_W2_a_file_that_shrinks_ends_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(200_000))
    with pair() as (ours, theirs), path.open("rb") as file:
        theirs.sendall(request())
        exchange = channel(ours).open_exchange()
        os.truncate(path, 100_000)
        with pytest.raises(FileTruncatedError):
            exchange.respond(Response(200, {}, FileSlice(file, 0, 200_000)))


def test_a_content_that_stalls_between_two_requests() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Content-Length: 5", method="POST"))
        channel(ours).open_exchange()
        with pytest.raises(RequestTimeout):
            open_channel(ours, Limits(), QUICK)


def test_the_answer_of_a_server_that_stops_says_close() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        made = channel(ours, closing=True)
        made.open_exchange().respond(Response(200))
        assert b"\r\nConnection: close\r\n" in theirs.recv(1000)
        assert not made.finish()


def test_F11_unread_content_within_the_limit_is_read_away_after_the_answer() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", method="POST", content=bytes(1000)) + b"next")
        made = channel(ours)
        made.open_exchange().respond(Response(200))
        assert made.finish()
        assert ours.recv(100) == b"next"


@pytest.mark.parametrize(
    "content",
    [b"x\r\n", b"10000\r\n" + bytes(65536) + b"\r\n1\r\na\r\n0\r\n\r\n", b"5\r\nabc"],
    ids=["malformed", "too much", "late"],
)
def test_D15_unread_content_that_cannot_be_read_away_ends_the_connection(content: bytes) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Transfer-Encoding: chunked", method="POST") + content)
        made = channel(ours)
        made.open_exchange().respond(Response(200))
        assert not made.finish()


def test_a_blocking_step_concerns_nobody_else() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        channel(ours).open_exchange().about_to_block()


def test_a_socket_in_the_middle_of_a_request_is_not_kept_in_memory() -> None:
    with fed(request("/", "Content-Length: 5", method="POST")) as ours:
        channel(ours).open_exchange()
        gone = weakref.ref(ours)
    del ours
    gc.collect()
    assert gone() is None

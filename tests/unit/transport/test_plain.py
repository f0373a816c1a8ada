"""Exchanges on sockets that are not a server's connections: the calls that block there, and for how long."""

import gc
import os
import socket
import threading
import time
import weakref
from pathlib import Path

import pytest

from pyhttp.errors import Disconnected, IncompleteRequest, MalformedRequest, MissingRequest, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import FileTruncatedError
from pyhttp.transport.plain import PlainChannel, open_channel
from pyhttp.transport.spool import SpoolFull
from tests.helpers.channels import Waited, reset, tcp_pair
from tests.helpers.sockets import fed, pair, read_until_end, request

QUICK = Timeouts(head=0.1, idle=0.1, content=0.1, send=0.1, send_rate=1e9)


def channel(sock: socket.socket, *, closing: bool = False) -> PlainChannel:
    return open_channel(sock, Limits(), QUICK, closing=closing)


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
    with tcp_pair() as (ours, theirs):
        theirs.sendall(request()[:-1])
        exchange = channel(ours)
        reset(theirs)
        with pytest.raises(Disconnected):
            exchange.open_exchange()


def test_a_peer_that_has_reset_is_gone_for_writing() -> None:
    with tcp_pair() as (ours, theirs):
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
    """A socket whose octets are taken by another reader after they were looked at."""

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
        assert made.finish() is not Fate.KEEP


def test_F11_unread_content_within_the_limit_is_read_away_after_the_answer() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", method="POST", content=bytes(1000)) + b"next")
        made = channel(ours)
        made.open_exchange().respond(Response(200))
        assert made.finish() is Fate.KEEP
        assert ours.recv(100) == b"next"


def test_another_request_may_follow_one_that_was_read_and_answered() -> None:
    with pair() as (ours, theirs):
        for _ in range(2):
            theirs.sendall(request("/", method="POST", content=b"abc"))
            made = channel(ours)
            exchange = made.open_exchange()
            assert exchange.read_content() == b"abc"
            assert exchange.read_content() == b""
            exchange.respond(Response(200))
            assert made.finish() is Fate.KEEP


def test_an_exchange_that_was_made_the_last_is_followed_by_nothing() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        made = channel(ours)
        exchange = made.open_exchange()
        made.lower(Fate.LAST)
        made.lower(Fate.KEEP)
        exchange.respond(Response(200))
        assert b"\r\nConnection: close\r\n" in theirs.recv(1000)
        assert made.finish() is not Fate.KEEP


def test_a_refusal_is_answered_and_the_last() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(b"nonsense\r\n\r\n")
        made = channel(ours)
        with pytest.raises(MalformedRequest):
            made.open_exchange()
        made.refuse(MalformedRequest("x")).respond(Response(400))
        assert theirs.recv(1000).startswith(b"HTTP/1.1 400 ")
        assert made.finish() is not Fate.KEEP


def test_what_nobody_keeps_has_a_budget_of_its_own_and_everything_in_place() -> None:
    with pair() as (ours, _):
        made = open_channel(ours, Limits(spool=10), QUICK)
        assert made.in_place
        made.budget.take(10)
        with pytest.raises(SpoolFull):
            made.budget.take(1)


def test_D7_D8_a_head_has_a_deadline_of_its_own_and_so_has_silence_before_it() -> None:
    with pair() as (ours, theirs):
        with pytest.raises(RequestTimeout):
            open_channel(ours, Limits(), Timeouts(idle=0.02, head=100)).open_exchange()
        theirs.sendall(b"GET / HT")
        with pytest.raises(RequestTimeout):
            open_channel(ours, Limits(), Timeouts(idle=100, head=0.02)).open_exchange()


def test_the_sockets_own_timeout_counts_where_it_is_shorter() -> None:
    with pair() as (ours, _):
        ours.settimeout(0.02)
        with pytest.raises(RequestTimeout):
            open_channel(ours, Limits(), Timeouts(idle=100, head=100)).open_exchange()


def test_a_peer_that_says_nothing_at_all_has_asked_nothing() -> None:
    with pair() as (ours, theirs):
        theirs.close()
        with pytest.raises(MissingRequest):
            channel(ours).open_exchange()


def test_a_socket_that_its_owner_has_closed_is_no_connection_any_more() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        exchange = channel(ours).open_exchange()
        ours.close()
        with pytest.raises(Disconnected, match="closed here"):
            exchange.respond(Response(200))


def test_D10_a_peer_that_reads_slowly_but_fast_enough_gets_all() -> None:
    """Each wait ends long before the grace does. The octets that were taken meanwhile count."""
    with pair() as (ours, theirs):
        theirs.sendall(request())
        data, received = os.urandom(2_000_000), bytearray()

        def read() -> None:
            while piece := theirs.recv(20_000):
                received.extend(piece)
                time.sleep(0.002)

        reading = threading.Thread(target=read)
        reading.start()
        slow = Timeouts(send=0.1, send_rate=1000)
        open_channel(ours, Limits(), slow).open_exchange().respond(Response(200, {}, data))
        ours.close()
        reading.join()
        assert received.endswith(data)


def test_a_wait_for_something_else_ends_with_it_or_with_the_peer() -> None:
    ready, end = os.pipe()
    try:
        with pair() as (ours, theirs):
            made = channel(ours)
            os.write(end, b"x")
            made.wait_for(Waited(1, seconds=100, watched=(ready,)))
            theirs.sendall(b"not the end")
            made.wait_for(Waited(1, seconds=0.01))
            theirs.close()
            with pytest.raises(Disconnected, match="has left"):
                made.wait_for(Waited(1, seconds=100))
    finally:
        os.close(ready)
        os.close(end)


@pytest.mark.parametrize("next_request", [True, False])
def test_F14_content_that_was_never_asked_for_is_not_waited_for(next_request: bool) -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
        made = channel(ours)
        exchange = made.open_exchange()
        if next_request:
            with pytest.raises(IncompleteRequest, match="never asked for"):
                channel(ours)
        else:
            exchange.respond(Response(403))
            assert made.finish() is not Fate.KEEP


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
        assert made.finish() is not Fate.KEEP


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

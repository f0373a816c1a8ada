"""The stream over a client's descriptor, on sockets of the system."""

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pyhttp.transport.gathering import SYSTEM_KEEPS
from pyhttp.transport.poller import READ, EpollPoller, wait_until_ready
from pyhttp.transport.stream import SocketStream
from tests.helpers.channels import reset, tcp_pair
from tests.helpers.sockets import Pair, pair, read_until_end

Connected = Callable[[], contextlib.AbstractContextManager[Pair]]


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the system does soon, such as an acknowledgement."""
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "what was waited for has not happened"
        time.sleep(0.001)


def fill(stream: SocketStream) -> int:
    """Write until the socket takes no more."""
    count = 0
    try:
        while True:
            count += stream.write([bytes(1 << 20)])
    except BlockingIOError:
        return count


# --- reading and writing


def test_read_into_takes_as_much_as_there_is_room_for_and_does_not_wait() -> None:
    with tcp_pair() as (ours, theirs):
        stream, buffer = SocketStream(ours), bytearray(4)
        with pytest.raises(BlockingIOError):
            stream.read_into(memoryview(buffer))
        theirs.sendall(b"abcdef")
        until(lambda: len(ours.recv(6, socket.MSG_PEEK)) == 6)
        assert stream.read_into(memoryview(buffer)) == 4
        assert stream.read_into(memoryview(buffer)[1:]) == 2
        assert buffer == b"aefd"
        theirs.shutdown(socket.SHUT_WR)
        until(lambda: stream.departed() or ours.recv(1, socket.MSG_PEEK) == b"")
        assert stream.read_into(memoryview(buffer)) == 0


def test_read_gives_what_is_there_and_nothing_waits() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        with pytest.raises(BlockingIOError):
            stream.read(10)
        theirs.sendall(b"abcdef")
        until(lambda: len(ours.recv(10, socket.MSG_PEEK)) == 6)
        assert stream.read(4) == b"abcd"
        assert stream.read(10) == b"ef"
        theirs.shutdown(socket.SHUT_WR)
        until(lambda: ours.recv(1, socket.MSG_PEEK) == b"")
        assert stream.read(10) == b""


def test_write_sends_one_piece_or_several_in_order() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        assert stream.write([b"one"]) == 3
        assert stream.write([b"two", memoryview(b"-three")[1:], b"four"]) == 12
        ours.shutdown(socket.SHUT_WR)
        assert read_until_end(theirs) == b"onetwothreefour"


def has_come(sock: socket.socket) -> bool:
    """Whether an octet is there to be read."""
    return wait_until_ready(sock.fileno(), READ, 0)


def test_what_the_system_keeps_leaves_when_it_is_pushed() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kept = 0
        for _ in range(20):  # where this process pauses for 200 ms in between, the system has sent it already
            theirs.sendall(b"request")  # it acknowledges what came before: a late acknowledgement would push
            until(lambda: has_come(ours))
            assert stream.read(10) == b"request"
            assert stream.write_kept(b"octets") == 6
            before = has_come(theirs)
            stream.push()
            kept += not before and has_come(theirs)
            assert theirs.recv(10) == b"octets"
        assert bool(kept) is SYSTEM_KEEPS


def test_what_the_system_keeps_leaves_by_itself() -> None:
    with tcp_pair() as (ours, theirs):
        assert SocketStream(ours).write_kept(b"octets") == 6
        assert theirs.recv(10) == b"octets"


def test_to_push_is_harmless_where_nothing_is_kept() -> None:
    with pair() as (ours, theirs):
        ours.setblocking(False)
        stream = SocketStream(ours)
        assert stream.write_kept(b"octets") == 6
        stream.push()
        assert theirs.recv(10) == b"octets"
        stream.close(reset=False)
        stream.push()


def test_a_full_socket_takes_nothing_at_all() -> None:
    with tcp_pair() as (ours, _):
        stream = SocketStream(ours)
        fill(stream)
        with pytest.raises(BlockingIOError):
            stream.write([b"a", b"b"])


def test_a_part_of_a_file_is_written_from_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with tcp_pair() as (ours, theirs), path.open("rb") as file:
        stream = SocketStream(ours)
        assert stream.write_file(file.fileno(), 3, 4) == 4
        assert theirs.recv(10) == b"3456"
        assert stream.write_file(file.fileno(), 8, 100) == 2
        assert theirs.recv(10) == b"89"
        assert stream.write_file(file.fileno(), 10, 1) == 0


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_that_cannot_be_sent_from_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.sendfile", refuse)
    path = tmp_path / "file"
    data = os.urandom(200_000)
    path.write_bytes(data)
    with tcp_pair() as (ours, theirs), path.open("rb") as file:
        stream = SocketStream(ours)
        assert stream.write_file(file.fileno(), 100, 50) == 50
        assert theirs.recv(100) == data[100:150]
        count = stream.write_file(file.fileno(), 0, len(data))
        assert 0 < count <= 65536
        ours.shutdown(socket.SHUT_WR)
        assert read_until_end(theirs) == data[:count]
        assert stream.write_file(file.fileno(), len(data), 1) == 0


def test_other_failures_of_sending_a_file_are_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "a broken disk")

    monkeypatch.setattr("os.sendfile", fail)
    with tcp_pair() as (ours, theirs), pytest.raises(OSError, match="broken disk"):
        SocketStream(ours).write_file(theirs.fileno(), 0, 1)


# --- what the client has taken


@pytest.mark.parametrize("connect", [pair, tcp_pair])
def test_D10_what_is_untaken_falls_as_the_peer_reads(connect: Connected) -> None:
    with connect() as (ours, theirs):
        ours.setblocking(False)
        stream = SocketStream(ours)
        assert stream.untaken() == 0
        written = fill(stream)
        full = stream.untaken()
        assert full > 0
        received = 0
        while received < written:
            received += len(theirs.recv(1 << 20))
            if received * 2 > written:
                until(lambda: stream.untaken() < full)
        until(lambda: stream.untaken() == 0)


def test_where_the_system_does_not_tell_all_counts_as_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise OSError(errno.ENOTTY, "no such thing")

    with tcp_pair() as (ours, _):
        stream = SocketStream(ours)
        fill(stream)
        assert stream.untaken() > 0
        monkeypatch.setattr(fcntl, "ioctl", refuse)
        assert stream.untaken() == 0


def test_D10_progress_over_TCP_shows_in_steps_of_two_segments() -> None:
    with tcp_pair() as (ours, _):
        assert SocketStream(ours).step() == 2 * ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 0


def test_a_socket_that_is_not_TCP_has_no_steps() -> None:
    with pair() as (ours, _):
        assert SocketStream(ours).step() == 0


# --- the end


def test_a_client_that_has_reset_has_departed() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        assert not stream.departed()
        reset(theirs)
        until(stream.departed)


def test_a_client_that_has_ended_its_own_side_only_has_not_departed() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        theirs.sendall(b"the last request")
        theirs.shutdown(socket.SHUT_WR)
        until(lambda: len(ours.recv(100, socket.MSG_PEEK)) == 16)
        assert not stream.departed()
        until(stream.half_closed)  # the octets that the client has sent before need not have been read
        assert stream.read(100) == b"the last request"
        until(lambda: ours.recv(1, socket.MSG_PEEK) == b"")
        assert not stream.departed()


def test_a_client_that_may_still_send_has_not_ended_its_side() -> None:
    with tcp_pair() as (ours, theirs):
        theirs.sendall(b"x")
        until(lambda: len(ours.recv(1, socket.MSG_PEEK)) == 1)
        assert not SocketStream(ours).half_closed()


def test_finish_says_the_end_behind_what_was_written_and_reading_goes_on() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        stream.write([b"answer"])
        stream.finish()
        assert read_until_end(theirs) == b"answer"
        theirs.sendall(b"late")
        until(lambda: len(ours.recv(100, socket.MSG_PEEK)) == 4)
        assert stream.read(10) == b"late"
        theirs.close()
        until(stream.departed)
        stream.finish()


def test_cut_ends_both_directions_and_makes_an_event() -> None:
    poller = EpollPoller()
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        poller.arm(ours.fileno(), READ)
        stream.cut()
        assert [fd for fd, _ in poller.wait(5)] == [ours.fileno()]
        assert theirs.recv(1) == b""
        assert stream.read(1) == b""
        with pytest.raises(BrokenPipeError):
            stream.write([b"x"])
        assert ours.fileno() >= 0  # the owner of the connection closes it
        stream.cut()
        poller.forget(ours.fileno())
    poller.close()


def test_cut_of_what_is_not_connected_any_more_is_harmless() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        reset(theirs)
        until(stream.departed)
        stream.cut()


def test_close_releases_the_connection_though_somebody_else_holds_the_descriptor() -> None:
    """A child that was forked meanwhile holds such a descriptor."""
    with tcp_pair() as (ours, theirs):
        stream, number = SocketStream(ours), ours.fileno()
        child = os.dup(number)
        stream.write([b"answer"])
        stream.close(reset=False)
        assert read_until_end(theirs) == b"answer"
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(number)
        os.close(child)


def test_a_client_gets_all_that_was_written_before_an_orderly_close() -> None:
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        written = fill(stream)
        stream.close(reset=False)
        assert len(read_until_end(theirs)) == written


def test_a_reset_is_no_end_of_stream() -> None:
    """RFC 9112 §8: where only the end of the connection tells the end of the content, a part must not look whole."""
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        stream.write([b"a part"])
        assert theirs.recv(100) == b"a part"
        stream.close(reset=True)
        with pytest.raises(ConnectionResetError):
            theirs.recv(1)


def test_close_with_a_reset_is_harmless_where_there_is_nothing_to_reset() -> None:
    with pair() as (ours, theirs):
        ours.shutdown(socket.SHUT_RDWR)
        SocketStream(ours).close(reset=True)
        assert theirs.recv(1) == b""


def test_a_descriptor_that_is_gone_cannot_be_told_to_reset() -> None:
    with pair() as (ours, _):
        stream = SocketStream(ours)
        ours.close()
        stream.close(reset=True)
        stream.close(reset=False)
        stream.finish()

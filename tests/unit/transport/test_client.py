"""A client's connection as the loop sees it, and as the channel of its exchange."""

import os
import socket
import threading
import time

import pytest

from pyhttp.errors import Disconnected, IncompleteRequest, Misuse, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.transport.fate import Fate
from pyhttp.transport.phases import Phase
from pyhttp.transport.poller import READ, wait_until_ready
from pyhttp.wire.events import Content, EndOfMessage
from tests.helpers.channels import FakeStream, Waited, met, read_now, reset
from tests.helpers.sockets import descriptors, read_until_end, request

LARGE = bytes(range(256)) * (1 << 16)


def test_a_new_connection_waits_for_its_first_byte() -> None:
    with met() as made:
        conn = made.conn
        assert (conn.phase, conn.fate, conn.armed, conn.exchange, conn.served) == (
            Phase.IDLE, Fate.KEEP, False, None, 0,
        )  # fmt: skip
        assert (conn.addr, conn.serial) == (("192.0.2.1", 1), 1)
        assert not conn.in_place
        assert conn.budget is made.setting.budget


@pytest.mark.parametrize(
    ("fates", "left"),
    [((Fate.LAST,), Fate.LAST), ((Fate.CUT, Fate.LAST, Fate.KEEP), Fate.CUT), ((Fate.KEEP,), Fate.KEEP)],
)
def test_a_fate_is_only_ever_lowered(fates: tuple[Fate, ...], left: Fate) -> None:
    with met() as made:
        for fate in fates:
            made.conn.lower(fate)
        assert made.conn.fate is left


# --- receiving


def test_L4_one_read_takes_a_bounded_amount_and_does_not_wait() -> None:
    with met(limits=Limits(read_ahead=10)) as made:
        with pytest.raises(BlockingIOError):
            made.conn.fill()
        made.peer.sendall(bytes(15))
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert (made.conn.fill(), made.conn.fill()) == (10, 5)
        made.peer.shutdown(socket.SHUT_WR)
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert made.conn.fill() == 0


def test_content_is_read_into_a_buffer_past_the_core_until_its_end() -> None:
    with met() as made:
        made.begin(request("/", "Content-Length: 6", method="POST") + b"ab")
        core, buffer = made.conn.core, bytearray(10)
        assert core.next_event() == Content(b"ab")
        made.peer.sendall(b"cdef")
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert made.conn.fill(memoryview(buffer)[:3]) == 3
        assert (bytes(buffer[:3]), core.content_left, core.buffered) == (b"cde", 1, 0)
        made.conn.fill()
        assert core.next_event() == Content(b"f")
        assert core.next_event() == EndOfMessage()


def test_F10_the_end_of_input_is_noted_when_content_is_read_into_a_buffer() -> None:
    with met() as made:
        made.begin(request("/", "Content-Length: 6", method="POST"))
        made.peer.shutdown(socket.SHUT_WR)
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert made.conn.fill(memoryview(bytearray(10))) == 0
        with pytest.raises(IncompleteRequest):
            made.conn.core.next_event()


def test_a_request_that_nobody_has_taken_is_remembered_with_what_went_into_a_buffer() -> None:
    with met() as made:
        head = request("/", "Content-Length: 6", method="POST")
        made.begin(head)
        made.peer.sendall(b"abc")
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert made.conn.fill(memoryview(bytearray(10))) == 3
        assert made.conn.recv(1000) == head + b"abc"


def test_each_exchange_begins_anew() -> None:
    with met(timeouts=Timeouts(content=0.05)) as made:
        first = made.begin(request("/", method="POST", content=b"abc"))
        before = (made.conn.content_pace, made.conn.uptake)
        made.conn.recv(1)
        first.end()
        made.conn.core.take_buffered()
        second = made.conn.begin_exchange(None)
        assert (made.conn.exchange, made.conn.served) == (second, 2)
        assert made.conn.content_pace is not before[0]
        assert made.conn.uptake is not before[1]
        assert made.conn.take_exchange() is second  # the read before it does not count


def test_receiving_waits_until_something_comes() -> None:
    with met() as made:
        made.begin(request("/", "Content-Length: 3", method="POST"))
        made.setting.script = lambda: made.peer.sendall(b"abc")
        made.conn.receive()
        assert made.conn.core.buffered == 3
        assert made.setting.blocked == 1


def test_D9_receiving_counts_silence_and_rate_over_the_whole_content() -> None:
    with met(timeouts=Timeouts(content=0.1, content_rate=1000)) as made:
        made.begin(request("/", "Content-Length: 1000", method="POST"))
        for _ in range(3):
            made.peer.sendall(b"x")
            made.conn.receive()
        with pytest.raises(RequestTimeout):
            made.conn.receive()
        made.peer.sendall(b"x")
        made.conn.receive()
        made.conn.content_pace.count(1, 0)  # a second went by for four octets: by now the client is too slow
        with pytest.raises(RequestTimeout):
            made.conn.receive()


def test_a_client_that_resets_is_gone_for_receiving() -> None:
    with met() as made:
        reset(made.peer)
        with pytest.raises(Disconnected):
            made.conn.receive()


# --- whether more may follow


def test_D11_the_last_request_of_a_connection_is_known() -> None:
    with met(limits=Limits(requests_per_connection=2)) as made:
        made.begin(request())
        assert not made.conn.is_last()
        made.conn.begin_exchange(None)
        assert made.conn.is_last()


def test_L8_at_a_stop_an_exchange_is_the_last_unless_the_next_request_has_arrived() -> None:
    with met() as made:
        exchange = made.begin(request())
        exchange.content.drain()
        assert not made.conn.is_last()
        made.setting.closing = True
        assert made.conn.closing
        assert made.conn.is_last()
        made.peer.sendall(request("/next"))
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert not made.conn.is_last()
        assert made.conn.core.buffered == len(request("/next"))
        assert not made.conn.is_last()


def test_what_belongs_to_the_current_request_is_not_the_next_one() -> None:
    with met() as made:
        exchange = made.begin(request("/", "Content-Length: 3", method="POST"))
        exchange.content.read_ahead()
        made.peer.sendall(b"abc")
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert not made.conn.has_input()
        assert made.conn.fill() == 3  # the input was not even looked at


@pytest.mark.parametrize("how", ["half-closed", "reset", "silent"])
def test_between_requests_a_client_without_more_has_no_input(how: str) -> None:
    with met() as made:
        if how == "half-closed":
            made.peer.shutdown(socket.SHUT_WR)
        elif how == "reset":
            reset(made.peer)
        if how != "silent":
            assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert not made.conn.has_input()


def test_between_requests_what_has_arrived_is_input() -> None:
    with met() as made:
        made.peer.sendall(b"G")
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        assert made.conn.has_input()


# --- sending


def test_L4_some_is_what_the_client_takes_now_but_a_portion_at_most() -> None:
    with met(limits=Limits(portion=100)) as made:
        stream = made.conn.stream
        made.conn.stream = fake = FakeStream([60, 60, 60, 60])
        made.conn.outbox.add(bytes(1000))
        made.conn.send_some()
        assert len(fake.written) == 120
        made.conn.send_some()
        assert len(fake.written) == 240
        made.conn.send_some()
        assert made.conn.outbox.unsent == 760
        made.conn.stream = stream


def test_all_is_sent_while_the_client_reads() -> None:
    received: list[bytes] = []
    with met() as made:
        made.conn.outbox.add(LARGE)
        reading = threading.Thread(target=lambda: received.append(read_until_end(made.peer)))

        def read_from_now_on() -> None:
            if not reading.is_alive():
                reading.start()

        made.setting.script = read_from_now_on
        made.conn.send_all()
        assert made.setting.blocked > 0
        assert not made.conn.outbox
        made.conn.stream.finish()
        reading.join()
    assert received == [LARGE]


def test_D10_a_client_that_does_not_read_is_not_waited_for() -> None:
    with met(timeouts=Timeouts(send=0.1, send_rate=1e9)) as made:
        made.conn.outbox.add(LARGE)
        with pytest.raises(Disconnected, match="does not read"):
            made.conn.send_all()


def test_L6_a_client_that_resets_is_gone_for_sending() -> None:
    with met() as made:
        reset(made.peer)
        made.conn.outbox.add(b"x")
        assert wait_until_ready(made.conn.fileno(), 0, 10)
        with pytest.raises(Disconnected):
            made.conn.send_some()


# --- waiting for something else


def test_a_wait_ends_when_what_is_watched_is_ready_or_due() -> None:
    ready, end = os.pipe()
    try:
        with met() as made:
            waited = Waited(1, seconds=100, watched=(ready,))
            made.setting.script = lambda: os.write(end, b"x")
            made.conn.wait_for(waited)
            assert made.setting.blocked == 1
            os.read(ready, 1)
            made.setting.script = None
            began = time.monotonic()
            made.conn.wait_for(Waited(1, seconds=0.05, watched=(ready,)))
            assert time.monotonic() - began >= 0.04
    finally:
        os.close(ready)
        os.close(end)


def test_a_wait_ends_when_the_client_leaves_and_not_for_what_it_sends() -> None:
    with met() as made:
        made.peer.sendall(b"x")
        made.conn.wait_for(Waited(1, seconds=0.01))
        made.setting.script = lambda: reset(made.peer)
        with pytest.raises(Disconnected):
            made.conn.wait_for(Waited(1, seconds=100))


# --- its one request


def test_the_request_of_a_turn_is_taken_once() -> None:
    with met() as made:
        with pytest.raises(Misuse, match="one request"):
            made.conn.take_exchange()
        exchange = made.begin(request())
        assert made.conn.take_exchange() is exchange
        with pytest.raises(Misuse):
            made.conn.take_exchange()


@pytest.mark.parametrize("before", ["answered", "pending", "read"])
def test_a_request_is_not_taken_any_more_once_something_became_of_it(before: str) -> None:
    with met() as made:
        exchange = made.begin(request("/", "Content-Length: 3", method="POST"))
        match before:
            case "answered":
                exchange.respond(Response(200))
            case "pending":
                exchange.collect(lambda: None)
            case _:
                made.conn.recv(1)
        with pytest.raises(Misuse):
            made.conn.take_exchange()


def test_L1_an_upload_is_remembered_only_until_its_request_is_taken() -> None:
    with met() as made:
        made.begin(request("/", "Content-Length: 1000", method="POST") + bytes(10))
        made.send(bytes(10))
        assert sum(map(len, made.conn._raw or ())) == len(request("/", "Content-Length: 1000", method="POST")) + 20
        made.conn.take_exchange()
        made.send(bytes(10))
        assert made.conn._raw is None


def test_L1_a_request_without_content_is_not_remembered() -> None:
    with met() as made:
        made.begin(request() + request())
        assert made.conn._raw is None


# --- its end


@pytest.mark.parametrize("is_reset", [True, False])
def test_releasing_closes_the_descriptor_whatever_files_live(is_reset: bool) -> None:
    before = descriptors()
    with met() as made:
        file = made.conn.makefile("rb")
        made.conn.outbox.add(b"unsent")
        made.conn.release(reset=is_reset)
        assert descriptors() == before + 1  # the peer's descriptor is still there
        assert made.conn.fileno() == -1
        assert not made.conn.outbox
        if is_reset:
            with pytest.raises(ConnectionResetError):
                made.peer.recv(1)
        else:
            assert read_now(made.peer) == b""
            assert made.peer.recv(1) == b""
        file.close()

"""RFC 9110 §6.4, §10.1.1: a request's content as it comes, put aside, or kept until all of it is here."""

import socket

import pytest

from pyhttp.errors import ContentTooLarge, IncompleteRequest, MalformedRequest, Misuse, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.transport.incoming import Incoming
from pyhttp.transport.plain import open_channel
from pyhttp.transport.poller import READ, wait_until_ready
from pyhttp.transport.spool import SpoolFull
from tests.helpers.channels import Met, met, read_now
from tests.helpers.sockets import descriptors, pair, request

CHUNKED = "Transfer-Encoding: chunked"
EXPECT = "Expect: 100-continue"
QUICK = Timeouts(content=0.05)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def posted(made: Met, content: bytes, *lines: str, length: int | None = None) -> Incoming:
    """The content of a POST, of which `content` has arrived."""
    stated = f"Content-Length: {len(content) if length is None else length}"
    return made.begin(request("/", *(lines or (stated,)), method="POST") + content).content


def all_of(incoming: Incoming) -> bytes:
    data = b""
    while piece := incoming.read():
        data += piece
    return data


# --- as it comes


def test_a_request_without_content_is_complete_at_once() -> None:
    with met() as made:
        incoming = made.begin(request("/")).content
        assert incoming.read() == b""
        assert incoming.complete
        assert incoming.read() == b""


def test_content_is_read_with_its_framing_removed_and_its_trailers_kept() -> None:
    with met() as made:
        incoming = posted(made, b"3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n" + request("/next"), CHUNKED)
        assert all_of(incoming) == b"abcde"
        assert incoming.complete
        assert incoming.trailers.get("X") == "y"
        assert made.conn.core.buffered == len(request("/next"))


def test_reading_waits_for_what_has_yet_to_come() -> None:
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        assert incoming.read() == b"abc"
        made.peer.sendall(b"def")
        assert all_of(incoming) == b"def"


def test_D9_reading_waits_no_longer_than_content_may_be_silent() -> None:
    with met(timeouts=QUICK) as made:
        incoming = posted(made, b"abc", length=6)
        incoming.read()
        with pytest.raises(RequestTimeout):
            incoming.read()
        assert made.setting.blocked > 0


def test_F10_content_that_ends_early_is_an_error_and_stays_one() -> None:
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        assert incoming.read() == b"abc"
        made.peer.shutdown(socket.SHUT_WR)
        for _ in range(2):
            with pytest.raises(IncompleteRequest):
                incoming.read()
        assert not incoming.complete


@pytest.mark.clause("9110-10.1.1-14a", "9110-10.1.1-16a")
def test_F14_a_client_that_waits_is_told_to_continue_by_the_first_read_that_waits() -> None:
    with met(timeouts=QUICK) as made:
        incoming = posted(made, b"", EXPECT, "Content-Length: 3")
        assert read_now(made.peer) == b""
        made.setting.script = lambda: made.peer.sendall(b"abc")
        assert incoming.read() == b"abc"
        assert read_now(made.peer) == CONTINUE
        assert incoming.read() == b""
        assert read_now(made.peer) == b""


def test_F14_nobody_is_told_to_continue_whose_content_is_here() -> None:
    with met() as made:
        incoming = posted(made, b"abc", EXPECT, "Content-Length: 3")
        assert all_of(incoming) == b"abc"
        assert read_now(made.peer) == b""


def test_content_that_is_asked_for_when_there_is_no_request_is_a_misuse() -> None:
    with met() as made:
        made.send(request("/"))
        with pytest.raises(Misuse, match="content was expected"):
            made.conn.begin_exchange(None).content.read()


# --- straight into a buffer


def test_content_of_a_stated_length_goes_into_a_buffer_up_to_its_end_and_no_further() -> None:
    with met() as made:
        incoming, buffer = posted(made, b"", length=6), bytearray(100)
        made.peer.sendall(b"abcdef" + request("/next"))
        assert incoming.read_into(memoryview(buffer)) == 6
        assert buffer[:7] == b"abcdef\0"
        assert incoming.read_into(memoryview(buffer)) == 0
        assert not incoming.complete
        assert incoming.read() == b""
        assert incoming.complete
        made.conn.fill()
        assert made.conn.core.buffered == len(request("/next"))


def test_a_buffer_is_filled_with_no_more_than_it_holds() -> None:
    with met() as made:
        incoming, buffer = posted(made, b"", length=6), bytearray(4)
        made.peer.sendall(b"abcdef")
        assert incoming.read_into(memoryview(buffer)) == 4
        assert incoming.read() == b"ef"


@pytest.mark.parametrize("lines", [(CHUNKED,), ("Content-Length: 3", EXPECT)])
def test_what_is_framed_or_has_to_be_asked_for_does_not_go_into_a_buffer(lines: tuple[str, ...]) -> None:
    with met() as made:
        incoming = made.begin(request("/", *lines, method="POST")).content
        assert incoming.read_into(memoryview(bytearray(10))) == 0


def test_F12_what_is_here_comes_before_what_goes_into_a_buffer() -> None:
    with met(limits=Limits(read_ahead=3)) as made:
        incoming, buffer = posted(made, b"", length=9), bytearray(10)
        made.send(b"abc")
        assert incoming.read_ahead()
        made.peer.sendall(b"defghi")
        assert incoming.read_into(memoryview(buffer)) == 0
        assert incoming.read() == b"abc"
        made.conn.fill()
        assert incoming.read_into(memoryview(buffer)) == 0
        assert incoming.read() == b"def"
        assert incoming.read_into(memoryview(buffer)) == 3
        assert buffer[:3] == b"ghi"


def test_kept_content_does_not_go_into_a_buffer() -> None:
    with met() as made:
        incoming = posted(made, b"", length=6)
        assert not incoming.collect()
        assert incoming.read_into(memoryview(bytearray(10))) == 0


def test_F10_refused_content_does_not_go_into_a_buffer() -> None:
    with met() as made:
        incoming = posted(made, b"", length=6)
        incoming.refuse(RequestTimeout("late"))
        made.peer.sendall(b"abcdef")
        assert incoming.read_into(memoryview(bytearray(10))) == 0
        with pytest.raises(RequestTimeout):
            incoming.read()


def test_F10_content_that_ends_early_in_a_buffer_is_an_error() -> None:
    with met() as made:
        incoming, buffer = posted(made, b"", length=6), memoryview(bytearray(10))
        made.peer.sendall(b"abc")
        assert incoming.read_into(buffer) == 3
        made.peer.shutdown(socket.SHUT_WR)
        assert incoming.read_into(buffer) == 0
        assert incoming.read_into(buffer) == 0
        with pytest.raises(IncompleteRequest):
            incoming.read()


def test_D9_a_buffer_is_waited_for_no_longer_than_content_may_be_silent() -> None:
    with met(timeouts=QUICK) as made, pytest.raises(RequestTimeout):
        posted(made, b"", length=6).read_into(memoryview(bytearray(10)))


# --- put aside


def test_F12_what_is_put_aside_is_bounded_and_read_first() -> None:
    with met(limits=Limits(read_ahead=10)) as made:
        incoming = posted(made, b"", length=30)
        assert not incoming.read_ahead()
        made.send(b"01234")
        assert not incoming.read_ahead()
        made.send(b"56789")
        assert incoming.read_ahead()
        made.send(b"abcdefghij")
        assert (incoming.read(), incoming.read(), incoming.read()) == (b"01234", b"56789", b"abcdefghij")


def test_reading_ahead_is_over_when_the_content_is_complete() -> None:
    with met() as made:
        incoming = posted(made, b"abc")
        assert incoming.read_ahead()
        assert incoming.complete
        assert incoming.read_ahead()
        assert all_of(incoming) == b"abc"


def test_what_was_put_aside_can_be_taken_at_once() -> None:
    with met() as made:
        incoming = posted(made, b"1\r\na\r\n1\r\nb\r\n", CHUNKED)
        incoming.read_ahead()
        assert incoming.take_early() == b"ab"
        assert incoming.take_early() == b""
        made.peer.sendall(b"0\r\n\r\n")
        assert incoming.read() == b""


def test_F13_reading_ahead_raises_what_is_malformed() -> None:
    with met() as made, pytest.raises(MalformedRequest):
        posted(made, b"x\r\n", CHUNKED).read_ahead()


# --- content that is not wanted


def test_F11_unread_content_is_dropped_up_to_its_end_and_no_further() -> None:
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        incoming.read_ahead()
        incoming.drain()
        assert not incoming.complete
        made.send(b"def" + request("/next"))
        incoming.drain()
        assert incoming.complete
        assert made.conn.core.buffered == len(request("/next"))
        assert incoming.read() == b""
        incoming.drain()


def test_F13_dropping_raises_what_is_malformed() -> None:
    with met() as made, pytest.raises(MalformedRequest):
        posted(made, b"x\r\n", CHUNKED).drain()


# --- all of it


def test_content_that_is_here_is_collected_at_once_what_was_put_aside_first() -> None:
    with met(limits=Limits(read_ahead=3)) as made:
        incoming = posted(made, b"abc", length=6)
        incoming.read_ahead()
        made.send(b"def")
        assert incoming.collect()
        spool = incoming.collected()
        assert spool.length == 6
        assert all_of(incoming) == b"abcdef"


def test_content_is_collected_as_it_comes() -> None:
    with met() as made:
        incoming = posted(made, b"3\r\nabc\r\n", CHUNKED)
        assert not incoming.collect()
        made.send(b"3\r\nde")
        assert not incoming.gather()
        made.send(b"f\r\n0\r\nX: y\r\n\r\n")
        assert incoming.gather()
        assert incoming.gather()
        assert incoming.trailers.get("X") == "y"
        assert all_of(incoming) == b"abcdef"


@pytest.mark.parametrize("size", [1000, 5000])
def test_collected_content_is_read_from_its_beginning_wherever_it_is_kept(size: int) -> None:
    before = descriptors()
    with met(limits=Limits(spool_memory=2000)) as made:
        incoming = posted(made, bytes(size))
        assert incoming.collect()
        incoming.collected()
        assert all_of(incoming) == bytes(size)
        assert all_of(incoming) == b""
        incoming.close()
        incoming.close()
        made.setting.budget.take(made.setting.limits.spool)
    assert descriptors() == before


@pytest.mark.clause("9110-10.1.1-14a", "9110-10.1.1-16a")
def test_F14_collecting_tells_a_client_to_continue_and_does_not_wait() -> None:
    with met() as made:
        incoming = posted(made, b"", EXPECT, "Content-Length: 3")
        assert not incoming.collect()
        assert read_now(made.peer) == CONTINUE
        made.send(b"abc")
        assert incoming.gather()
        assert read_now(made.peer) == b""
        assert incoming.collected().length == 3


@pytest.mark.parametrize("content", [b"x\r\n", b"3\r\nabcd"], ids=["at once", "later"])
def test_F10_what_is_malformed_is_told_when_it_is_asked_for(content: bytes) -> None:
    with met() as made:
        incoming = posted(made, b"", CHUNKED)
        assert not incoming.collect()
        made.send(content)
        assert incoming.gather()
        assert incoming.gather()
        for _ in range(2):
            with pytest.raises(MalformedRequest):
                incoming.collected()
        made.conn.exchange = None
        incoming.close()


def test_F10_collected_content_that_ends_early_is_never_taken_for_the_whole() -> None:
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        incoming.collect()
        made.peer.shutdown(socket.SHUT_WR)
        assert wait_until_ready(made.conn.fileno(), READ, 10)
        made.conn.fill()
        assert incoming.gather()
        with pytest.raises(IncompleteRequest):
            incoming.collected()


@pytest.mark.parametrize("size", [3, 5000])
def test_F10_what_was_kept_of_content_that_failed_is_not_read_as_the_whole(size: int) -> None:
    with met(limits=Limits(spool_memory=1000)) as made:
        incoming = posted(made, bytes(size), length=size + 1)
        incoming.collect()
        incoming.refuse(RequestTimeout("too late"))
        with pytest.raises(RequestTimeout):
            incoming.read()


def test_D22_content_that_is_collected_twice_is_kept_once() -> None:
    with met() as made:
        incoming = posted(made, b"abc")
        assert incoming.collect()
        assert incoming.collect()
        assert incoming.collected().length == 3
        assert all_of(incoming) == b"abc"
        incoming.close()
        made.setting.budget.take(made.setting.limits.spool)


def test_D5_chunks_that_become_too_many_are_refused_while_they_are_collected() -> None:
    with met(limits=Limits(content=5)) as made:
        incoming = posted(made, b"3\r\nabc\r\n", CHUNKED)
        assert not incoming.collect()
        made.send(b"3\r\nabc\r\n")
        assert incoming.gather()
        with pytest.raises(ContentTooLarge):
            incoming.collected()


def test_D9_what_comes_too_late_is_refused_by_whoever_waits_for_it() -> None:
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        assert not incoming.collect()
        incoming.refuse(RequestTimeout("too late"))
        made.send(b"def")
        assert incoming.gather()
        assert made.conn.core.buffered == 3  # these octets are not taken any more
        with pytest.raises(RequestTimeout, match="too late"):
            incoming.collected()


def test_a_failure_does_not_keep_the_frames_it_went_through() -> None:
    """The frames refer to the connection. Only the collector of cycles would free it."""
    with met() as made:
        incoming = posted(made, b"abc", length=6)
        incoming.collect()
        with pytest.raises(RequestTimeout) as caught:
            raise RequestTimeout("too late")
        assert caught.value.__traceback__ is not None
        incoming.refuse(caught.value)
        assert caught.value.__traceback__ is None
        incoming.close()
        assert incoming.collected().length == 0


def test_D22_what_there_is_no_room_for_is_refused_and_given_back() -> None:
    with met(limits=Limits(spool=5)) as made:
        incoming = posted(made, b"abc", length=6)
        assert not incoming.collect()
        made.send(b"def")
        assert incoming.gather()
        with pytest.raises(SpoolFull):
            incoming.collected()
        incoming.close()
        made.setting.budget.take(5)


def test_content_that_nobody_has_asked_to_collect_is_not_there() -> None:
    with met() as made:
        incoming = posted(made, b"abc")
        assert incoming.gather()
        with pytest.raises(Misuse, match="no content was collected"):
            incoming.collected()


def test_on_a_plain_socket_the_next_request_stays_in_it() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request("/", method="POST", content=b"abc") + request("/next"))
        exchange = open_channel(ours, Limits(), Timeouts()).open_exchange()
        exchange.content.collect()
        while not exchange.content.gather():
            exchange.channel.receive()
        assert exchange.content.collected().length == 3
        assert ours.recv(1000) == request("/next")
        exchange.respond(Response(204))
        exchange.end()

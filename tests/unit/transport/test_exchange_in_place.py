"""Exchanges on a socket without a loop: the thread waits for pending work at once."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from unittest import mock

import pytest

from pyhttp.errors import Disconnected, RequestTimeout
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.transport import in_place
from pyhttp.transport.answer import Answer
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.plain import PlainChannel, open_channel
from tests.helpers.channels import Items, Tap, Then, Waited
from tests.helpers.sockets import pair, request

QUICK = Timeouts(content=0.05)


@contextlib.contextmanager
def plain(sent: bytes, timeouts: Timeouts | None = None) -> Iterator[tuple[Exchange, PlainChannel, socket.socket]]:
    """An exchange on a socket that no loop keeps."""
    with pair() as (ours, theirs):
        theirs.sendall(sent)
        channel = open_channel(ours, Limits(), timeouts or Timeouts())
        exchange = channel.open_exchange()
        try:
            yield exchange, channel, theirs
        finally:
            exchange.end()


def posted(length: int = 6) -> bytes:
    return request("/", f"Content-Length: {length}", method="POST")


def test_in_place_content_is_waited_for() -> None:
    with plain(posted() + b"abc") as (exchange, _, theirs):
        then = Then(lambda: exchange.respond(Response(200, {}, exchange.read_content() + exchange.read_content())))
        sending = threading.Timer(0.01, theirs.sendall, [b"def"])
        sending.start()
        exchange.collect(then)
        assert then.calls == 1
        assert theirs.recv(1000).endswith(b"\r\n\r\nabcdef")
        sending.join()


def test_F14_in_place_a_client_is_told_to_continue() -> None:
    head = request("/", "Expect: 100-continue", "Content-Length: 3", method="POST")
    with plain(head, QUICK) as (exchange, _, theirs):
        then = Then()
        exchange.collect(then)
        assert theirs.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        with pytest.raises(RequestTimeout):
            exchange.content.collected()
        assert then.calls == 1


def test_in_place_what_is_awaited_is_waited_for_until_it_lets_go_on() -> None:
    with plain(request()) as (exchange, _, theirs):
        waited, then = Waited(4), Then(lambda: exchange.respond(Response(204)))
        exchange.wait_for(waited, then)
        assert (then.calls, waited.looks) == (1, 0)
        assert theirs.recv(1000).startswith(b"HTTP/1.1 204 ")


def test_in_place_a_wait_ends_when_the_client_leaves() -> None:
    with plain(request()) as (exchange, _, theirs):
        waited = Waited(5, seconds=100)
        theirs.close()
        with pytest.raises(Disconnected):
            exchange.wait_for(waited, Then())
        exchange.end()
        assert waited.closed == 1


def test_in_place_a_source_is_read_as_it_comes_and_all_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with plain(request(version="1.0")) as (exchange, channel, theirs):
        waits: list[object] = []
        monkeypatch.setattr(channel, "wait_for", waits.append)
        tap = Tap(None, b"one", None, b"two", None, b"")
        exchange.respond(Response(200, {}, tap))
        assert (exchange.finished, tap.closed) == (True, 1)
        assert theirs.recv(1000).endswith(b"\r\n\r\nonetwo")
        assert not channel.outbox
        assert waits == [tap, tap]  # the thread waited whenever there was nothing


def test_in_place_items_are_taken_to_the_end() -> None:
    with plain(request(version="1.0")) as (exchange, _, theirs):
        body = Items(b"", b"one", b"", *[b"-"] * 20, b"two")
        exchange.respond(Response(200, {}, body))
        assert body.closed.is_set()
        assert theirs.recv(1000).endswith(b"\r\n\r\none" + b"-" * 20 + b"two")


@pytest.mark.parametrize(
    ("octets", "complete", "moved"), [(0, False, False), (5, False, True), (0, True, True), (5, True, True)]
)
def test_a_source_has_moved_where_it_had_octets_or_its_end(octets: int, complete: bool, moved: bool) -> None:
    answer = mock.Mock(spec=Answer, octets=3, complete=False)

    def pump() -> None:
        answer.octets += octets
        answer.complete = complete

    answer.pump = pump
    assert in_place._pump(answer) is moved

"""Connections that are shed for room, and those that are spared since their next request has arrived."""

import pytest

from pyhttp.messages import Response
from tests.helpers.listening import all_ended, answered, join, listening
from tests.helpers.sockets import request


def test_L2_a_connection_whose_next_request_has_arrived_is_spared_and_answered() -> None:
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(3)]
        made.work()
        peers[0].send(request())  # the loop does not know of this request, and sheds for another client
        acceptor = made.loop._acceptor
        assert acceptor._shed()
        assert len(acceptor.spared) == 1
        made.loop._take_spared()
        made.round()
        assert answered(peers[0])
        assert all_ended(peers) == [False, True, False]


def test_L2_where_all_have_a_request_nobody_is_shed(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(capacity=2) as (made, listener):
        peers = [join(made, listener) for _ in range(2)]
        made.work()
        waiting = join(made, listener)
        ready = made.poller.ready

        def late() -> list[tuple[int, int]]:
            """Requests arrive right behind the events that are delivered."""
            events = ready()
            for peer in peers:
                peer.send(request())
            return events

        with monkeypatch.context() as patch:
            patch.setattr(made.poller, "ready", late)
            made.round()
        assert made.employer.reports == ["the limit of connections is reached"]
        assert [answered(peer) for peer in peers] == [True, True]
        waiting.send(request())
        made.work()
        made.round()
        made.work()
        assert answered(waiting)


def test_L2_a_request_that_was_read_ahead_is_spared() -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        made.work()
        peer.send(request("/1") + request("/2"))
        made.round()
        assert peer.read().count(b"HTTP/1.1 200 ") == 1
        assert not made.loop._acceptor._shed()
        made.loop._take_spared()
        made.round()
        assert answered(peer)


@pytest.mark.parametrize(("sent", "spared"), [(b"\r", False), (b"G", True), (b"\r\n", True), (b"\r\nG", True)])
def test_L2_half_an_empty_line_spares_nobody(sent: bytes, spared: bool) -> None:
    with listening() as (made, listener):
        peer = join(made, listener)
        made.work()
        peer.send(sent)
        acceptor = made.loop._acceptor
        assert (acceptor._shed(), len(acceptor.spared)) == (not spared, int(spared))
        made.loop._take_spared()
        made.round()
        assert all_ended([peer]) == [not spared]


def test_L2_a_victim_that_has_begun_a_request_meanwhile_is_none() -> None:
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(3)]
        made.work()
        assert made.loop._acceptor._shed()
        made.employer.handler = lambda _: None
        peers[1].send(request())
        made.work()
        assert made.loop._acceptor._shed()
        assert all_ended(peers) == [True, False, True]
        assert not made.loop._acceptor._shed()
        made.finish(made.employer.turns[0], Response(200))


def test_L2_a_victim_that_was_taken_for_an_event_is_not_closed() -> None:
    with listening() as (made, listener):
        peers = [join(made, listener) for _ in range(2)]
        made.work()
        first = next(iter(made.registry.connections.values()))
        assert made.registry.take_one(first)
        assert made.loop._acceptor._shed()
        assert all_ended(peers) == [False, True]
        made.keeper.advance(first)

"""Requests that arrived together: which of them may share what is found out, and for how long."""

from collections.abc import Iterator

import pytest

from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.transport.together import Together
from tests.helpers.fakes import Peer, World, world
from tests.helpers.sockets import request


@pytest.fixture
def made() -> Iterator[World]:
    with world() as made:
        made.loop.shares = True
        made.employer.handler = seen = Seen()
        assert seen.together == []
        yield made


class Seen:
    """A handler that notes what each request may share."""

    def __init__(self) -> None:
        self.together: list[Together | None] = []

    def __call__(self, asked: Request) -> Response:
        self.together.append(asked.exchange.together)
        return Response(200)


def seen_by(made: World) -> list[Together | None]:
    assert isinstance(made.employer.handler, Seen)
    return made.employer.handler.together


def asking(made: World, count: int = 2) -> list[Peer]:
    """Clients that have sent a request each."""
    peers = [made.connect()[0] for _ in range(count)]
    for peer in peers:
        peer.send(request())
    return peers


def test_requests_of_a_round_share(made: World) -> None:
    asking(made, 3)
    made.round()
    first, *others = seen_by(made)
    assert first == {}
    assert len(others) == 2
    assert all(other is first for other in others)


def test_those_of_the_next_round_begin_anew(made: World) -> None:
    peers = asking(made)
    made.round()
    before = seen_by(made)[0]
    assert before is not None
    before["/"] = Response(200)
    for peer in peers:
        peer.send(request())
    made.round()
    assert seen_by(made)[2] == {}
    assert made.keeper.together is None


def test_one_alone_has_nobody_to_share_with(made: World) -> None:
    asking(made, 1)
    made.round()
    assert seen_by(made) == [None]


def test_what_a_leader_in_a_long_turn_has_left_is_not_for_the_next_round(made: World) -> None:
    made.keeper.together = {"/": Response(200)}
    asking(made, 1)
    made.round()
    assert seen_by(made) == [None]


def test_a_server_of_anything_but_a_folder_does_not_share(made: World) -> None:
    made.loop.shares = False
    asking(made)
    made.round()
    assert seen_by(made) == [None, None]


def test_of_pipelined_requests_no_event_tells_when_they_arrived(made: World) -> None:
    first, second = made.connect()[0], made.connect()[0]
    first.send(request() + request())
    second.send(request() + request("/b"))
    made.work()
    shared = [together is not None for together in seen_by(made)]
    assert shared == [True, True, False, False]


def test_nor_of_one_whose_first_part_came_before(made: World) -> None:
    first, second = made.connect()[0], made.connect()[0]
    first.send(request()[:9])
    made.round()
    first.send(request()[9:])
    second.send(request())
    made.round()
    assert sorted(together is not None for together in seen_by(made)) == [False, True]


def test_where_a_connection_was_called_no_event_tells_of_it(made: World) -> None:
    asking(made)
    _, called = made.connect()
    made.registry.call(called.serial)
    made.round()
    assert seen_by(made) == [None, None]


def test_an_event_over_tls_may_tell_of_octets_of_tls_alone(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [made.connect() for _ in range(2)]
    monkeypatch.setattr(type(pairs[0][1].stream), "secure", True)
    for peer, _ in pairs:
        peer.send(request())
    made.round()
    assert seen_by(made) == [None, None]


def test_an_event_during_a_turn_may_tell_of_octets_that_the_turn_has_read(made: World) -> None:
    """Another thread ends a turn, and arms, between the event and its being taken."""
    pairs = [made.connect() for _ in range(3)]
    for peer, _ in pairs:
        peer.send(request())
    pairs[1][1].armed_at = made.clock.now + 0.001
    made.round()
    assert [together is not None for together in seen_by(made)] == [True, False, True]

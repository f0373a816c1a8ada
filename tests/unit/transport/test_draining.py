"""The end of an exchange: unread content is read and dropped, and the client can read the last answer."""

from collections.abc import Iterator

import pytest

from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.transport.client import Connection
from pyhttp.transport.holding import hold
from pyhttp.transport.phases import Phase
from pyhttp.transport.stream import SocketStream
from tests.helpers.fakes import World, later, now, statuses, world
from tests.helpers.sockets import request

CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.clause("9112-9.3-7b")
def test_D15_unread_content_is_drained_by_the_loop() -> None:
    with world(lambda _: Response(200), limits=Limits(read_ahead=1000)) as made:
        peer, conn = made.connect()
        peer.send(request("/", CHUNKED, method="POST") + b"2000\r\n" + bytes(2000))
        made.round(3)
        assert now(conn) is Phase.DRAIN
        deadline = conn.deadline
        made.clock.now += 0.5
        peer.send(bytes(0x2000 - 2000) + b"\r\n0\r\n\r\n" + request("/2"))
        made.round()
        assert now(conn) is Phase.DRAIN
        assert conn.deadline == deadline  # the deadline was not renewed
        made.work()
        assert statuses(peer.read()) == [200, 200]
        assert now(conn) is Phase.IDLE


@pytest.mark.clause("9112-9.3-7b")
@pytest.mark.parametrize("more", [bytes(6000), b""], ids=["size", "deadline"])
def test_D15_a_drain_has_a_size_and_a_deadline(more: bytes) -> None:
    with world(lambda _: Response(200), limits=Limits(read_ahead=1000, drain=5000)) as made:
        peer, conn = made.connect()
        peer.send(request("/", CHUNKED, method="POST") + b"20000\r\n" + bytes(2000))
        made.round(3)
        assert now(conn) is Phase.DRAIN
        peer.send(more)
        made.work()
        assert now(conn) is (Phase.LINGER if more else Phase.DRAIN)
        made.pass_time(1.9)
        assert now(conn) is (Phase.LINGER if more else Phase.DRAIN)
        made.pass_time(2.2)
        assert statuses(peer.read()) == [200]
        assert peer.ended
        assert now(conn) is Phase.CLOSED


def test_F13_malformed_content_behind_an_answer_ends_the_connection() -> None:
    with world(lambda _: Response(200), limits=Limits(read_ahead=1000)) as made:
        peer, conn = made.connect()
        peer.send(request("/", CHUNKED, method="POST") + b"2000\r\n" + bytes(2000))
        made.round(3)
        assert now(conn) is Phase.DRAIN
        peer.send(bytes(0x2000 - 2000) + b"nonsense" + request("/2"))
        made.work()
        assert statuses(peer.read()) == [200]
        assert now(conn) is Phase.LINGER
        assert "unread content is malformed" in made.employer.reports[0]


@pytest.mark.parametrize("more", [bytes(100_000), b""], ids=["size", "deadline"])
def test_D16_a_lingering_close_has_a_size_and_a_deadline(more: bytes) -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(b"nonsense\r\n\r\n")
        made.round()
        peer.send(more)
        made.work()
        assert now(conn) is (Phase.CLOSED if more else Phase.LINGER)
        made.pass_time(1.99)
        assert now(conn) is (Phase.CLOSED if more else Phase.LINGER)
        made.pass_time(0.02)
        assert now(conn) is Phase.CLOSED


@pytest.mark.parametrize(("size", "phase"), [(5000, Phase.LINGER), (5001, Phase.CLOSED)])
def test_D16_a_lingering_close_reads_away_no_more_than_its_limit(size: int, phase: Phase) -> None:
    with world(limits=Limits(linger=5000)) as made:
        peer, conn = made.connect()
        peer.send(b"nonsense\r\n\r\n")
        made.round()
        peer.send(bytes(size))
        made.work()
        assert now(conn) is phase


@pytest.mark.clause("9112-9.6-7a")
def test_a_client_that_ends_the_connection_itself_is_not_waited_for() -> None:
    with world() as made:
        peer, conn = made.connect()
        peer.send(request("/", "Connection: close"))
        made.work()
        assert now(conn) is Phase.CLOSED
        assert statuses(peer.read()) == [200]
        assert peer.ended


@pytest.mark.clause("9112-9.6-7a")
@pytest.mark.parametrize("sent", [b"more", request("/2")])
def test_a_client_that_says_it_ends_the_connection_and_sends_more_receives_its_answer(sent: bytes) -> None:
    """Unread octets would make the close a reset, and that would destroy the answer on its way."""
    with world() as made:
        peer, conn = made.connect()
        peer.send(request("/", "Connection: close") + sent)
        made.work()
        assert now(conn) is Phase.LINGER
        assert statuses(peer.read()) == [200]
        assert peer.ended


@pytest.mark.parametrize("seconds", [None, 0.0, 5.0])
def test_a_client_that_left_before_its_half_close(monkeypatch: pytest.MonkeyPatch, seconds: float | None) -> None:
    """Handlers end on threads of their own. An error there is not caught, and leaves the connection behind."""
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request("/", "Content-Length: 100000", method="POST") + bytes(70_000))
        made.work()
        peer.close()
        # the socket behaves as if it were not connected any more
        monkeypatch.setattr("pyhttp.transport.stream.socket.SHUT_WR", -1)
        end_turn(made, conn, seconds)
        made.work()
        assert now(conn) is Phase.CLOSED


def end_turn(made: World, conn: Connection, seconds: float | None) -> None:
    """End a turn whose handler found the client gone."""
    made.employer.answer(conn, Response(200))
    if seconds is None:
        made.keeper.settle(conn)
    else:
        assert not hold(made.keeper, conn, seconds)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_F17_a_part_never_passes_for_the_whole(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """The connection ends by a reset where only its end would tell the end of the answer (RFC 9112 §8)."""
    resets: list[bool] = []
    close = SocketStream.close

    def noting(stream: SocketStream, *, reset: bool, partial: bool = False) -> None:
        resets.append(reset)
        close(stream, reset=reset)

    def failing() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError

    monkeypatch.setattr(SocketStream, "close", noting)
    with world(lambda _: Response(200, {}, failing())) as made:
        peer, conn = made.connect()
        peer.send(request(version=version))
        made.work()
        assert now(conn) is Phase.CLOSED
        assert b"begun" in peer.read()
        assert resets == [version == "1.0"]


def test_the_whole_of_an_answer_that_the_end_of_the_connection_ends_is_no_reset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resets: list[bool] = []
    close = SocketStream.close

    def noting(stream: SocketStream, *, reset: bool, partial: bool = False) -> None:
        resets.append(reset)
        close(stream, reset=reset)

    monkeypatch.setattr(SocketStream, "close", noting)
    with world(lambda _: Response(200, {}, iter([b"all", b" of it"]))) as made:
        peer, _ = made.connect()
        peer.send(request(version="1.0"))
        made.work()
        assert peer.read().endswith(b"\r\n\r\nall of it")
        assert peer.ended
        assert resets == [False]


def test_D15_D16_each_drain_and_the_lingering_close_count_by_themselves() -> None:
    limits = Limits(read_ahead=1000, drain=5000, linger=5000)
    with world(lambda _: Response(200), limits=limits) as made:
        peer, conn = made.connect()
        content = b"%x\r\n%b\r\n0\r\n\r\n" % (4000, bytes(4000))
        for _ in range(3):
            peer.send(request("/", CHUNKED, method="POST") + content)
            made.work()
            assert now(conn) is Phase.IDLE
        peer.send(request("/", CHUNKED, method="POST") + b"20000\r\n" + bytes(4000))
        made.work()
        assert now(conn) is Phase.DRAIN
        made.pass_time(2)
        assert now(conn) is Phase.LINGER
        peer.send(bytes(4000))
        made.work()
        assert now(conn) is Phase.LINGER
        assert statuses(peer.read()) == [200] * 4


def test_a_stop_ends_a_connection_as_soon_as_its_answer_has_been_taken() -> None:
    with world(lambda _: Response(200, {}, bytes(1 << 20))) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert now(conn) is Phase.SEND
        made.loop.stop()
        while now(conn) is Phase.SEND:
            peer.read()
            made.round()
        assert now(conn) is Phase.CLOSED


@pytest.mark.parametrize("end", ["cut", "closed"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_F17_a_part_does_not_pass_for_the_whole_when_a_stop_cuts_it(
    monkeypatch: pytest.MonkeyPatch, end: str, version: str
) -> None:
    """No orderly end is said before the reset, either."""
    resets: list[bool] = []
    close = SocketStream.close

    def noting(stream: SocketStream, *, reset: bool, partial: bool = False) -> None:
        resets.append(reset)
        close(stream, reset=reset)

    monkeypatch.setattr(SocketStream, "close", noting)
    with world(lambda _: Response(200, {}, iter([bytes(1 << 20)] * 3))) as made:
        peer, conn = made.connect()
        peer.send(request(version=version))
        made.work()
        assert now(conn) is Phase.SEND
        made.loop.stop()
        if end == "cut":
            made.clock.now += 10
            made.loop.stopping.act()
            peer.read()
            assert peer.ended == (version == "1.1")
            made.round()
        else:
            made.loop.close()
        assert now(conn) is Phase.CLOSED
        assert resets == [version == "1.0"]

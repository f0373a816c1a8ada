"""The gate, without a server: one answer for each exchange, pending exchanges, and their end."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import BadGateway, Disconnected, InternalError, Misuse
from pyhttp.limits import Timeouts
from pyhttp.messages import Body, FileSlice, Response
from pyhttp.transport.fate import Fate
from pyhttp.transport.progress import Progress
from tests.helpers.channels import Items, Opened, Tap, Then, Waited, met, read_now, reset
from tests.helpers.sockets import read_until_end, request

QUICK = Timeouts(content=0.05, send=0.1, send_rate=1e9)
LARGE = 16 << 20


def posted(length: int = 6) -> bytes:
    return request("/", f"Content-Length: {length}", method="POST")


# --- one answer


def test_a_new_exchange_is_open_and_knows_nothing_of_an_answer() -> None:
    with met() as made:
        exchange = made.begin(request())
        assert exchange.progress is Progress.OPEN
        assert (exchange.status, exchange.octets, exchange.finished, exchange.continues) == (0, 0, False, False)
        assert not exchange.complete
        assert exchange.read_content() == b""
        assert exchange.complete


def test_the_server_may_be_asked_whether_it_stops() -> None:
    with met() as made:
        exchange = made.begin(request())
        assert not exchange.channel.closing
        made.setting.closing = True
        assert exchange.channel.closing
        exchange.about_to_block()
        assert made.setting.blocked == 1


def test_an_answer_is_given_once_and_what_is_given_again_is_closed() -> None:
    with met() as made:
        exchange = made.begin(request())
        exchange.respond(Response(201, {}, b"first"))
        assert exchange.progress is Progress.ANSWERED
        assert exchange.answer is not None
        assert (exchange.status, exchange.answer.octets, exchange.finished) == (201, 5, True)
        second = Items(b"second")
        with pytest.raises(Misuse, match="one response"):
            exchange.respond(Response(200, {}, second))
        assert second.closed.is_set()
        assert exchange.status == 201
        assert read_now(made.peer).endswith(b"\r\n\r\nfirst")


def test_an_answer_that_could_not_begin_is_closed_and_another_one_may_be_given() -> None:
    with met() as made:
        exchange = made.begin(request())
        body = Items(BadGateway("no first item"))
        with pytest.raises(BadGateway):
            exchange.respond(Response(200, {}, body))
        assert body.closed.is_set()
        assert (exchange.progress, exchange.status) == (Progress.OPEN, 0)
        exchange.respond(Response(502))
        assert exchange.status == 502


def test_F17_an_answer_that_has_begun_and_fails_is_the_answer(tmp_path: Path) -> None:
    with met() as made:
        exchange = made.begin(request())
        body = Items(b"x", InternalError("no second item"))
        with pytest.raises(InternalError):
            exchange.respond(Response(200, {}, body))
        assert (exchange.progress, exchange.status, exchange.finished) == (Progress.ANSWERED, 200, False)
        assert not body.closed.is_set()
        exchange.end()
        assert body.closed.is_set()


def test_a_body_that_leaves_later_stays_open_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(LARGE))
    opened = Opened(tmp_path / "file")
    with met() as made:
        exchange = made.begin(request())
        exchange.respond(Response(200, {}, FileSlice(opened, 0, LARGE)))
        assert exchange.finished  # nothing is to be made any more, but much is unsent
        assert made.conn.outbox
        assert not opened.closed.is_set()
        exchange.end()
        assert opened.closed.is_set()


def test_an_answer_to_HEAD_has_no_content() -> None:
    with met() as made:
        made.begin(request(method="HEAD")).respond(Response(200, {}, b"abc"))
        assert read_now(made.peer).endswith(b"\r\nContent-Length: 3\r\n\r\n")


def test_an_answer_without_a_request_has_content() -> None:
    with met() as made:
        made.send(b"nonsense")
        made.conn.begin_exchange(None).respond(Response(400, {}, b"abc"))
        assert read_now(made.peer).endswith(b"\r\n\r\nabc")


def test_an_exchange_may_be_made_the_last() -> None:
    with met() as made:
        exchange = made.begin(request())
        exchange.be_last()
        exchange.respond(Response(200))
        assert b"\r\nConnection: close\r\n" in read_now(made.peer)
        assert made.conn.fate is Fate.LAST


def test_no_answer_can_be_added_to_one_written_by_hand() -> None:
    with met() as made:
        exchange = made.begin(request())
        exchange.answer_by_hand()
        assert (exchange.progress, exchange.finished, exchange.status) == (Progress.ANSWERED, True, 0)
        with pytest.raises(Misuse):
            exchange.respond(Response(200))


def test_what_is_pending_is_given_up_by_whoever_writes_by_hand() -> None:
    """Otherwise there would be two answers on the wire."""
    with met() as made:
        exchange = made.begin(request())
        waited = Waited(2)
        exchange.wait_for(waited, Then())
        exchange.answer_by_hand()
        assert (exchange.finished, exchange.continues, waited.closed) == (True, False, 1)


def test_items_go_on_in_further_turns() -> None:
    with met() as made:
        exchange = made.begin(request())
        body = Items(b"", b"a", b"")
        exchange.respond(Response(200, {}, body))
        assert (exchange.finished, exchange.continues) == (False, True)
        exchange.go_on()
        assert not exchange.finished
        exchange.go_on()
        assert exchange.finished
        assert exchange.answer is not None
        assert exchange.answer.octets == 1
        assert read_now(made.peer).endswith(b"1\r\na\r\n0\r\n\r\n")


# --- all of it, while the caller waits


@pytest.mark.parametrize("kind", ["bytes", "file", "items", "source"])
def test_respond_may_return_only_when_all_has_been_sent(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(LARGE))
    data = path.read_bytes()
    with met() as made, path.open("rb") as file:
        pieces = [data[at : at + 1_000_000] for at in range(0, LARGE, 1_000_000)]
        tap, items = Tap(*pieces[:5], None, *pieces[5:], None, b""), Items(*pieces)
        bodies: dict[str, Body] = {"bytes": data, "file": FileSlice(file, 0, LARGE), "items": items, "source": tap}
        received: list[bytes] = []
        reading = threading.Thread(target=lambda: received.append(read_until_end(made.peer)))
        exchange = made.begin(request(version="1.0"))
        reading.start()
        exchange.respond(Response(200, {}, bodies[kind]), wait=True)
        assert exchange.finished
        assert not made.conn.outbox
        assert items.closed.is_set() == (kind == "items")
        assert tap.closed == (kind == "source")
        assert file.closed == (kind == "file")
        made.conn.stream.finish()
        reading.join()
        assert received[0].endswith(data)
        tap.close()


def test_an_item_that_fails_is_found_closed_when_respond_has_raised() -> None:
    """The things that the iterator needs may be gone right after that."""
    body = Items(b"x", InternalError("no second item"))
    with met() as made:
        exchange = made.begin(request())
        with pytest.raises(InternalError):
            exchange.respond(Response(200, {}, body), wait=True)
        assert body.closed.is_set()
        assert (exchange.status, exchange.finished) == (200, False)


def test_D10_whoever_waits_for_a_client_that_does_not_read_is_freed_and_the_body_closed() -> None:
    body = Items(*[bytes(1 << 20)] * 40)
    with met(timeouts=QUICK) as made:
        exchange = made.begin(request())
        with pytest.raises(Disconnected, match="does not read"):
            exchange.respond(Response(200, {}, body), wait=True)
        assert body.closed.is_set()
        assert not exchange.finished


# --- pending: content


def test_content_that_is_here_needs_no_further_turn() -> None:
    with met() as made:
        exchange = made.begin(posted(3) + b"abc")
        then = Then()
        exchange.collect(then)
        assert then.calls == 1
        assert exchange.progress is Progress.OPEN
        assert exchange.content.collected().length == 3


def test_content_that_has_yet_to_come_is_pending_and_goes_on_in_a_further_turn() -> None:
    with met() as made:
        exchange = made.begin(posted() + b"abc")
        then = Then(lambda: exchange.respond(Response(200, {}, exchange.read_content() + exchange.read_content())))
        exchange.collect(then)
        assert (exchange.progress, exchange.continues, then.calls) == (Progress.COLLECTING, True, 0)
        made.send(b"def")
        assert exchange.content.gather()
        exchange.go_on()
        assert (exchange.progress, then.calls) == (Progress.ANSWERED, 1)
        assert read_now(made.peer).endswith(b"\r\n\r\nabcdef")


def test_an_exchange_that_is_pending_takes_no_answer_and_waits_for_nothing_else() -> None:
    with met() as made:
        exchange = made.begin(posted())
        exchange.collect(Then())
        body = Items(b"x")
        with pytest.raises(Misuse, match="pending"):
            exchange.respond(Response(200, {}, body))
        assert body.closed.is_set()
        with pytest.raises(Misuse, match="pending"):
            exchange.collect(Then())
        with pytest.raises(Misuse, match="pending"):
            exchange.wait_for(Waited(1), Then())


def test_an_exchange_that_is_answered_waits_for_nothing() -> None:
    with met() as made:
        exchange = made.begin(posted())
        exchange.respond(Response(200))
        with pytest.raises(Misuse):
            exchange.collect(Then())
        with pytest.raises(Misuse):
            exchange.wait_for(Waited(1), Then())


# --- pending: something else


def test_what_is_ready_needs_no_further_turn() -> None:
    with met() as made:
        exchange = made.begin(request())
        waited, then = Waited(1), Then()
        exchange.wait_for(waited, then)
        assert (then.calls, exchange.progress, exchange.awaited) == (1, Progress.OPEN, None)
        assert waited.closed == 0
        exchange.end()
        assert waited.closed == 1  # it is closed, whatever the code that went on has made of it


def test_what_is_awaited_is_known_and_goes_on_in_a_further_turn() -> None:
    with met() as made:
        exchange = made.begin(request())
        waited, then = Waited(2), Then(lambda: exchange.respond(Response(204)))
        exchange.wait_for(waited, then)
        assert (exchange.progress, exchange.awaited, exchange.continues) == (Progress.WAITING, waited, True)
        assert waited.proceed()
        exchange.go_on()
        assert (then.calls, exchange.status, exchange.awaited) == (1, 204, None)
        exchange.end()
        assert waited.closed == 1


def test_one_wait_may_follow_another() -> None:
    with met() as made:
        exchange = made.begin(request())
        last = Then(lambda: exchange.respond(Response(204)))
        exchange.wait_for(Waited(2), lambda: exchange.wait_for(Waited(2), last))
        exchange.go_on()
        assert (exchange.progress, exchange.continues) == (Progress.WAITING, True)
        exchange.go_on()
        assert (exchange.status, last.calls) == (204, 1)


def test_giving_up_closes_what_is_awaited_and_lets_an_error_be_answered() -> None:
    with met() as made:
        exchange = made.begin(request())
        waited, then = Waited(2), Then()
        exchange.wait_for(waited, then)
        exchange.give_up_waiting()
        exchange.give_up_waiting()
        assert (waited.closed, exchange.progress, exchange.continues) == (1, Progress.OPEN, False)
        exchange.respond(Response(503))
        exchange.give_up_waiting()
        assert exchange.progress is Progress.ANSWERED
        assert then.calls == 0


def test_a_turn_without_anything_to_go_on_with_leaves_the_exchange_open() -> None:
    with met() as made:
        exchange = made.begin(request())
        exchange.go_on()
        assert exchange.progress is Progress.OPEN


# --- its end


def test_the_end_gives_everything_back_and_may_come_twice() -> None:
    with met() as made:
        exchange = made.begin(posted() + b"abc")
        exchange.look = lambda _: Response(404)
        exchange.door = lambda _: None
        exchange.collect(Then())
        exchange.end()
        exchange.end()
        assert exchange.ended
        assert exchange.look is None
        assert exchange.door is None
        made.setting.budget.take(made.setting.limits.spool)
        with pytest.raises(Misuse, match="after its exchange has ended"):
            exchange.read_content()
        with pytest.raises(Misuse):
            exchange.respond(Response(200))


def test_F11_an_exchange_that_has_ended_reads_nothing_into_a_buffer() -> None:
    with met() as made:
        exchange = made.begin(request("/", "Content-Length: 3", method="POST"))
        made.peer.sendall(b"abc")
        exchange.end()
        assert exchange.read_content_into(memoryview(bytearray(10))) == 0


def test_the_end_of_a_wait_closes_what_is_awaited() -> None:
    with met() as made:
        exchange = made.begin(request())
        waited = Waited(2)
        exchange.wait_for(waited, Then())
        exchange.end()
        exchange.end()
        assert waited.closed == 1


def test_a_body_that_cannot_be_closed_keeps_nothing_else_from_being_given_back() -> None:
    def items() -> Iterator[bytes]:
        try:
            yield b""
        finally:
            raise RuntimeError("its end failed")

    with met() as made:
        exchange = made.begin(posted(3) + b"abc")
        exchange.collect(lambda: exchange.respond(Response(200, {}, items())))
        with pytest.raises(RuntimeError, match="its end failed"):
            exchange.end()
        made.setting.budget.take(made.setting.limits.spool)


def test_a_client_that_resets_ends_what_waits_on_its_connection() -> None:
    with met() as made:
        exchange = made.begin(request())
        tap = Tap(None, None, None)
        reset(made.peer)
        with pytest.raises(Disconnected):
            exchange.respond(Response(200, {}, tap), wait=True)
        assert tap.closed == 1

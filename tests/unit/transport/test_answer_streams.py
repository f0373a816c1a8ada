"""RFC 9110 §6: answers whose content comes piece by piece, from an iterator or a source."""

import errno
from collections.abc import Iterator

import pytest

from pyhttp.errors import BadGateway, Disconnected
from pyhttp.limits import Limits
from pyhttp.transport.poller import wait_until_ready
from tests.helpers.answers import answer_of, answered, behind, content
from tests.helpers.channels import Items, Tap, met, read_now, reset

EVERYTHING = 1 << 30
CHUNKED_END = b"0\r\n\r\n"


# --- items


def test_R4_the_first_item_is_awaited_before_the_head() -> None:
    with met() as made:
        body = Items(BadGateway("no first item"))
        answer = answer_of(made, body)
        with pytest.raises(BadGateway):
            answer.begin()
        assert not answer.started
        assert read_now(made.peer) == b""
        answer.close()
        assert body.closed.is_set()


def test_items_are_taken_as_long_as_the_client_keeps_up() -> None:
    with met() as made:
        body = Items(b"one", b"two")
        answer = answer_of(made, body)
        answer.begin()
        assert content(made) == b"3\r\none\r\n3\r\ntwo\r\n" + CHUNKED_END
        assert (answer.complete, answer.octets, answer.has_items) == (True, 6, False)
        assert made.setting.blocked == 1  # an iterator that yields content has to get it from somewhere
        answer.close()
        assert body.closed.is_set()


def test_no_items_are_an_empty_answer() -> None:
    with met() as made:
        assert answered(made, Items()) == CHUNKED_END


def test_an_iterable_that_is_no_iterator_and_cannot_be_closed() -> None:
    with met() as made:
        assert answered(made, [b"a", b"b"]) == b"1\r\na\r\n1\r\nb\r\n" + CHUNKED_END


def test_an_empty_item_sends_what_there_is_and_ends_the_turn() -> None:
    with met() as made:
        answer = answer_of(made, Items(b"", b"a", b"", b"b"))
        answer.begin()
        assert read_now(made.peer).endswith(b"\r\n\r\n")
        assert (answer.complete, answer.has_items) == (False, True)
        answer.pull()
        assert read_now(made.peer) == b"1\r\na\r\n"
        answer.pull()
        assert read_now(made.peer) == b"1\r\nb\r\n" + CHUNKED_END
        assert made.setting.blocked == 3


def test_an_iterator_that_has_nothing_to_say_learns_that_its_client_has_left() -> None:
    """No write fails, as nothing is written."""
    with met() as made:
        answer = answer_of(made, Items(b"", b"", b""))
        answer.begin()
        answer.pull()
        reset(made.peer)
        assert wait_until_ready(made.conn.fileno(), 0, 10)
        with pytest.raises(Disconnected):
            answer.pull()


def test_items_wait_when_the_client_is_behind() -> None:
    with met() as made:
        body = Items(*[b"x" * 100] * 10)
        answer = answer_of(made, body)
        stream = behind(made, EVERYTHING, 50)
        answer.begin()
        assert (body.taken, answer.complete) == (2, False)
        assert made.conn.outbox
        stream.taking = [EVERYTHING] * 20
        made.conn.send_some()
        answer.pull()
        assert (body.taken, answer.complete) == (10, True)
        assert stream.written.endswith(CHUNKED_END)


@pytest.mark.parametrize(("item", "taken"), [(b"x" * 1000, 5), (b"x", 256), (b"x" * 4999, 2), (b"x" * 50_000, 1)])
def test_L4_one_turn_takes_a_bounded_number_of_items_and_octets(item: bytes, taken: int) -> None:
    with met(limits=Limits(portion=5000)) as made:
        body = Items(*[item] * 1000)
        answer = answer_of(made, body)
        behind(made, *[EVERYTHING] * 3000)
        answer.begin()
        assert body.taken == taken
        answer.pull()
        assert body.taken == 2 * taken
        assert not answer.complete


def test_F17_an_item_that_fails_later_leaves_the_answer_incomplete() -> None:
    with met() as made:
        body = Items(b"abc", BadGateway("no second item"))
        answer = answer_of(made, body)
        with pytest.raises(BadGateway):
            answer.begin()
        assert (answer.started, answer.complete, answer.has_items) == (True, False, True)
        answer.close()
        assert body.closed.is_set()
        assert not answer.has_items


def test_pulling_an_answer_without_items_does_nothing() -> None:
    with met() as made:
        answer = answer_of(made, b"abc")
        answer.begin()
        answer.pull()
        assert made.setting.blocked == 0
        assert content(made) == b"abc"


def test_both_the_iterator_and_the_body_it_came_from_are_closed() -> None:
    class Body:
        closed = False

        def __init__(self) -> None:
            self.items = Items(b"", b"x")

        def __iter__(self) -> Iterator[bytes]:
            return self.items

        def close(self) -> None:
            self.closed = True

    body = Body()
    with met() as made:
        answer = answer_of(made, body)
        answer.begin()
        answer.close()
        assert body.closed
        assert body.items.closed.is_set()


def test_a_generator_ends_in_its_own_way_and_the_body_is_closed_though_that_fails() -> None:
    ended: list[str] = []

    def items() -> Iterator[bytes]:
        try:
            yield b""
            yield b"x"
        finally:
            ended.append("here")
            raise OSError(errno.EIO, "its end failed")

    with met() as made:
        answer = answer_of(made, items())
        answer.begin()
        with pytest.raises(OSError, match="its end failed"):
            answer.close()
        assert ended == ["here"]
        answer.close()


# --- a source


def test_a_source_is_passed_on_as_it_comes() -> None:
    tap = Tap(b"one", None, b"two", b"three", None, b"")
    with met() as made:
        answer = answer_of(made, tap)
        answer.begin()
        assert read_now(made.peer).endswith(b"\r\n\r\n3\r\none\r\n")
        assert answer.source is tap
        assert not answer.has_items
        answer.pump()
        assert read_now(made.peer) == b"3\r\ntwo\r\n5\r\nthree\r\n"
        answer.pump()
        assert read_now(made.peer) == CHUNKED_END
        assert answer.source is None
        assert (answer.complete, answer.octets) == (True, 11)
        answer.pump()
        assert tap.reads == 6
        answer.close()
        assert tap.closed == 1


def test_the_head_leaves_though_a_source_has_nothing_yet() -> None:
    with met() as made:
        answer = answer_of(made, Tap(None, None))
        answer.begin()
        assert read_now(made.peer).endswith(b"\r\n\r\n")
        answer.close()


def test_a_source_that_is_over_leaves_with_the_head_in_one_piece() -> None:
    with met() as made:
        answer = answer_of(made, Tap(b""), headers={"Content-Length": "0"})
        stream = behind(made, EVERYTHING)
        answer.begin()
        assert answer.complete
        assert stream.taking == []
        answer.close()


def test_a_source_is_not_read_while_the_client_is_behind() -> None:
    tap = Tap(*[b"x" * 100] * 3, b"")
    with met() as made:
        answer = answer_of(made, tap)
        stream = behind(made, 50)
        answer.begin()
        assert tap.reads == 1
        answer.pump()
        assert tap.reads == 1
        stream.taking = [EVERYTHING] * 10
        answer.pump()
        assert answer.complete
        answer.close()


def test_L4_a_source_that_always_has_something_is_read_in_portions() -> None:
    tap = Tap(*[b"x" * 1000] * 100)
    with met(limits=Limits(portion=5000)) as made:
        answer = answer_of(made, tap)
        behind(made, *[EVERYTHING] * 200)
        answer.begin()
        assert tap.reads == 6  # one read is made together with the head
        answer.pump()
        assert tap.reads == 11
        answer.close()


def test_L4_a_source_is_read_in_portions_for_HEAD_too_where_nothing_of_it_is_sent() -> None:
    tap = Tap(*[b"x" * 1000] * 100)
    with met(limits=Limits(portion=5000)) as made:
        answer = answer_of(made, tap, method="HEAD")
        answer.begin()
        assert tap.reads == 6
        answer.close()


def test_a_source_that_fails_is_the_callers_and_closed() -> None:
    tap = Tap(b"abc", None, BadGateway("killed"))
    with met() as made:
        answer = answer_of(made, tap)
        answer.begin()
        with pytest.raises(BadGateway):
            answer.pump()
        assert not answer.complete
        answer.close()
        assert tap.closed == 1


def test_a_source_is_read_to_its_end_for_HEAD_too_and_says_nothing() -> None:
    tap = Tap(b"abc", None, b"")
    with met() as made:
        answer = answer_of(made, tap, method="HEAD")
        answer.begin()
        answer.pump()
        assert content(made) == b""
        assert (answer.complete, answer.octets) == (True, 0)
        answer.close()

"""D9, D10: silence and rate, and the octets that a client has taken."""

import math

import pytest

from pyhttp.transport.outbox import Outbox
from pyhttp.transport.pace import Pace, Uptake
from tests.helpers.channels import FakeStream


def test_D9_silence_is_allowed_for_the_grace() -> None:
    pace = Pace(20, 500)
    assert pace.allowance() == 20
    pace.count(15, 0)
    assert pace.allowance() == 5
    pace.count(5, 0)
    assert pace.allowance() == 0


def test_D9_progress_renews_the_allowance_up_to_the_grace() -> None:
    pace = Pace(20, 500)
    pace.count(10, 1_000_000)
    assert pace.allowance() == 20


def test_D9_one_byte_now_and_then_does_not_go_on_for_ever() -> None:
    pace = Pace(20, 500)
    waits = 0
    while pace.allowance() >= 19:
        pace.count(19, 1)
        waits += 1
    assert waits == 1


@pytest.mark.parametrize(("moved", "left"), [(0, 5), (500, 6), (1000, 7)])
def test_D10_bytes_buy_time_at_the_rate(moved: int, left: float) -> None:
    pace = Pace(20, 500)
    pace.count(15, moved)
    assert pace.allowance() == left


def test_D9_the_silence_counts_from_the_last_progress() -> None:
    pace = Pace(20, 500)
    pace.count(1, 1_000_000)
    pace.count(12, 0)
    pace.count(3, 0)
    assert pace.allowance() == 5
    pace.count(0, 1)
    assert pace.allowance() == 20


def test_D10_silence_may_last_as_long_as_a_step_at_the_least_rate() -> None:
    pace = Pace(20, 500)
    pace.allow_for(50_000)
    assert pace.allowance() == 100
    pace.count(99, 0)
    assert pace.allowance() == 1
    pace.count(0, 50_000)
    assert pace.allowance() == 100


def test_D10_a_step_that_takes_less_than_the_grace_changes_nothing() -> None:
    pace = Pace(20, 500)
    pace.allow_for(1000)
    assert pace.allowance() == 20


class Reader:
    """An answer of a given size on its way to a client that has a socket's queue before it."""

    def __init__(self, *, step: int = 0, sent_before: int = 0) -> None:
        self.outbox = Outbox()
        self.outbox.sent = sent_before
        self.stream = FakeStream()
        self.stream.stride = step
        self.uptake = Uptake(self.outbox, self.stream, grace=30, rate=500, start=sent_before)

    def moves(self, written: int, taken: int) -> None:
        """The system takes `written` octets. The client takes `taken` of the octets that it has been given so far."""
        self.outbox.sent += written
        self.stream.left += written - taken


def test_D10_a_client_is_looked_at_several_times_within_the_grace() -> None:
    assert Reader().uptake.patience() == 7.5


def test_D10_patience_ends_with_what_is_allowed() -> None:
    reader = Reader()
    assert reader.uptake.keeps_up(25)
    assert reader.uptake.patience() == 5


def test_D10_silence_is_allowed_to_its_last_moment_and_no_longer() -> None:
    reader = Reader()
    assert reader.uptake.keeps_up(29.5)
    assert not reader.uptake.keeps_up(0.5)


def test_D10_what_counts_is_what_the_client_takes_though_the_socket_takes_nothing() -> None:
    """A queue of megabytes makes no event until a third of it is free.

    Until then only the queue shows the client's progress.
    """
    reader = Reader()
    reader.moves(4_000_000, 0)
    for _ in range(100):
        reader.moves(0, 15_000)  # 2 kB/s
        assert reader.uptake.keeps_up(7.5)
    assert not reader.uptake.keeps_up(750)


def test_D10_what_the_system_takes_counts_for_nothing() -> None:
    reader = Reader()
    for _ in range(3):
        reader.moves(1_000_000, 0)
        assert reader.uptake.keeps_up(9)
    reader.moves(1_000_000, 0)
    assert not reader.uptake.keeps_up(9)


def test_D10_the_rate_counts_over_the_whole_answer_also_where_it_was_sent_in_turns() -> None:
    """250 B/s by a new item every ten seconds is a trickle, however new each item is."""
    reader = Reader()
    looks = 0
    while looks < 100 and reader.uptake.keeps_up(10):
        reader.moves(2500, 2500)
        looks += 1
    assert looks == 4  # 50 seconds have passed: 30 are free, and 10,000 octets have bought 20


def test_D10_a_feeds_client_is_looked_at_again_after_a_part_of_the_grace() -> None:
    reader = Reader()
    assert reader.uptake.next_glance() == math.inf  # it has everything
    reader.moves(1000, 0)
    assert reader.uptake.glance(100)
    assert reader.uptake.next_glance() == 107.5
    reader.moves(0, 1000)
    assert reader.uptake.glance(107.5)
    assert reader.uptake.next_glance() == math.inf


def test_D10_answers_before_this_one_do_not_count() -> None:
    reader = Reader(sent_before=10_000_000)
    assert not reader.uptake.keeps_up(31)


def test_D10_progress_that_shows_in_large_steps_is_waited_for() -> None:
    """A step of 131 kB takes 262 s at 500 B/s: silence may last as long, and no longer."""
    reader = Reader(step=131_000)
    reader.moves(4_000_000, 0)
    assert reader.uptake.keeps_up(250)
    reader.moves(0, 131_000)
    assert reader.uptake.keeps_up(11)
    assert reader.uptake.keeps_up(250)
    assert not reader.uptake.keeps_up(13)


def test_D10_the_step_is_asked_for_once_and_also_where_there_is_none() -> None:
    asked: list[int] = []

    class Counting(FakeStream):
        def step(self) -> int:
            asked.append(1)
            return 0

    uptake = Uptake(Outbox(), Counting(), grace=30, rate=500)
    assert asked == []  # most answers are never waited for
    assert uptake.keeps_up(1)
    assert uptake.keeps_up(1)
    assert len(asked) == 1


def test_D10_what_was_taken_is_not_counted_twice_where_the_queue_seems_to_grow() -> None:
    reader = Reader()
    reader.moves(1_000_000, 1_000_000)
    assert reader.uptake.keeps_up(1)
    reader.stream.left = 500_000
    assert reader.uptake.keeps_up(20)
    reader.stream.left = 0
    assert not reader.uptake.keeps_up(11)


def test_D10_octets_sent_since_the_last_look_may_be_on_their_way() -> None:
    """Who has taken exactly what was there at the last look does not wait yet, though newer octets are untaken."""
    reader = Reader()
    reader.moves(1000, 1000)
    assert reader.uptake.glance(100)
    reader.moves(10, 0)
    assert reader.uptake.glance(110)
    assert reader.uptake.glance(120)  # from here on they are old
    assert reader.uptake.glance(149)
    assert not reader.uptake.glance(160)

"""The schedule of looks."""

from pyhttp.transport.deadlines import Deadlines


def test_serials_are_never_given_twice() -> None:
    deadlines = Deadlines(2)
    assert len({deadlines.new_serial() for _ in range(100)}) == 100


def test_nothing_is_scheduled_at_first() -> None:
    deadlines = Deadlines(2)
    assert deadlines.next_look() is None
    assert list(deadlines.due(1e9)) == []


def test_a_look_comes_at_the_deadline_and_once() -> None:
    deadlines = Deadlines(2)
    deadlines.look(7, deadline=11.0, now=10.0)
    assert deadlines.next_look() == 11.0
    assert list(deadlines.due(10.9)) == []
    assert list(deadlines.due(11.0)) == [7]
    assert list(deadlines.due(11.0)) == []


def test_a_look_comes_no_later_than_the_horizon_so_that_a_nearer_deadline_is_met() -> None:
    deadlines = Deadlines(2)
    deadlines.look(7, deadline=30.0, now=10.0)
    assert deadlines.next_look() == 12.0


def test_looks_come_in_the_order_of_their_time() -> None:
    deadlines = Deadlines(100)
    for serial in (3, 1, 2):
        deadlines.look(serial, deadline=float(serial), now=0.0)
    assert list(deadlines.due(2.5)) == [1, 2]
    assert deadlines.next_look() == 3.0

"""The schedule of looks at connections."""

from pyhttp.transport.deadlines import NEVER, Deadlines


def test_serials_are_never_given_twice() -> None:
    deadlines = Deadlines(2)
    assert len({deadlines.new_serial() for _ in range(100)}) == 100


def test_nothing_is_scheduled_at_first() -> None:
    deadlines = Deadlines(2)
    assert deadlines.next_look == NEVER
    assert list(deadlines.due(1e9)) == []


def test_a_look_comes_at_the_deadline_and_once() -> None:
    deadlines = Deadlines(2)
    deadlines.look(7, deadline=11.0, now=10.0)
    assert deadlines.next_look == 11.0
    assert list(deadlines.due(10.9)) == []
    assert list(deadlines.due(11.0)) == [(7, True)]
    assert list(deadlines.due(11.0)) == []


def test_a_look_comes_no_later_than_the_horizon_so_that_a_nearer_deadline_is_met() -> None:
    deadlines = Deadlines(2)
    deadlines.look(7, deadline=30.0, now=10.0)
    assert deadlines.next_look == 12.0


def test_a_deadline_nearer_than_the_horizon_gets_a_look_of_its_own_that_is_not_repeated() -> None:
    deadlines = Deadlines(2)
    deadlines.look(7, deadline=30.0, now=10.0)
    deadlines.look_once(10.5, serial=7)
    assert deadlines.next_look == 10.5
    assert list(deadlines.due(10.5)) == [(7, False)]
    assert list(deadlines.due(12.0)) == [(7, True)]


def test_a_look_once_is_not_drawn_to_the_horizon() -> None:
    deadlines = Deadlines(2)
    deadlines.look_once(30.0, serial=7)
    assert deadlines.next_look == 30.0


def test_looks_come_in_the_order_of_their_time() -> None:
    deadlines = Deadlines(100)
    for serial in (3, 1, 2):
        deadlines.look(serial, deadline=float(serial), now=0.0)
    deadlines.look_once(1.5, serial=4)
    assert list(deadlines.due(2.5)) == [(1, True), (4, False), (2, True)]
    assert deadlines.next_look == 3.0


def test_what_is_scheduled_while_looking_and_due_is_looked_at_too() -> None:
    deadlines = Deadlines(2)
    deadlines.look_once(1.0, serial=1)
    seen: list[int] = []
    for serial, _ in deadlines.due(5.0):
        seen.append(serial)
        if serial == 1:
            deadlines.look_once(3.0, serial=2)
    assert seen == [1, 2]

"""D9, D10: silence and rate."""

import pytest

from pyhttp.transport.pace import Pace


def test_D9_silence_is_allowed_for_the_grace() -> None:
    assert Pace(20, 500).allowance() == 20


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

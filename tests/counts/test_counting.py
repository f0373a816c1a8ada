"""The guard itself: the counts that it calls wrong, and the request that it chooses among many."""

import pytest

from tests.counts.bounds import BOUNDS, verdict
from tests.counts.driving import typical
from tests.counts.workloads import WORKLOADS


def test_every_workload_has_bounds() -> None:
    assert list(BOUNDS) == list(WORKLOADS)


@pytest.mark.parametrize("counted", [97, 98, 100])
def test_a_count_at_its_bound_or_hardly_below_is_right(counted: int) -> None:
    assert not verdict("calls", counted, 100)


def test_one_call_more_is_wrong() -> None:
    assert verdict("calls", 101, 100) == "calls: 101, and at most 100 are allowed"
    assert not verdict("calls", 101, 100, chance=1)


def test_a_gain_is_to_be_written_down() -> None:
    assert "write 96 for 100 into tests/counts/bounds.py" in verdict("calls", 96, 100)
    assert not verdict("calls", 96, 100, chance=1)


def test_rare_requests_do_not_count() -> None:
    usual = {"1": {"read": 1, "write": 1}}
    dearer = {"1": {"read": 1, "write": 1, "localtime": 1}}
    cheaper = {"1": {"read": 1}}
    assert typical([usual] * 14 + [dearer, cheaper]) == usual["1"]


def test_the_cheaper_of_two_frequent_kinds_counts() -> None:
    usual = {"1": {"read": 1}}
    dearer = {"1": {"read": 1, "localtime": 1}}
    assert typical([usual] * 2 + [dearer] * 14) == usual["1"]


def test_where_hardly_two_requests_are_alike_the_most_frequent_counts() -> None:
    others = [{"1": {"read": number}} for number in range(20)]
    assert typical([*others, {"1": {"read": 7}}]) == {"read": 7}


def test_threads_that_share_the_work_count_together_and_a_standby_does_not() -> None:
    request = {"1": {"read": 5}, "2": {"read": 4, "write": 1}, "3": {"futex": 2}}
    assert typical([request] * 8) == {"read": 9, "write": 1}

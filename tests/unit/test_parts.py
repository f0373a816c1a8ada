"""The tests themselves: the parts that run side by side are together all tests."""

import pytest

from tests.helpers.parts import part_of


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("tests", [0, 1, 6, 7])
def test_each_is_in_one_part(tests: int, count: int) -> None:
    parts = [part_of(range(tests), f"{number}/{count}") for number in range(1, count + 1)]
    assert sorted(test for part in parts for test in part) == list(range(tests))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("part", ["0/2", "3/2", "", "1", "1/0"])
def test_what_is_no_part_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match=r"part|int"):
        part_of([], part)

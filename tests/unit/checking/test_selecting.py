"""The meaning of a clause, a section, a group, or a name as a pattern."""

import pytest

from pyhttp.checking.laws import LAWS
from pyhttp.checking.running import named_rows
from pyhttp.checking.selecting import select


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("9112-6.3-2.5.1b", "framing: two lengths"),
        ("9112-6.3", "framing: two lengths"),
        ("9112-6", "framing: two lengths"),
        ("9112", "framing: two lengths"),
        ("9112-6.*", "framing: two lengths"),
        ("framing", "framing: two lengths"),
        ("framing: two *", "framing: two lengths"),
        ("*two length*", "framing: two lengths"),
        ("F2", "framing: two lengths"),
    ],
)
def test_what_means_a_row(pattern: str, name: str) -> None:
    rows, _ = select([pattern])
    assert name in [each for each, _ in rows]
    assert len(rows) < len(named_rows())


def test_a_section_is_no_beginning_of_another() -> None:
    assert not [row for _, row in select(["9110-5.5"])[0] if not any(c.startswith("9110-5.5-") for c in row.cites)]
    with pytest.raises(ValueError, match=r"9112-6\.33: no clause"):
        select(["framing", "9112-6.33"])


def test_laws_are_meant_as_rows_are() -> None:
    assert [law.name for law in select(["law: the end is*"])[1]] == ["the end is announced"]
    assert select(["law"]) == ((), LAWS)


def test_without_patterns_all_are_meant() -> None:
    assert select([]) == (named_rows(), LAWS)


def test_each_row_has_a_name_of_its_own() -> None:
    assert len(dict(named_rows())) == len(named_rows())

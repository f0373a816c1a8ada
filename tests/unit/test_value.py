"""Values that are equal if their fields are."""

import pickle
from dataclasses import dataclass, replace

import pytest

from pyhttp import Limits, Site, Timeouts
from pyhttp.value import Value


@dataclass(frozen=True, slots=True, eq=False)
class Pair(Value):
    left: int
    right: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Twin(Value):
    left: int
    right: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Triple(Pair):
    further: int = 0


def test_values_are_equal_if_all_fields_are() -> None:
    assert Pair(1, "a") == Pair(1, "a")
    assert Pair(1, "a") != Pair(1, "b")
    assert Pair(1, "a") != Pair(2, "a")
    assert Triple(1, "a", 2) == Triple(1, "a", 2)
    assert Triple(1, "a", 2) != Triple(1, "a", 3)


def test_a_value_of_another_class_is_another() -> None:
    assert Pair(1) != Twin(1)
    assert Pair(1) != Triple(1)
    assert Triple(1) != Pair(1)
    assert Pair(1) != (1, None)
    assert Pair(1).__eq__((1, None)) is NotImplemented


def test_equal_values_have_one_hash() -> None:
    assert {Pair(1, "a"), Pair(1, "a"), Pair(1, "b")} == {Pair(1, "b"), Pair(1, "a")}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair(1, []))


@pytest.mark.parametrize(
    ("value", "other"),
    [(Limits(), Limits(log_line=99)), (Timeouts(), Timeouts(head=1)), (Site(), Site(listing=False))],
    ids=["Limits", "Timeouts", "Site"],
)
def test_what_a_server_is_told_is_such_a_value(value: Value, other: Value) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert copy is not value
    assert copy == value
    assert hash(copy) == hash(value)
    assert other != value


def test_a_value_that_is_replaced_is_equal_where_nothing_has_changed() -> None:
    assert replace(Site(listing=False), listing=True) == Site()
    assert not hasattr(Limits(), "__dict__")

"""The view of a listing that its query asks for."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.resources.order import Column, Order
from pyhttp.resources.view import View, view_of

BY_DATE = Order(Column.DATE, descending=True)


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", View()),
        ("page=3&format=html", View()),
        ("sort=date&order=desc", View(BY_DATE)),
        ("view=grid", View(grid=True)),
        ("view=list", View()),
        ("view=Grid", View()),
        ("q=", View()),
        ("q=a", View(wanted="a")),
        ("q=a+b%2Bc%26", View(wanted="a b+c&")),
        ("q=%C3%BC", View(wanted="ü")),
        ("q=%ff", View(wanted=os.fsdecode(b"\xff"))),
        ("q=100%", View(wanted="100%")),
        ("q=%2", View(wanted="%2")),
        ("q=ü", View(wanted="?")),
        ("q=a&sort=date&view=grid&order=desc&q=b", View(BY_DATE, grid=True, wanted="b")),
    ],
)
def test_a_query_asks_for_a_view(query: str, view: View) -> None:
    assert view_of(query) == view


def test_what_is_carried_to_another_folder_is_what_was_chosen_of_all_folders() -> None:
    assert View().carried == View(wanted="a").carried == ""
    assert View(BY_DATE).carried == "?sort=date&order=desc"
    assert View(grid=True).carried == "?view=grid"
    assert View(BY_DATE, grid=True, wanted="a").carried == "?sort=date&order=desc&view=grid"


def test_each_page_of_each_view_has_one_reference() -> None:
    assert View().reference() == "./"
    assert View().reference(2) == "?page=2"
    whole = View(BY_DATE, grid=True, wanted="a b&<").reference(3)
    assert whole == "?sort=date&order=desc&view=grid&q=a%20b%26%3C&page=3"


@given(
    st.builds(
        View,
        st.builds(Order, st.sampled_from(Column), st.booleans()),
        st.booleans(),
        st.binary().map(os.fsdecode),
    )
)
def test_a_reference_asks_for_its_view(view: View) -> None:
    reference = view.reference()
    assert reference.isascii()
    assert view_of(reference[1:] if reference[0] == "?" else "") == view
    assert view_of(view.carried[1:]) == view._replace(wanted="")

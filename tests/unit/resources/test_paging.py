"""The part of a long listing on one page. W5."""

import pytest

from pyhttp.errors import NotFound
from pyhttp.resources.order import Column, Order
from pyhttp.resources.paging import Paging, page_number
from pyhttp.resources.view import View

BY_SIZE = View(Order(Column.SIZE, descending=True))


def test_a_page_and_its_neighbours() -> None:
    first, second, third = (Paging(View(), number, 10, 21) for number in (1, 2, 3))
    assert [(page.first, page.last, page.count) for page in (first, second, third)] == [
        (1, 10, 3),
        (11, 20, 3),
        (21, 21, 3),
    ]
    assert [(page.previous, page.next) for page in (first, second, third)] == [
        ("", "?page=2"),
        ("./", "?page=3"),
        ("?page=2", ""),
    ]
    assert second.link == '<./>; rel="prev", <?page=3>; rel="next"'
    sorted_by_size = Paging(BY_SIZE, 2, 10, 20)
    assert (sorted_by_size.previous, sorted_by_size.next) == ("?sort=size&order=desc", "")
    assert sorted_by_size.link == '<?sort=size&order=desc>; rel="prev", <./>; rel="canonical"'
    filtered = Paging(View(wanted="a b"), 1, 10, 11)
    assert filtered.link == '<?q=a%20b&page=2>; rel="next", <./>; rel="canonical"'


@pytest.mark.parametrize(("total", "count"), [(0, 0), (1, 1), (10, 1), (11, 2)])
def test_a_listing_has_its_pages_and_no_others(total: int, count: int) -> None:
    page = Paging(View(), 1, 10, total)
    assert page.count == count
    assert page.link == ('<?page=2>; rel="next"' if count == 2 else "")
    with pytest.raises(NotFound):
        Paging(View(), max(count, 1) + 1, 10, total)


def test_the_number_of_a_page() -> None:
    assert page_number("") == page_number("sort=size&pages=3") == 1
    assert page_number("page=2&sort=size") == page_number("page=1&page=2") == 2
    for wrong in ("0", "", "x", "02", "-1", "2 ", "%32", "1e9", "9" * 19):
        with pytest.raises(NotFound):
            page_number(f"page={wrong}")

"""Arguments of a wrong type."""

import pytest

from pyhttp import BaseHttpRequestHandler, PooledServer, function_handler
from pyhttp.arguments import check_callable, check_type, name_of, optional, takes
from tests.helpers.sockets import pair
from tests.helpers.untyped import untyped


def test_what_is_right_passes() -> None:
    check_type("a", 5, int)
    check_type("a", True, int, bool)
    check_callable("a", print)
    check_callable("a", None, or_none=True)
    assert optional("a", None, int) is None
    assert optional("a", 5, int) == 5


def test_what_is_wrong_is_named_with_what_to_write() -> None:
    with pytest.raises(TypeError, match=r"^a: int or str, not bytes: write this$"):
        check_type("a", b"", int, str, hint="write this")
    with pytest.raises(TypeError, match=r"^a: int, not bool$"):
        optional("a", True, int)
    with pytest.raises(TypeError, match=r"^a: a callable, not NoneType$"):
        check_callable("a", None)


def test_what_else_takes_arguments() -> None:
    with pytest.raises(TypeError, match="workers: int, not str"):
        untyped(PooledServer)("127.0.0.1", 0, workers="4")
    with pytest.raises(TypeError, match="handler: a callable, not str"):
        untyped(function_handler)("text")
    with pair() as (ours, _), pytest.raises(TypeError, match="site: Site, not dict"):
        untyped(BaseHttpRequestHandler)(ours, ("192.0.2.1", 1), None, site={"listing": False})


@pytest.mark.parametrize(
    ("function", "counts"),
    [
        (lambda: None, {0}),
        (lambda a, b=1: None, {1, 2}),
        (lambda *a: None, {0, 1, 2, 3}),
        (lambda a, *, b: None, set()),
        (dict, {0, 1, 2, 3}),
        (print, {0, 1, 2, 3}),
        (7, set()),
    ],
)
def test_how_many_arguments_a_function_takes(function: object, counts: set[int]) -> None:
    """A function that does not tell its arguments, such as `dict`, may take any number of them."""
    assert {count for count in range(4) if takes(function, count)} == counts


def test_what_a_function_is_called() -> None:
    assert name_of(test_what_a_function_is_called) == "test_what_a_function_is_called"
    assert name_of(dict.fromkeys) == "dict.fromkeys"
    assert name_of(7) == "7"

"""Arguments of a wrong type."""

import pytest

from pyhttp import BaseHttpRequestHandler, PooledServer, function_handler
from pyhttp.arguments import check_callable, check_type, optional
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
    with pytest.raises(TypeError, match=r"^a: something to be called, not NoneType$"):
        check_callable("a", None)


def test_what_else_takes_arguments() -> None:
    with pytest.raises(TypeError, match="workers: int, not str"):
        untyped(PooledServer)("127.0.0.1", 0, workers="4")
    with pytest.raises(TypeError, match="handler: something to be called, not str"):
        untyped(function_handler)("text")
    with pair() as (ours, _), pytest.raises(TypeError, match="site: Site, not dict"):
        untyped(BaseHttpRequestHandler)(ours, ("192.0.2.1", 1), None, site={"listing": False})

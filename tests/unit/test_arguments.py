"""Arguments of a wrong type."""

import pytest

from pyhttp import BaseHttpRequestHandler, PooledServer, function_handler
from pyhttp.arguments import check_callable, check_type, field_lines, name_of, optional, pairs, takes, texts
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
    with pytest.raises(TypeError, match=r"^a: a callable, not int$"):
        check_callable("a", 5, or_none=True)


@pytest.mark.parametrize("given", [["a", "b"], ("a", "b")])
def test_several_texts(given: list[str] | tuple[str, ...]) -> None:
    assert texts("a", given) == ("a", "b")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("abc", "a tuple or a list of texts, not str: write ('abc',)"),
        (b"abc", "a tuple or a list of texts, not bytes: write ('a', 'b')"),
        (bytearray(b"a"), "a tuple or a list of texts, not bytearray: write ('a', 'b')"),
        ({"a": "b"}, "a tuple or a list of texts, not dict: write ('a', 'b')"),
        ({"a"}, "a tuple or a list of texts, not set: write ('a', 'b')"),
        (["a", b"b"], "str, not bytes"),
    ],
)
def test_what_is_not_several_texts(value: object, said: str) -> None:
    with pytest.raises(TypeError) as raised:
        untyped(texts)("a", value)
    assert str(raised.value) == f"a: {said}"


def test_pairs_of_texts() -> None:
    assert pairs("a", [("a", "b")]) == untyped(pairs)("a", (["a", "b"],)) == (("a", "b"),)
    assert field_lines("a", {"a": "b"}) == field_lines("a", iter([("a", "b")])) == (("a", "b"),)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ab", "a tuple or a list of pairs, not str: write (('a', 'b'),)"),
        ({"c": "d"}, "a tuple or a list of pairs, not dict: write (('c', 'd'),)"),
        ({"c"}, "a tuple or a list of pairs, not set: write (('a', 'b'),)"),
        (["ab"], "each is a pair, such as ('a', 'b'), not 'ab'"),
        ([b"ab"], "each is a pair, such as ('a', 'b'), not b'ab'"),
        ([{1, 2}], "each is a pair, such as ('a', 'b'), not {1, 2}"),
        ([("a",)], "each is a pair, such as ('a', 'b'), not ('a',)"),
        ([("a", "b", "c")], "each is a pair, such as ('a', 'b'), not ('a', 'b', 'c')"),
        ([("a", b"b")], "str, not bytes"),
        ([(5, "b")], "str, not int"),
    ],
)
def test_what_is_not_pairs_of_texts(value: object, said: str) -> None:
    with pytest.raises(TypeError) as raised:
        untyped(pairs)("a", value)
    assert str(raised.value) == f"a: {said}"


@pytest.mark.parametrize("value", ["ab", b"ab", bytearray(b"ab"), 5, None])
def test_what_is_no_field_lines(value: object) -> None:
    with pytest.raises(TypeError) as raised:
        untyped(field_lines)("a", value)
    assert str(raised.value) == f"a: a mapping, or (name, value) pairs, not {type(value).__name__}"


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

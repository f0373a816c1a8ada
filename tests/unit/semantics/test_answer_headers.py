"""Headers of answers as programs give them: what is kept for the next answer, and what is not."""

from collections import UserDict
from collections.abc import Iterator

import pytest

from pyhttp.messages import Response
from pyhttp.semantics import answer_headers
from pyhttp.semantics.answer_headers import headers_of, typed_headers
from pyhttp.semantics.fields import Headers
from tests.helpers.untyped import untyped

TYPE = {"Content-Type": "text/plain"}


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    answer_headers._KEPT.clear()
    yield
    answer_headers._KEPT.clear()


def test_the_same_fields_are_the_same_value() -> None:
    first = headers_of(dict(TYPE))
    assert first.lines == (("Content-Type", "text/plain"),)
    assert headers_of(dict(TYPE)) is first
    assert headers_of({"Content-Type": "text/html"}).lines == (("Content-Type", "text/html"),)
    assert headers_of({"content-type": "text/plain"}).lines == (("content-type", "text/plain"),)


def test_the_order_counts() -> None:
    assert headers_of({"A": "1", "B": "2"}).lines == (("A", "1"), ("B", "2"))
    assert headers_of({"B": "2", "A": "1"}).lines == (("B", "2"), ("A", "1"))


@pytest.mark.parametrize("fields", [[("A", "b")], (("A", "b"),), UserDict(A="b"), iter([("A", "b")])])
def test_other_forms_are_headers_as_well(fields: list[tuple[str, str]]) -> None:
    assert headers_of(fields).lines == (("A", "b"),)
    assert answer_headers._KEPT == {}


def test_headers_are_themselves() -> None:
    headers = Headers(TYPE)
    assert headers_of(headers) is headers


def test_a_cookie_belongs_to_one_client() -> None:
    for name in ("Set-Cookie", "set-cookie"):
        assert headers_of({name: "a=b"}).get_all("Set-Cookie") == ("a=b",)
    assert answer_headers._KEPT == {}


def test_a_long_section_is_not_kept() -> None:
    for octets, kept in ((512, 1), (513, 1)):
        headers_of({"A": "b" * (octets - len("A: \r\n"))})
        assert len(answer_headers._KEPT) == kept


def test_few_are_kept() -> None:
    for number in range(64):
        headers_of({"A": str(number)})
        assert len(answer_headers._KEPT) == number + 1
    headers_of({"A": "63"})
    assert len(answer_headers._KEPT) == 64
    assert headers_of({"A": "64"}).lines == (("A", "64"),)
    assert len(answer_headers._KEPT) == 1


@pytest.mark.parametrize("value", [1, ["text/plain"], b"text/plain", None])
def test_what_is_no_text_is_refused_each_time(value: object) -> None:
    headers_of({"A": "1"})
    for _ in range(2):
        with pytest.raises(TypeError, match=r"^headers: the value of A is a str, not "):
            untyped(headers_of)({"A": value})
        with pytest.raises(ValueError, match=r"^headers: the value of A is not a field value"):
            headers_of({"A": "b\n"})


def test_a_type_is_added_where_there_is_none() -> None:
    assert typed_headers("text/plain", ()) is typed_headers("text/plain", {})
    assert typed_headers("text/plain", {"A": "b"}).lines == (("Content-Type", "text/plain"), ("A", "b"))
    assert typed_headers("text/plain", [("content-type", "text/csv")]).lines == (("content-type", "text/csv"),)


def test_answers_have_them() -> None:
    assert Response(200, dict(TYPE)).headers is Response(404, dict(TYPE)).headers
    assert Response.text("a").headers is Response.text("b").headers

"""PEP 3333: status and header section are checked when `start_response` is called."""

import pytest

from pyhttp.wsgi.starting import started
from tests.helpers.untyped import untyped


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("200 OK", (200, "")),
        ("200", (200, "")),
        ("200 ", (200, "")),
        ("404 NOT FOUND", (404, "NOT FOUND")),
        ("299 As I like it", (299, "As I like it")),
        ("599 ", (599, "")),
    ],
)
def test_the_status_has_a_code_and_a_reason(status: str, expected: tuple[int, str]) -> None:
    start = started(status, [])
    assert (start.status, start.reason) == expected


@pytest.mark.parametrize(
    "status", ["", "OK", "20 OK", "2000", "200OK", "100 Continue", "600 No", "200 a\r\nb", "\uff1200 OK"]
)
def test_no_status(status: str) -> None:
    with pytest.raises(ValueError, match="start_response: the status"):
        started(status, [])


@pytest.mark.parametrize("status", [b"200 OK", 200, None])
def test_the_status_is_text(status: object) -> None:
    with pytest.raises(TypeError, match="the status is a str"):
        untyped(started)(status, [])


@pytest.mark.parametrize("fields", [[("A", b"b")], [(b"A", "b")], [("A", 1)], 5, "ab"])
def test_fields_are_text(fields: object) -> None:
    with pytest.raises(TypeError, match="headers:"):
        untyped(started)("200 OK", fields)


@pytest.mark.parametrize(
    "name",
    ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Trailers",
     "Transfer-Encoding", "Upgrade"],
)  # fmt: skip
def test_what_is_about_the_connection_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name.lower()} is about the connection"):
        started("200 OK", [(name, "x")])


@pytest.mark.parametrize(
    "field", [("A b", "c"), ("A", "b\r\nC: d"), ("A", "b\n"), ("A", "\u20ac"), ("A:", "b"), ("", "b")]
)
def test_a_field_that_cannot_be_sent_is_refused(field: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="headers:"):
        started("200 OK", [field])


def test_values_are_latin_1_and_white_space_around_them_is_no_part_of_them() -> None:
    assert started("200 OK", [("A", " \xe9\t"), ("A", "b")]).headers.lines == (("A", "\xe9"), ("A", "b"))


def test_the_stated_length() -> None:
    assert started("200 OK", [("Content-Length", "12")]).length == 12
    assert started("200 OK", []).length is None


@pytest.mark.parametrize("value", ["", "-1", "1.5", "abc", "\uff11"])
def test_a_length_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match=r"Content-Length|field value"):
        started("200 OK", [("content-length", value)])


def test_two_lengths_are_none() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        started("200 OK", [("Content-Length", "1"), ("Content-Length", "1")])


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_the_length_of_no_content_is_dropped(status: str) -> None:
    start = started(status, [("Content-Length", "0"), ("ETag", '"a"')])
    assert start.length is None
    assert start.headers.lines == (("ETag", '"a"'),)


def test_fields_that_were_changed_are_others() -> None:
    fields = [("A", "b")]
    assert started("200 OK", fields).headers.lines == (("A", "b"),)
    fields.append(("C", "d"))
    assert started("200 OK", fields).headers.lines == (("A", "b"), ("C", "d"))
    assert started("201 Created", fields).status == 201


def test_a_pair_may_be_a_list() -> None:
    assert untyped(started)("200 OK", [["A", "b"]]) == started("200 OK", [("A", "b")])

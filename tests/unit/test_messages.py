"""Messages as values: wrong ones cannot be built, and content is released."""

import os
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from types import MappingProxyType

import pytest

from pyhttp.messages import FileSlice, OpenFile, RequestHead, Response, Source, close_body
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.set_cookie import Cookie
from tests.helpers.untyped import untyped


class File:
    """An open file that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def fileno(self) -> int:
        return 7

    def close(self) -> None:
        self.closed += 1


class Outside:
    """A source that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def watched(self) -> tuple[int, ...]:
        return (7,)

    def due(self) -> float:
        return 1.0

    def read(self) -> bytes | None:
        return None

    def close(self) -> None:
        self.closed += 1


def test_a_request_head_is_a_value() -> None:
    head = RequestHead("GET", "/a?b", "/a", "b", "c", "HTTP/1.1", Headers({"Host": "c"}))
    assert head == RequestHead("GET", "/a?b", "/a", "b", "c", "HTTP/1.1", Headers({"host": "c"}))
    assert head._replace(method="HEAD").method == "HEAD"
    assert hash(head) == hash(head._replace())
    for name in RequestHead._fields:
        with pytest.raises(AttributeError):
            setattr(head, name, "POST")


@pytest.mark.parametrize(
    ("name", "announces"), [("content-LENGTH", True), ("Transfer-Encoding", True), ("Content-Type", False)]
)
def test_what_announces_content(name: str, announces: bool) -> None:
    """RFC 9112 §6: a field announces content, whether or not its number is above 0."""
    head = RequestHead("POST", "/", "/", "", "c", "HTTP/1.1", Headers({"Host": "c", name: "0"}))
    assert head.announces_content is announces


def test_a_response_without_anything() -> None:
    response = Response(200)
    assert (response.status, response.headers, response.body, response.length) == (200, Headers(), b"", 0)


def test_a_response_is_frozen_and_checked() -> None:
    response = Response(200, {"A": "b"}, b"abc")
    assert response.length == 3
    assert response == Response(200, [("a", "b")], b"abc")
    for field in fields(Response):
        with pytest.raises(FrozenInstanceError):
            setattr(response, field.name, None)


def test_headers_that_are_checked_are_kept() -> None:
    headers = Headers({"A": "b"})
    assert Response(200, headers).headers is headers


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 600, -1])
def test_a_final_status(status: int) -> None:
    with pytest.raises(ValueError, match="200 to 599"):
        Response(status)
    assert Response(200).status == 200
    assert Response(599).status == 599


@pytest.mark.clause("9112-2.2-4a", "9112-5.2-3a")
@pytest.mark.parametrize(
    "headers", [{"A": "b\r\nC: d"}, {"A b": "c"}, {"": "a"}, {"A": "\x00"}, {"A": " b"}, {"A\n": "b"}]
)
def test_S11_a_bad_field_cannot_be_built(headers: dict[str, str]) -> None:
    """S11: a bad field fails where it is made, not on the wire."""
    with pytest.raises(ValueError, match="headers"):
        Response(200, headers)


@pytest.mark.clause("9112-6.1-10a", "9110-7.6.1-4a")
@pytest.mark.parametrize(
    "name", ["Transfer-Encoding", "connection", "CONNECTION", "Keep-Alive", "proxy-connection", "TE"]
)
def test_F16_the_fields_of_the_connection_belong_to_the_gate(name: str) -> None:
    """F16: there is one framing, which is chosen in one place."""
    with pytest.raises(ValueError, match="is about the connection"):
        Response(200, {name: "close"})


@pytest.mark.clause("9110-15.3.6-3a")
@pytest.mark.parametrize("status", [204, 205, 304])
def test_F16_a_status_without_content(status: int) -> None:
    """F16: content of such a response fails where the response is made."""
    assert Response(status).body == b""
    for body in (b"a", [b"a"], [], FileSlice(File(), 0, 0), (), (b"",), Outside()):
        with pytest.raises(ValueError, match="has no content"):
            Response(status, body=body)


@pytest.mark.clause("9110-8.6-12a", "9110-8.6-13a")
@pytest.mark.parametrize("value", ["4", "2", "-3", "3, 3", "", "x", "\xb3", "+3", "3 3"])
def test_F16_a_content_length_that_is_not_true(value: str) -> None:
    """F16: Content-Length is the number of octets."""
    for body in (b"abc", FileSlice(File(), 5, 3), (b"a", FileSlice(File(), 5, 2)), (b"abc",)):
        with pytest.raises(ValueError, match="Content-Length"):
            Response(200, {"Content-Length": value}, body)
    with pytest.raises(ValueError, match="more than one line"):
        Response(200, [("Content-Length", "3"), ("content-length", "3")], b"abc")


def test_a_content_length_that_is_true() -> None:
    assert Response(200, {"Content-Length": "3"}, b"abc").length == 3
    assert Response(200, {"Content-Length": "03"}, b"abc").length == 3
    assert Response(200, {"Content-Length": "3"}, FileSlice(File(), 5, 3)).length == 3
    assert Response(200, {"Content-Length": "3"}, iter([b"abc"])).length == 3
    assert Response(200, {"Content-Length": "3"}, (b"a", FileSlice(File(), 5, 2))).length == 3
    assert Response(200, {"Content-Length": "0"}, ()).length == 0
    assert Response(200, {"Content-Length": "3"}, Outside()).length == 3


@pytest.mark.clause("9110-8.6-7a", "9110-8.6-8a")
def test_a_content_length_without_content() -> None:
    """A 304 may state the length of the representation that it does not send. A 204 has no Content-Length."""
    assert Response(304, {"Content-Length": "5"}).headers["Content-Length"] == "5"
    for value in ("0", "5"):
        with pytest.raises(ValueError, match="204"):
            Response(204, {"Content-Length": value})
    with pytest.raises(ValueError, match="Content-Length"):
        Response(205, {"Content-Length": "5"})
    assert Response(205, {"Content-Length": "0"}).length == 0


def test_the_length_of_each_kind_of_content() -> None:
    assert Response(200, body=b"abc").length == 3
    assert Response(200, body=FileSlice(File(), 1, 2)).length == 2
    assert Response(200, body=[b"abc"]).length is None
    assert Response(200, body=(b"abc", FileSlice(File(), 1, 2), b"", FileSlice(File(), 0, 4))).length == 9
    assert Response(200, body=()).length == 0
    assert Response(200, body=Outside()).length is None


@pytest.mark.parametrize(("offset", "length"), [(-1, 0), (0, -1), (-1, -1)])
def test_a_slice_is_somewhere(offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        FileSlice(File(), offset, length)
    assert FileSlice(File(), 0, 0).length == 0


def test_what_a_response_holds_is_released() -> None:
    file = File()
    response = Response(200, body=FileSlice(file, 0, 3))
    response.close()
    response.close()
    assert file.closed == 2
    assert isinstance(file, OpenFile)
    Response(200, body=b"abc").close()
    Response(200, body=[b"abc"]).close()


def test_each_part_that_a_response_holds_is_released() -> None:
    first, second = File(), File()
    response = Response(200, body=(b"a", FileSlice(first, 0, 3), b"b", FileSlice(second, 0, 3)))
    response.close()
    assert (first.closed, second.closed) == (1, 1)
    Response(200, body=(b"a",)).close()
    Response(200, body=()).close()


def test_what_comes_from_outside_is_a_source_and_is_closed() -> None:
    source = Outside()
    assert isinstance(source, Source)
    Response(200, body=source).close()
    assert source.closed == 1


def test_nothing_else_is_a_source(tmp_path: Path) -> None:
    """An iterator is not a source either: it may be a file, and is read by turns."""
    with (tmp_path / "a").open("wb") as file:
        for body in (b"", (), [b"a"], iter([b"a"]), (item for item in [b"a"]), FileSlice(File(), 0, 1), file):
            assert not isinstance(body, Source)


def test_an_iterator_is_closed() -> None:
    ended: list[bool] = []

    def items() -> Iterator[bytes]:
        try:
            yield b"a"
        finally:
            ended.append(True)

    body = items()
    next(body)
    close_body(body)
    assert ended == [True]


def test_an_open_file_is_one(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        assert isinstance(file, OpenFile)
        assert os.fstat(FileSlice(file, 0, 0).file.fileno()).st_size == 0


def test_S11_a_reason_is_checked() -> None:
    assert Response(404, reason="Not here").reason == "Not here"
    for bad in ("a\r\nb", "\x00", " a"):
        with pytest.raises(ValueError, match="reason"):
            Response(404, reason=bad)


def test_a_location_is_a_uri_reference() -> None:
    """RFC 9110 §10.2.2: characters that no reference may have are escaped.

    Other fields, and correct references, stay as they are.
    """
    given = (("X-Location", 'a "b"'), ("location", '/sub/?a="b c"&d=\xfc'))
    response = Response(301, given)
    assert response.headers.lines == (given[0], ("location", "/sub/?a=%22b%20c%22&d=%FC"))
    assert response.headers["Location"] == "/sub/?a=%22b%20c%22&d=%FC"
    for reference in ("", "sub/", "//host/x?y#z"):
        assert Response(301, {"Location": reference}).headers["Location"] == reference


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("text", r"bytes, not str: write text\.encode\(\)"),
        (bytearray(b"a"), r"bytes, not bytearray: write bytes\(body\)"),
        (memoryview(b"a"), r"bytes, not memoryview: write bytes\(body\)"),
        ({"a": 1}, r"bytes, not dict: write json\.dumps\(body\)\.encode\(\)"),
        (MappingProxyType({}), r"bytes, not mappingproxy: write json\.dumps\(body\)\.encode\(\)"),
        (None, 'bytes, not NoneType: write b"", or leave it out'),
        (5, "bytes, or an iterable of bytes, not int"),
        ((b"a", "b"), "a part of a tuple is bytes or a FileSlice, not str"),
        ([b"a", None], "an iterable yields bytes, not NoneType"),
        (["a"], r"an iterable yields bytes, not str: write item\.encode\(\)"),
    ],
)
def test_what_is_no_content_is_refused_when_the_response_is_built(body: object, message: str) -> None:
    for status in (200, 204):
        with pytest.raises(TypeError, match=f"^body: {message}$"):
            untyped(Response)(status, {}, body)


def test_a_subclass_of_bytes_is_content() -> None:
    class Octets(bytes):
        """A subclass of `bytes`, to which its author may add methods."""

    assert Response(200, {}, Octets(b"a")).length == 1


@pytest.mark.parametrize("status", ["200", 200.0, None])
def test_a_status_is_a_number(status: object) -> None:
    with pytest.raises(TypeError, match="status: an int, not"):
        untyped(Response)(status)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Content-Length": 5}, "the value of Content-Length is a str, not int: 5"),
        ([("X", b"a")], "the value of X is a str, not bytes"),
        ({b"X": "a"}, "a field name is a str, not bytes"),
        (None, "a mapping, or .* pairs, not NoneType"),
        ("X: a", "a mapping, or .* pairs, not str"),
    ],
)
def test_fields_are_text(headers: object, message: str) -> None:
    with pytest.raises(TypeError, match=f"headers: {message}"):
        untyped(Response)(200, headers)


# --- made from what programs have


def test_text_pages_and_values_have_their_type() -> None:
    text = Response.text("ü\n")
    assert (text.status, text.body, text.headers.lines) == (
        200,
        "ü\n".encode(),
        (("Content-Type", "text/plain; charset=utf-8"),),
    )
    page = Response.html("<p>ü", 404)
    assert (page.status, page.body) == (404, "<p>ü".encode())
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    value = Response.json({"a": [1, None, "ü"]}, 201, {"X-A": "b"})
    assert (value.status, value.body) == (201, '{"a":[1,null,"ü"]}\n'.encode())
    assert value.headers.lines == (("Content-Type", "application/json"), ("X-A", "b"))


@pytest.mark.parametrize("made", [Response.text, Response.html, Response.json])
def test_a_type_that_is_given_stays(made: Callable[[str, int, dict[str, str]], Response]) -> None:
    assert made("x", 200, {"content-type": "a/b"}).headers.lines == (("content-type", "a/b"),)


def test_what_is_no_JSON_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Response.json(float("nan"))
    with pytest.raises(TypeError):
        Response.json({1, 2})


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/a?b=c#d", "/a?b=c#d"),
        ("https://example.org/", "https://example.org/"),
        ("/a b/ü€", "/a%20b/%C3%BC%E2%82%AC"),
    ],
)
def test_a_redirect_leads_on(location: str, sent: str) -> None:
    response = Response.redirect(location)
    assert (response.status, response.headers["Location"]) == (303, sent)
    assert response.body == f"See {location}\n".encode()
    assert Response.redirect(location, 308, {"X-A": "b"}).headers["X-A"] == "b"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_has_a_line_of_text(status: int) -> None:
    response = Response.redirect("/a", status, {"X-A": "b"})
    fields = (("Content-Type", "text/plain; charset=utf-8"), ("Location", "/a"), ("X-A", "b"))
    assert (response.status, response.headers.lines, response.body) == (status, fields, b"See /a\n")


def test_what_is_no_redirect_is_refused() -> None:
    for status in (200, 300, 304, 305, 400):
        with pytest.raises(ValueError, match="status: a redirect has"):
            Response.redirect("/", status)
    with pytest.raises(ValueError, match="Location"):
        Response.redirect("/\r\nSet-Cookie: a=b")


def test_cookies_stand_beside_each_other() -> None:
    cookies = Cookie("b", "2"), Cookie("c", "3")
    response = Response(200, {"Set-Cookie": "a=1"}, b"x", reason="Fine").with_cookies(*cookies)
    assert response.headers.get_all("Set-Cookie") == ("a=1", str(Cookie("b", "2")), str(Cookie("c", "3")))
    assert (response.status, response.body, response.reason) == (200, b"x", "Fine")


def test_a_subclass_is_what_its_constructors_make() -> None:
    class Own(Response):
        __slots__ = ()

    assert type(Own.text("x")) is type(Own.redirect("/")) is type(Own.json(1).with_cookies()) is Own

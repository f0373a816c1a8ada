"""The length of content: every way in which a request can state it, and every kind of response."""

from typing import Final

import pytest

from pyhttp.errors import CodingUnknown, MalformedRequest
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.framing import (
    CHUNKED,
    NO_CONTENT,
    UNTIL_CLOSE,
    Framing,
    Sized,
    request_framing,
    response_framing,
)
from tests.helpers.feeding import fed_every_way, refused

CL: Final = "Content-Length"
TE: Final = "Transfer-Encoding"


def head(*fields: tuple[str, str], version: str = "HTTP/1.1", method: str = "POST") -> RequestHead:
    return RequestHead(method, "/", "/", "", "a", version, Headers(fields))


def as_bytes(*fields: tuple[str, str], version: str = "HTTP/1.1") -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"POST / {version}\r\nHost: a\r\n{lines}\r\n".encode("latin-1")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "x"])
def test_the_method_does_not_matter(method: str) -> None:
    assert request_framing(head(method=method)) is NO_CONTENT
    assert request_framing(head((CL, "3"), method=method)) == Sized(3)
    assert request_framing(head((TE, "chunked"), method=method)) is CHUNKED


@pytest.mark.clause("9112-6.1-4a")
@pytest.mark.parametrize("value", ["chunked", "Chunked", "CHUNKED", "cHuNkEd"])
def test_F4_chunked_in_any_case(value: str) -> None:
    """F4: chunked is the only coding of the server."""
    assert request_framing(head((TE, value))) is CHUNKED


@pytest.mark.clause("9112-6.1-15a", "9112-6.1-15b")
@pytest.mark.parametrize("length", ["0", "5", "x", ""])
@pytest.mark.parametrize("coding", ["chunked", "gzip", "x, chunked", ""])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_F1_both_fields_are_refused(length: str, coding: str, version: str) -> None:
    """F1: both fields are refused, whatever their values and order are."""
    for fields in (((CL, length), (TE, coding)), ((TE, coding), (CL, length))):
        with pytest.raises(MalformedRequest):
            request_framing(head(*fields, version=version))
        assert refused(as_bytes(*fields, version=version)) == 400


@pytest.mark.clause("9112-6.1-16a")
@pytest.mark.parametrize("coding", ["chunked", "gzip, chunked", "x"])
def test_F5_http_1_0_has_no_transfer_encoding(coding: str) -> None:
    """F5: the framing is faulty."""
    with pytest.raises(MalformedRequest):
        request_framing(head((TE, coding), version="HTTP/1.0"))
    assert refused(as_bytes((TE, coding), version="HTTP/1.0")) == 400


@pytest.mark.clause("9112-6.3-2.4.3a", "9112-7.1-6b")
@pytest.mark.parametrize(
    "values",
    [
        ("",),
        (",",),
        ("chunked,",),
        (",chunked",),
        ("chunked, chunked",),
        ("chunked", "chunked"),
        ("chunked", ""),
        ("chunked, gzip",),
        ("chunked", "gzip"),
        ("gzip",),
        ("identity",),
        ("x-unknown",),
        ("chunked;a=b",),
        ("chunked ;",),
        ('"chunked"',),
        ("xchunked",),
        ("chunked x",),
        ("gzip, chunked, chunked",),
        ("chunked, gzip, chunked",),
        ("gzip, chunked;a",),
        ("chunked\xa0",),
    ],
)
def test_F4_what_does_not_delimit_the_content_is_400(values: tuple[str, ...]) -> None:
    """F4: the length cannot be determined."""
    fields = [(TE, value) for value in values]
    with pytest.raises(MalformedRequest):
        request_framing(head(*fields))
    assert refused(as_bytes(*fields)) == 400


@pytest.mark.clause("9112-6.1-11a")
@pytest.mark.parametrize(
    "values", [("gzip, chunked",), ("gzip", "Chunked"), ("x;a=b, chunked",), ("a, b,, CHUNKED",), ("identity,chunked",)]
)
def test_F4_an_unknown_coding_that_is_delimited_is_501(values: tuple[str, ...]) -> None:
    """F4: the server knows that there is content, and does not know what it is."""
    fields = [(TE, value) for value in values]
    with pytest.raises(CodingUnknown):
        request_framing(head(*fields))
    assert refused(as_bytes(*fields)) == 501


@pytest.mark.clause("9110-8.6-10b")
@pytest.mark.parametrize(
    ("value", "length"),
    [("1", 1), ("007", 7), ("0" * 5000 + "9", 9), ("9223372036854775807", 2**63 - 1), ("1048576", 1048576)],
)
def test_F3_digits_are_a_length(value: str, length: int) -> None:
    """F3: leading zeros are digits."""
    assert request_framing(head((CL, value))) == Sized(length)


@pytest.mark.parametrize("value", ["0", "000", "0" * 8000])
def test_F3_no_octets_are_no_content(value: str) -> None:
    assert request_framing(head((CL, value))) is NO_CONTENT


BAD_LENGTHS: Final = ["", "-1", "+1", "1_0", "0x1", "1 1", "1,1", "1, 1", "1.0", "1e3", "\xb2", "\xb9", "a", "--", "1;"]
HUGE: Final = ["9223372036854775808", "18446744073709551616", "1" + "0" * 7000, "9" * 19]


@pytest.mark.clause("9112-6.3-2.5.1a", "9112-6.3-2.5.1b", "9110-8.6-10b")
@pytest.mark.parametrize("value", [*BAD_LENGTHS, *HUGE], ids=lambda value: value[:20])
def test_F2_F3_what_is_no_length_is_400(value: str) -> None:
    """F2, F3: the value is not digits, is a list, or is more than a 64-bit count holds."""
    with pytest.raises(MalformedRequest):
        request_framing(head((CL, value)))
    if len(value) < 100:
        assert refused(as_bytes((CL, value))) == 400


def test_F3_a_length_above_the_limit_is_413() -> None:
    assert refused(as_bytes((CL, str(2**30 + 1)))) == 413
    assert refused(as_bytes((CL, str(2**63 - 1)))) == 413
    assert fed_every_way(as_bytes((CL, str(2**30)))).status is None


@pytest.mark.parametrize("values", [("5", "5"), ("5", "6"), ("5", "")])
def test_F2_two_lines_are_400(values: tuple[str, str]) -> None:
    """F2: two lines are refused, whether or not they are equal."""
    fields = [(CL, value) for value in values]
    with pytest.raises(MalformedRequest, match="more than one line"):
        request_framing(head(*fields))
    assert refused(as_bytes(*fields)) == 400


METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "x", "")
VERSIONS: Final = ("HTTP/1.0", "HTTP/1.1", "HTTP/1.9", "")
LENGTHS: Final = (None, 0, 5)


@pytest.mark.clause("9112-6.1-10a", "9112-6.1-13b", "9112-6.3-3a", "9110-8.6-9a")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("length", LENGTHS)
def test_F16_the_framing_of_every_response(method: str, version: str, length: int | None) -> None:
    """F16: the test takes every method, version and length, and every possible status."""
    for status in range(100, 600):
        framing = response_framing(method, version, status, length)
        assert framing == _expected(method, version, status, length), status


def _expected(method: str, version: str, status: int, length: int | None) -> Framing:
    """The rules once more, from the view of the client: which client may get which framing."""
    without_content = method == "HEAD" or status // 100 == 1 or status in {204, 304}
    if without_content:
        return NO_CONTENT
    if status == 205:
        return Sized(0)
    if length is not None:
        return Sized(length)
    return CHUNKED if version in {"HTTP/1.1", "HTTP/1.9"} else UNTIL_CLOSE

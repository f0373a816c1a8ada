"""Request lines that arrive in pieces, and the errors of wrong ones."""

from typing import Final

import pytest

from pyhttp.errors import HTTPError, MalformedRequest, TargetTooLong, VersionNotSupported
from pyhttp.limits import Limits
from pyhttp.wire.request_line import RequestLine
from tests.helpers.feeding import fed_every_way, feed, refused

LIMITS: Final = Limits(request_line=100)
HOST: Final = b"\r\nHost: a\r\n\r\n"

REFUSED: Final = [
    (b"GET", "0 spaces"),
    (b"GET /", "1 spaces"),
    (b"GET / HTTP/1.1 ", "3 spaces"),
    (b" GET / HTTP/1.1", "3 spaces"),
    (b"GET  / HTTP/1.1", "3 spaces"),
    (b"GET /  HTTP/1.1", "3 spaces"),
    (b"GET /a b HTTP/1.1", "3 spaces"),
    (b"/ HTTP/1.1", "1 spaces"),
    (b" / HTTP/1.1", "method is not a token"),
    (b"G@T / HTTP/1.1", "method is not a token"),
    (b"GET  HTTP/1.1", "none of the four forms"),
    (b"GET\t/ HTTP/1.1", "HTAB at offset 3"),
    (b"GET /\x0bHTTP/1.1", "octet 0x0b"),
    (b"GET /\xe9 HTTP/1.1", "octet 0xe9"),
    (b"GET / http/1.1", "malformed version"),
    (b"GET / HTTP/1", "malformed version"),
    (b"GET / HTTP/1.10", "malformed version"),
    (b"GET / HTTP/01.1", "malformed version"),
    (b"GET / HTTP/1.1x", "malformed version"),
    (b"GET /#a HTTP/1.1", "'#' at offset 1"),
    (b"GET a HTTP/1.1", "none of the four forms"),
    (b"\x16\x03\x01\x02", "looks like a TLS handshake"),
    (b"x" * 64, "no space within 64"),
    (b"x" * 64 + b" / HTTP/1.1", "no space within 64"),
    (b"x" * 63 + b"\x00", "NUL at offset 63"),
]


@pytest.mark.clause("9112-3.2-4a", "9112-3.2-4b", "9112-2.2-9a", "9112-3-3a")
@pytest.mark.parametrize(("line", "why"), REFUSED)
def test_S2_S3_S4_a_wrong_line_is_refused_and_explained(line: bytes, why: str) -> None:
    """S2, S3, S4: a line needs one space between its three parts, a token and a version.

    The error tells what is wrong.
    """
    with pytest.raises(MalformedRequest, match=why):
        RequestLine(LIMITS).read(line + b"\r\n", 0)
    assert refused(line + HOST) == 400


@pytest.mark.clause("9110-15.6.6-1c")
@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0", b"HTTP/3.1", b"HTTP/9.9"])
def test_S4_another_major_version_is_505(version: bytes) -> None:
    """S4: the version is refused before the server looks at the target, as for the preface of HTTP/2."""
    with pytest.raises(VersionNotSupported):
        RequestLine(LIMITS).read(b"PRI * " + version + b"\r\n", 0)
    assert refused(b"GET / " + version + HOST) == 505
    assert refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505


@pytest.mark.clause("9110-6.2-8a")
@pytest.mark.parametrize("minor", range(10))
def test_S4_a_later_minor_version_is_served_as_1_1(minor: int) -> None:
    """S4: versions 1.2 to 1.9 are served as 1.1 and reported as received."""
    outcome = fed_every_way(b"GET / HTTP/1.%d" % minor + HOST)
    assert outcome.request.version == f"HTTP/1.{minor}"
    assert outcome.persistent == (minor > 0)


def test_a_line_is_read_as_it_arrives() -> None:
    line = RequestLine(LIMITS)
    text = b"..GET /a?b HTTP/1.1\r\nrest"
    for end in range(2, 21):
        assert line.read(text[:end], 2) == -1
        assert line.version == ""
    assert line.read(text, 2) == 21
    assert (line.method, line.target, line.version) == ("GET", "/a?b", "HTTP/1.1")


@pytest.mark.clause("9112-3-4c")
def test_D1_a_line_over_its_limit_is_414() -> None:
    """D1: the line is refused as soon as it passes the limit."""
    longest = b"GET /" + b"x" * 86 + b" HTTP/1.1"
    assert len(longest) == 100
    assert RequestLine(LIMITS).read(longest + b"\r\n", 0) == 102
    for data in (b"x " + b"x" * 99, longest + b"x\r\n", longest + b"x", longest + b"\rx"):
        with pytest.raises(TargetTooLong, match=r"^request line: longer than 100 octets"):
            RequestLine(LIMITS).read(data, 0)
    assert feed([b"GET /" + b"x" * 8188]).status == 414
    assert feed([b"GET /" + b"x" * 8187]).status is None


@pytest.mark.clause("9112-3-5b", "9110-4.1-5a")
def test_8000_octets_are_taken() -> None:
    line = b"GET /" + b"x" * 7986 + b" HTTP/1.1"
    assert len(line) == 8000
    assert feed([line + HOST]).request.target == "/" + "x" * 7986


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"x" * 64, MalformedRequest),
        (b"x" * 200, MalformedRequest),
        (b"x" * 63 + b"\r\n", MalformedRequest),
        (b" " + b"x" * 200, TargetTooLong),
        (b"x" * 63 + b" " + b"x" * 40, TargetTooLong),
        (b"x" * 10 + b"\x00" + b"x" * 200, MalformedRequest),
        (b"x" * 63 + b" " + b"x" * 37 + b"\x00", TargetTooLong),
    ],
)
def test_D1_no_space_within_64_octets_is_400(data: bytes, error: type[HTTPError]) -> None:
    """D1: no method is that long, so this is no request at all."""
    with pytest.raises(error):
        RequestLine(LIMITS).read(data, 0)


@pytest.mark.parametrize("data", [b"x" * 63, b"x" * 62 + b" ", b"x" * 63 + b"\r"])
def test_D1_a_method_may_take_63_octets(data: bytes) -> None:
    assert RequestLine(LIMITS).read(data, 0) == -1
    assert fed_every_way(b"x" * 63 + b" / HTTP/1.1" + HOST).request.method == "x" * 63


def test_a_limit_below_64_counts_alone() -> None:
    with pytest.raises(TargetTooLong):
        RequestLine(Limits(request_line=30)).read(b"x" * 70, 0)


def test_the_method_is_known_once_the_line_is_well_formed() -> None:
    """An answer to HEAD has no content, even when the target or the rest of the line is wrong."""
    for line in (b"HEAD /# HTTP/1.1\r\n", b"HEAD / HTTP/2.0\r\n"):
        read = RequestLine(LIMITS)
        with pytest.raises(HTTPError):
            read.read(line, 0)
        assert read.method == "HEAD"


@pytest.mark.clause("9112-2.2-6a")
def test_S2_one_empty_line_is_skipped() -> None:
    """S2: exactly one empty line is skipped before each request."""
    get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    outcome = fed_every_way(b"\r\n" + get + b"\r\n" + get)
    assert [request.method for request in outcome.requests] == ["GET", "GET"]
    assert outcome.heads == (get, get)
    assert refused(b"\r\n\r\n" + get) == 400
    assert refused(b"\n" + get) == 400
    assert refused(b"\r" + get) == 400
    for data in (b"\r\n", b"\r\n" + b"x" * 70):
        with pytest.raises(MalformedRequest, match="empty"):
            RequestLine(LIMITS).read(data, 0)

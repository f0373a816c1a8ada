"""Heads that are read as they arrive, and the rules between the parts of a head."""

from typing import Final

import pytest
from hypothesis import given

from pyhttp.errors import MalformedRequest, MethodNotAllowed, Misdirected
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.request_head import HeadReader, interpret
from tests.helpers.feeding import fed_every_way, feed, refused
from tests.helpers.wire_strategies import broken_heads

LIMITS: Final = Limits()
SMALL: Final = Limits(request_line=80, field_line=40, field_section=120, field_lines=4)


@given(broken_heads())
def test_V2_a_broken_head_is_refused_the_same_way_however_it_arrives(data: bytes) -> None:
    whole = feed([data], limits=SMALL)
    assert feed([data[at : at + 1] for at in range(len(data))], limits=SMALL) == whole


def test_a_head_in_pieces() -> None:
    head = b"GET / HTTP/1.1\r\nA:b\r\n\r\n"
    reader = HeadReader(LIMITS)
    assert reader.read(head[:5], 0) is None
    assert (reader.size, reader.method) == (0, "")
    assert reader.read(head[:18], 0) is None
    assert (reader.size, reader.method) == (16, "GET")
    assert reader.read(head, 0) == ("GET", "/", "HTTP/1.1", Headers([("A", "b")]))


def parse(method: str, target: str, *fields: tuple[str, str], version: str = "HTTP/1.1") -> RequestHead:
    return interpret((method, target, version, Headers(fields)))


HOST: Final = ("Host", "a")


def test_a_request_has_all_its_parts() -> None:
    assert parse("GET", "/a?b", HOST) == RequestHead("GET", "/a?b", "/a", "b", "a", "HTTP/1.1", Headers([HOST]))


@pytest.mark.clause("9112-3.2.2-8a", "9112-3.2.2-9a")
def test_T1_the_authority_of_the_absolute_form_replaces_host() -> None:
    """T1: Host is checked, and not used."""
    request = parse("GET", "http://b:1/c?d", HOST)
    assert (request.path, request.query, request.authority) == ("/c", "d", "b:1")
    with pytest.raises(MalformedRequest):
        parse("GET", "http://b/", ("Host", "a b"))
    with pytest.raises(Misdirected):
        parse("GET", "https://b/", HOST)


@pytest.mark.clause("9110-9.3.6-6c", "9110-9.3.8-1b", "9110-10.2.1-5b", "9110-15.5.6-1b")
@pytest.mark.parametrize(("method", "target"), [("CONNECT", "a:80"), ("TRACE", "/"), ("TRACE", "http://a/")])
def test_S3_connect_and_trace_are_refused(method: str, target: str) -> None:
    """S3: the server itself answers with 405 and Allow."""
    with pytest.raises(MethodNotAllowed) as caught:
        parse(method, target, HOST)
    assert caught.value.headers == (("Allow", "GET, HEAD, OPTIONS"),)
    outcome = fed_every_way(f"{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert (outcome.status, outcome.persistent) == (405, False)


@pytest.mark.clause("9110-9.3.6-4a")
@pytest.mark.parametrize("target", ["/", "*", "http://a/", "http://a:80", "a:0", "a:99999", "http://a:80/"])
def test_S3_connect_without_a_port_is_malformed(target: str) -> None:
    assert refused(f"CONNECT {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()) == 400


@pytest.mark.parametrize("method", ["get", "PATCH", "PROPFIND", "x", "connect", "Trace", "!#$"])
def test_S3_every_other_method_is_a_request(method: str) -> None:
    """S3: methods are compared case-sensitively. Any token but those two reaches the handler."""
    assert fed_every_way(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode()).request.method == method


@pytest.mark.clause("9110-5.3-3a")
@pytest.mark.parametrize("name", ["Host", "hOST", "Content-Type", "content-type"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_S9_a_field_that_is_single_is_refused_twice(name: str, version: str) -> None:
    """S9: two lines of Host or of Content-Type are refused, whether or not they are equal."""
    for values in (("a", "a"), ("a", "b")):
        lines = "".join(f"{name}: {value}\r\n" for value in values)
        host = "" if name.lower() == "host" else "Host: a\r\n"
        assert refused(f"GET / HTTP/{version}\r\n{host}{lines}\r\n".encode()) == 400


def test_S10_100_lines_of_one_field() -> None:
    """S10: the lines are taken, and are joined once."""
    outcome = feed([b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: yz\r\n" * 99 + b"\r\n"])
    assert outcome.request.headers["X"] == ", ".join(["yz"] * 99)


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (Limits(request_line=13), 414),
        (Limits(field_line=6), 431),
        (Limits(field_lines=1), 431),
        (Limits(field_section=15), 431),
        (Limits(request_line=14, field_line=7, field_lines=2, field_section=16), None),
    ],
)
def test_D1_D2_D3_D4_exactly_up_to_the_limit(limits: Limits, status: int | None) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nA:b c\r\n\r\n"
    assert fed_every_way(data, limits=limits).status == status

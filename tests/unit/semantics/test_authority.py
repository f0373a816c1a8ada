"""The values that Host may have, and the authority of a request."""

import pytest

from pyhttp.errors import MalformedRequest
from pyhttp.semantics.authority import authority_of, is_host
from pyhttp.semantics.fields import Headers


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("a", True),
        ("a:80", True),
        ("a:", True),
        ("[::1]:80", True),
        ("", False),
        (":80", False),
        ("::1", False),
        ("a,b", False),
    ],
)
def test_S9_host_and_port(value: str, *, right: bool) -> None:
    """S9: the host is not empty, and the port may be empty. The rows below have more."""
    assert is_host(value) is right


@pytest.mark.parametrize(
    "value", ["a", "a.example", "a:80", "a:", "127.0.0.1", "[::1]", "[::1]:80", "a_b~c", "%41", "a."]
)
def test_S9_a_host(value: str) -> None:
    assert is_host(value)
    assert authority_of("HTTP/1.1", Headers({"Host": value}), None) == value


@pytest.mark.clause("9112-3.2-6a", "9110-4.2.4-4a")
@pytest.mark.parametrize(
    "value",
    [
        "",
        "a b",
        "a,b",
        "a, b",
        "u@a",
        "a/b",
        "a?b",
        "a#b",
        "a:b",
        "a:80:80",
        ":80",
        "::1",
        "[::1",
        "a\\b",
        "http://a",
        "\xe9",
        '"a"',
        "<a>",
    ],
)
def test_S9_what_is_no_host_is_400(value: str) -> None:
    """S9: it is a 400 in any version, and also where the absolute form overrules Host."""
    assert not is_host(value)
    for version in ("HTTP/1.0", "HTTP/1.1"):
        for of_target in (None, "b"):
            with pytest.raises(MalformedRequest, match="not a host"):
                authority_of(version, Headers({"Host": value}), of_target)


@pytest.mark.clause("9112-3.2-6a")
def test_S9_host_is_there_once() -> None:
    """S9: Host may be missing only in HTTP/1.0, and may never come twice."""
    assert authority_of("HTTP/1.0", Headers(), None) == ""
    assert authority_of("HTTP/1.0", Headers(), "b") == "b"
    for version in ("HTTP/1.1", "HTTP/1.2"):
        with pytest.raises(MalformedRequest, match="missing"):
            authority_of(version, Headers(), "b")
    for version in ("HTTP/1.0", "HTTP/1.1"):
        with pytest.raises(MalformedRequest, match="more than one"):
            authority_of(version, Headers([("Host", "a"), ("host", "a")]), None)


@pytest.mark.clause("9112-3.2.2-8a")
def test_T1_the_authority_of_the_target_replaces_host() -> None:
    assert authority_of("HTTP/1.1", Headers({"Host": "a"}), "b:1") == "b:1"

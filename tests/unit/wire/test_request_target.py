"""Request-targets in their four forms."""

import contextlib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import MalformedRequest, Misdirected
from pyhttp.wire.request_target import check_target, split_target

ANY: Final = ("GET", "HEAD", "POST", "OPTIONS", "x")


@pytest.mark.clause("9112-3.2-4a")
@pytest.mark.parametrize("target", ["/", "//", "/a?b", "*", "http://a", "https://a:1/b?c", "a:80", "ftp://a/"])
def test_T1_the_four_forms(target: str) -> None:
    """T1: a text that has one of the forms is a target."""
    check_target(target)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("", "none of the four forms"),
        ("a", "none of the four forms"),
        ("?a", "none of the four forms"),
        ("**", "none of the four forms"),
        ("urn:a:b", "none of the four forms"),
        ("http://", "none of the four forms"),
        ("http://u@a/", "none of the four forms"),
        ("http://u:p@a/", "none of the four forms"),
        ("http://a/#b", "none of the four forms"),
        ("http://a/%zz", "none of the four forms"),
        ("/a#b", "'#' at offset 2"),
        ("/%", "'%' at offset 1"),
        ("/%4", "'%' at offset 1"),
        ("/%zz", "'%' at offset 1"),
        ("/a?%4g", "'%' at offset 3"),
        ("/a b", "' ' at offset 2"),
        ("/\x7f", "at offset 1"),
        ("/\xe9", "at offset 1"),
        ("/\x00", "at offset 1"),
        ("/\n", "at offset 1"),
    ],
)
@pytest.mark.clause("9110-4.2.1-4b", "9110-4.2.4-4a", "3986-3.2.2-7c")
def test_T1_T2_what_is_no_target_is_explained(target: str, why: str) -> None:
    """T1, T2: a target has no fragment, stray percent sign, userinfo or empty host, and has only visible ASCII."""
    with pytest.raises(MalformedRequest, match=why):
        check_target(target)


@pytest.mark.parametrize("method", ANY)
@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a", "/a", ""),
        ("/a?", "/a", ""),
        ("/a?b=c", "/a", "b=c"),
        ("/a?b?c/d", "/a", "b?c/d"),
        ("/?", "/", ""),
        ("//a/b", "//a/b", ""),
        ("/%3Fa", "/%3Fa", ""),
        ("/a/../%2e", "/a/../%2e", ""),
        ("/http://a", "/http://a", ""),
    ],
)
def test_origin_form(method: str, target: str, path: str, query: str) -> None:
    """The path stays as it was sent. The query is the text behind the first question mark."""
    assert split_target(method, target) == (path, query, None)


@pytest.mark.clause("9112-3.2.2-8a", "9112-3.2.2-9a", "3986-6.2.2.1-2a", "3986-6.2.3-3a", "3986-3.2-5a")
@pytest.mark.parametrize(
    ("target", "path", "query", "authority"),
    [
        ("http://a", "/", "", "a"),
        ("http://a/", "/", "", "a"),
        ("HTTP://A:80/b", "/b", "", "A:80"),
        ("http://a?b", "/", "b", "a"),
        ("http://a/b?c?d", "/b", "c?d", "a"),
        ("http://a?b/c", "/", "b/c", "a"),
        ("http://[::1]:8080/x", "/x", "", "[::1]:8080"),
        ("http://a//b", "//b", "", "a"),
        ("http://a/http://b", "/http://b", "", "a"),
        ("http://a?http://b/c", "/", "http://b/c", "a"),
    ],
)
def test_T1_absolute_form(target: str, path: str, query: str, authority: str) -> None:
    """T1: path, query and authority are taken apart."""
    check_target(target)
    for method in ANY:
        if method != "OPTIONS":
            assert split_target(method, target) == (path, query, authority)
        assert split_target(method, target, secure=True)[2] == authority


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://a", "*", ""),
        ("http://a/", "/", ""),
        ("http://a?", "/", ""),
        ("http://a?b", "/", "b"),
        ("http://a/*", "/*", ""),
    ],
)
def test_options_for_the_server_in_absolute_form(target: str, path: str, query: str) -> None:
    """A target without path and query is one that a proxy would have sent as an asterisk."""
    assert split_target("OPTIONS", target) == (path, query, "a")


@pytest.mark.clause("9110-7.4-3a", "9110-7.4-3b")
@pytest.mark.parametrize(
    ("scheme", "plain", "secure"),
    [
        ("http", True, True),
        ("https", False, True),
        ("HTTPS", False, True),
        ("ftp", False, False),
        ("httpx", False, False),
    ],
)
def test_the_scheme_is_one_the_connection_serves(scheme: str, plain: bool, secure: bool) -> None:
    for is_secure, served in ((False, plain), (True, secure)):
        if served:
            assert split_target("GET", f"{scheme}://a/", secure=is_secure) == ("/", "", "a")
        else:
            with pytest.raises(Misdirected, match=scheme.lower()):
                split_target("GET", f"{scheme}://a/", secure=is_secure)


def test_a_connection_is_not_secure_unless_it_is_said_to_be() -> None:
    with pytest.raises(Misdirected):
        split_target("GET", "https://a/")


def test_T1_the_asterisk_is_for_options_only() -> None:
    """T1: another method gets 400."""
    assert split_target("OPTIONS", "*") == ("*", "", None)
    for method in ("GET", "options", "x"):
        with pytest.raises(MalformedRequest, match="asterisk"):
            split_target(method, "*")


def test_T1_an_authority_is_for_connect_only() -> None:
    """T1: another method gets 400."""
    assert split_target("CONNECT", "a:80") == ("", "", "a:80")
    assert split_target("CONNECT", "a:1") == ("", "", "a:1")
    assert split_target("CONNECT", "[::1]:65535") == ("", "", "[::1]:65535")
    for method in ANY:
        with pytest.raises(MalformedRequest, match="authority form"):
            split_target(method, "a:80")


@pytest.mark.clause("9110-9.3.6-4a")
@pytest.mark.parametrize("target", ["/", "*", "http://a/", "http://a:80", "a:0", "a:65536", "a:", ":80", "a", "a:b"])
def test_connect_without_host_or_port(target: str) -> None:
    with pytest.raises(MalformedRequest, match="CONNECT"):
        split_target("CONNECT", target)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20), st.sampled_from((*ANY, "CONNECT")))
def test_whatever_is_a_target_can_be_split(target: str, method: str) -> None:
    """A target that passes the check is taken apart without any error but those two."""
    with contextlib.suppress(MalformedRequest, Misdirected):
        check_target(target)
        path, query, _ = split_target(method, target)
        assert path == "*" or path.startswith("/") or method == "CONNECT"
        assert "?" not in path
        assert query in target

"""Errors, redirects and OPTIONS. R1, R2, R3."""

import inspect

import pytest

from pyhttp import errors
from pyhttp.errors import BadRequest, HTTPError, MethodNotAllowed, NotFound, RangeNotSatisfiable, Unavailable
from pyhttp.resources.error_page import (
    error_response,
    not_acceptable_response,
    options_response,
    redirect_response,
)
from pyhttp.resources.paths import decode
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site
from tests.helpers.folder import content

EVERY_ERROR = [
    MethodNotAllowed(allow=("GET",))
    if error is MethodNotAllowed
    else RangeNotSatisfiable(length=3)
    if error is RangeNotSatisfiable
    else error()
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, HTTPError)
]


@pytest.mark.clause("9110-15.5-1b", "9110-15.6-1b", "9110-15.6.6-1c", "9110-15.5.11-1b")
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_R3_an_error_is_explained_and_states_its_charset(error: HTTPError) -> None:
    response = error_response(error)
    assert response.status == error.status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    page = content(response).decode()
    assert f"<h1>{error.status:d} " in page
    assert page.count("<p>") == 2


def test_R3_nothing_of_the_detail_is_told() -> None:
    page = content(error_response(NotFound("/srv/secret <script>"))).decode()
    assert "secret" not in page
    assert "script" not in page


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MethodNotAllowed(allow=("GET", "HEAD")), ("Allow", "GET, HEAD")),
        (RangeNotSatisfiable(length=7), ("Content-Range", "bytes */7")),
        (Unavailable(retry_after=3), ("Retry-After", "3")),
    ],
)
def test_an_error_has_its_fields(error: HTTPError, line: tuple[str, str]) -> None:
    assert line in error_response(error).headers.lines


def test_S11_fields_of_an_error_are_checked() -> None:
    with pytest.raises(ValueError, match="X-Bad"):
        error_response(BadRequest(fields=(("X-Bad", "a\r\nSet-Cookie: b"),)))


def test_the_sites_fields_are_on_errors_too() -> None:
    response = error_response(NotFound(), site=Site(max_age=60, cors=True, headers=(("X-Site", "mine"),)))
    assert response.headers["X-Site"] == "mine"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.clause("9110-15.4.2-2a")
@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/a", "", "/a/"),
        ("/a", "x=1&y=%2e", "/a/?x=1&y=%2e"),
        ("//evil.example", "", "/evil.example/"),
        ("///evil.example//x", "", "/evil.example/x/"),
        ("/\\evil.example", "", "/%5Cevil.example/"),
        ("/%5cevil.example", "", "/%5Cevil.example/"),
        ("/a%20b/%C3%BC", "", "/a%20b/%C3%BC/"),
        ("/%3Fa%23b", "?", "/%3Fa%23b/??"),
    ],
)
def test_R1_R2_a_redirect_leads_to_a_path_here(path: str, query: str, location: str) -> None:
    response = redirect_response(decode(path), query)
    assert response.status == 301
    assert response.headers["Location"] == location
    assert response.headers["Cache-Control"] == "no-store"
    assert b'<a href="/' in content(response)


def test_R3_the_note_of_a_redirect_is_escaped() -> None:
    page = content(redirect_response(("a",), 'x="><script>')).decode()
    assert "<script>" not in page
    assert '<a href="/a/?x=&quot;&gt;&lt;script&gt;">' in page


@pytest.mark.clause("9110-9.3.7-4a")
def test_options() -> None:
    response = options_response()
    assert (response.status, content(response)) == (204, b"")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Methods" not in response.headers
    assert options_response(methods=("GET", "POST")).headers["Allow"] == "GET, POST"


def test_a_preflight_finds_its_answer() -> None:
    preflight = Headers({"Origin": "http://a", "Access-Control-Request-Method": "GET"})
    headers = options_response(preflight, site=Site(cors=True)).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert headers["Access-Control-Allow-Headers"] == "*"
    for other in (options_response(preflight), options_response(site=Site(cors=True))):
        assert "Access-Control-Allow-Methods" not in other.headers


@pytest.mark.clause("9110-15.5.7-2a")
def test_W4_what_can_be_had_instead_is_escaped() -> None:
    page = content(not_acceptable_response(('a"<b>.txt', "a.gz"))).decode()
    assert '<a href="a%22%3Cb%3E.txt">a&quot;&lt;b&gt;.txt</a>' in page

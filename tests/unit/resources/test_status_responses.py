"""Errors, redirects and OPTIONS. R1, R2, R3."""

import inspect
import json
import re
from html import escape
from urllib.parse import urlsplit

import pytest

from pyhttp import errors
from pyhttp.auth import BasicAuth, PasswordHash
from pyhttp.errors import (
    BadRequest,
    HTTPError,
    MethodNotAllowed,
    NotFound,
    RangeNotSatisfiable,
    StatusError,
    TargetTooLong,
    Unavailable,
)
from pyhttp.limits import Limits
from pyhttp.phrases import reason_phrase
from pyhttp.resources.paths import decode
from pyhttp.resources.status_responses import (
    _resolved,
    error_response,
    moved_response,
    not_acceptable_response,
    options_response,
    redirect_response,
)
from pyhttp.semantics.explanations import explanation
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.site import Site
from tests.helpers.folder import content, request

FOR_HTML = Headers({"Accept": "text/html,*/*;q=0.8"})
FOR_JSON = Headers({"Accept": "application/json"})
EVERY_FORM = [FOR_HTML, FOR_JSON, EMPTY]

EVERY_ERROR = [
    MethodNotAllowed(allow=("GET",))
    if error is MethodNotAllowed
    else RangeNotSatisfiable(length=3)
    if error is RangeNotSatisfiable
    else error()
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, StatusError)
]


@pytest.mark.clause("9110-15.5-1b", "9110-15.6-1b", "9110-15.6.6-1c", "9110-15.5.11-1b")
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_R3_an_error_is_explained_and_states_its_charset(error: HTTPError) -> None:
    title = f"{error.status:d} {reason_phrase(error.status)}"
    response = error_response(error, headers=FOR_HTML)
    assert response.status == error.status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    page = content(response).decode()
    assert f"<h1>{title}</h1>" in page
    assert f"<p>{error.told or explanation(error.status)}</p>" in page
    assert page.count("<p>") == 1


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_R3_the_same_is_said_in_plain_text_and_in_a_problem(error: HTTPError) -> None:
    """RFC 9457 §3.1: the problem has the type about:blank, so that its title is the phrase of the status (§4.2.1)."""
    meaning = error.told or explanation(error.status)
    plain = error_response(error)
    assert (plain.status, plain.headers["Content-Type"]) == (error.status, "text/plain; charset=utf-8")
    assert content(plain).decode() == f"{error.status:d} {reason_phrase(error.status)}\n{meaning}\n"
    problem = error_response(error, headers=FOR_JSON)
    assert (problem.status, problem.headers["Content-Type"]) == (error.status, "application/problem+json")
    said: dict[str, object] = json.loads(content(problem))
    assert said == {"status": error.status, "title": reason_phrase(error.status), "detail": meaning}
    for response in (plain, problem):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.clause("9110-12.5.5-10a")
@pytest.mark.parametrize("headers", EVERY_FORM)
def test_every_form_says_what_it_depends_on_and_what_the_error_carries(headers: Headers) -> None:
    fields = error_response(Unavailable(retry_after=3), headers=headers, path="/a").headers
    assert (fields["Vary"], fields["Retry-After"]) == ("Accept", "3")
    assert error_response(HTTPError(404, headers={"Vary": "Cookie"})).headers["Vary"] == "Accept, Cookie"


@pytest.mark.parametrize("status", [499, 599])
def test_a_status_without_a_phrase_stands_alone(status: int) -> None:
    assert content(error_response(HTTPError(status))).decode() == f"{status}\n{explanation(status)}\n"
    assert f"<h1>{status}</h1>".encode() in content(error_response(HTTPError(status), headers=FOR_HTML))
    said: dict[str, object] = json.loads(content(error_response(HTTPError(status), headers=FOR_JSON)))
    assert said["title"] == ""


@pytest.mark.parametrize("headers", EVERY_FORM)
def test_R3_nothing_of_the_detail_is_told(headers: Headers) -> None:
    page = content(error_response(NotFound("/srv/secret <script>"), headers=headers)).decode()
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


@pytest.mark.parametrize("headers", EVERY_FORM)
def test_S11_fields_of_an_error_are_checked(headers: Headers) -> None:
    with pytest.raises(ValueError, match="X-Bad"):
        error_response(BadRequest(headers=(("X-Bad", "a\r\nSet-Cookie: b"),)), headers=headers)


def test_errors_are_not_stored_unless_the_site_says_so() -> None:
    assert error_response(NotFound(), site=Site(max_age=60)).headers["Cache-Control"] == "no-store"
    replaced = Site(headers=(("Cache-Control", "max-age=1"),))
    assert "Cache-Control" not in error_response(NotFound(), site=replaced).headers


def test_a_field_of_an_error_stays_whatever_the_site_says() -> None:
    error = BadRequest(headers=(("X-Why", "this"),))
    assert error_response(error, site=Site(headers=(("X-Why", "site"),))).headers["X-Why"] == "this"


def resolve(path: str, reference: str, prefix: str = "") -> str:
    """What a client asks for when it has asked for `path` behind `prefix` and follows `reference`.

    The rules are those of RFC 3986 §5.2 for a relative path. `urljoin` forgets empty segments, which browsers keep.
    """
    split = urlsplit(reference)
    assert (split.scheme, split.netloc, split.fragment) == ("", "", "")
    assert not split.path.startswith("/")
    target = f"{prefix}{path}".rpartition("/")[0]
    *steps, name = split.path.split("/")
    for step in steps:
        if step == "..":
            target = target.rpartition("/")[0]
        elif step != ".":
            target += f"/{step}"
    target += f"/{name}"
    assert target.startswith(f"{prefix}/")
    return target.removeprefix(prefix) + (f"?{split.query}" if split.query else "")


@pytest.mark.parametrize("prefix", ["", "/files", "/a/b"])
@pytest.mark.parametrize("path", ["/", "/x", "/x/", "/a/b/c", "/a//b///", "//evil.example", "//evil.example/x", "/a:b"])
def test_R1_an_error_page_leads_to_the_start_page_behind_any_prefix(path: str, prefix: str) -> None:
    page = content(error_response(NotFound(), headers=FOR_HTML, path=path)).decode()
    link = re.search('<a href="([^"]*)">Go to the start page', page)
    assert link is not None
    assert resolve(path, link[1], prefix) == "/"


@pytest.mark.parametrize("path", ["", "*"])
def test_where_no_path_was_asked_for_there_is_no_link(path: str) -> None:
    assert b"<a" not in content(error_response(NotFound(), headers=FOR_HTML, path=path))


@pytest.mark.clause("9110-15.4.2-2a")
@pytest.mark.parametrize(
    ("path", "query", "location", "target"),
    [
        ("/a", "", "a/", "/a/"),
        ("/a/sub", "", "sub/", "/a/sub/"),
        ("/a//sub", "", "sub/", "/a//sub/"),
        ("/a", "x=1&y=%2e", "a/?x=1&y=%2e", "/a/?x=1&y=%2e"),
        ("/a", 'x="y"&z[]=\\', "a/?x=%22y%22&z%5B%5D=%5C", "/a/?x=%22y%22&z%5B%5D=%5C"),
        ("//x/sub", "", "sub/", "//x/sub/"),
        ("//evil.example", "", "evil.example/", "//evil.example/"),
        ("///evil.example//x", "", "x/", "///evil.example//x/"),
        ("/\\evil.example", "", "%5Cevil.example/", "/%5Cevil.example/"),
        ("/%5cevil.example", "", "%5Cevil.example/", "/%5Cevil.example/"),
        ("/a%20b/%C3%BC", "", "%C3%BC/", "/a%20b/%C3%BC/"),
        ("/%3Fa%23b", "?", "%3Fa%23b/??", "/%3Fa%23b/??"),
        ("/a:b", "", "./a%3Ab/", "/a%3Ab/"),
        ("/javascript%3Ax", "", "./javascript%3Ax/", "/javascript%3Ax/"),
        ("/~a/-b", "", "-b/", "/~a/-b/"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/files", "/a/b"])
def test_R1_R2_a_redirect_leads_to_a_path_here(path: str, query: str, location: str, target: str, prefix: str) -> None:
    response = redirect_response(path, decode(path), query)
    assert response.status == 301
    assert response.headers["Location"] == location
    assert resolve(path, location, prefix) == target
    assert response.headers["Cache-Control"] == "no-store"
    assert f'<a href="{escape(location)}">'.encode() in content(response)


@pytest.mark.parametrize("path", ["/x.php", "/cgi-bin/x", "/cgi-bin/x/more", "//cgi-bin//x"])
@pytest.mark.parametrize("segments", [("a",), ("a:b", "c"), ("cgi-bin-old",)])
def test_R1_where_a_script_led_to_the_directory_it_counts_what_the_client_asked_for(
    path: str, segments: tuple[str, ...]
) -> None:
    location = redirect_response(path, segments, "").headers["Location"]
    assert decode(resolve(path, location, "/files")) == segments
    assert resolve(path, location).endswith("/")


def test_R3_the_note_of_a_redirect_is_escaped() -> None:
    page = content(redirect_response("/a", ("a",), "x=\"><script>'")).decode()
    assert "<script>" not in page
    assert '<a href="a/?x=%22%3E%3Cscript%3E' in page
    assert '&#x27;">' in page or '&#39;">' in page


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
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    allowed = (
        "*, Accept, Accept-Language, Cache-Control, Content-Language, Content-Type, If-Match, If-Modified-Since, "
        "If-None-Match, If-Range, If-Unmodified-Since, Pragma, Range"
    )
    assert headers["Access-Control-Allow-Headers"] == allowed
    users = BasicAuth((("a", str(PasswordHash.of("b", b"0123456789abcdef", n=2, r=1))),))
    guarded = options_response(preflight, site=Site(cors=True, auth=users)).headers
    assert guarded["Access-Control-Allow-Headers"] == f"{allowed}, Authorization"
    assert headers["Access-Control-Max-Age"] == "600"
    for other in (options_response(preflight), options_response(site=Site(cors=True))):
        assert "Access-Control-Allow-Methods" not in other.headers


@pytest.mark.clause("9110-15.5.7-2a")
def test_W4_what_can_be_had_instead_is_escaped() -> None:
    page = content(not_acceptable_response(('a"<b>.txt', "a.gz"))).decode()
    assert '<a href="a%22%3Cb%3E.txt">a&quot;&lt;b&gt;.txt</a>' in page


class Told(BadRequest):
    told = 'Ask for <"ü"\\\n>'


@pytest.mark.parametrize("headers", EVERY_FORM)
def test_what_a_class_tells_the_client_is_told_in_every_form(headers: Headers) -> None:
    said = content(error_response(Told(), headers=headers)).decode()
    if headers is FOR_JSON:
        problem: dict[str, object] = json.loads(said)
        assert problem["detail"] == Told.told
    else:
        assert (escape(Told.told) if headers is FOR_HTML else Told.told) in said


@pytest.mark.clause("9110-2.3-3a")
@pytest.mark.parametrize(
    ("path", "segments", "target"),
    [
        ("/a/b", ("a", "b"), "/a/b/"),
        ("/a//b", ("a", "b"), "/a//b/"),
        ("/a:b", ("a:b",), "/a%3Ab/"),
        ("/x/y", ("a", "b"), "/a/b/"),
    ],
)
def test_a_redirect_leads_to_no_longer_target_than_is_taken(path: str, segments: tuple[str, ...], target: str) -> None:
    """The client resolves the reference, and may use any method of files."""
    line = len(f"OPTIONS {target} HTTP/1.1")
    asked = request(target=path)
    assert moved_response(asked, path, segments, limits=Limits(request_line=line)).status == 301
    with pytest.raises(TargetTooLong):
        moved_response(asked, path, segments, limits=Limits(request_line=line - 1))


def test_an_error_as_a_text_and_as_a_problem_is_this() -> None:
    meaning = 'Ask for <"ü"\\\n>'
    told = Told("x")
    for accept, kind, text in (
        ("*/*", "text/plain; charset=utf-8", f"400 Bad Request\n{meaning}\n"),
        (
            "application/problem+json",
            "application/problem+json",
            '{"status":400,"title":"Bad Request","detail":"Ask for <\\"ü\\"\\\\\\u000a>"}\n',
        ),
    ):
        response = error_response(told, headers=Headers({"Accept": accept}))
        assert content(response).decode() == text
        assert sorted(response.headers.lines) == [
            ("Cache-Control", "no-store"),
            ("Content-Type", kind),
            ("Vary", "Accept"),
            ("X-Content-Type-Options", "nosniff"),
        ]


@pytest.mark.parametrize(
    ("path", "reference", "target"),
    [
        ("/a", "a/", "/a/"),
        ("/b/a", "a/", "/b/a/"),
        ("/b/a", "./a:b", "/b/a:b"),
        ("/b/c/a", "../../x/y", "/x/y"),
        ("/a", "./", "/"),
    ],
)
def test_what_a_client_makes_of_a_reference(path: str, reference: str, target: str) -> None:
    assert _resolved(path, reference) == target

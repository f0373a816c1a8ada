"""The fields that a site adds to every answer."""

import pytest

from pyhttp.messages import Response
from pyhttp.resources.site_fields import Lines, completed, with_site_fields, without
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.site import Site

LINES = (("Content-Type", "text/plain"), ("Vary", "Accept"))


@pytest.mark.parametrize(
    ("site", "found", "caching"),
    [
        (Site(), True, "no-cache"),
        (Site(max_age=0), True, "max-age=0"),
        (Site(max_age=60), True, "max-age=60"),
        (Site(max_age=60), False, "no-store"),
    ],
)
def test_caching(site: Site, found: bool, caching: str) -> None:
    assert with_site_fields(LINES, site, found=found).lines == (*LINES, ("Cache-Control", caching))


def complete(lines: Lines, site: Site, *, status: int = 200) -> Headers:
    return completed(Response(status, Headers(lines)), site, EMPTY).headers


def test_cors() -> None:
    headers = complete(LINES, Site(cors=True))
    assert headers["Access-Control-Allow-Origin"] == "*"
    exposed = (
        "*, Accept-Ranges, Allow, Content-Encoding, Content-Length, Content-Range, Date, ETag, Link, Location, "
        "Retry-After, Vary"
    )
    assert headers["Access-Control-Expose-Headers"] == exposed


def test_who_speaks_of_cors_is_not_interrupted() -> None:
    """The rule of a script may be stricter. The rule of the operator is the rule of the site."""
    lines = (*LINES, ("access-control-allow-origin", "https://a"))
    assert complete(lines, Site(cors=True)).lines == lines
    operators = complete(LINES, Site(cors=True, headers=(("Access-Control-Allow-Origin", "https://a"),)))
    assert operators.get_all("Access-Control-Allow-Origin") == ("https://a",)
    assert len(operators.get_all("Access-Control-Expose-Headers")) == 1
    operators = complete(LINES, Site(cors=True, headers=(("Access-Control-Expose-Headers", "ETag"),)))
    assert operators.get_all("Access-Control-Expose-Headers") == ("ETag",)
    assert operators.get_all("Access-Control-Allow-Origin") == ("*",)


def test_a_header_of_the_operator_replaces_ours_and_joins_vary_and_link() -> None:
    theirs = (("cache-control", "no-store"), ("X-A", "1"), ("X-A", "2"), ("vary", "Origin"), ("Link", "</>; rel=home"))
    site = Site(headers=theirs)
    headers = complete(with_site_fields((*LINES, ("Link", "<./>; rel=prev")), site).lines, site)
    assert headers["Link"] == "<./>; rel=prev, </>; rel=home"
    assert headers.get_all("Cache-Control") == ("no-store",)
    assert headers.get_all("X-A") == ("1", "2")
    assert headers["Vary"] == "Accept, Origin"
    assert headers["Content-Type"] == "text/plain"


def test_what_an_answer_says_itself_stays() -> None:
    """Cookies are the exception: two cookies are two facts."""
    site = Site(headers=(("X-A", "1"), ("X-B", "2"), ("Set-Cookie", "site=1")))
    headers = complete((("x-a", "own"), ("Set-Cookie", "script=1")), site)
    assert headers.get_all("X-A") == ("own",)
    assert headers.get_all("X-B") == ("2",)
    assert headers.get_all("Set-Cookie") == ("script=1", "site=1")


@pytest.mark.clause("9110-15.3.7-6a", "9110-15.4.5-4a")
@pytest.mark.parametrize(
    ("status", "asked", "said"),
    [
        (200, {}, True),
        (206, {}, True),
        (304, {}, False),
        (200, {"If-Range": '"x"'}, True),
        (206, {"If-Range": '"x"'}, False),
    ],
)
def test_the_language_is_not_repeated_for_who_has_the_content(status: int, asked: dict[str, str], said: bool) -> None:
    site = Site(headers=(("Content-Language", "de"), ("X-A", "1")))
    got = completed(Response(status), site, Headers(asked)).headers
    assert ("Content-Language" in got, "X-A" in got) == (said, True)


def test_the_rest_of_an_answer_is_as_it_was() -> None:
    response = Response(418, {"X-A": "1"}, b"tea", reason="Short and stout")
    got = completed(response, Site(headers=(("X-B", "2"),)), EMPTY)
    assert (got.status, got.body, got.reason) == (418, b"tea", "Short and stout")
    assert completed(response, Site(headers=(("X-A", "2"),)), EMPTY) is response


def test_without() -> None:
    assert without(LINES, {"vary"}) == LINES[:1]

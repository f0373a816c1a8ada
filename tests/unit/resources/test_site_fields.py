"""What a site adds to every answer."""

import pytest

from pyhttp.resources.site_fields import not_modified_response, with_site_fields, without
from pyhttp.semantics.fields import Headers
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


def test_cors() -> None:
    headers = with_site_fields(LINES, Site(cors=True))
    assert headers["Access-Control-Allow-Origin"] == "*"
    for name in (
        "*",
        "Accept-Ranges",
        "Content-Encoding",
        "Content-Length",
        "Content-Range",
        "Date",
        "ETag",
        "Location",
    ):
        assert name in headers.members("Access-Control-Expose-Headers")


def test_a_header_of_the_operator_replaces_ours_and_joins_vary_and_link() -> None:
    theirs = (("cache-control", "no-store"), ("X-A", "1"), ("X-A", "2"), ("vary", "Origin"), ("Link", "</>; rel=home"))
    headers = with_site_fields((*LINES, ("Link", "<./>; rel=prev")), Site(headers=theirs))
    assert headers["Link"] == "<./>; rel=prev, </>; rel=home"
    assert headers.get_all("Cache-Control") == ("no-store",)
    assert headers.get_all("X-A") == ("1", "2")
    assert headers["Vary"] == "Accept, Origin"
    assert headers["Content-Type"] == "text/plain"


def test_without() -> None:
    assert without(LINES, {"vary"}) == LINES[:1]


def test_a_304_keeps_what_a_cache_needs() -> None:
    response = not_modified_response(Headers([*LINES, ("ETag", '"x"'), ("Last-Modified", "y")]))
    assert response.headers.lines == (("Vary", "Accept"), ("ETag", '"x"'))

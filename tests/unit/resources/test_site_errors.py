"""The answer of a folder's site to an error: the requests that get the site's own page."""

from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, HTTPError, IncompleteRequest, NotFound
from pyhttp.resources.site_errors import answer_to_error
from pyhttp.site import Site
from tests.helpers.folder import content, request

OWN = b"<h1>Lost</h1>"


@pytest.mark.clause("9110-9.3.2-2b")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_GET_and_HEAD_get_the_page_of_the_site(tmp_path: Path, method: str) -> None:
    assert _answer(tmp_path, NotFound(), method) == (404, OWN)


@pytest.mark.parametrize(("error", "method"), [(NotFound(), "POST"), (NotFound(), "get"), (Forbidden(), "GET")])
def test_any_other_request_or_error_has_an_explanation(tmp_path: Path, error: HTTPError, method: str) -> None:
    status, page = _answer(tmp_path, error, method)
    assert status == error.status
    assert OWN not in page


def _answer(root: Path, error: HTTPError, method: str) -> tuple[int, bytes]:
    (root / "404.html").write_bytes(OWN)
    response = answer_to_error(error, request(method, "/none"), str(root), site=Site(), path="/none")
    return response.status, content(response)


@pytest.mark.parametrize("data", [b"<!DOCTYPE html>", b"\0<!DOCTYPE html>"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_sites_own_page_is_for_who_reads(tmp_path: Path, method: str, data: bytes) -> None:
    (tmp_path / "lost").write_bytes(data)
    site = Site(not_found="lost")
    response = answer_to_error(NotFound("x"), request(method, "/y"), str(tmp_path), site=site, path="/y")
    own = method != "POST"
    kind = "text/plain; charset=utf-8" if data[0] or not own else "application/octet-stream"
    assert response.status == 404
    assert sorted(response.headers.lines) == [
        ("Cache-Control", "no-store"),
        ("Content-Type", kind),
        ("Vary", "Accept"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    assert (content(response) == data) is own


def test_who_has_no_page_of_the_site_gets_an_explanation(tmp_path: Path) -> None:
    (tmp_path / "lost").write_bytes(OWN)
    for site in (Site(not_found="none"), Site(not_found=""), Site(not_found="lost", only="one")):
        response = answer_to_error(NotFound("x"), request(target="/y"), str(tmp_path), site=site, path="/y")
        assert (response.status, content(response)[:13]) == (404, b"404 Not Found")


def test_the_sites_own_page_has_its_length(tmp_path: Path) -> None:
    (tmp_path / "lost").write_bytes(OWN)
    site = Site(not_found="lost")
    response = answer_to_error(NotFound("x"), request(), str(tmp_path), site=site, path="/")
    response.close()
    assert response.length == len(OWN)


def test_a_preflight_has_its_answer_unless_the_connection_must_end(tmp_path: Path) -> None:
    head = request("OPTIONS", fields={"Origin": "http://a", "Access-Control-Request-Method": "GET"})
    for error, status in ((NotFound("x"), 204), (IncompleteRequest("x"), 400)):
        assert answer_to_error(error, head, str(tmp_path), site=Site(cors=True), path="/").status == status
    assert answer_to_error(NotFound("x"), head, str(tmp_path), site=Site(), path="/").status == 404

"""The answer for a browser that goes to a page of an application that draws its pages itself."""

from pathlib import Path
from typing import Final

import pytest

from pyhttp.errors import Forbidden, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.resources.single_page import is_navigation, page_instead
from pyhttp.site import Site
from tests.helpers.folder import content, request, write

SITE: Final = Site(spa="index.html")
GOES: Final = {"Sec-Fetch-Mode": "navigate"}
BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "target", "fields", "goes"),
    [
        ("GET", "/route", GOES, True),
        ("HEAD", "/route", GOES, True),
        ("GET", "/a/b/", GOES, True),
        ("GET", "/v1.2/", GOES, True),
        ("GET", "/v1.2/route", GOES, True),
        ("GET", "/route?file=a.js", GOES, True),
        ("GET", "/.well", GOES, True),
        ("GET", "/route", BROWSER, True),
        ("GET", "/route", {"Accept": "text/html"}, True),
        ("GET", "/route", {"Sec-Fetch-Mode": "navigate", "Accept": "*/*"}, True),
        ("GET", "/route", {"Sec-Fetch-Mode": "cors", **BROWSER}, False),
        ("GET", "/route", {"Sec-Fetch-Mode": "no-cors", "Accept": "image/*,*/*;q=0.8"}, False),
        ("GET", "/route", {"Accept": "*/*"}, False),
        ("GET", "/route", {"Accept": "application/json, text/html;q=0.5"}, False),
        ("GET", "/route", {"Accept": "text/html;q=0"}, False),
        ("GET", "/route", {}, False),
        ("GET", "/app.js", GOES, False),
        ("GET", "/a/logo.png", BROWSER, False),
        ("GET", "/a/.x.png", GOES, False),
        ("POST", "/route", GOES, False),
        ("OPTIONS", "/route", GOES, False),
    ],
)
def test_who_goes_to_a_page(method: str, target: str, fields: dict[str, str], goes: bool) -> None:
    assert is_navigation(request(method, target, fields)) is goes


def instead(root: Path, fields: dict[str, str], site: Site = SITE, method: str = "GET") -> Response:
    return page_instead(request(method, "/route", fields), NotFound("x"), str(root), site=site, limits=Limits())


@pytest.mark.clause("9110-12.5.5-10a")
def test_the_applications_file_with_its_validators(tmp_path: Path) -> None:
    write(tmp_path / "index.html", b"<p>app")
    response = instead(tmp_path, GOES)
    assert (response.status, response.headers.get_all("Vary")) == (200, ("Accept, Sec-Fetch-Mode",))
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert content(response) == b"<p>app"
    same = instead(tmp_path, {**GOES, "If-None-Match": response.headers["ETag"]})
    assert (same.status, same.headers["Vary"]) == (304, "Accept, Sec-Fetch-Mode")


def test_who_does_not_go_there_learns_what_has_been_found(tmp_path: Path) -> None:
    write(tmp_path / "index.html", b"<p>app")
    with pytest.raises(NotFound, match="x"):
        instead(tmp_path, {})


def test_an_application_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="x"):
        instead(tmp_path, GOES)


def test_an_application_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(Forbidden):
        instead(tmp_path, GOES)

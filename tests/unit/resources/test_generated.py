"""Content written by the server has conditions like files."""

import hashlib

import pytest

from pyhttp.errors import MethodNotAllowed, MethodUnknown, PreconditionFailed
from pyhttp.messages import Response
from pyhttp.resources.generated import generated_response
from pyhttp.site import Site
from tests.helpers.folder import content, request

LINES = (("Content-Type", "text/plain"), ("Vary", "Accept"))


def ask(method: str = "GET", text: str = "data", fields: dict[str, str] | None = None) -> Response:
    return generated_response(request(method, "/", fields), text, LINES, site=Site())


def test_a_tag_that_follows_the_content_and_no_date() -> None:
    response = ask()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/plain"
    assert "Last-Modified" not in response.headers
    assert "Accept-Ranges" not in response.headers
    assert content(response) == b"data"
    assert ask().headers["ETag"] == response.headers["ETag"] != ask(text="other").headers["ETag"]
    assert ask("HEAD").headers == response.headers


def test_the_tag_is_a_digest_of_what_is_sent() -> None:
    response = ask(text="ü\ud800")
    assert content(response) == "ü?".encode()
    assert response.headers["ETag"] == f'"{hashlib.sha256(content(response)).hexdigest()[:32]}"'


@pytest.mark.clause("9110-15.4.5-2a")
def test_conditions() -> None:
    tag = ask().headers["ETag"]
    same = ask(fields={"If-None-Match": tag})
    assert (same.status, content(same)) == (304, b"")
    assert sorted(name for name, _ in same.headers.lines) == ["Cache-Control", "ETag", "Vary"]
    with pytest.raises(PreconditionFailed):
        ask(fields={"If-Match": '"other"'})


@pytest.mark.clause("9110-13.1.5-6c", "9110-14.2-3a", "9110-13.1.3-7a")
def test_ranges_and_dates_mean_nothing_here() -> None:
    tag = ask().headers["ETag"]
    for fields in (
        {"Range": "bytes=0-0"},
        {"Range": "bytes=0-0", "If-Range": tag},
        {"Range": "bytes=0-0", "If-Range": '"other"'},
        {"Range": "bytes=99-"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        assert ask(fields=fields).status == 200


def test_methods() -> None:
    assert ask("OPTIONS").status == 204
    with pytest.raises(MethodNotAllowed):
        ask("DELETE")
    with pytest.raises(MethodUnknown):
        ask("BREW")

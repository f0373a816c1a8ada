"""A directory as JSON: the whole of it, in one piece or in many. W4, W5."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pyhttp.errors import Forbidden, MethodNotAllowed, PreconditionFailed
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, Response, Source, Written
from pyhttp.resources import json_listing
from pyhttp.resources.entries import Entry
from pyhttp.resources.json_listing import json_response
from pyhttp.resources.rows import json_rows
from pyhttp.site import Site
from tests.helpers.folder import OLD, content, request, write

SITE = Site()
SHORT = Limits(listing_entries=3)


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


def ask(root: Path, query: str = "", method: str = "GET", fields: dict[str, str] | None = None) -> Response:
    """The answer to a request for `root`, of which three entries are written at once."""
    return json_response(request(method, f"/?{query}", fields), str(root), root=str(root), site=SITE, limits=SHORT)


@pytest.mark.clause("9110-12.5.5-10a")
@pytest.mark.parametrize("count", [2, 3])
def test_json(tmp_path: Path, count: int) -> None:
    """The array comes in one piece, or in more."""
    name = os.fsdecode(b"a:b \xff")
    write(tmp_path / name, b"x" * 1500)
    (tmp_path / "sub").mkdir()
    for place in range(2, count + 1):
        write(tmp_path / f"n{place}", b"x" * 1500)
    response = ask(tmp_path)
    assert isinstance(response.body, bytes) is (count == 2)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Vary"] == "Accept"
    assert ("ETag" in response.headers) is (count == 2)
    rows: list[dict[str, object]] = json.loads(content(response).decode("utf-8"))
    assert [list(row) for row in rows] == [["name", "type", "size", "mtime", "url"]] * (count + 1)
    folder, file, *others = rows
    assert (folder["type"], folder["size"], folder["url"]) == ("directory", None, "sub/")
    mtime = "2023-11-14T22:13:20Z"
    assert file == {"name": "a:b \ufffd", "type": "file", "size": 1500, "mtime": mtime, "url": "a%3Ab%20%FF"}
    assert [row["url"] for row in others] == [f"n{place}" for place in range(2, count + 1)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("block", [1, 2, 4, 100])
@pytest.mark.parametrize("query", ["", "order=desc", "sort=size&order=desc", "sort=date"])
def test_json_has_every_entry_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, block: int, query: str
) -> None:
    monkeypatch.setattr("pyhttp.resources.json_listing.BLOCK", block)
    monkeypatch.setattr("pyhttp.resources.sorting.BLOCK", block)
    for place in range(count):
        write(tmp_path / str(place), b"x" * place, modified_ns=OLD - place * 10**9)
    response = ask(tmp_path, f"{query}&page=2")  # an array has no pages
    assert isinstance(response.body, bytes) is (count <= 3)
    places = range(count) if query == "" else reversed(range(count))
    assert [row["url"] for row in json.loads(content(response))] == [str(place) for place in places]


def test_a_long_array_is_read_sorted_and_written_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work that takes long is done between pieces. An empty piece ends the turn."""
    monkeypatch.setattr("pyhttp.resources.json_listing.BLOCK", 4)
    monkeypatch.setattr("pyhttp.resources.sorting.BLOCK", 4)
    for place in range(10):
        write(tmp_path / str(place))
    response = ask(tmp_path)
    body = response.body
    assert not isinstance(body, bytes | tuple | FileSlice | Source | Written)
    pieces = list(body)
    response.close()
    assert [piece.count(b"url") for piece in pieces] == [0, 0, 0, 0, 4, 4, 2, 0]
    assert [bool(piece) for piece in pieces[:3]] == [False] * 3


def test_an_entry_that_goes_or_cannot_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyhttp.resources.sorting.BLOCK", 1)
    monkeypatch.setattr("pyhttp.resources.entries.os.access", lambda *_, **__: False)
    for place in range(6):
        write(tmp_path / str(place))
    response = ask(tmp_path)
    for place in (0, 2, 5):
        (tmp_path / str(place)).unlink()
    (tmp_path / "3").chmod(0)
    assert [row["url"] for row in json.loads(content(response))] == ["1", "4"]
    write(tmp_path / "6")
    response = ask(tmp_path)
    for left in tmp_path.iterdir():
        left.unlink()
    assert json.loads(content(response)) == []


def test_json_is_kept_as_long_as_it_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def rows(entries: Sequence[Entry]) -> list[str]:
        made.append(len(entries))
        return json_rows(entries)

    monkeypatch.setattr(json_listing, "json_rows", rows)
    file = write(tmp_path / "file", b"text")

    def sizes() -> list[tuple[str, int]]:
        return [(row["url"], row["size"]) for row in json.loads(content(ask(tmp_path)))]

    assert sizes() == sizes() == [("file", 4)]
    assert made == [1]
    write(file, b"longer")
    assert sizes() == [("file", 6)]


@pytest.mark.parametrize("count", [2, 9])
def test_an_answer_without_the_array_leaves_nothing_open(tmp_path: Path, count: int) -> None:
    for place in range(count):
        write(tmp_path / str(place))
    assert ask(tmp_path, method="OPTIONS").status == 204
    assert ask(tmp_path, fields={"If-None-Match": "*"}).status == 304
    assert content(ask(tmp_path, fields={"If-None-Match": '"other"', "If-Match": "*"}))
    with pytest.raises(PreconditionFailed):
        ask(tmp_path, fields={"If-Match": '"other"'})
    with pytest.raises(MethodNotAllowed):
        ask(tmp_path, method="POST")
    ask(tmp_path).close()
    begun = ask(tmp_path)
    if not isinstance(begun.body, bytes | tuple | FileSlice | Source | Written):
        assert next(iter(begun.body)) == b""
    begun.close()


@pytest.mark.parametrize("count", [1, 9])
def test_json_has_what_is_wanted_and_is_served(tmp_path: Path, count: int) -> None:
    """The array has no url that a program could not fetch."""
    for place in range(count):
        write(tmp_path / f"Note {place}")
        write(tmp_path / f"other {place}")
    (tmp_path / "note to nowhere").symlink_to("absent")
    (tmp_path / "note that leads out").symlink_to("/etc/passwd")
    response = ask(tmp_path, "q=note&sort=name&order=desc")
    assert isinstance(response.body, bytes) is (count == 1)
    urls = [row["url"] for row in json.loads(content(response))]
    assert urls == [f"Note%20{place}" for place in reversed(range(count))]
    assert json.loads(content(ask(tmp_path, "q=x"))) == []


def test_W5_json_can_be_switched_off(tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        json_response(request(), str(tmp_path), root=str(tmp_path), site=Site(listing=False))


@pytest.mark.parametrize("limits", [SHORT, Limits(listing_entries=1)], ids=["in one piece", "in pieces"])
def test_the_array_has_a_line_for_each_entry(tmp_path: Path, limits: Limits) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    response = json_response(request(), str(tmp_path), root=str(tmp_path), site=SITE, limits=limits)
    rows = [
        f'{{"name": "{name}", "type": "file", "size": 0, "mtime": "2023-11-14T22:13:20Z", "url": "{name}"}}'
        for name in ("a", "b")
    ]
    assert response.status == 200
    assert content(response).decode() == "[\n" + ",\n".join(rows) + "\n]\n"

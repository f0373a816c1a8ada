"""A directory as a resource. W4, W5."""

import html
import json
import os
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from pyhttp.errors import Forbidden, MethodNotAllowed, NotFound
from pyhttp.limits import Limits
from pyhttp.resources import listing
from pyhttp.resources.entries import Entry
from pyhttp.resources.listing import directory_page, file_page, json_response, listing_response, wants_json
from pyhttp.resources.order import Column, Order
from pyhttp.resources.paths import decode
from pyhttp.resources.rows import json_rows, table_rows
from pyhttp.site import Site
from tests.helpers.folder import OLD, content, request, write

SITE = Site()
VOID = frozenset({"meta", "path", "use", "link", "br", "input"})
OPEN_ENDED = frozenset({"tr", "td", "th", "li", "tbody", "thead"})
STRANGE = [
    b'"><script>alert(1)',
    b"'onclick='x",
    b"&amp;",
    b"javascript:alert(1)",
    b"http:",
    b"?query",
    b"#fragment",
    b"100%",
    b"%2e%2e",
    b"back\\slash",
    b"\xff\xfe",
    "grün 日本".encode(),
    b" space ",
    b"...",
    b"~",
    "\u202eright-to-left".encode(),
]


class Page(HTMLParser):
    """The parts of a page, and whether its tags are balanced where they must be."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.links: dict[str, str] = {}
        self._link: str | None = None
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID | OPEN_ENDED:
            self.stack.append(tag)
        if tag == "a":
            self._link = dict(attrs)["href"] or ""
            self.links[self._link] = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self.links[self._link] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element called `tag`."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in STRANGE:
        write(tmp_path / os.fsdecode(name), b"x" * 1500)
    (tmp_path / "sub").mkdir()
    return tmp_path


def page_of(root: Path, segments: tuple[str, ...] = (), query: str = "", site: Site = SITE) -> str:
    return directory_page(str(root.joinpath(*segments)), segments, query, root=str(root), site=site)


def test_W4_links_of_strange_names_lead_to_their_files(root: Path) -> None:
    page = Page(page_of(root))
    links = list(page.links)
    assert len(links) == len(STRANGE) + 1
    reached = set()
    for link in links:
        # As a browser resolves it, in whatever directory the page is.
        target = urlsplit(urljoin("http://host/dir/", link))
        assert (target.scheme, target.netloc, target.query, target.fragment) == ("http", "host", "", "")
        (base, name) = decode(target.path)
        assert base == "dir"
        assert unquote_to_bytes(target.path.removeprefix("/dir/").rstrip("/")) == os.fsencode(name)
        assert os.path.exists(root / name)
        reached.add(os.fsencode(name))
    assert reached == {*STRANGE, b"sub"}


def test_W4_names_are_escaped_and_written_as_text(root: Path) -> None:
    text = page_of(root)
    text.encode()
    assert "<script" not in text
    page = Page(text)
    assert '"><script>alert(1)' in page.links.values()
    assert "\ufffd\ufffd" in page.links.values()
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_the_page_is_whole_and_accessible(root: Path) -> None:
    page = Page(page_of(root / "sub", ()))
    assert page.all("html") == [{"lang": "en"}]
    for once in ("title", "h1", "main", "table", "caption", "thead", "tbody", "footer"):
        assert len(page.all(once)) == 1, once
    assert [attributes["scope"] for attributes in page.all("th")] == ["col"] * 3
    page = Page(page_of(root))
    assert [attributes["scope"] for attributes in page.all("th")] == ["col"] * 3 + ["row"] * (len(STRANGE) + 1)
    icons = [attributes for attributes in page.all("svg") if attributes]
    assert icons == [{"aria-hidden": "true"}] * (len(STRANGE) + 1)
    for attributes in page.all("use"):
        assert attributes["href"] in {f"#{symbol['id']}" for symbol in page.all("symbol")}
    assert not page.all("script")
    assert all("style" not in attributes for _, attributes in page.tags)


def test_rows_say_size_and_date(tmp_path: Path) -> None:
    write(tmp_path / "small", b"x" * 999)
    write(tmp_path / "large", b"x" * 1_500_000)
    (tmp_path / "sub").mkdir()
    text = page_of(tmp_path)
    assert '<td title="999 bytes">999 B<td><time datetime="2023-11-14T22:13:20Z">2023-11-14 22:13</time>' in text
    assert '<td title="1,500,000 bytes">1.5 MB' in text
    assert '>sub/</a><td><td><time datetime="' in text
    assert '1 folder, 2 files, <span title="1,500,999 bytes">1.5 MB</span> in all.' in text
    (tmp_path / "small").unlink()
    os.mkdir(tmp_path / "another")
    assert "2 folders, 1 file, " in page_of(tmp_path)


def test_title_heading_and_breadcrumbs(tmp_path: Path) -> None:
    deep = tmp_path / "a b" / "<c>"
    deep.mkdir(parents=True)
    text = page_of(tmp_path, ("a b", "<c>"))
    assert "<title>Index of /a b/&lt;c&gt;/</title>" in text
    assert "<h1>&lt;c&gt;</h1>" in text
    assert "<caption>Contents of /a b/&lt;c&gt;/</caption>" in text
    page = Page(text)
    assert len(page.all("nav")) == 1
    assert {link: name for link, name in page.links.items() if link.startswith("..")} == {
        "../../": "Home",
        "../": "Parent folder",
    }
    assert text.count('<a href="../">') == 2
    assert '<li><a href="../">a b</a>' in text
    top = page_of(tmp_path)
    assert "<title>Index of /</title>" in top
    assert "<h1>Home</h1>" in top
    assert '<a href="../' not in top
    assert "<nav" not in top


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert "This folder is empty." in page_of(tmp_path)


def _append(file: Path) -> None:
    file.write_bytes(b"longer")
    os.utime(file, ns=(OLD, OLD))


@pytest.mark.parametrize(
    "change",
    [
        _append,
        lambda file: os.utime(file, ns=(OLD, OLD + 10**9)),
        lambda file: file.rename(file.with_name("other")),
        lambda file: file.with_name("link").symlink_to("file"),
        lambda file: file.with_name("sub").mkdir(),
        Path.unlink,
    ],
)
def test_a_page_is_kept_as_long_as_it_says_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    made: list[int] = []

    def rows(entries: Sequence[Entry]) -> tuple[list[str], set[str]]:
        made.append(len(entries))
        return table_rows(entries)

    monkeypatch.setattr(listing, "table_rows", rows)
    write(tmp_path / "file", b"text")
    before = page_of(tmp_path)
    assert page_of(tmp_path) == before
    assert len(made) == 1
    change(tmp_path / "file")
    after = page_of(tmp_path)
    assert after != before
    assert len(made) == 2
    listing._page.cache_clear()
    assert page_of(tmp_path) == after


def test_a_page_that_is_kept_is_of_one_folder_order_and_limit(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "one" / name)
        write(tmp_path / "two" / name)
    pages = [page_of(tmp_path, (folder,), query) for folder in ("one", "two") for query in ("", "order=desc")]
    limits = Limits(listing_entries=1)
    write(tmp_path / "three" / "a")
    pages.append(page_of(tmp_path, ("three",)))
    write(tmp_path / "three" / "b")
    pages.append(directory_page(str(tmp_path / "three"), ("three",), root=str(tmp_path), site=SITE, limits=limits))
    assert len(set(pages)) == len(pages)


def test_json_is_kept_as_long_as_it_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def rows(entries: Sequence[Entry]) -> list[str]:
        made.append(len(entries))
        return json_rows(entries)

    monkeypatch.setattr(listing, "json_rows", rows)
    file = write(tmp_path / "file", b"text")

    def sizes() -> list[tuple[str, int]]:
        response = json_response(request(), str(tmp_path), root=str(tmp_path), site=SITE)
        return [(row["url"], row["size"]) for row in json.loads(content(response))]

    assert sizes() == sizes() == [("file", 4)]
    assert made == [1]
    _append(file)
    assert sizes() == [("file", 6)]


def test_symbolic_links_are_marked(tmp_path: Path) -> None:
    write(tmp_path / "file")
    (tmp_path / "to-file").symlink_to("file")
    text = page_of(tmp_path)
    assert text.count("<small>link</small>") == 1
    assert "to-file<small>link</small></a>" in text


@pytest.mark.parametrize(
    ("query", "states", "first"),
    [
        ("", ["ascending", None, None], "a"),
        ("sort=name&order=desc", ["descending", None, None], "c"),
        ("sort=size&order=desc", [None, "descending", None], "b"),
        ("sort=date", [None, None, "ascending"], "c"),
        ("x=<script>", ["ascending", None, None], "a"),
    ],
)
def test_headings_tell_the_order_and_change_it(
    tmp_path: Path, query: str, states: list[str | None], first: str
) -> None:
    for place, (name, size) in enumerate([("a", 2), ("b", 3), ("c", 1)]):
        write(tmp_path / name, b"x" * size, modified_ns=OLD - place * 10**9)
    text = page_of(tmp_path, query=query)
    page = Page(text)
    assert [attributes.get("aria-sort") for attributes in page.all("th")[:3]] == states
    assert next(iter(page.links)) == first
    assert page.all("form") == [{}] * 3
    assert [(field["name"], field["value"]) for field in page.all("input")] == [
        ("sort", "name"),
        ("sort", "size"),
        ("sort", "date"),
    ]
    order = Order.of(query)
    assert [(button["name"], button["value"]) for button in page.all("button")] == [
        ("order", order.direction_for(column)) for column in Column
    ]
    assert "script" not in text


def test_W5_a_page_that_lists_not_all_says_so(tmp_path: Path) -> None:
    for place in range(3):
        write(tmp_path / str(place))
    limits = Limits(listing_entries=2)
    text = directory_page(str(tmp_path), (), root=str(tmp_path), site=SITE, limits=limits)
    assert text.count("<tr>") == 1 + 2
    assert "There are more: 2 is the most that a page shows." in text
    assert "There are more" not in page_of(tmp_path)


def test_W5_listings_can_be_switched_off(tmp_path: Path) -> None:
    site = Site(listing=False)
    with pytest.raises(Forbidden):
        page_of(tmp_path, site=site)
    with pytest.raises(Forbidden):
        json_response(request(), str(tmp_path), root=str(tmp_path), site=site)


def test_a_page_of_22_entries_is_small(tmp_path: Path) -> None:
    for place in range(20):
        write(tmp_path / f"document-{place:02}.html", b"x" * 12345)
    for name in ("images", "styles"):
        (tmp_path / name).mkdir()
    assert len(page_of(tmp_path).encode()) < 8000


def test_a_long_page_grows_linearly(tmp_path: Path) -> None:
    sizes = []
    for count in (100, 200, 300):
        for place in range(count):
            write(tmp_path / f"{place:04}")
        sizes.append(len(page_of(tmp_path)))
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0]


def test_W4_a_file_as_a_page_is_escaped(tmp_path: Path) -> None:
    path = write(tmp_path / "a<b>.txt", b"<script>alert('x')</script>\n\xff&amp;\n")
    text = file_page(str(path), root=str(tmp_path), site=SITE)
    assert "<script>" not in text
    assert "<h1>a&lt;b&gt;.txt</h1>" in text
    match = re.search(r"<pre[^>]*>\n(.*)</pre>", text, re.DOTALL)
    assert match is not None
    assert html.unescape(match[1]) == "<script>alert('x')</script>\n\ufffd&amp;\n"


def test_a_file_too_large_for_a_page(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"12345")
    limits = Limits(shown_file=5)
    assert "12345" in file_page(str(path), root=str(tmp_path), site=SITE, limits=limits)
    write(path, b"123456")
    with pytest.raises(Forbidden):
        file_page(str(path), root=str(tmp_path), site=SITE, limits=limits)
    with pytest.raises(NotFound):
        file_page(str(tmp_path), root=str(tmp_path), site=SITE)


@pytest.mark.parametrize(
    ("target", "accept", "expected"),
    [
        ("/", None, False),
        ("/", "*/*", False),
        ("/", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("/", "application/json", True),
        ("/", "application/json, text/html;q=0.5", True),
        ("/?format=json", None, True),
        ("/?sort=size&format=json", "text/html", True),
        ("/?format=html", "application/json", False),
        ("/?format=JSON", None, False),
    ],
)
def test_who_wants_json(target: str, accept: str | None, expected: bool) -> None:
    assert wants_json(request("GET", target, {"Accept": accept} if accept else None)) is expected


@pytest.mark.clause("9110-12.5.5-10a")
def test_json(root: Path) -> None:
    response = json_response(request("GET", "/d%20d/?format=json"), str(root), root=str(root), site=SITE)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Vary"] == "Accept"
    rows = json.loads(content(response).decode("utf-8"))
    assert isinstance(rows, list)
    assert len(rows) == len(STRANGE) + 1
    assert rows[0]["type"] == "directory"
    assert rows[0]["size"] is None
    assert rows[0]["url"] == "sub/"
    for row in rows[1:]:
        assert list(row) == ["name", "type", "size", "mtime", "url"]
        assert (row["type"], row["size"], row["mtime"]) == ("file", 1500, "2023-11-14T22:13:20Z")
        (name,) = decode(f"/{row['url']}")
        assert os.path.exists(root / name)
        assert os.fsencode(name).decode("utf-8", "replace") == row["name"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_of_few_entries(tmp_path: Path, count: int) -> None:
    for place in range(count):
        write(tmp_path / str(place))
    response = json_response(request("GET", "/?order=desc"), str(tmp_path), root=str(tmp_path), site=SITE)
    assert [row["url"] for row in json.loads(content(response))] == [f"{place}" for place in reversed(range(count))]


def test_a_page_becomes_a_response() -> None:
    response = listing_response(request(), "<p>ü\ud800", site=SITE)
    assert response.status == 200
    assert response.headers["Vary"] == "Accept"
    assert "Content-Security-Policy" in response.headers
    assert content(response) == "<p>ü?".encode()
    same = listing_response(request(fields={"If-None-Match": response.headers["ETag"]}), "<p>ü\ud800", site=SITE)
    assert same.status == 304
    with pytest.raises(MethodNotAllowed):
        listing_response(request("POST"), "", site=SITE)

"""A directory as a resource. W4, W5."""

import html
import os
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from pyhttp.errors import Forbidden, MethodNotAllowed, NotFound
from pyhttp.limits import Limits
from pyhttp.resources import folder_page, listing
from pyhttp.resources.entries import Entry
from pyhttp.resources.icons import drawings, icon_names
from pyhttp.resources.listing import directory_page, file_page, listing_response, wants_json
from pyhttp.resources.order import Column, Order
from pyhttp.resources.page import GALLERY, SCRIPT
from pyhttp.resources.paging import Paging
from pyhttp.resources.paths import decode
from pyhttp.resources.relative_references import encode_segment
from pyhttp.resources.rows import table_rows
from pyhttp.resources.view import View
from pyhttp.site import Site
from tests.helpers.folder import OLD, content, request, write

SITE = Site()
VOID = frozenset({"meta", "path", "use", "link", "br", "input", "img"})
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
    asked = "/" + "".join([f"{encode_segment(segment)}/" for segment in segments])
    return directory_page(str(root.joinpath(*segments)), asked, query, root=str(root), site=site).html


def test_W4_links_of_strange_names_lead_to_their_files(root: Path) -> None:
    page = Page(page_of(root))
    links = list(page.links)
    assert len(links) == len(STRANGE) + 1
    reached = set()
    for link in links:
        # The test resolves the link as a browser does, in whatever directory the page is.
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
    assert text.count("<script") == 1
    page = Page(text)
    assert '"><script>alert(1)' in page.links.values()
    assert "\ufffd\ufffd" in page.links.values()
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_the_page_is_whole_and_accessible(root: Path) -> None:
    page = Page(page_of(root / "sub", ()))
    assert page.all("html") == [{"lang": "en"}]
    for once in ("title", "h1", "main", "table", "caption", "thead", "footer", "script"):
        assert len(page.all(once)) == 1, once
    assert len(page.all("tbody")) == 2
    assert [attributes["scope"] for attributes in page.all("th")] == ["col"] * 3
    page = Page(page_of(root))
    assert [attributes["scope"] for attributes in page.all("th")] == ["col"] * 3 + ["row"] * (len(STRANGE) + 1)
    icons = [attributes for attributes in page.all("svg") if attributes]
    assert icons == [{"aria-hidden": "true"}] * (len(STRANGE) + 1)
    for attributes in page.all("use"):
        assert attributes["href"] in {f"#{path['id']}" for path in page.all("path")}
    assert page.all("script") == [{}]
    assert all("style" not in attributes for _, attributes in page.tags)


def test_rows_say_size_and_date(tmp_path: Path) -> None:
    write(tmp_path / "small", b"x" * 999)
    write(tmp_path / "large", b"x" * 1_500_000)
    (tmp_path / "sub").mkdir()
    text = page_of(tmp_path)
    assert re.findall(r'value="(?:asc|desc)">([^<]*)</button>', text) == ["Name", "Size", "Modified"]
    assert "<td>999 B<td>2023-11-14 22:13\n" in text
    assert re.search('<tr title="1,500,000 bytes">[^\n]*<td>1.5 MB', text)
    assert ">sub/</a><td><td>20" in text
    assert '1 folder, 2 files, <span title="1,500,999 bytes">1.5 MB</span> in all.' in text
    assert 'Times are in <span id="zone">UTC</span>.' in text
    (tmp_path / "small").unlink()
    os.mkdir(tmp_path / "another")
    assert "2 folders, 1 file, " in page_of(tmp_path)


def test_title_heading_and_breadcrumbs(tmp_path: Path) -> None:
    """The name of the folder comes first, and the folder that is served has its own name."""
    root = tmp_path / "my <site>"
    (root / "a b" / "<c>").mkdir(parents=True)
    text = page_of(root, ("a b", "<c>"))
    assert "<title>&lt;c&gt; in my &lt;site&gt;/a b</title>" in text
    assert "<h1>&lt;c&gt;</h1>" in text
    assert "<caption>Contents of my &lt;site&gt;/a b/&lt;c&gt;</caption>" in text
    page = Page(text)
    assert len(page.all("nav")) == 1
    assert {link: name for link, name in page.links.items() if link.startswith("..")} == {
        "../../": "my <site>",
        "../": "Parent folder",
    }
    assert text.count('<a href="../">') == 2
    assert '<li><a href="../">a b</a>' in text
    top = page_of(root)
    assert "<title>my &lt;site&gt;</title>" in top
    assert "<h1>my &lt;site&gt;</h1>" in top
    assert '<a href="../' not in top
    assert "<nav" not in top


def test_the_whole_file_system_has_a_name_too() -> None:
    paging = Paging(View(), 1, 10, 0)
    assert "<h1>/</h1>" in folder_page.folder_page((), "/", "/", paging).html


def test_what_was_chosen_is_carried_to_other_folders_and_to_no_file(tmp_path: Path) -> None:
    """Where nothing was chosen, nothing is carried: the links of a listing lead crawlers to each folder once."""
    (tmp_path / "sub" / "deeper").mkdir(parents=True)
    write(tmp_path / "sub" / "file")
    assert list(Page(page_of(tmp_path, ("sub",))).links) == ["../", "deeper/", "file"]
    assert list(Page(page_of(tmp_path, ("sub",), "sort=name&order=asc&q=&page=1")).links) == ["../", "deeper/", "file"]
    chosen = list(Page(page_of(tmp_path, ("sub",), "sort=size&view=grid&order=desc&q=e")).links)
    carried = "?sort=size&order=desc&view=grid"
    assert chosen == [f"../{carried}", carried, f"deeper/{carried}", "file"]


def test_a_part_of_the_names_can_be_asked_for_without_a_script(tmp_path: Path) -> None:
    for name in ("A <b>.txt", "a <B> c.txt", "other"):
        write(tmp_path / name)
    text = page_of(tmp_path, query="q=%3Cb%3E&sort=size&order=desc")
    page = Page(text)
    assert [name for name in page.links.values() if name != "Show all"] == ["a <B> c.txt", "A <b>.txt"]
    assert page.links["?sort=size&order=desc"] == "Show all"
    assert '<output>2 names <a href="?sort=size&amp;order=desc">Show all</a></output>' in text
    fields = [(field["name"], field["value"]) for field in page.all("input")]
    assert fields[:3] == [("sort", "size"), ("order", "desc"), ("q", "<b>")]
    # Another order keeps the text that is wanted.
    assert fields[3:] == [pair for column in ("name", "size", "date") for pair in (("q", "<b>"), ("sort", column))]
    nothing = page_of(tmp_path, query="q=%3Cx%3E")
    assert "<footer>No name here has “&lt;x&gt;” in it.</footer>" in nothing
    assert '<output>0 names <a href="./">Show all</a></output>' in nothing
    assert "<output>1 name <a" in page_of(tmp_path, query="q=other")
    assert "<output></output>" in page_of(tmp_path)


def test_an_empty_folder_has_nothing_to_filter(tmp_path: Path) -> None:
    assert 'role="search"' not in page_of(tmp_path)
    assert 'role="search"' in page_of(tmp_path, query="q=a")


def test_images_can_be_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    assert "Gallery" not in page_of(tmp_path)
    write(tmp_path / "a.png")
    text = page_of(tmp_path)
    assert '<button>Filter</button><button name="view" value="grid">Gallery</button>' in text
    assert "<img" not in text
    grid = page_of(tmp_path, query="view=grid")
    assert '<img loading="lazy" alt="" src="a.png">a.png</a>' in grid
    assert f"<style>{GALLERY}</style>" in grid
    assert GALLERY not in text
    assert '<button name="view" value="grid">Filter</button><button>List</button>' in grid
    assert grid.count('<input type="hidden" name="view" value="grid">') == 3


@pytest.mark.parametrize("name", ["README.md", "readme.txt", "Readme.MD"])
def test_what_a_folder_is_about_stands_below_it_as_plain_text(tmp_path: Path, name: str) -> None:
    """W4: the text is escaped, and is up to date."""
    path = write(tmp_path / name, b"# <b>x</b> &amp;\n\xff")
    text = page_of(tmp_path)
    section = f'<h2 id="about">{name}</h2>\n<pre>\n# &lt;b&gt;x&lt;/b&gt; &amp;amp;\n\ufffd</pre>\n</section>\n'
    assert text.endswith(f"{section}</body>\n</html>\n")
    Page(text)
    status = path.stat()
    write(path, b"# <b>y</b> &amp;\n\xff")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "y&lt;/b" in page_of(tmp_path)
    assert "<h2" not in page_of(tmp_path, query="q=other")


def test_which_text_stands_below_a_folder(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "README.md").mkdir(parents=True)
    assert "<h2" not in page_of(site)
    (site / "README.md").rmdir()
    (site / "README.md").symlink_to("../secret")
    write(tmp_path / "secret", b"secret")
    assert "<h2" not in page_of(site)
    write(site / "README.txt", b"text")
    (site / "README.md").unlink()
    assert '<h2 id="about">README.txt</h2>' in page_of(site)
    write(site / "README.md", b"mark")
    assert '<h2 id="about">README.md</h2>' in page_of(site)
    assert "<h2" not in page_of(site, site=Site(cgi_suffixes=((".md", "/bin/cat"),)))


def test_a_text_that_is_long_is_a_link_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "README.md", b"x" * 64 * 1024)
    assert "xxx" in page_of(tmp_path)
    write(path, b"x" * (64 * 1024 + 1))
    assert "xxx" not in page_of(tmp_path)
    write(path, b"xxxx")
    limits = Limits(shown_file=3)
    assert "xxxx" not in directory_page(str(tmp_path), "/", root=str(tmp_path), site=SITE, limits=limits).html


def test_links_that_are_not_followed_are_named_and_counted(tmp_path: Path) -> None:
    (tmp_path / "<out>").symlink_to("/etc/passwd")
    (tmp_path / "gone").symlink_to("nowhere-at-all")
    text = page_of(tmp_path)
    assert "&lt;out&gt;<small>leads out</small></span>" in text
    assert "gone<small>broken</small></span>" in text
    assert not Page(text).links
    assert "passwd" not in text
    assert "nowhere" not in text
    assert "<footer>0 folders, 0 files, 2 links not followed, <span" in text


@pytest.mark.parametrize("asked", ["/a/b/", "/a//b/", "//a/b/", "/a/b//", "///a///b///"])
def test_breadcrumbs_lead_up_however_many_slashes_were_asked_for(tmp_path: Path, asked: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    text = directory_page(str(tmp_path / "a" / "b"), asked, root=str(tmp_path), site=SITE).html
    crumbs = dict(re.findall(r'<li><a href="([^"]*)">([^<]*)</a>', text))
    steps = {name: reference.count("../") for reference, name in crumbs.items()}
    # RFC 3986 §5.2.4: each step takes a segment away, also an empty one, which urljoin does not count.
    meant = {name: decode("/".join(asked.split("/")[: -1 - count]) + "/") for name, count in steps.items()}
    assert meant == {tmp_path.name: (), "a": ("a",)}


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert "This folder is empty." in page_of(tmp_path)


def _append(file: Path) -> None:
    file.write_bytes(b"longer")
    os.utime(file, ns=(OLD, OLD))


@pytest.mark.parametrize(
    "change",
    [
        _append,
        lambda file: os.utime(file, ns=(OLD, OLD + 60 * 10**9)),
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

    def rows(entries: Sequence[Entry], carried: str, *, grid: bool) -> tuple[list[str], set[str]]:
        made.append(len(entries))
        return table_rows(entries, carried, grid=grid)

    monkeypatch.setattr(folder_page, "table_rows", rows)
    write(tmp_path / "file", b"text")
    before = page_of(tmp_path)
    assert page_of(tmp_path) == before
    assert len(made) == 1
    change(tmp_path / "file")
    after = page_of(tmp_path)
    assert after != before
    assert len(made) == 2
    folder_page.folder_page.cache_clear()
    assert page_of(tmp_path) == after


def test_a_page_that_is_kept_is_of_one_folder_order_and_limit(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "one" / name)
        write(tmp_path / "two" / name)
    pages = [
        page_of(tmp_path, (folder,), query) for folder in ("one", "two") for query in ("", "order=desc", "view=grid")
    ]
    limits = Limits(listing_entries=1)
    write(tmp_path / "three" / "a")
    pages.append(page_of(tmp_path, ("three",)))
    write(tmp_path / "three" / "b")
    pages.append(directory_page(str(tmp_path / "three"), "/three/", root=str(tmp_path), site=SITE, limits=limits).html)
    assert len(set(pages)) == len(pages)


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
    assert page.all("form") == [{"role": "search"}, *[{}] * 3]
    fields = [(field["name"], field["value"]) for field in page.all("input")]
    assert fields[: fields.index(("q", ""))] == order_of(query)
    assert fields[fields.index(("q", "")) + 1 :] == [
        ("sort", "name"),
        ("sort", "size"),
        ("sort", "date"),
    ]
    order = Order.of(query)
    assert [(button["name"], button["value"]) for button in page.all("button")[1:]] == [
        ("order", order.direction_for(column)) for column in Column
    ]
    assert "<script>" not in text.replace(f"<script>{SCRIPT}</script>", "")


def order_of(query: str) -> list[tuple[str, str]]:
    """The fields with which a form asks for the order of a query. The usual order needs no field."""
    chosen = Order.of(query).query
    return [(pair.partition("=")[0], pair.partition("=")[2]) for pair in chosen.split("&") if pair]


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Seven files. The largest and latest file has the last name."""
    for place in range(7):
        write(tmp_path / f"n{place}", b"x" * place, modified_ns=OLD + place * 10**9)
    return tmp_path


def part(root: Path, query: str = "", size: int = 3) -> listing.Page:
    return directory_page(str(root), "/", query, root=str(root), site=SITE, limits=Limits(listing_entries=size))


def shown(html_: str) -> list[str]:
    return re.findall(r"</svg>(n[0-9])</a>", html_)


@pytest.mark.parametrize(
    ("query", "names", "link"),
    [
        ("", "n0 n1 n2", '<?page=2>; rel="next"'),
        ("page=1", "n0 n1 n2", '<?page=2>; rel="next"'),
        ("page=2", "n3 n4 n5", '<./>; rel="prev", <?page=3>; rel="next"'),
        ("page=3", "n6", '<?page=2>; rel="prev"'),
        ("sort=size&order=desc", "n6 n5 n4", '<?sort=size&order=desc&page=2>; rel="next"'),
        (
            "sort=date&order=desc&page=2",
            "n3 n2 n1",
            '<?sort=date&order=desc>; rel="prev", <?sort=date&order=desc&page=3>; rel="next"',
        ),
        ("page=3&order=desc", "n0", '<?sort=name&order=desc&page=2>; rel="prev"'),
    ],
)
def test_W5_a_long_listing_has_pages_and_its_order_is_that_of_all(
    long: Path, query: str, names: str, link: str
) -> None:
    page = part(long, query)
    assert shown(page.html) == names.split()
    canonical = ', <./>; rel="canonical"' if "order" in query else ""
    assert page.link == link + canonical
    links = [(a["rel"], a["href"]) for a in Page(page.html).all("a") if "rel" in a]
    assert sorted(links) == sorted([(rel, ref) for ref, rel in re.findall('<([^>]*)>; rel="([a-z]*)"', link)] * 2)


def test_each_page_says_which_entries_it_shows_and_how_many_there_are(long: Path) -> None:
    pages = [part(long, query).html for query in ("", "page=2", "page=3")]
    assert [re.findall("<span>(Entries.*?)</span>", page) for page in pages] == [
        ["Entries 1 to 3 of 7"] * 2,
        ["Entries 4 to 6 of 7"] * 2,
        ["Entries 7 to 7 of 7"] * 2,
    ]
    assert "<footer>On this page: 0 folders, 3 files, <span" in pages[1]
    whole = part(long, size=7)
    assert "Entries" not in whole.html
    assert "<footer>0 folders, 7 files, <span" in whole.html
    assert whole.link == ""


@pytest.mark.parametrize("query", ["", "order=desc", "sort=size", "sort=size&order=desc", "sort=date"])
def test_the_next_links_lead_to_every_entry_once(long: Path, query: str) -> None:
    (long / "folder").mkdir()
    seen: list[str] = []
    following = query
    for _ in range(4):
        page = part(long, following, 2)
        seen += shown(page.html)
        match = re.search(r'<\?([^>]*)>; rel="next"', page.link)
        following = match[1] if match else "none"
    assert following == "none"
    assert sorted(seen) == [f"n{place}" for place in range(7)]


@pytest.mark.parametrize("number", ["4", "0", "-1", "01", "x", "", "+1", "1.0", "%31", "\u0661", "9" * 18, "9" * 19])
def test_a_page_that_there_is_not_is_not_found(long: Path, number: str) -> None:
    with pytest.raises(NotFound):
        part(long, f"page={number}")


def test_an_empty_folder_and_a_short_one_have_one_page(tmp_path: Path) -> None:
    assert "This folder is empty." in part(tmp_path, "page=1").html
    with pytest.raises(NotFound):
        part(tmp_path, "page=2")
    write(tmp_path / "n0")
    assert shown(part(tmp_path, "page=1").html) == ["n0"]
    with pytest.raises(NotFound):
        part(tmp_path, "page=2")


def test_a_page_that_is_kept_is_one_page_of_a_folder_as_long_as_that(long: Path) -> None:
    first = part(long)
    assert part(long) == first
    assert shown(part(long, "page=2").html) == ["n3", "n4", "n5"]
    write(long / "n7")
    assert "of 8" in part(long, "page=2").html
    (long / "n0").unlink()
    assert shown(part(long).html) == ["n1", "n2", "n3"]


def test_W5_listings_can_be_switched_off(tmp_path: Path) -> None:
    site = Site(listing=False)
    with pytest.raises(Forbidden):
        page_of(tmp_path, site=site)


def test_a_page_of_22_entries_is_small(tmp_path: Path) -> None:
    for place in range(20):
        write(tmp_path / f"document-{place:02}.html", b"x" * 12345)
    for name in ("images", "styles"):
        (tmp_path / name).mkdir()
    assert len(page_of(tmp_path).encode()) < 10_000


def test_a_page_of_as_many_kinds_of_things_is_small_too(tmp_path: Path) -> None:
    """Each kind has a drawing of its own. The page has the kinds with the largest drawings."""
    one_each = {icon: suffix for suffix, icon in icon_names().items()}
    for icon in sorted(one_each, key=lambda icon: len(drawings({icon})))[-20:]:
        write(tmp_path / "site" / f"{icon}-file{one_each[icon]}", b"x" * 12345)
    for name in ("images", "styles"):
        (tmp_path / "site" / name).mkdir()
    text = page_of(tmp_path / "site")
    assert text.count("<path id=") == 21
    assert len(text.encode()) < 10_000


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
        ("/", "application/json;q=0.5, text/html", False),
        ("/?format=json", None, True),
        ("/?sort=size&format=json", "text/html", True),
        ("/?format=html", "application/json", False),
        ("/?format=JSON", None, False),
    ],
)
def test_who_wants_json(target: str, accept: str | None, expected: bool) -> None:
    assert wants_json(request("GET", target, {"Accept": accept} if accept else None)) is expected


def test_a_page_becomes_a_response() -> None:
    response = listing_response(request(), "<p>ü\ud800", site=SITE)
    assert response.status == 200
    assert response.headers["Vary"] == "Accept"
    assert "Content-Security-Policy" in response.headers
    assert content(response) == "<p>ü?".encode()
    same = listing_response(request(fields={"If-None-Match": response.headers["ETag"]}), "<p>ü\ud800", site=SITE)
    assert same.status == 304
    assert "Link" not in response.headers
    assert "img-src" not in response.headers["Content-Security-Policy"]
    gallery = listing_response(request(target="/?view=grid"), "", site=SITE)
    assert "img-src 'self'" in gallery.headers["Content-Security-Policy"]
    part_of_long = listing_response(request(), "", '<?page=2>; rel="next"', site=SITE)
    assert part_of_long.headers["Link"] == '<?page=2>; rel="next"'
    with pytest.raises(MethodNotAllowed):
        listing_response(request("POST"), "", site=SITE)

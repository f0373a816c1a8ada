"""The site of the documents: built once, without a warning, and then checked."""

import posixpath
import re
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest

from tests.helpers.public_api import members, public_names

TOP: Final = Path(__file__).parents[2]
BUILT: Final = TOP / "docs" / "_build" / "html"
STRICT: Final = ("--fail-on-warning", "--nitpicky", "--keep-going", "--fresh-env", "--quiet")


@pytest.fixture(scope="module")
def site() -> Path:
    """The folder of the site, built anew: a warning is a failure."""
    shutil.rmtree(BUILT, ignore_errors=True)
    places = ("-d", str(BUILT.with_name("doctrees")), str(TOP / "docs"))
    for builder, folder in (("html", BUILT), ("doctest", BUILT.with_name("doctest"))):
        command = (sys.executable, "-m", "sphinx", *STRICT, "-b", builder, *places, str(folder))
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (built.returncode, built.stderr) == (0, ""), built.stdout
    return BUILT


class Page(HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links |= {link for name in ("href", "src") if (link := given.get(name))}
        self.places |= {place for name in ("id", "name") if (place := given.get(name))}


def objects(site: Path) -> set[str]:
    """What the reference describes, by the inventory of the site."""
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(packed).decode().splitlines()
    split = [line.split() for line in lines]
    named = {name for name, kind, priority, *_ in split if kind.startswith("py:") and priority != "-1"}  # -1: an alias
    return {name.removeprefix("pyhttp.") for name in named - {"pyhttp"}}


def test_the_reference_has_what_is_public_and_nothing_else(site: Path) -> None:
    public = {*public_names(), *(f"{name}.{member}" for name in public_names() for member in members(name))}
    assert objects(site) - {f"{name}.__call__" for name in public_names()} == public


def test_each_link_of_the_site_leads_somewhere(site: Path) -> None:
    pages = {str(file.relative_to(site)): Page(file) for file in site.rglob("*.html")}
    lost: list[tuple[str, str]] = []
    for name, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            path, place = unquote(address.path), unquote(address.fragment)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not (site / path).exists() or (place and path in pages and place not in pages[path].places):
                lost.append((name, link))
    assert lost == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    fetched = re.compile(r"<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)
    assert [file.name for file in site.rglob("*.html") if fetched.search(file.read_text(encoding="utf-8"))] == []


def test_no_page_names_a_folder_of_the_machine(site: Path) -> None:
    here = str(TOP).encode()
    assert [file for file in site.rglob("*") if file.is_file() and here in file.read_bytes()] == []


def test_an_option_keeps_its_two_hyphens_where_no_code_is(site: Path) -> None:
    """A reader could not type a dash made of them, as of `--enable-shared` on the page of speed."""
    said = (TOP / "docs" / "speed.md").read_text(encoding="utf-8")
    shown = (site / "speed.html").read_text(encoding="utf-8")
    assert said.count("--enable-shared") > 0
    assert shown.count("--enable-shared") == said.count("--enable-shared")
    assert " -- " not in (site / "reference" / "limits.html").read_text(encoding="utf-8")


def test_a_base_that_says_nothing_is_not_shown(site: Path) -> None:
    shown = (site / "reference" / "messages.html").read_text(encoding="utf-8")
    bases = [re.sub(r"<[^>]+>", "", line) for line in shown.splitlines() if "Bases: " in line]
    assert bases == ["Bases: Mapping[str, str]"]

"""The listing as people meet it: in a browser, light and dark, wide and narrow, by mouse and by keyboard."""

import json
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pyhttp.limits import Limits
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.folder_client import serving
from tests.helpers.browser import chromium
from tests.helpers.folder import OLD, write

NARROW, WIDE = 400, 1000
PAGES = ("/", "/deep%20er/", "/deep%20er/?sort=size&order=desc", "/long/?page=2", "/empty/", "/absent")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("site")
    sizes = {"img10.png": 10, "img9.png": 2_000_000, "Notes.md": 30_000, "a.tar.gz": 5_000, "film.mp4": 1, "b.pdf": 7}
    for place, (name, size) in enumerate(sizes.items()):
        write(root / name, b"x" * size, modified_ns=OLD + place * 86_400 * 10**9)
    write(root / f"{'a-long-name-' * 12}.txt")
    write(root / os.fsdecode(b"\xff <b>.txt"))
    write(root / "deep er" / "inner file.txt", b"inner")
    write(root / "deep er" / "other.txt", b"other one")
    (root / "deep er" / "link").symlink_to("other.txt")
    for place in range(45):
        write(root / "long" / f"n{place}", b"x" * place)
    (root / "empty").mkdir()
    with serving(ThreadedServer, root, limits=Limits(listing_entries=20)) as client:
        yield "http://{}:{}".format(*client.address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def page_of(
    browser: Browser, width: int = WIDE, scheme: Literal["light", "dark"] = "light", *, bypass_csp: bool = False
) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=bypass_csp)
    return context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation(
    browser: Browser, site: str, path: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = page_of(browser, width, scheme, bypass_csp=True)
    page.goto(site + path)
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, list[object]] = page.evaluate("axe.run()")
    assert found["violations"] == [], json.dumps(found["violations"], indent=1)[:2000]
    assert len(found["passes"]) > 10
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_loses_the_date_and_never_scrolls_sideways(browser: Browser, site: str, path: str) -> None:
    page = page_of(browser, NARROW)
    page.goto(site + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert page.locator("time:visible").count() == 0
    page.set_viewport_size({"width": WIDE, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDE
    assert page.locator("time:visible").count() == page.locator("time").count()
    page.context.close()


def test_rows_are_high_enough_to_be_hit(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(site)
    heights: list[float] = page.evaluate("[...document.querySelectorAll('tr :is(a, button)')].map(a => a.offsetHeight)")
    assert len(heights) > 5
    assert min(heights) >= 24
    page.context.close()


def test_the_page_keeps_its_own_policy(browser: Browser, site: str, tmp_path: Path) -> None:
    page = page_of(browser)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    page.on("console", note)
    for path in PAGES[:-1]:
        page.goto(site + path)
        assert page.evaluate("getComputedStyle(document.querySelector('table')).borderRadius") == "10px"
        page.screenshot(path=tmp_path / "page.png")
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []
    page.context.close()


def test_dark_and_light_differ(browser: Browser, site: str) -> None:
    grounds = set()
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page = page_of(browser, scheme=scheme)
        page.goto(site)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.context.close()
    assert len(grounds) == 2


def test_sorting_by_the_headings(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(site)
    names = page.locator("tbody a")
    assert names.all_inner_texts()[:3] == ["deep er/", "empty/", "long/"]
    texts = names.all_inner_texts()
    assert texts.index("img9.png") < texts.index("img10.png") < texts.index("Notes.md")
    page.get_by_role("button", name="Size").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    assert names.all_inner_texts()[3] == "img9.png"
    page.get_by_role("button", name="Modified").click()
    assert names.all_inner_texts()[3] == "b.pdf"
    page.get_by_role("button", name="Name").click()
    page.get_by_role("button", name="Name").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    page.context.close()


def test_a_long_listing_is_read_page_by_page(browser: Browser, site: str) -> None:
    """From its beginning, in the order that was asked for; a new order begins at its first page."""
    page = page_of(browser)
    page.goto(f"{site}/long/")
    page.get_by_role("button", name="Size").click()
    seen: list[str] = []
    for shown in ("Entries 1 to 20 of 45", "Entries 21 to 40 of 45", "Entries 41 to 45 of 45"):
        pages = page.get_by_role("navigation", name="Pages", exact=True)
        expect(pages).to_contain_text(shown)
        seen += page.locator("tbody a").all_inner_texts()[1:]
        if len(seen) < 45:
            pages.get_by_role("link", name="Next page").click()
    assert seen == [f"n{place}" for place in reversed(range(45))]
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    page.get_by_role("link", name="Previous page").last.click()
    page.get_by_role("link", name="Previous page").first.click()
    expect(page).to_have_url(f"{site}/long/?sort=size&order=desc")
    page.go_back()
    page.get_by_role("button", name="Size").click()
    expect(page).to_have_url(f"{site}/long/?sort=size&order=asc")
    page.context.close()


def test_the_keyboard_is_enough(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(site)
    focused: list[str] = []
    for _ in range(4):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.innerText"))
    assert focused == ["Name", "Size", "Modified", "deep er/"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/deep%20er/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Home"
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/")
    page.context.close()


def test_breadcrumbs_parent_and_marks(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(f"{site}/deep%20er/")
    expect(page.get_by_role("heading", level=1)).to_have_text("deep er")
    expect(page.get_by_role("navigation")).to_contain_text("Home")
    expect(page.get_by_role("row", name="link")).to_contain_text("link")
    expect(page.locator("small")).to_have_count(1)
    expect(page.locator("footer")).to_contain_text("0 folders, 3 files, 23 B in all.")
    page.get_by_role("link", name="Parent folder").click()
    expect(page).to_have_url(f"{site}/")
    page.context.close()

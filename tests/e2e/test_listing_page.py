"""The listing in a browser: light and dark, wide and narrow, by mouse and by keyboard."""

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
PAGES = (
    "/",
    "/deep%20er/",
    "/deep%20er/?sort=size&order=desc",
    "/?view=grid",
    "/?q=a&view=grid",
    "/?q=nothing-like-this",
    "/long/?page=2",
    "/empty/",
    "/absent",
)
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><circle cx="9" cy="9" r="9"/></svg>'


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
    (root / "deep er" / "out").symlink_to("/etc/passwd")
    (root / "deep er" / "nowhere").symlink_to("absent")
    (root / "deep er" / "still deeper").mkdir()
    write(root / "deep er" / "README.md", b"# About\n\nA <b>text</b>.\n" + b"word " * 200)
    for place in range(20):
        write(root / "pictures" / f"{place:02}.svg", PICTURE)
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
    browser: Browser,
    width: int = WIDE,
    scheme: Literal["light", "dark"] = "light",
    *,
    bypass_csp: bool = False,
    scripts: bool = True,
    forced: Literal["active", "none"] = "none",
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        bypass_csp=bypass_csp,
        java_script_enabled=scripts,
        forced_colors=forced,
        timezone_id="Asia/Kolkata",
    )
    return context.new_page()


WAYS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


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
def test_a_narrow_screen_shows_all_and_never_scrolls_sideways(browser: Browser, site: str, path: str) -> None:
    page = page_of(browser, NARROW)
    page.goto(site + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    times = "tbody + tbody td:last-child"
    shown = 0 if "grid" in path else page.locator(times).count()
    assert page.locator(f"{times}:visible").count() == shown
    page.set_viewport_size({"width": WIDE, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDE
    assert page.locator(f"{times}:visible").count() == shown
    page.context.close()


@pytest.mark.parametrize("path", ["/deep%20er/", "/?view=grid"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_table_is_one_for_readers_of_the_screen_however_it_is_laid_out(
    browser: Browser, site: str, path: str, width: int
) -> None:
    page = page_of(browser, width)
    page.goto(site + path)
    table = page.get_by_role("table")
    assert table.get_by_role("columnheader").all_inner_texts() == ["Name", "Size", "Modified"]
    assert table.get_by_role("row").count() == page.locator("tr").count()
    assert table.get_by_role("rowheader").count() == page.locator("tbody tr").count()
    page.context.close()


@WAYS
def test_a_narrow_screen_can_sort_by_date(browser: Browser, site: str, scripts: bool) -> None:
    page = page_of(browser, NARROW, scripts=scripts)
    page.goto(site)
    page.get_by_role("button", name="Modified").click()
    expect(page).to_have_url(f"{site}/?sort=date&order=desc")
    assert page.locator("tbody+tbody a").all_inner_texts()[4] == "b.pdf"
    page.context.close()


@WAYS
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_whole_row_is_one_link(browser: Browser, site: str, scripts: bool, width: int) -> None:
    page = page_of(browser, width, scripts=scripts)
    page.goto(site)
    row = page.get_by_role("row", name="b.pdf")
    expect(row.get_by_role("link")).to_have_count(1)
    box = row.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)
    expect(page).to_have_url(f"{site}/b.pdf")
    page.context.close()


def test_rows_are_high_enough_to_be_hit(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(site)
    heights: list[float] = page.evaluate(
        "[...document.querySelectorAll('main :is(a, button, input:not([type=hidden]))')].map(a => a.offsetHeight)"
    )
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
    # The policy also allows what the pages have: the look of a gallery, its images and the script.
    page.goto(f"{site}/pictures/?view=grid")
    expect(page.locator("img").first).to_have_js_property("complete", value=True)
    assert page.evaluate("getComputedStyle(document.querySelector('tbody+tbody')).display") == "grid"
    assert "UTC" not in page.locator("footer").inner_text()
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
    assert names.all_inner_texts()[:4] == ["deep er/", "empty/", "long/", "pictures/"]
    texts = names.all_inner_texts()
    assert texts.index("img9.png") < texts.index("img10.png") < texts.index("Notes.md")
    page.get_by_role("button", name="Size").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    assert names.all_inner_texts()[4] == "img9.png"
    page.get_by_role("button", name="Modified").click()
    assert names.all_inner_texts()[4] == "b.pdf"
    page.get_by_role("button", name="Name").click()
    page.get_by_role("button", name="Name").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    page.context.close()


def test_a_long_listing_is_read_page_by_page(browser: Browser, site: str) -> None:
    """The listing is read from its beginning, in the order that was asked for. A new order begins at its first page."""
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


@WAYS
def test_the_keyboard_is_enough(browser: Browser, site: str, scripts: bool) -> None:
    page = page_of(browser, scripts=scripts)
    page.goto(f"{site}/deep%20er/")
    keys = page.keyboard
    for name in ("site", "Part of a name", "Filter", "Name", "Size", "Modified", "Parent folder", "still deeper/"):
        keys.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_have_accessible_name(site_name(page) if name == "site" else name)
        ring = "e => getComputedStyle(e, e.matches('tbody a') ? '::after' : '').outline"
        assert "solid 2px" in focused.evaluate(ring)
    keys.press("Enter")
    expect(page).to_have_url(f"{site}/deep%20er/still%20deeper/")
    keys.press("Tab")
    keys.press("Enter")
    expect(page).to_have_url(f"{site}/")
    keys.press("Tab")
    keys.type("NOTES")
    keys.press("Enter")
    expect(page).to_have_url(f"{site}/?q=NOTES")
    assert page.locator("tbody+tbody a").all_inner_texts() == ["Notes.md"]
    page.context.close()


def site_name(page: Page) -> str:
    """The name of the folder that is served."""
    return page.locator("nav li").first.inner_text()


def test_breadcrumbs_parent_and_marks(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(f"{site}/deep%20er/")
    expect(page.get_by_role("heading", level=1)).to_have_text("deep er")
    name = site_name(page)
    assert name.startswith("site")
    expect(page).to_have_title(f"deep er in {name}")
    expect(page.get_by_role("row", name="link")).to_contain_text("link")
    expect(page.locator("small")).to_have_count(3)
    expect(page.locator("footer")).to_contain_text("1 folder, 4 files, 2 links not followed, 1.0 kB in all.")
    page.get_by_role("link", name="Parent folder").click()
    expect(page).to_have_url(f"{site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page).to_have_title(name)
    page.context.close()


@WAYS
def test_links_that_are_not_followed_are_named_with_the_reason(browser: Browser, site: str, scripts: bool) -> None:
    page = page_of(browser, scripts=scripts)
    page.goto(f"{site}/deep%20er/")
    for name, reason in (("out", "leads out"), ("nowhere", "broken")):
        row = page.get_by_role("rowheader", name=f"{name} {reason}")
        expect(row).to_be_visible()
        expect(row.get_by_role("link")).to_have_count(0)
    assert "passwd" not in page.content()
    page.context.close()


@WAYS
def test_what_was_chosen_is_kept_on_the_way_through_folders(browser: Browser, site: str, scripts: bool) -> None:
    page = page_of(browser, scripts=scripts)
    page.goto(site)
    page.get_by_role("link", name="deep er/").click()
    expect(page).to_have_url(f"{site}/deep%20er/")
    page.get_by_role("button", name="Size").click()
    page.get_by_role("link", name="still deeper/").click()
    expect(page).to_have_url(f"{site}/deep%20er/still%20deeper/?sort=size&order=desc")
    page.get_by_role("link", name="Parent folder").click()
    expect(page).to_have_url(f"{site}/deep%20er/?sort=size&order=desc")
    page.get_by_role("navigation").get_by_role("link").click()
    expect(page).to_have_url(f"{site}/?sort=size&order=desc")
    page.get_by_role("button", name="Gallery").click()
    page.get_by_role("searchbox").fill("n")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(f"{site}/?sort=size&order=desc&q=n&view=grid")
    page.get_by_role("button", name="Modified").click()
    expect(page).to_have_url(f"{site}/?view=grid&q=n&sort=date&order=desc")
    page.get_by_role("link", name="Show all").click()
    expect(page).to_have_url(f"{site}/?sort=date&order=desc&view=grid")
    page.get_by_role("button", name="List").click()
    expect(page).to_have_url(f"{site}/?sort=date&order=desc&q=")
    expect(page.get_by_role("columnheader", name="Modified")).to_have_attribute("aria-sort", "descending")
    page.context.close()


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_names_are_filtered_as_one_types(browser: Browser, site: str, width: int) -> None:
    page = page_of(browser, width)
    page.goto(f"{site}/long/?page=2")
    box, status, rows = (
        page.get_by_role("searchbox"),
        page.get_by_role("status"),
        page.locator("tbody+tbody tr:visible"),
    )
    assert rows.count() == 20
    box.press_sequentially("N3")
    expect(rows).to_have_count(10)
    expect(status).to_have_text("10 of 20; Enter asks for all")
    expect(page.get_by_role("row", name="Parent folder")).to_be_visible()
    box.press("Enter")
    expect(page).to_have_url(f"{site}/long/?q=N3")
    expect(rows).to_have_count(11)
    expect(status).to_have_text("11 names Show all")
    box.press("End")
    box.press_sequentially("1")
    expect(status).to_have_text("1 of 11")
    box.press("Backspace")
    expect(status).to_have_text("11 names Show all")
    expect(rows).to_have_count(11)
    box.fill("4")
    expect(status).to_have_text("Enter asks for these")
    status.evaluate("status => status.form.requestSubmit()")
    expect(status).to_have_text("9 names Show all")
    page.get_by_role("link", name="Show all").click()
    expect(page).to_have_url(f"{site}/long/")
    page.context.close()


def test_times_are_those_of_the_readers_zone_or_in_utc(browser: Browser, site: str) -> None:
    for scripts, shown, zone in ((True, "2023-11-15 03:43", "Asia/"), (False, "2023-11-14 22:13", "UTC")):
        page = page_of(browser, scripts=scripts)
        page.goto(site)
        expect(page.get_by_role("row", name="img10.png").locator("td").last).to_have_text(shown)
        expect(page.locator("footer")).to_contain_text(f"Times are in {zone}")
        page.context.close()


def test_a_gallery_loads_images_when_they_are_looked_at(browser: Browser, site: str) -> None:
    page = page_of(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith(".svg") else None)
    page.goto(f"{site}/pictures/")
    assert asked == []
    page.get_by_role("button", name="Gallery").click()
    pictures = page.locator("img")
    expect(pictures).to_have_count(20)
    expect(pictures.first).to_have_js_property("naturalWidth", 40)
    assert {picture.get_attribute("loading") for picture in pictures.all()} == {"lazy"}
    page.set_viewport_size({"width": NARROW, "height": 300})
    pictures.last.scroll_into_view_if_needed()
    expect(pictures.last).to_have_js_property("naturalWidth", 40)
    page.get_by_role("link", name="19.svg").click()
    expect(page).to_have_url(f"{site}/pictures/19.svg")
    page.context.close()


def test_what_a_folder_is_about_is_read_below_it(browser: Browser, site: str) -> None:
    page = page_of(browser, NARROW)
    page.goto(f"{site}/deep%20er/")
    about = page.get_by_role("region", name="README.md")
    expect(about).to_contain_text("A <b>text</b>.")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_forced_colours_hide_nothing(browser: Browser, site: str, path: str) -> None:
    """An icon has the colour of text. The system chooses a background that fits this colour."""
    page = page_of(browser, scheme="dark", forced="active")
    page.goto(site + path)
    colours: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll("main svg, main use")].map(
            e => [getComputedStyle(e).stroke, getComputedStyle(document.body).color])"""
    )
    assert [colour for colour, text in colours if colour != text] == []
    page.context.close()


@pytest.mark.parametrize("path", ["/pictures/", "/pictures/?view=grid"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_headings_stay_in_sight_and_cover_no_focus(browser: Browser, site: str, path: str, width: int) -> None:
    page = page_of(browser, width)
    page.set_viewport_size({"width": width, "height": 300})
    page.goto(site + path)
    page.get_by_role("link", name="19.svg").focus()
    expect(page.get_by_role("button", name="Modified")).to_be_in_viewport()
    link = page.get_by_role("link", name="03.svg")
    link.evaluate("link => { link.focus({preventScroll: true}); link.scrollIntoView({block: 'nearest'}); }")
    above: list[float] = page.evaluate(
        """[document.querySelector("thead").getBoundingClientRect().bottom,
            document.activeElement.getBoundingClientRect().top]"""
    )
    assert above[0] <= above[1] + 1
    # No row is seen through the headings, from their left end to their right end.
    grounds: list[list[str]] = page.evaluate(
        """() => { const box = document.querySelector("thead").getBoundingClientRect()
            return [box.left + 30, innerWidth - 30].map(x => document.elementsFromPoint(x, box.top + 12)
                .filter(e => e.closest("thead")).map(e => getComputedStyle(e).backgroundColor)) }"""
    )
    assert [{*ground} - {"rgba(0, 0, 0, 0)"} for ground in grounds] == [{"rgb(255, 255, 255)"}] * 2
    page.context.close()


def test_where_nothing_is_found_there_is_no_table(browser: Browser, site: str) -> None:
    page = page_of(browser)
    page.goto(f"{site}/?q=nothing-like-this")
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.locator("footer")).to_have_text("No name here has “nothing-like-this” in it.")
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("table")).to_be_visible()
    page.context.close()

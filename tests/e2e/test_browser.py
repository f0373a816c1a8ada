"""Headless Chromium browses a folder as a person would."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pyhttp.servers.threaded import ThreadedServer
from pyhttp.site import Site
from tests.conformance.folder_client import serving
from tests.helpers.command import Running
from tests.helpers.folder import write
from tests.helpers.programs import need

# The browser has no sandbox, since CI is root. Features that look for other hosts by themselves are switched off.
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


def test_the_listing_is_opened_a_link_followed_and_back(page: Page, server: Running, tmp_path: Path) -> None:
    listing = page.goto(server.urls[0])
    assert listing is not None
    assert listing.status == 200
    page.screenshot(path=tmp_path / "listing.png")  # a person can look at this picture
    page.get_by_role("link", name="sub folder").click()
    expect(page).to_have_url(f"{server.urls[0]}sub%20folder/")
    page.get_by_role("link", name="page.html").click()
    expect(page).to_have_title("A page")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(server.urls[0])
    expect(page.get_by_role("link", name="with space.txt")).to_be_visible()


def test_a_file_with_markup_in_its_name_is_a_link_and_nothing_else(page: Page, server: Running) -> None:
    """W4: a name cannot add markup to the page or run in it."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(server.urls[0])
    page.get_by_role("link", name="javascript:alert(1);x.txt").click()
    expect(page).to_have_url(f"{server.urls[0]}{quote('javascript:alert(1);x.txt')}")
    page.go_back()
    with page.expect_response("**/*bold*") as followed:
        page.get_by_role("link", name='<b>bold & "quoted"<b>.txt').click()
    assert followed.value.status == 200
    assert dialogs == []


def test_a_page_of_another_origin_sees_what_there_is_and_what_is_not(
    page: Page, server: Running, tmp_path: Path
) -> None:
    """A browser asks for permission before it sends a Range like this one.

    It hides the answer where permission is missing.
    """
    root = tmp_path / "other"
    write(root / "ten.txt", b"0123456789")
    write(root / "sub" / "index.html", b"index")
    with serving(ThreadedServer, root, site=Site(cors=True)) as other:
        page.goto(f"{server.urls[0]}sub%20folder/page.html")
        ask = """async url => {
            const answer = await fetch(url, {headers: {Range: 'bytes=-5', 'If-Match': '*', 'X-Mine': 'y'}});
            const names = ['Content-Range', 'ETag', 'Accept-Ranges'];
            return [answer.status, await answer.text(), names.filter(name => answer.headers.has(name)).length];
        }"""
        base = "http://{}:{}".format(*other.address)
        assert page.evaluate(ask, f"{base}/ten.txt") == [206, "56789", 3]
        assert page.evaluate(ask, f"{base}/none")[0] == 404
        assert page.evaluate(ask, f"{base}/%00")[0] == 400
        assert page.evaluate(ask, f"{base}/sub")[:2] == [206, "index"]


def test_text_is_shown_and_a_compressed_picture_is_one(page: Page, tmp_path: Path) -> None:
    """W6: The browser shows files that it would save if their type were unknown.

    It decodes a file that is compressed itself.
    """
    for name in ("LICENSE", "Makefile", ".gitignore", "a.yaml", "a.toml", "a.ipynb", "a.jsonl", "main.ts", "a.patch"):
        write(tmp_path / name, b'{"text": "to be read"}\n')
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="12" height="8"/>'
    write(tmp_path / "picture.svgz", gzip.compress(picture))
    write(tmp_path / "page.html", b"<!doctype html><title>x</title><img src=picture.svgz>")
    with serving(ThreadedServer, tmp_path) as served:
        base = "http://{}:{}".format(*served.address)
        for name in sorted(path.name for path in tmp_path.iterdir() if path.suffix not in {".svgz", ".html"}):
            page.goto(f"{base}/{name}")  # this raises an error where the browser saves the file
            expect(page.locator("body")).to_contain_text("to be read")
        page.goto(f"{base}/page.html")
        assert page.evaluate("document.querySelector('img').naturalWidth") == 12

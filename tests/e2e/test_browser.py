"""Headless Chromium browses a folder as a person would."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.helpers.command import Running
from tests.helpers.programs import need

# No sandbox, since CI is root; nothing that looks for other hosts by itself.
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
    page.screenshot(path=tmp_path / "listing.png")  # for a person to look at
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

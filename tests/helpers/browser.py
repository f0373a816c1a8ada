"""Headless Chromium, for pages of a server on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.helpers.programs import need

__all__ = ["chromium"]

# The browser has no sandbox, since CI is root. Features that look for other hosts by themselves are switched off.
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that the caller shares with no other test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=_ARGUMENTS)
        yield browser
        browser.close()

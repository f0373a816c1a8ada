"""Headless Chromium listens to the event stream of `examples/`, by EventSource (WHATWG HTML §9.2)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from examples import event_stream
from pyhttp import BaseServer, function_handler
from tests.helpers.browser import chromium
from tests.helpers.crowd import until
from tests.helpers.servers import server_class

__all__ = ["server_class"]

PROGRAM: Final = Path(event_stream.__file__)
SLOW: Final = 20_000
"""Milliseconds in which a busy machine's browser has connected anew, which it does a second after its loss."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


@contextmanager
def serving(kind: type[BaseServer], port: int = 0) -> Iterator[BaseServer]:
    with kind("127.0.0.1", port, function_handler(event_stream.handle)) as server:
        yield server


def shows(page: Page, *events: str) -> None:
    expect(page.locator("#list")).to_have_text("\n".join([*events, ""]), timeout=SLOW)


def test_a_browser_is_told_of_events_and_of_those_it_has_missed(server_class: type[BaseServer], page: Page) -> None:
    """A browser that has lost its connection says which event was its last. Each event is shown once, and in order."""
    event_stream.past.clear()
    with serving(server_class) as first:
        page.goto(first.url)
        until(lambda: len(event_stream.feeds) == 1)
        event_stream.publish(1, "one")
        event_stream.publish(2, "two")
        shows(page, "one", "two")
        feeds = list(event_stream.feeds)
    assert [feed.closed for feed in feeds] == ["stopped"]
    event_stream.publish(3, "missed")
    assert not event_stream.feeds
    with serving(server_class, first.addresses[0][1]):
        shows(page, "one", "two", "missed")
        event_stream.publish(4, "four")
        shows(page, "one", "two", "missed", "four")
        feeds = list(event_stream.feeds)
        page.goto("about:blank")
        until(lambda: feeds[0].closed == "left")
    event_stream.feeds.clear()


def test_the_program_serves_by_itself(page: Page) -> None:
    code = PROGRAM.read_text(encoding="utf-8").replace("8888", "0")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            page.goto(program.stdout.readline().removeprefix("Serving at ").strip())
            expect(page.locator("#list")).to_contain_text(" seconds\n", timeout=SLOW)
        finally:
            page.goto("about:blank")
            program.kill()


def test_it_is_short() -> None:
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) < 40

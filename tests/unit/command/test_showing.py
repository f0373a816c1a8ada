"""The further output of the command: a QR code, and a browser."""

import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import segno

from pyhttp import BaseServer
from pyhttp.command import browser, cli, qr, streams
from pyhttp.command.browser import open_page
from pyhttp.command.cli import main

URL: Final = "http://192.168.1.7:8888/"


def modules(drawing: str) -> list[list[bool]]:
    """The modules of a drawing. A dark module is True."""
    rows: list[list[bool]] = []
    for line in drawing.splitlines():
        assert line.startswith("\x1b[38;5;16;48;5;231m")
        assert line.endswith("\x1b[0m")
        halves = line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m")
        assert set(halves) <= set(" ▀▄█")
        rows.append([half in "▀█" for half in halves])
        rows.append([half in "▄█" for half in halves])
    return rows


@pytest.mark.parametrize("url", [URL, "http://[fd00::2]:8888/a%20long/name.html"])
def test_a_code_is_drawn_dark_on_light_with_its_quiet_zone(url: str) -> None:
    drawn, matrix = modules(qr.drawn(url)), segno.make(url, micro=False).matrix
    size = len(matrix)
    assert [[int(dark) for dark in row[4:-4]] for row in drawn[4 : 4 + size]] == [list(row) for row in matrix]
    assert not any(any(row) for row in drawn[:4] + drawn[4 + size :])
    assert not any(any(row[:4] + row[-4:]) for row in drawn)
    assert len(drawn) >= size + 8


def test_without_the_library_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    assert main([str(tmp_path), "--qr", "--port", "0"]) == 1
    output = capsys.readouterr()
    assert output == ("", "pyhttp: --qr needs the package segno: pip install 'pyhttp-server[qr]'\n")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(streams, "say", lines.append)
    monkeypatch.setattr(streams, "complain", lambda line: lines.append(f"! {line}"))
    monkeypatch.setattr(BaseServer, "serve_forever", BaseServer.close)
    monkeypatch.setattr(cli, "device_urls", lambda addresses, **_: [URL] if addresses[0][0] == "0.0.0.0" else [])
    return lines


@pytest.mark.parametrize(
    ("host", "terminal", "shown"),
    [
        ("0.0.0.0", True, [qr.drawn(URL + "a%20b.txt")]),
        ("0.0.0.0", False, []),
        ("127.0.0.1", True, ["No QR code: other devices cannot reach this server; --host 0.0.0.0 lets them in\n"]),
        ("127.0.0.1", False, []),
    ],
)
def test_the_first_address_for_other_devices_is_shown_on_a_terminal(
    host: str, terminal: bool, shown: list[str], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b.txt").touch()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    arguments = [str(tmp_path / "a b.txt"), "--port", "0", "--single", "--host", host]
    assert main(["--qr", *arguments]) == 0
    assert said[1:] == shown
    del said[:]
    assert main(arguments) == 0
    assert len(said) == 1


class Shown(webbrowser.BaseBrowser):
    """A browser that does what it is told to do."""

    def __init__(self, urls: list[str], answer: Callable[[], bool]) -> None:
        super().__init__("shown")
        self.urls, self.answer = urls, answer

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.urls.append(url)
        return self.answer()


def fail() -> bool:
    raise webbrowser.Error("no")


@pytest.mark.parametrize(("answer", "lines"), [(lambda: True, 0), (lambda: False, 1), (fail, 1)])
def test_a_browser_is_opened_and_its_failure_is_one_line(
    answer: Callable[[], bool], lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: list[str] = []
    complaints: list[str] = []
    monkeypatch.setattr(webbrowser, "get", lambda: Shown(urls, answer))
    open_page(URL, complaints.append).join()
    assert urls == [URL]
    assert complaints == [f"cannot open a browser; the address is {URL}"] * lines


def test_nobody_waits_for_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    started, goes_on = threading.Event(), threading.Event()

    def wait() -> bool:
        started.set()
        return goes_on.wait(10)

    monkeypatch.setattr(webbrowser, "get", lambda: Shown([], wait))
    thread = open_page(URL, lambda _: None)
    assert started.wait(10)
    assert thread.is_alive()
    assert (thread.name, thread.daemon) == ("pyhttp browser", True)
    goes_on.set()
    thread.join()


@pytest.mark.parametrize(("variable", "complaints"), [("", 1), ("w3m", 0)])
def test_a_browser_in_the_terminal_is_opened_only_where_it_is_named(
    variable: str, complaints: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setenv("BROWSER", variable)
    monkeypatch.setattr(webbrowser.GenericBrowser, "open", lambda *_: True)
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("w3m"))
    browser.open_page(URL, said.append).join()
    assert len(said) == complaints


def test_where_there_is_no_browser_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def refuse() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", refuse)
    open_page(URL, said.append).join()
    assert said == [f"cannot open a browser; the address is {URL}"]


def test_the_page_of_this_machine_is_opened(said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []
    (tmp_path / "a.html").touch()
    monkeypatch.setattr(browser, "open_page", lambda url, _: urls.append(url))
    common = ["--port", "0", "--single", "--open"]
    assert main([str(tmp_path), "--host", "0.0.0.0", *common]) == 0
    assert main([str(tmp_path / "a.html"), "--host", "127.0.0.1", *common]) == 0
    assert [url.startswith("http://127.0.0.1:") for url in urls] == [True, True]
    assert [url.rpartition("/")[2] for url in urls] == ["", "a.html"]
    assert main([str(tmp_path), "--unix", str(tmp_path / "s"), "--single", "--open"]) == 0
    assert len(urls) == 2
    assert said[-1] == "! a browser cannot open a Unix socket"

"""The servers of the project themselves, and a unittest like those of others."""

import unittest
from pathlib import Path

from notes.application import application_server
from notes.client import Answer, add_note, ask
from notes.server import Interface, Tally, interface_server, pages_server

from pyhttp.testing import RecordingServer


def test_people_read_notes(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("a note")
    tally = Tally()
    with pages_server(str(tmp_path), tally) as server:
        assert ask(f"{server.url}1").content == b"a note"
        assert ask(server.url).content.endswith(b"1 notes")
        assert ask(f"{server.url}2").status == 404
    assert tally.counts == {200: 2, 404: 1}


def test_programs_add_and_read_notes(tmp_path: Path) -> None:
    with interface_server(str(tmp_path)) as server:
        assert add_note(server.url, "a note") == "/1.txt"
        assert ask(f"{server.url}1.txt") == Answer(200, None, b"a note")
        assert ask(server.url).content == b"1.txt\n"
        assert ask(server.url, "DELETE").status == 405
        assert ask(server.url, "POST", bytes(65 * 1024)).status == 413


def test_the_notes_are_an_application(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("a note")
    with application_server(str(tmp_path)) as server:
        assert ask(f"{server.url}notes/").content == b"1.txt\n"
        assert ask(f"{server.url}notes/", "POST", b"a note").status == 405
        assert ask(server.url).status == 404


class Recorded(unittest.TestCase):
    """The interface is a function: a recording server takes it as it is."""

    server: RecordingServer

    def setUp(self) -> None:
        self.server = self.enterContext(RecordingServer())
        self.server.handler = Interface(str(self.server.directory))

    def test_what_is_no_text_is_refused(self) -> None:
        assert ask(self.server.url, "POST", b"\xff").status == 400
        (request,) = self.server.assert_requested("POST", "/", times=1)
        assert (request.content, request.status) == (b"\xff", 400)

"""The client, with the server of pytest's plugin."""

import pytest
from notes.client import add_later, add_note, ask

from pyhttp import Request, Response, Unavailable
from pyhttp.testing import RecordedRequest, RecordingServer

ADDED = Response(201, {"Location": "/1.txt"})


def test_a_note_is_added_by_one_request(pyhttp_server: RecordingServer) -> None:
    pyhttp_server.respond_with("/", ADDED, method="POST")
    assert add_note(pyhttp_server.url, "a note") == "/1.txt"
    (request,) = pyhttp_server.assert_requested("POST", "/", times=1)
    assert request.content == b"a note"
    assert request.headers["Host"] in pyhttp_server.url


def test_a_busy_server_is_asked_again(pyhttp_server: RecordingServer) -> None:
    pyhttp_server.respond_with("/", Response(503), Response(503), ADDED)
    assert add_note(pyhttp_server.url, "a note") == "/1.txt"
    assert [request.status for request in pyhttp_server.requests] == [503, 503, 201]


def test_a_server_that_stays_busy_is_given_up(pyhttp_server: RecordingServer) -> None:
    def busy(request: Request) -> Response:
        raise Unavailable(f"no room for {request.method}", retry_after=1)

    pyhttp_server.handler = busy
    with pytest.raises(RuntimeError, match="503"):
        add_note(pyhttp_server.url, "a note", tries=2)
    pyhttp_server.assert_requested("POST", "/", times=2)


def test_a_note_in_the_background(pyhttp_server: RecordingServer) -> None:
    pyhttp_server.respond_with("/", ADDED)
    thread = add_later(pyhttp_server.url, "later")
    notes: list[RecordedRequest] = [*pyhttp_server.assert_requested("POST", "/", within=60)]
    thread.join()
    assert [note.content for note in notes] == [b"later"]


def test_a_note_is_read(pyhttp_server: RecordingServer) -> None:
    (pyhttp_server.directory / "1.txt").write_text("a note")
    assert ask(pyhttp_server.url_for("/1.txt")).content == b"a note"


def test_a_failure_says_what_came(pyhttp_server: RecordingServer) -> None:
    ask(pyhttp_server.url_for("/2.txt"))
    with pytest.raises(AssertionError, match=r"What came:\n  GET /2\.txt -> 404$"):
        pyhttp_server.assert_requested("GET", "/1.txt")

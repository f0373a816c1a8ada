"""The server for tests of others: its answers, its records, and its messages about them."""

import dataclasses
import http.client
import re
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pyhttp.errors import NotFound
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site
from pyhttp.testing import RecordedRequest, RecordingServer
from tests.helpers.servers import nothing_left, wait_for
from tests.helpers.sockets import descriptors
from tests.helpers.tls import client_context, server_context
from tests.helpers.untyped import said_to_be_bytes, untyped
from tests.helpers.wire_client import WireClient

CONTENT = "body: bytes, not list_iterator: a handler can give content that is sent only once"
LARGE = bytes(range(256)) * 5000
"""The octets of content: more than is kept in memory."""


def ask(server: RecordingServer, method: str, target: str, content: bytes = b"") -> tuple[int, bytes]:
    parts = urlsplit(server.url)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=30, context=client_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, target, content or None, {"X-Name": "value"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def echo(request: Request) -> Response:
    return Response(200, {}, request.body.read())


def lines(server: RecordingServer) -> list[str]:
    return [str(request) for request in server.requests]


# --- what it answers with


def test_a_temporary_folder_is_served_and_deleted() -> None:
    with RecordingServer() as server:
        (server.directory / "a.txt").write_bytes(b"content")
        assert ask(server, "GET", "/a.txt") == (200, b"content")
        assert ask(server, "GET", "/b.txt")[0] == 404
        folder = server.directory
        assert folder.name.startswith("pyhttp-")
    assert not folder.exists()


def test_a_folder_is_served_as_a_site_says_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"content")
    with RecordingServer(directory=str(tmp_path), site=Site(listing=False)) as server:
        assert server.directory == tmp_path
        assert ask(server, "GET", "/a.txt") == (200, b"content")
        assert ask(server, "GET", "/")[0] == 403
    assert (tmp_path / "a.txt").exists()


@pytest.mark.parametrize("content", [b"", b"some", LARGE], ids=len)
def test_a_handler_answers_and_the_content_is_there_for_it_and_for_the_test(content: bytes) -> None:
    with RecordingServer(echo) as server:
        assert ask(server, "POST", "/a", content) == (200, content)
        (request,) = server.requests
        assert request.content == content


def test_a_handler_may_be_set_and_taken_away_while_it_serves() -> None:
    with RecordingServer() as server:
        server.handler = echo
        assert ask(server, "POST", "/a", b"said") == (200, b"said")
        server.handler = None
        assert ask(server, "GET", "/a")[0] == 404


def test_a_handler_that_fails_is_answered_and_put_down_once(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(request: Request) -> Response:
        raise NotFound("not here")

    with RecordingServer(refuse) as server:
        assert ask(server, "GET", "/a")[0] == 404
        server.handler = lambda request: Response(200, {}, iter([said_to_be_bytes("text")]))
        assert ask(server, "GET", "/b")[0] == 500
        vars(server)["handler"] = lambda request: None
        assert ask(server, "GET", "/c")[0] == 500
        assert lines(server) == ["GET /a -> 404", "GET /b -> 500", "GET /c -> 500"]
    faults = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert [fault.partition(":")[0] for fault in faults] == ["body", "the handler returned None"]


@pytest.mark.parametrize("content", [b"", b"some", LARGE], ids=len)
def test_a_script_gets_the_content_that_was_put_down(tmp_path: Path, content: bytes) -> None:
    scripts = tmp_path / "cgi-bin"
    scripts.mkdir()
    (scripts / "count").write_text('#!/bin/sh\necho "Content-Type: text/plain"\necho\nwc -c\n')
    (scripts / "elsewhere").write_text('#!/bin/sh\necho "Location: /cgi-bin/count?again"\necho\n')
    for script in scripts.iterdir():
        script.chmod(0o755)
    with RecordingServer(directory=tmp_path) as server:
        status, answer = ask(server, "POST", "/cgi-bin/count", content)
        assert (status, int(answer)) == (200, len(content))
        assert ask(server, "POST", "/cgi-bin/elsewhere", content)[0] == 200
        assert [(request.target, request.content) for request in server.requests] == [
            ("/cgi-bin/count", content),
            ("/cgi-bin/elsewhere", content),
        ]


def test_responses_come_one_after_the_other_and_the_last_one_stays() -> None:
    with RecordingServer(echo) as server:
        server.respond_with("/a", Response(503), Response(429), Response(200, {}, b"at last"))
        assert [ask(server, "GET", "/a")[0] for _ in range(4)] == [503, 429, 200, 200]
        server.respond_with("/a", Response(204))
        assert ask(server, "GET", "/a") == (204, b"")
        assert ask(server, "GET", "/a/b") == (200, b"")


def test_a_response_for_a_query_goes_before_others_and_one_for_a_method_too() -> None:
    with RecordingServer() as server:
        server.respond_with("/a", Response(200, {}, b"any"))
        server.respond_with("/a", Response(200, {}, b"put"), method="PUT")
        server.respond_with("/a?b=c", Response(200, {}, b"query"))
        server.respond_with("/only", Response(200), method="PUT")
        assert ask(server, "GET", "/a?b=d")[1] == b"any"
        assert ask(server, "PUT", "/a?b=d")[1] == b"put"
        assert ask(server, "PUT", "/a?b=c")[1] == b"query"
        assert ask(server, "GET", "/only")[0] == 404


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda server: server.respond_with("/a"), ValueError, "responses: at least one"),
        (lambda server: untyped(server.respond_with)("/a", b"text"), TypeError, "responses: Response, not bytes"),
        (lambda server: server.respond_with("/a", Response(200, {}, iter([b"once"]))), TypeError, f"^{CONTENT}$"),
        (lambda server: server.respond_with("a", Response(200)), ValueError, "path: .* not 'a'"),
        (lambda server: server.respond_with("/ä", Response(200)), ValueError, "path: .* not '/ä'"),
        (lambda server: server.url_for("a"), ValueError, "path: "),
        (lambda server: server.url_for("/a b"), ValueError, "path: "),
        (lambda server: server.assert_requested("GET", "/a#b"), ValueError, "path: "),
        (lambda server: untyped(RecordingServer)("a"), TypeError, "handler: a callable, not str"),
        (lambda server: untyped(RecordingServer)(site="a"), TypeError, "site: Site, not str"),
    ],
)
def test_what_could_never_be_met_is_refused(
    wrong: Callable[[RecordingServer], object], error: type[Exception], message: str
) -> None:
    with RecordingServer() as server, pytest.raises(error, match=message):
        wrong(server)


def test_a_refused_server_leaves_nothing_open() -> None:
    before = descriptors()
    for _ in range(3):
        with pytest.raises(TypeError):
            untyped(RecordingServer)(site="a")
    assert descriptors() == before


def test_tls_is_spoken_by_a_context() -> None:
    with RecordingServer(echo, tls=server_context()) as server:
        assert server.url.startswith("https://")
        assert server.url_for("/a").startswith(server.url)
        assert ask(server, "POST", "/a", b"said") == (200, b"said")
        server.assert_requested("POST", "/a", times=1)


def test_tls_is_not_spoken_by_the_context_of_a_client() -> None:
    with nothing_left(), pytest.raises(ValueError, match="tls: "):
        RecordingServer(tls=client_context())


# --- what it puts down


def test_a_request_is_put_down_as_a_value() -> None:
    with RecordingServer(echo) as server:
        ask(server, "PUT", "/a%20b?c=d&e", b"said")
        (request,) = server.requests
    assert dataclasses.replace(request, headers=Headers()) == RecordedRequest(
        method="PUT",
        target="/a%20b?c=d&e",
        path="/a%20b",
        query="c=d&e",
        headers=Headers(),
        content=b"said",
        status=200,
    )
    assert request.headers["x-name"] == "value"
    with pytest.raises(dataclasses.FrozenInstanceError):
        untyped(setattr)(request, "status", 500)


def test_a_request_is_there_before_its_client_has_the_answer() -> None:
    def count(request: Request) -> Response:
        return Response(200, {}, (b"%d" % len(server.requests) for _ in range(1)))

    with RecordingServer(count) as server:
        assert ask(server, "GET", "/a") == (200, b"1")


def test_what_is_no_request_is_put_down_too() -> None:
    with RecordingServer() as server:
        parts = urlsplit(server.url)
        with WireClient(parts.hostname or "", parts.port or 0) as client:
            client.send(b"GET / HTTP/1.1\r\nno field\r\n\r\n")
            assert client.reply().status == 400
        assert lines(server) == ["a malformed request -> 400"]


# --- what it says of that


def test_requests_that_came_are_returned() -> None:
    with RecordingServer(echo) as server:
        ask(server, "POST", "/a?b", b"one")
        ask(server, "POST", "/a", b"two")
        assert [request.content for request in server.assert_requested("POST", "/a")] == [b"one", b"two"]
        assert [request.content for request in server.assert_requested("POST", "/a?b", times=1)] == [b"one"]
        assert server.assert_requested("GET", "/a", times=0) == ()


def test_requests_that_did_not_come_are_told_with_those_that_did() -> None:
    with RecordingServer(echo) as server:
        with pytest.raises(
            AssertionError, match=r"^GET /a: requested 0 times, not at least once\. What came: nothing$"
        ):
            server.assert_requested("GET", "/a")
        ask(server, "POST", "/a?b", b"one")
        ask(server, "GET", "/c")
        for times, told in ((0, "0 times"), (2, "2 times")):
            expected = (
                f"POST /a: requested once, not {told}. What came:\n  POST /a?b -> 200, with 3 octets\n  GET /c -> 200"
            )
            with pytest.raises(AssertionError, match=f"^{re.escape(expected)}$"):
                server.assert_requested("POST", "/a", times=times)
        with pytest.raises(AssertionError, match="requested 0 times, not once"):
            server.assert_requested("POST", "/a?c", times=1)


def test_a_request_of_another_thread_can_be_waited_for() -> None:
    may_ask = threading.Event()

    def ask_later() -> None:
        for _ in range(2):
            wait_for(may_ask)
            ask(server, "GET", "/a")

    with RecordingServer(echo) as server:
        thread = threading.Thread(target=ask_later)
        thread.start()
        threading.Timer(0.05, may_ask.set).start()
        server.assert_requested("GET", "/a", times=2, within=600)  # the wait ends when the request comes
        thread.join()
        with pytest.raises(AssertionError):
            server.assert_requested("GET", "/b", within=0.01)


# --- its end


def test_it_leaves_nothing_however_it_ends() -> None:
    with nothing_left():
        for _ in range(3):
            with RecordingServer(echo) as server:
                ask(server, "GET", "/a")
                server.close()
                with pytest.raises(OSError, match="refused"):
                    ask(server, "GET", "/a")
            with pytest.raises(RuntimeError, match="has been closed"):
                server.__enter__()
            server.close()
            assert not server.directory.exists()
        RecordingServer().close()


def test_answers_that_are_still_to_come_hold_up_the_end_for_a_second_at_most() -> None:
    with RecordingServer() as server:
        assert server._server.timeouts.stop == 1.0

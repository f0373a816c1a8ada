"""Statements that no row shows, since they need a script, a busy server, or a look at the project itself."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.serving import function_handler
from tests.conformance.register import SAFETY, STATEMENTS
from tests.conformance.report import SHOWN_ELSEWHERE, problems, render
from tests.helpers.wire_client import Framing, Reply, WireClient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cgi-bin").mkdir()
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[BaseServer]:
    with BaseServer("127.0.0.1", 0, partial(BaseHttpRequestHandler, directory=folder)) as running:
        yield running


def _ask(server: BaseServer, target: str, *lines: str, content: bytes = b"", method: str = "GET") -> Reply:
    host, port = server.addresses[0][:2]
    fields = "".join(f"{line}\r\n" for line in ("Host: a", *lines))
    with WireClient(host, port) as client:
        client.send(f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode() + content)
        return client.reply(method)


def _script(folder: Path, name: str, *lines: str) -> None:
    path = folder / "cgi-bin" / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


@pytest.mark.clause("9110-5.3-4.1b")
def test_set_cookie_lines_of_a_script_stay_apart(folder: Path, server: BaseServer) -> None:
    _script(folder, "x", "printf 'Content-Type: text/plain\\nSet-Cookie: a=1, b\\nSet-Cookie: c=2\\n\\n'")
    assert _ask(server, "/cgi-bin/x").get_all("Set-Cookie") == ("a=1, b", "c=2")


@pytest.mark.clause("9110-8.6-12a")
@pytest.mark.parametrize("stated", [3, 9])
def test_a_wrong_length_of_a_script_is_never_believed(folder: Path, server: BaseServer, stated: int) -> None:
    """C13: surplus is cut; what is missing cuts the connection, so that nobody takes it for whole."""
    _script(folder, "x", f"printf 'Content-Type: text/plain\\nContent-Length: {stated}\\n\\nhello'")
    reply = _ask(server, "/cgi-bin/x")
    assert reply.framing is Framing.LENGTH
    assert (reply.content, reply.complete) == ((b"hel", True) if stated == 3 else (b"hello", False))


@pytest.mark.clause("9110-8.6-13a")
@pytest.mark.parametrize("stated", ["+5", "5, 5", "five", "", "5\nContent-Length: 5"])
def test_a_malformed_length_of_a_script_is_a_bad_gateway(folder: Path, server: BaseServer, stated: str) -> None:
    _script(folder, "x", "cat <<'E'", "Content-Type: text/plain", f"Content-Length: {stated}", "", "hello", "E")
    reply = _ask(server, "/cgi-bin/x")
    assert reply.status == 502
    assert reply.get_all("Content-Length") == (str(len(reply.content)),)


@pytest.mark.clause("9110-15.4.3-2a")
def test_a_302_names_the_other_place(folder: Path, server: BaseServer) -> None:
    _script(folder, "x", "printf 'Location: http://elsewhere.example/y\\n\\n'")
    reply = _ask(server, "/cgi-bin/x")
    assert (reply.status, reply.get("Location")) == (302, "http://elsewhere.example/y")


@pytest.mark.clause("3875-2.3-5b")
def test_what_is_not_reserved_is_not_escaped(folder: Path, server: BaseServer) -> None:
    (folder / "A-b_c.d~0").mkdir()
    (folder / "a b").mkdir()
    assert _ask(server, "/A-b_c.d~0").get("Location") == "/A-b_c.d~0/"
    assert _ask(server, "/a%20b").get("Location") == "/a%20b/"


@pytest.mark.clause("3875-4.2-4a")
def test_a_script_with_its_own_head_gets_the_content_unaltered(folder: Path, server: BaseServer) -> None:
    _script(folder, "nph-x", "printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n'", "cat")
    content = bytes(range(256)) + b"\r\n--\r\n"
    reply = _ask(server, "/cgi-bin/nph-x", f"Content-Length: {len(content)}", content=content, method="POST")
    assert (reply.status, reply.content) == (200, content)


@pytest.mark.clause("9112-9.5-4a")
def test_L2_requests_beyond_the_threads_wait_and_are_answered() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def handler(request: Request) -> Response:
        if request.path == "/slow":
            inside.set()
            go_on.wait(10)
        return Response(200, {}, request.path.encode())

    with ThreadedServer("127.0.0.1", 0, function_handler(handler), limits=Limits(threads=1)) as server:
        host, port = server.addresses[0][:2]
        with WireClient(host, port) as slow, WireClient(host, port) as second, WireClient(host, port) as third:
            slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            assert inside.wait(10)
            second.send(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            third.send(b"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            go_on.set()
            assert [client.reply().content for client in (slow, second, third)] == [b"/slow", b"/2", b"/3"]


class TestReport:
    """V1: the report fails where the register claims what nothing shows."""

    good: Final = {identifier: {"a test": "passed"} for identifier in (*STATEMENTS, *SAFETY)}

    def test_all_is_well_when_all_is_shown(self) -> None:
        assert list(problems(self.good)) == []

    def test_an_unknown_id(self) -> None:
        assert any("no such id" in problem for problem in problems({**self.good, "9999-1-1a": {"x": "passed"}}))

    @pytest.mark.parametrize("outcome", ["failed", "skipped"])
    def test_a_statement_whose_tests_do_not_pass(self, outcome: str) -> None:
        (problem, *_) = problems({**self.good, "9112-6.1-15b": {"x": outcome}})
        assert problem.startswith("9112-6.1-15b:")

    def test_a_safety_line_without_test(self) -> None:
        results = {identifier: tests for identifier, tests in self.good.items() if identifier != "F1"}
        assert [problem for problem in problems(results) if problem.startswith("F1:")]

    def test_the_document_names_every_id(self) -> None:
        document = render(self.good)
        assert all(f"| {identifier} |" in document for identifier in (*STATEMENTS, *SAFETY))

    def test_what_is_shown_elsewhere_is_a_safety_line(self) -> None:
        assert SHOWN_ELSEWHERE.keys() <= SAFETY.keys()

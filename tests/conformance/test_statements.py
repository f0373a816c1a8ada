"""Statements that no row shows: they need a script, a busy server, or a look at the project itself."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import __version__
from pyhttp.answering import function_handler
from pyhttp.checking.register import STATEMENTS, Level, State
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.semantics.dates import format_date
from pyhttp.servers.base import BaseServer
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.register import SAFETY
from tests.conformance.report import README, problems, render, with_totals
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


@pytest.mark.clause("9110-6.6.1-6a")
@pytest.mark.parametrize(
    ("asked", "lines", "status"),
    [
        ("GET /sub/", (), 200),
        ("GET /digits", (), 200),
        ("GET /cgi-bin/x", (), 200),
        ("OPTIONS /digits", (), 204),
        ("GET /digits", ("Range: bytes=0-1",), 206),
        ("GET /sub", (), 301),
        ("GET /digits", ("If-None-Match: *",), 304),
        ("GET /digits", ("Content-Length: x",), 400),
        ("GET /none", (), 404),
        ("HEAD /none", (), 404),
        ("DELETE /digits", (), 405),
        ("GET /digits", ('If-Match: "x"',), 412),
        ("GET /digits", ("Range: bytes=20-",), 416),
    ],
)
def test_every_answer_of_2xx_3xx_and_4xx_has_the_date(
    folder: Path, server: BaseServer, asked: str, lines: tuple[str, ...], status: int
) -> None:
    """An answer has the date in each way in which it leaves: in one step, as a file, or piece by piece."""
    (folder / "digits").write_bytes(b"0123456789")
    (folder / "sub").mkdir()
    _script(folder, "x", "printf 'Content-Type: text/plain\\n\\n'", "head -c 70000 /dev/zero")
    method, _, target = asked.partition(" ")
    before = int(time.time())
    reply = _ask(server, target, *lines, method=method)
    assert reply.status == status
    assert reply.get_all("Date") in {(format_date(second),) for second in range(before, int(time.time()) + 1)}


@pytest.mark.clause("9110-8.6-12a")
def test_a_length_of_a_script_that_is_too_small_cuts_the_surplus(folder: Path, server: BaseServer) -> None:
    """C13."""
    _script(folder, "x", "printf 'Content-Type: text/plain\\nContent-Length: 3\\n\\nhello'")
    reply = _ask(server, "/cgi-bin/x")
    assert (reply.framing, reply.content) == (Framing.LENGTH, b"hel")


@pytest.mark.clause("9110-8.6-12a")
def test_a_length_of_a_script_that_is_too_large_is_never_believed(folder: Path, server: BaseServer) -> None:
    """C13: 502 where it is noticed in time; else the connection is cut: no client takes the content for whole."""
    _script(folder, "x", "printf 'Content-Type: text/plain\\nContent-Length: 9\\n\\nhello'")
    reply = _ask(server, "/cgi-bin/x")
    assert reply.status == 502 or not reply.complete


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
    assert _ask(server, "/A-b_c.d~0").get("Location") == "A-b_c.d~0/"
    assert _ask(server, "/a%20b").get("Location") == "a%20b/"


@pytest.mark.clause("3875-4.2-4a")
def test_a_script_with_its_own_head_gets_the_content_unaltered(folder: Path, server: BaseServer) -> None:
    _script(folder, "nph-x", "printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n'", "cat")
    content = bytes(range(256)) + b"\r\n--\r\n"
    reply = _ask(server, "/cgi-bin/nph-x", f"Content-Length: {len(content)}", content=content, method="POST")
    assert (reply.status, reply.content) == (200, content)


@pytest.mark.clause("9110-10.1.5-5a", "9110-10.1.5-5a.2", "9110-10.1.5-5b", "9110-10.1.5-5b.2", "9110-10.2.4-1b")
def test_our_product_has_a_version_and_is_told_to_scripts_alone(folder: Path, server: BaseServer) -> None:
    _script(folder, "x", "printf 'Content-Type: text/plain\\n\\n%s' \"$SERVER_SOFTWARE\"")
    reply = _ask(server, "/cgi-bin/x")
    assert reply.content.decode() == f"pyhttp/{__version__}"
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)+([a-z][a-z0-9.]*)?", __version__)
    assert reply.get("Server") is None


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


class TestChoices:
    """The choices about permissions that the register states."""

    @pytest.mark.clause("9110-14.2-7a")
    @pytest.mark.parametrize(("asked", "status"), [("bytes=0-", 200), ("bytes=-1", 200), ("bytes=x", 200)])
    def test_a_range_of_an_empty_file(self, folder: Path, server: BaseServer, asked: str, status: int) -> None:
        (folder / "empty").touch()
        assert _ask(server, "/empty", f"Range: {asked}").status == status

    @pytest.mark.clause("9110-15.3.7.2-5b", "9110-15.3.7.2-4a", "9110-14-2a")
    @pytest.mark.parametrize(
        ("asked", "status", "content"),
        [("bytes=1-2, 90-", 206, b"12"), ("bytes=1-3, 2-4", 200, b"0123456789"), ("bytes=8-", 206, b"89")],
    )
    def test_ranges_are_neither_joined_nor_padded(
        self, folder: Path, server: BaseServer, asked: str, status: int, content: bytes
    ) -> None:
        (folder / "digits").write_bytes(b"0123456789")
        reply = _ask(server, "/digits", f"Range: {asked}")
        assert (reply.status, reply.content) == (status, content)

    @pytest.mark.clause("9110-14.3-8a")
    def test_a_listing_says_nothing_about_ranges(self, server: BaseServer) -> None:
        assert _ask(server, "/").get("Accept-Ranges") is None

    @pytest.mark.clause("9110-4.2.3-7a", "3986-6.2.2.2-1c", "3986-6.2.2.1-1a")
    @pytest.mark.parametrize("target", ["/a/b", "//a///b", "/%61/b", "/a/%62", "/%61//%62"])
    def test_spellings_of_one_path(self, folder: Path, server: BaseServer, target: str) -> None:
        (folder / "a").mkdir()
        (folder / "a" / "b").write_bytes(b"it")
        assert _ask(server, target).content == b"it"

    @pytest.mark.clause("9110-9.1-9b", "9110-10.2.1-5b.2")
    def test_options_tells_the_methods(self, server: BaseServer) -> None:
        assert _ask(server, "/", method="OPTIONS").get("Allow") == "GET, HEAD, OPTIONS"

    @pytest.mark.clause("3875-4.1.5-3b", "3875-4.1.5-3b.2", "3875-4.1.5-3c")
    @pytest.mark.parametrize(("info", "status"), [("/a%2Fb", 404), ("/a%0Ab", 400), ("/../b", 404), ("/a/b", 200)])
    def test_path_info_that_is_refused(self, folder: Path, server: BaseServer, info: str, status: int) -> None:
        _script(folder, "x", "printf 'Content-Type: text/plain\\n\\n'")
        assert _ask(server, f"/cgi-bin/x{info}").status == status

    @pytest.mark.clause(
        "3875-3.3-2b", "3875-3.3-3a", "3875-4.1-4a", "3875-4.1.3-10b", "3875-4.1.16-1b", "3875-4.2-3c.2", "3875-4.2-5c"
    )
    def test_what_a_script_is_told(self, folder: Path, server: BaseServer) -> None:
        _script(
            folder,
            "x",
            "printf 'Content-Type: text/plain\\n\\n'",
            'echo "$REQUEST_URI $SCRIPT_NAME $PATH_INFO $SCRIPT_FILENAME $SERVER_PROTOCOL ${CONTENT_TYPE-none}"',
            "cat",
        )
        reply = _ask(
            server,
            "//cgi-bin/%78/a%62?q",
            "Content-Length: 5",
            "Content-Encoding: gzip",
            content=b"\x1f\x8b123",
            method="POST",
        )
        told, _, content = reply.content.partition(b"\n")
        where = str(folder / "cgi-bin" / "x")
        assert told.decode().split() == ["//cgi-bin/%78/a%62?q", "/cgi-bin/x", "/ab", where, "HTTP/1.1", "none"]
        assert content == b"\x1f\x8b123"

    @pytest.mark.clause("3875-6.3.5-1b", "3875-5.1-1a", "3875-3.1-1d")
    def test_what_a_script_says_for_the_server_alone(self, folder: Path, server: BaseServer) -> None:
        _script(folder, "x", "printf 'Content-Type: text/plain\\nX-CGI-Note: 1\\nX-Note: 2\\n\\n'")
        reply = _ask(server, "/cgi-bin/x")
        assert (reply.get("X-CGI-Note"), reply.get("X-Note")) == (None, "2")

    @pytest.mark.clause("3875-4.3.4-2a")
    @pytest.mark.parametrize(("method", "status"), [("TRACE", 405), ("REPORT", 200)])
    def test_methods_of_scripts(self, folder: Path, server: BaseServer, method: str, status: int) -> None:
        _script(folder, "x", "printf 'Content-Type: text/plain\\n\\n'")
        assert _ask(server, "/cgi-bin/x", method=method).status == status


class TestReport:
    """V1: the report fails where the register claims what no test shows."""

    good: Final = {identifier: {"a test": "passed"} for identifier in (*STATEMENTS, *SAFETY)}

    def test_all_is_well_when_all_is_shown(self) -> None:
        assert list(problems(self.good)) == []

    def test_an_unknown_id(self) -> None:
        assert any("no such id" in problem for problem in problems({**self.good, "9999-1-1a": {"x": "passed"}}))

    @pytest.mark.parametrize("outcome", ["failed", "skipped"])
    def test_a_statement_whose_tests_do_not_pass(self, outcome: str) -> None:
        (problem, *_) = problems({**self.good, "9112-6.1-15b": {"x": outcome}})
        assert problem.startswith("9112-6.1-15b:")

    def test_an_entry_that_is_gone_is_missed(self) -> None:
        rest = {identifier: one for identifier, one in STATEMENTS.items() if identifier != "9112-6.1-15b"}
        found = list(problems({**self.good, "9112-6.1-15b": {}}, rest))
        assert found == ["9112-6.1-15b: binds (MUST), but the register has no such entry"]

    def test_neither_may_a_level_fall_nor_an_entry_come_unseen(self) -> None:
        one = STATEMENTS["9112-6.1-15b"]
        changed = {**STATEMENTS, one.id: replace(one, keyword="MAY"), "9112-1-1a": replace(one, id="9112-1-1a")}
        assert list(problems(self.good, changed))[:2] == [
            "9112-1-1a: MUST in the register, nothing in binding.txt",
            "9112-6.1-15b: MAY in the register, MUST in binding.txt",
        ]

    @pytest.mark.parametrize(
        ("state", "tests", "accepted"),
        [
            (State.CHOICE, {"a test": "passed"}, False),
            (State.CHOICE, {}, False),
            (State.DELIBERATE, {}, False),
            (State.DELIBERATE, {"a test": "passed"}, True),
            (State.NOT_OFFERED, {}, True),
            (State.OTHER_PARTY, {}, True),
        ],
    )
    @pytest.mark.parametrize("identifier", ["9112-6.1-15b", "9112-6.1-4b", "3986-2.4-2a"])
    def test_a_must_is_no_choice(self, identifier: str, state: State, tests: dict[str, str], accepted: bool) -> None:
        """A test or the page of choices shows which part of a MUST is left undone."""
        one = replace(STATEMENTS[identifier], state=state, reason="No.")
        found = list(problems({**self.good, identifier: tests}, {**STATEMENTS, identifier: one}))
        assert (found == []) == accepted

    def test_what_is_left_undone_stands_on_the_page_of_choices(self) -> None:
        left = [one for one in STATEMENTS.values() if one.level is Level.MUST and one.state is State.DELIBERATE]
        assert left
        assert list(problems({**self.good, **{one.id: {} for one in left}})) == []

    def test_a_safety_line_without_test(self) -> None:
        results = {identifier: tests for identifier, tests in self.good.items() if identifier != "F1"}
        assert [problem for problem in problems(results) if problem.startswith("F1:")]

    def test_the_readme_has_the_totals(self) -> None:
        text = README.read_text(encoding="utf-8")
        assert "<!-- totals -->" in text
        assert with_totals(text) == text

    def test_the_document_names_every_id(self) -> None:
        document = render(self.good)
        assert all(f"| {identifier} |" in document for identifier in (*STATEMENTS, *SAFETY))

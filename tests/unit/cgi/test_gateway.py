"""RFC 3875 §3.1, §6: one request, one script, one answer, with real scripts. C5, C10 to C14, D17 to D19, D22."""

import os
import select
import signal
import threading
import time
from dataclasses import replace

import pytest

from pyhttp.cgi import gateway
from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.cgi.process import Process
from pyhttp.cgi.running import RunningScripts
from pyhttp.errors import BadGateway, GatewayTimeout, HTTPError, InternalError, Unavailable
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead, Source
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site
from tests.helpers.cgi_site import (
    QUICK,
    CgiSite,
    await_all,
    environment,
    has_children,
    is_alive,
    items,
    look,
    read_all,
    request_head,
    settled,
)

TEXT = "echo 'Content-Type: text/plain'; echo"
MIB = 1024 * 1024


def shorten(
    cgi: CgiSite, *, limits: Limits | None = None, script: float = 5.0, run: float = 5.0, kill: float = 0.3
) -> None:
    """Other limits and deadlines for the scripts of a site."""
    cgi.scripts = RunningScripts(limits or Limits(), Timeouts(script=script, script_run=run, script_kill=kill))


class TestAnswers:
    @pytest.mark.clause("3875-6.4-1b", "3875-6.4-1c")
    def test_a_document(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Content-Type: text/plain'", "echo 'X-Y: z'", "echo", "echo body")
        response, content = cgi.get("/cgi-bin/x")
        assert (response.status, response.headers.lines) == (200, (("Content-Type", "text/plain"), ("X-Y", "z")))
        assert content == b"body\n"

    def test_the_environment_and_arguments_of_a_real_script(
        self, cgi: CgiSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """C1, C2: a script gets only the listed variables of the server's environment.

        A query without "=" is no argument.
        """
        monkeypatch.setenv("PYHTTP_SECRET", "x")
        monkeypatch.setenv("PYHTTP_SHOWN", "y")
        cgi.site = Site(cgi_env=("PYHTTP_SHOWN", "PYHTTP_MISSING", "HTTPS=on"))
        cgi.sh("x", TEXT, "printf 'ARGS=%s\\0' \"$#\"", "env -0")
        _, content = cgi.get("/cgi-bin/x/more", query="some+words")
        found = environment(content)
        assert (found["ARGS"], found["QUERY_STRING"], found["PATH_INFO"]) == ("0", "some+words", "/more")
        assert (found["PYHTTP_SHOWN"], found.get("PYHTTP_SECRET"), found.get("HOME")) == ("y", None, None)
        assert (found["SCRIPT_FILENAME"], found["HTTPS"]) == (str(cgi.bin / "x"), "on")

    def test_authorization_where_the_operator_says_so(self, cgi: CgiSite) -> None:
        cgi.site = Site(cgi_auth=True)
        cgi.sh("x", TEXT, 'printf "%s" "$HTTP_AUTHORIZATION"')
        response = cgi.run(request_head(fields=(("Authorization", "Basic eDp5"),)))
        assert read_all(response) == b"Basic eDp5"

    @pytest.mark.clause("3875-7.2-4a")
    def test_C9_the_script_runs_in_its_own_directory(self, cgi: CgiSite) -> None:
        (cgi.bin / "sub").mkdir()
        cgi.sh("sub/x", TEXT, "pwd -P")
        assert cgi.get("/cgi-bin/sub/x")[1] == f"{cgi.bin}/sub\n".encode()

    def test_a_program_for_a_suffix(self, cgi: CgiSite) -> None:
        handler = cgi.sh("handler", TEXT, 'printf "%s|" "$@" "$SCRIPT_FILENAME" "$SCRIPT_NAME" "$PATH_INFO"; pwd')
        cgi.site = Site(cgi_suffixes=((".do", str(handler)),))
        (cgi.root / "docs").mkdir()
        page = cgi.root / "docs" / "page.do"
        page.write_text("secret")
        expected = f"{page}|{page}|/docs/page.do|/i|{cgi.root}/docs\n"
        assert cgi.get("/docs/page.do/i")[1].decode() == expected

    def test_C14_a_local_redirect(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Location: /a/b?c'", "echo")
        assert cgi.redirect("/cgi-bin/x") == LocalRedirect("/a/b?c")

    @pytest.mark.parametrize("status", [204, 205, 304])
    def test_explanations_without_content_have_none(self, cgi: CgiSite, status: int) -> None:
        cgi.sh("x", f"echo 'Status: {status} X'", "echo 'Content-Length: 4'", "echo", "echo body")
        response, content = cgi.get("/cgi-bin/x")
        assert (response.status, content) == (status, b"")
        assert ("Content-Length" in response.headers) == (status == 304)

    def test_a_script_that_speaks_http_itself(self, cgi: CgiSite) -> None:
        cgi.sh("nph-x", "printf 'HTTP/1.0 404 No\\r\\nX-Y: z\\r\\n\\r\\nbody'")
        response, content = cgi.get("/cgi-bin/nph-x")
        assert (response.status, response.headers.lines, content) == (404, (("X-Y", "z"),), b"body")

    @pytest.mark.clause("3875-6.1-3a")
    def test_output_is_passed_on_as_it_comes(self, cgi: CgiSite) -> None:
        """The head is passed on as soon as it is clear that more will come.

        Each piece waits for the word of the test.
        """
        os.mkfifo(cgi.bin / "one")
        os.mkfifo(cgi.bin / "two")
        cgi.sh("x", TEXT, "read a < one; echo one; read a < two; echo two")
        response = cgi.run(request_head())
        assert isinstance(response.body, Source)
        assert response.body.read() is None
        pieces = items(response)
        for name in ("one", "two"):
            (cgi.bin / name).write_text("x\n")
            assert next(pieces) == f"{name}\n".encode()
        assert list(pieces) == []
        response.close()
        response.close()


class TestShortAnswers:
    """A script that ends soon after its head is answered in one piece. `script_gather` says what "soon" means."""

    @pytest.fixture(autouse=True)
    def _patient(self, cgi: CgiSite) -> None:
        cgi.scripts = RunningScripts(Limits(), replace(QUICK, script_gather=5.0))

    @pytest.mark.clause("9110-8.6-9a")
    @pytest.mark.parametrize("script", ["echo body", "echo body; exit 3", "printf bo; echo dy", "(exec echo body)"])
    def test_all_of_the_content_is_at_hand(self, cgi: CgiSite, script: str) -> None:
        cgi.sh("x", TEXT, script)
        assert cgi.run(request_head()).body == b"body\n"
        assert cgi.scripts.running == 0

    def test_one_look_at_the_output_is_enough(self, cgi: CgiSite, monkeypatch: pytest.MonkeyPatch) -> None:
        """It does not matter how often the script writes. The counted work is the same for one line and for ten."""
        pieces: list[int] = []
        receive = OutputParser.receive

        def counted(parser: OutputParser, data: bytes) -> Document | LocalRedirect | None:
            pieces.append(len(data))
            return receive(parser, data)

        monkeypatch.setattr(OutputParser, "receive", counted)
        cgi.sh("x", 'for i in 1 2 3 4 5; do echo "X-$i: $i"; sleep 0.01; done', TEXT, "echo body")
        assert cgi.run(request_head()).body == b"body\n"
        assert len(pieces) == 1

    def test_content_that_is_long_is_read_piece_by_piece(self, cgi: CgiSite) -> None:
        cgi.scripts = RunningScripts(Limits(), replace(QUICK, script_gather=0.02))
        cgi.sh("x", TEXT, "head -c 200000 /dev/zero")
        response = cgi.run(request_head())
        pieces = list(items(response))
        response.close()
        assert (max(map(len, pieces)) <= 2 * 65536, sum(map(len, pieces))) == (True, 200_000)

    def test_a_script_that_died_cuts_as_ever(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body; kill -9 $$")
        response = cgi.run(request_head())
        pieces = items(response)
        assert next(pieces) == b"body\n"
        with pytest.raises(BadGateway, match="ended by a signal"):
            next(pieces)
        response.close()

    def test_a_child_that_holds_the_output_may_have_more_to_say(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "(sleep 0.1; echo child) & echo parent")
        response = cgi.run(request_head())
        pieces = items(response)
        assert next(pieces) == b"parent\n"
        assert b"".join(pieces) == b"child\n"
        response.close()

    def test_nothing_is_waited_for_where_the_script_states_a_length(self, cgi: CgiSite) -> None:
        cgi.scripts = RunningScripts(Limits(), replace(QUICK, script_gather=0.02))
        cgi.sh("x", "echo 'Content-Type: a/b'; echo 'Content-Length: 2'; echo; echo x")
        response = cgi.run(request_head())
        assert isinstance(response.body, Source)
        assert read_all(response) == b"x\n"

    def test_right_after_its_start_a_script_is_not_looked_at(
        self, cgi: CgiSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A caller that waits would look before it waits, and that is too early.

        When it is woken, the script is mostly over.
        """
        asked: list[Process] = []
        ended = Process.ended

        def counted(process: Process) -> int | None:
            asked.append(process)
            return ended(process)

        monkeypatch.setattr(Process, "ended", counted)
        cgi.sh("x", TEXT, "echo body")
        run = cgi.start(request_head())
        assert not run.proceed()
        assert asked == []
        look(run)
        assert run.proceed()
        assert len(asked) == 1
        response = run.outcome()
        assert not isinstance(response, LocalRedirect)
        assert response.body == b"body\n"

    def test_before_its_end_a_script_is_looked_at_once_and_when_it_is_late(self, cgi: CgiSite) -> None:
        """Most scripts are soon over. Their output in the meantime wakes no caller."""
        cgi.scripts = RunningScripts(Limits(), replace(QUICK, script_gather=0.1))
        cgi.sh("x", TEXT, "echo body", "exec sleep 60")
        before = time.monotonic()
        run = cgi.start(request_head())
        assert not run.proceed()
        assert len(run.watched()) == 1
        assert before + 0.1 <= run.due() <= time.monotonic() + 0.1
        look(run)
        assert time.monotonic() >= run.due() - 0.01
        assert not run.proceed()  # the head is there by now; its content may still be short
        assert len(run.watched()) == 1
        await_all(run)
        response = run.outcome()
        assert not isinstance(response, LocalRedirect)
        response.close()
        settled()


class TestContent:
    @pytest.mark.clause("3875-4.2-3b", "3875-4.2-3c", "3875-4.2-5a", "3875-9.6-2b")
    @pytest.mark.parametrize("size", [0, 1, 65536, MIB, MIB + 1, 5 * MIB])
    def test_C5_content_arrives_whole_and_ends(self, cgi: CgiSite, size: int) -> None:
        cgi.python("x", "data = sys.stdin.buffer.read()", "out.write(b'Content-Type: a/b\\n\\n')", "out.write(data)")
        content = os.urandom(size)
        assert cgi.get("/cgi-bin/x", content, method="POST")[1] == content

    def test_C5_chunked_content_has_an_exact_length(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, 'echo "$CONTENT_LENGTH $HTTP_TRANSFER_ENCODING"; cat')
        head = request_head(method="POST", fields=(("Transfer-Encoding", "chunked"),))
        assert read_all(cgi.run(head, b"hello")) == b"5 \nhello"

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(["os.write(1, head + data)", "sys.stdin.buffer.read()"], id="writes-before-it-reads"),
            pytest.param(["os.write(1, head)", "while d := os.read(0, 4096): os.write(1, d)"], id="reads-and-writes"),
            pytest.param(
                ["d = sys.stdin.buffer.read()", "os.write(1, head)", "out.write(d)"], id="reads-before-it-writes"
            ),
            pytest.param(["os.write(1, head)", "out.write(data)"], id="never-reads"),
            pytest.param(["os.close(0)", "os.write(1, head)", "out.write(data)"], id="closes-its-input"),
            pytest.param(["os.write(1, head)", "os.read(0, 10)", "out.write(data)"], id="reads-a-little"),
        ],
    )
    def test_C10_no_interleaving_deadlocks(self, cgi: CgiSite, script: list[str]) -> None:
        """The script gets 1 MiB and sends 1 MiB. Neither may take as long as a deadline."""
        data = b"x" * MIB
        cgi.python("x", "head = b'Content-Type: a/b\\n\\n'", f"data = b'x' * {MIB}", *script)
        assert cgi.get("/cgi-bin/x", data, method="POST")[1] == data

    def test_the_content_need_not_stay_open(self, cgi: CgiSite) -> None:
        """The script has a descriptor of its own: `CgiSite.start` closes the spool at once."""
        cgi.sh("x", TEXT, "sleep 0.05; cat")
        assert cgi.get("/cgi-bin/x", b"hello", method="POST")[1] == b"hello"

    @pytest.mark.parametrize("answer", ["Location: /x", "Status: 204"])
    def test_C5_content_of_an_answer_that_has_none(self, cgi: CgiSite, answer: str) -> None:
        cgi.sh("x", f"echo '{answer}'; echo")
        cgi.answer(request_head(method="POST", fields=(("Content-Length", "5"),)), b"hello")


class TestLength:
    def test_C13_surplus_is_cut(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Content-Type: a/b'; echo 'Content-Length: 3'; echo; printf 12; printf 3456789")
        assert cgi.get("/cgi-bin/x")[1] == b"123"

    def test_C13_a_short_body_fails(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Content-Type: a/b'; echo 'Content-Length: 5'; echo; printf 1234")
        response = cgi.run(request_head())
        with pytest.raises(BadGateway, match="1 octets short"):
            read_all(response)

    @pytest.mark.clause("3875-4.3.3-1c")
    @pytest.mark.parametrize("length", ["", "Content-Length: 5"])
    def test_head_has_the_same_fields_and_no_content(self, cgi: CgiSite, length: str) -> None:
        cgi.sh(
            "x", "echo 'Content-Type: a/b'", f"[ -z '{length}' ] || echo '{length}'", "echo; echo body", "touch done"
        )
        response, content = cgi.get("/cgi-bin/x", method="HEAD")
        assert (response.headers.get("Content-Length"), content) == ("5" if length else None, b"")

    def test_the_script_of_a_head_request_may_end_by_itself(self, cgi: CgiSite) -> None:
        """The rest of its output is read away. Otherwise the script would fail."""
        cgi.python(
            "x", "os.write(1, b'Content-Type: a/b\\n\\n')", f"os.write(1, bytes({MIB}))", "open('finished', 'w')"
        )
        assert cgi.get("/cgi-bin/x", method="HEAD")[1] == b""
        assert (cgi.bin / "finished").exists()

    def test_so_may_one_whose_client_has_left_before(self, cgi: CgiSite) -> None:
        """The script may do so if it has no more output."""
        cgi.sh("x", TEXT, "sleep 0.05; touch finished")
        response = cgi.run(request_head(method="HEAD"))
        started = time.monotonic()
        response.close()
        assert time.monotonic() - started < 0.05
        settled()
        assert (cgi.bin / "finished").exists()

    def test_a_script_whose_content_is_complete_may_end_by_itself(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Content-Type: a/b'; echo 'Content-Length: 3'; echo; printf 123; sleep 0.05; touch finished")
        response = cgi.run(request_head())
        pieces = items(response)
        content = b""
        while len(content) < 3:
            content += next(pieces)
        response.close()
        settled()
        assert (cgi.bin / "finished").exists()


class TestRedirected:
    @pytest.mark.clause("3875-6.2.2-3a.2")
    def test_C14_get_without_content(self) -> None:
        fields = (
            ("Accept", "*/*"),
            ("Content-Type", "a/b"),
            ("CONTENT-Length", "5"),
            ("Content-Encoding", "gzip"),
            ("Transfer-Encoding", "chunked"),
            ("Trailer", "x"),
            ("TE", "trailers"),
            ("Expect", "100-continue"),
            ("Cookie", "a=b"),
        )
        head = gateway.redirected(request_head(method="POST", query="old", fields=fields), LocalRedirect("/a/b?c?d"))
        kept = (("Host", "localhost:8888"), ("Accept", "*/*"), ("Cookie", "a=b"))
        assert head == RequestHead("GET", "/a/b?c?d", "/a/b", "c?d", "localhost:8888", "HTTP/1.1", Headers(kept))
        assert head.headers.lines == kept

    @pytest.mark.clause("9110-14.2-4a", "9110-13.1.3-6a")
    @pytest.mark.parametrize(
        ("method", "kept"),
        [
            ("GET", {"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}),
            ("HEAD", {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}),
            ("POST", set[str]()),
            ("x-own", set[str]()),
        ],
    )
    def test_what_was_asked_of_another_method_is_not_asked_of_the_get(self, method: str, kept: set[str]) -> None:
        names = ("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "IF-Unmodified-Since")
        head = request_head(method=method, fields=tuple((name, '"x"') for name in names))
        found = gateway.redirected(head, LocalRedirect("/a"))
        assert {name.lower() for name in found.headers} == {"host", *(name.lower() for name in kept)}


class TestStandardError:
    def test_it_goes_to_the_log_line_by_line(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo early >&2", TEXT, "echo body; echo late >&2; printf last >&2")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        assert cgi.logged == ["/cgi-bin/x: early", "/cgi-bin/x: late", "/cgi-bin/x: last"]

    def test_D19_a_flood_neither_blocks_the_script_nor_fills_the_log(self, cgi: CgiSite) -> None:
        cgi.sh("x", "head -c 3000000 /dev/zero | tr '\\0' e >&2", TEXT, "echo body")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        assert 65536 <= sum(map(len, cgi.logged)) < 70_000

    def test_a_script_that_closes_it(self, cgi: CgiSite) -> None:
        cgi.sh("x", "exec 2>&-", TEXT, "echo body")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"

    def test_how_a_script_failed_is_logged(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body", "exit 3")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        assert cgi.logged == ["/cgi-bin/x: exit status 3"]


class TestRun:
    """A run, as the code that serves the connection sees it."""

    def test_nothing_of_it_waits(self, cgi: CgiSite) -> None:
        cgi.sh("x", "exec sleep 60")
        started = time.monotonic()
        run = cgi.start(request_head())
        assert not run.proceed()
        assert not run.proceed()
        run.close()
        run.close()
        assert time.monotonic() - started < 1
        settled()
        assert not has_children()

    def test_before_it_is_over_its_outcome_is_a_fault_of_the_server(self, cgi: CgiSite) -> None:
        cgi.sh("x", "exec sleep 60")
        run = cgi.start(request_head())
        with pytest.raises(InternalError):
            run.outcome()
        run.close()
        settled()

    def test_before_its_end_it_has_no_outcome(self, cgi: CgiSite) -> None:
        cgi.sh("x", "exec sleep 60")
        run = cgi.start(request_head())
        with pytest.raises(InternalError, match="not over"):
            run.outcome()
        run.close()
        settled()

    def test_what_it_answers_it_answers_again(self, cgi: CgiSite) -> None:
        cgi.sh("x", "echo 'Location: /a'; echo")
        run = cgi.start(request_head())
        await_all(run)
        assert run.proceed()
        assert run.outcome() == run.outcome() == LocalRedirect("/a")

    @pytest.mark.parametrize(("script", "whole"), [(1.0, 2.0), (2.0, 1.0)])
    def test_D17_it_is_due_when_it_has_been_silent_or_has_run_for_too_long(
        self, cgi: CgiSite, script: float, whole: float
    ) -> None:
        shorten(cgi, script=script, run=whole)
        cgi.sh("x", "exec sleep 60")
        before = time.monotonic()
        run = cgi.start(request_head())
        after = time.monotonic()
        while len(run.watched()) == 1:
            look(run)
            assert not run.proceed()
        assert before + 1.0 <= run.due() <= after + 1.0
        run.close()
        settled()

    def test_how_it_waits_when_all_is_said(self, cgi: CgiSite) -> None:
        """The run waits for the end of the script as long as the script may tidy up.

        The rest of the output is read away.
        """
        cgi.python(
            "x", "os.write(1, b'Location: /a\\n\\n')", "out.write(bytes(300000))", "open('said', 'w')", "time.sleep(9)"
        )
        run = cgi.start(request_head())
        while len(run.watched()) == 1 or not run.due() <= time.monotonic() + 0.3:
            look(run)
            assert not run.proceed()
        started = time.monotonic()
        await_all(run)
        assert 0.1 < time.monotonic() - started < 2
        assert run.outcome() == LocalRedirect("/a")
        assert (cgi.bin / "said").exists()
        settled()

    def test_C15_what_cannot_be_started_gives_its_place_back(self, cgi: CgiSite) -> None:
        cgi.write("x", "no program")
        with pytest.raises(InternalError):
            cgi.start(request_head(), b"content")
        assert cgi.scripts.running == 0

    @pytest.mark.parametrize("count", [1, 2])
    def test_D18_where_the_wait_for_a_place_was_in_vain(self, cgi: CgiSite, count: int) -> None:
        cgi.scripts = RunningScripts(Limits(scripts=count), QUICK)
        cgi.sh("x", TEXT, "exec sleep 60")
        running = [cgi.start(request_head()) for _ in range(count)]
        assert isinstance(answer_to(cgi), Unavailable)
        assert cgi.logged == [f"/cgi-bin/x: {count} scripts are running already"]
        for run in running:
            run.close()
        settled()
        cgi.sh("x", TEXT)
        cgi.get("/cgi-bin/x")


def answer_to(cgi: CgiSite) -> HTTPError:
    """The error that answers a request of the script `x`."""
    with pytest.raises(HTTPError) as raised:
        cgi.run(request_head())
    return raised.value


class TestFaultsBeforeTheHead:
    @pytest.mark.clause("3875-6.1-3b")
    def test_D17_silence_is_a_504(self, cgi: CgiSite) -> None:
        shorten(cgi, script=0.1)
        cgi.sh("x", "echo $$ > pid", "exec sleep 60")
        assert isinstance(answer_to(cgi), GatewayTimeout)
        settled()
        assert not is_alive(int((cgi.bin / "pid").read_text()))

    def test_D17_a_header_section_that_trickles_is_a_504(self, cgi: CgiSite) -> None:
        """Each byte comes in time, but the whole section does not."""
        shorten(cgi, script=5.0, run=0.3)
        cgi.sh("x", "while :; do printf x; sleep 0.02; done")
        started = time.monotonic()
        assert isinstance(answer_to(cgi), GatewayTimeout)
        assert 0.3 <= time.monotonic() - started < 2

    def test_D17_what_comes_when_the_time_is_over_does_not_renew_it(self, cgi: CgiSite) -> None:
        shorten(cgi, script=5.0, run=0.1)
        cgi.sh("x", "echo 'Content-Type: a/b'; exec sleep 60")
        run = cgi.start(request_head())
        select.select([], [], [], 0.2)
        assert run.proceed()
        with pytest.raises(GatewayTimeout, match="too long to answer"):
            run.outcome()
        settled()

    def test_D17_standard_error_is_no_output(self, cgi: CgiSite) -> None:
        shorten(cgi, script=0.2)
        cgi.sh("x", "while :; do echo x >&2; sleep 0.01; done")
        assert isinstance(answer_to(cgi), GatewayTimeout)

    def test_C11_a_script_that_ignores_sigterm_delays_no_answer(self, cgi: CgiSite) -> None:
        shorten(cgi, script=0.1, kill=0.5)
        cgi.sh("x", "trap '' TERM", "echo $$ > pid", "while :; do sleep 0.02; done")
        started = time.monotonic()
        assert isinstance(answer_to(cgi), GatewayTimeout)
        assert time.monotonic() - started < 0.4
        settled()
        assert not is_alive(int((cgi.bin / "pid").read_text()))

    @pytest.mark.parametrize(
        ("lines", "detail"),
        [
            (["exit 0"], "no output"),
            (["exit 1"], "no output"),
            (["exec >&-"], "no output"),
            (["kill -9 $$"], "no output"),
            (["printf 'Content-Type: a/b\\n'"], "ended within its header section"),
            (["echo hello"], "ended within"),
            (["echo hello; echo; exec sleep 60"], "not a header field"),
            (["head -c 70000 /dev/zero | tr '\\0' x; exec sleep 60"], "65536 bytes"),
        ],
    )
    def test_C12_malformed_or_missing_output_is_a_502(self, cgi: CgiSite, lines: list[str], detail: str) -> None:
        cgi.sh("x", *lines)
        error = answer_to(cgi)
        assert isinstance(error, BadGateway)
        assert detail in error.detail

    def test_how_it_ended_is_logged(self, cgi: CgiSite) -> None:
        cgi.sh("x", "kill -9 $$")
        answer_to(cgi)
        assert cgi.logged == ["/cgi-bin/x: ended by signal 9", "/cgi-bin/x: no output"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("no program", "cannot be started: its first line names no interpreter"),
            ("#!/bin/sh\nprintf 'a\\033\\\\b\\n\\n'", r"not a header field: 'a\x5cx1b\x5c\x5cb'"),
            ("#!/bin/sh\nexec sleep 60", "a script was silent for too long"),
        ],
    )
    def test_O2_what_was_wrong_is_told_to_the_operator(self, cgi: CgiSite, text: str, reason: str) -> None:
        """The operator gets one line, in which the words of the script are made harmless.

        The client learns a status.
        """
        shorten(cgi, script=0.2)
        cgi.write("x", text + "\n")
        assert answer_to(cgi).status >= 500
        (line,) = cgi.logged
        assert line.startswith("/cgi-bin/x: ")
        assert reason in line
        assert line.isprintable()


class TestFaultsInTheBody:
    def fails_after(self, cgi: CgiSite, expected: bytes, error: type[Exception]) -> None:
        """The head and `expected` arrive. Then the iterator fails."""
        response = cgi.run(request_head())
        received = b""
        with pytest.raises(error):  # noqa: PT012 - what came before the failure counts
            for piece in items(response):
                received += piece
        response.close()
        settled()
        assert received == expected

    def test_D17_silence_cuts(self, cgi: CgiSite) -> None:
        shorten(cgi, script=0.1)
        cgi.sh("x", TEXT, "echo body", "exec sleep 60")
        self.fails_after(cgi, b"body\n", GatewayTimeout)

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
    def test_a_script_that_dies_cuts(self, cgi: CgiSite, number: int) -> None:
        cgi.sh("x", TEXT, "echo body", f"kill -{int(number)} $$")
        self.fails_after(cgi, b"body\n", BadGateway)
        assert cgi.logged == [
            f"/cgi-bin/x: ended by signal {int(number)}",
            "/cgi-bin/x: a script was ended by a signal in the middle of its content",
        ]

    def test_D17_a_body_may_take_longer_than_a_run_while_output_flows(self, cgi: CgiSite) -> None:
        shorten(cgi, script=5.0, run=0.2)
        cgi.sh("x", TEXT, "for i in 1 2 3 4 5 6; do printf $i; sleep 0.05; done")
        assert cgi.get("/cgi-bin/x")[1] == b"123456"

    def test_C11_a_reader_that_stops_ends_the_script(self, cgi: CgiSite) -> None:
        """The script writes 1 GiB for a reader that takes a little and leaves. Memory holds one piece at a time."""
        cgi.sh("x", TEXT, "echo $$ > pid", "exec head -c 1073741824 /dev/zero")
        response = cgi.run(request_head())
        pieces = items(response)
        for _ in range(10):
            assert len(next(pieces)) <= 2 * 65536
        response.close()
        settled()
        assert not is_alive(int((cgi.bin / "pid").read_text()))


class TestWhoIsLeftBehind:
    def test_a_child_that_holds_the_output_delays_its_end_a_little(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "sleep 60 & echo $! > pid", "echo body")
        started = time.monotonic()
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        assert 0.3 <= time.monotonic() - started < 2
        settled()
        assert not is_alive(int((cgi.bin / "pid").read_text()))

    @pytest.mark.clause("3875-6.4-1b")
    def test_a_child_that_goes_on_writing_is_read_to_its_end(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "(sleep 0.1; echo child) & echo parent")
        assert cgi.get("/cgi-bin/x")[1] == b"parent\nchild\n"

    def test_a_script_that_closes_its_output_and_goes_on_is_ended(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body", "echo $$ > pid", "exec sleep 60 >&- 2>&-")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        settled()
        assert not is_alive(int((cgi.bin / "pid").read_text()))
        assert cgi.logged == []

    def test_C11_1000_runs_leave_nothing(self, cgi: CgiSite) -> None:
        """The test has a short form: 50 runs of three kinds."""
        cgi.sh("ok", TEXT, "cat")
        cgi.sh("bad", "echo")
        cgi.sh("slow", TEXT, "exec sleep 60")
        for _ in range(50):
            assert cgi.get("/cgi-bin/ok", b"x", method="POST")[1] == b"x"
        for _ in range(5):
            with pytest.raises(BadGateway):
                cgi.get("/cgi-bin/bad")
            cgi.run(request_head("/cgi-bin/slow")).close()


class TestStop:
    def test_C11_a_stop_ends_a_script_at_once(self, cgi: CgiSite) -> None:
        shorten(cgi, script=60.0, run=60.0, kill=60.0)
        cgi.sh("x", "exec sleep 60")
        timer = threading.Timer(0.1, cgi.scripts.stop)
        timer.start()
        started = time.monotonic()
        assert isinstance(answer_to(cgi), Unavailable)
        timer.join()
        assert time.monotonic() - started < 2
        assert isinstance(answer_to(cgi), Unavailable)
        assert cgi.logged == [
            "/cgi-bin/x: ended by signal 15",
            "/cgi-bin/x: a script was ended, as the server stops",
        ]

    def test_C11_a_stop_cuts_a_body_even_if_a_stranger_holds_it(self, cgi: CgiSite) -> None:
        shorten(cgi, script=60.0, run=60.0, kill=60.0)
        cgi.sh("x", TEXT, "setsid sleep 60 & echo $! > pid", "echo $! ", "exec sleep 60")
        response = cgi.run(request_head())
        pieces = items(response)
        next(pieces)
        timer = threading.Timer(0.1, cgi.scripts.stop)
        timer.start()
        with pytest.raises(BadGateway):
            next(pieces)
        timer.join()
        response.close()
        os.kill(int((cgi.bin / "pid").read_text()), signal.SIGKILL)

    def test_C11_close_ends_a_stubborn_script_whose_owner_waits(self, cgi: CgiSite) -> None:
        shorten(cgi, script=60.0, run=60.0, kill=0.3)
        cgi.sh("x", "trap '' TERM", "while :; do sleep 0.02; done")
        timer = threading.Timer(0.1, cgi.scripts.close)
        timer.start()
        started = time.monotonic()
        assert isinstance(answer_to(cgi), Unavailable)
        timer.join()
        assert time.monotonic() - started < 2


class TestWithoutExitDescriptors:
    """Where the system has no exit descriptors, the server takes the end of output, and then waits for the script."""

    @pytest.fixture(autouse=True)
    def _without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "pidfd_open")

    def test_a_document(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body; exit 3")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"
        assert cgi.logged == ["/cgi-bin/x: exit status 3"]

    def test_a_script_that_dies_cuts(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body; kill -9 $$")
        with pytest.raises(BadGateway):
            read_all(cgi.run(request_head()))

    def test_a_script_that_closes_its_output_and_goes_on_is_ended(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "echo body; exec sleep 60 >&- 2>&-")
        assert cgi.get("/cgi-bin/x")[1] == b"body\n"

    def test_the_script_of_a_head_request_that_goes_on_is_ended(self, cgi: CgiSite) -> None:
        cgi.sh("x", TEXT, "exec sleep 60")
        cgi.run(request_head(method="HEAD")).close()


def test_a_deadline_beyond_what_poll_takes(cgi: CgiSite) -> None:
    cgi.scripts = RunningScripts(Limits(), replace(QUICK, script=1e9, script_run=1e9, script_gather=1e9))
    cgi.sh("x", TEXT, "echo body")
    assert cgi.get("/cgi-bin/x")[1] == b"body\n"

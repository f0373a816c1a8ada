"""`pyhttp check`: its messages, its files, its exit codes."""

import io
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pyhttp.answering import function_handler
from pyhttp.checking.dialling import CannotCheck, parse_server
from pyhttp.checking.results import Report
from pyhttp.checking.running import Plan
from pyhttp.checking.selecting import select
from pyhttp.command import check as command
from pyhttp.command.cli import main
from pyhttp.servers.pooled import PooledServer
from pyhttp.transport.unix import listen_unix
from tests.conformance.served import application
from tests.helpers.careless import careless_server
from tests.helpers.tls import server_context

FAST = ("--patience", "5", "--only", "framing: two lengths", "--only", "framing: chunked twice, *")


@pytest.fixture(scope="module")
def careless() -> Iterator[str]:
    with careless_server() as port:
        yield f"http://127.0.0.1:{port}"


def test_a_must_that_does_not_hold_exits_1_and_shows_the_octets(
    careless: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", careless, *FAST]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"{careless}/  careless/1\n\nMUST  framing: two lengths\n  9112-6.3-2.5.1b MUST: ")
    assert (
        "\n  wanted: answer 400: 200 came\n  sent      POST /echo HTTP/1.1\\r\\n\n            Host: a\\r\\n\n" in told
    )
    assert "\n  received  HTTP/1.1 200 OK\\r\\n\n" in told
    assert "\nRFC 9112 §6.3          0     1      .      .       .\n" in told
    assert "0 held, 1 failed on a MUST, 0 failed on a SHOULD, 1 choices, 0 skipped" in told
    assert max(map(len, told.splitlines())) <= 160


def test_how_many_rows_could_not_be_asked_without_an_echo_is_said(
    careless: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", careless, "--patience", "0.2", "--only", "hosts", "--only", "proxies"])
    told = capsys.readouterr().out
    needs = [row.needs for _, row in select(["hosts", "proxies"])[0] if "echo" in row.needs]
    count = len(needs)
    assert any("hosts" in each for each in needs)  # a lack of hosts is no reason where /echo is missing, too
    assert f"\nskipped {count:3}: the server has no /echo: 200 came\n" in told


def test_a_should_fails_the_check_where_that_is_asked_for(careless: str) -> None:
    only = ("--patience", "5", "--only", "9112-2.2-9a")
    assert main(["check", careless, *only]) == 0
    assert main(["check", careless, *only, "--level", "should"]) == 1


def test_the_report_is_written_as_json_and_as_junit(careless: str, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("json", "junit")}
    main(["check", careless, *FAST, "--json", str(files["json"]), "--junit", str(files["junit"])])
    report = json.loads(files["json"].read_text())
    assert (report["schema"], report["server"], report["product"]) == (1, f"{careless}/", "careless/1")
    assert report["counts"] == {"held": 0, "failed": 1, "choice": 1, "skipped": 0}
    failed = next(one for one in report["results"] if one["outcome"] == "failed")
    assert (failed["name"], failed["level"], failed["section"]) == ("framing: two lengths", "MUST", "9112-6.3")
    assert failed["clauses"][0]["id"] == "9112-6.3-2.5.1b"
    assert [one["side"] for one in failed["said"]] == ["sent", "received"]
    assert failed["said"][1]["octets"].startswith("HTTP/1.1 200 OK\r\n")
    suite = ET.parse(files["junit"]).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "2",
        "failures": "1",
        "skipped": "1",
    }
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("MUST", "answer 400: 200 came")


def test_a_report_that_cannot_be_written_exits_2(
    careless: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none" / "x"
    for option in ("--json", "--junit"):
        assert main(["check", careless, *FAST, option, str(path)]) == 2
        assert capsys.readouterr() == ("", f"pyhttp: cannot write {path}: No such file or directory\n")


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    ("end", "code", "told"),
    [(KeyboardInterrupt(), 130, ""), (CannotCheck("it is gone"), 2, "pyhttp: it is gone\n"), (None, 0, "")],
)
def test_a_terminal_shows_the_progress_in_a_line_that_is_gone_at_the_end(
    end: BaseException | None,
    code: int,
    told: str,
    terminal: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def play(plan: Plan, progress: Callable[[int, int], None]) -> Report:
        progress(1, 20)
        if end is not None:
            raise end
        return Report(plan.server.url, "none", (), 0.0)

    monkeypatch.setattr(command, "check", play)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    assert command.main(["http://localhost:1"]) == code
    assert capsys.readouterr().err == ("\r1 of 20 rows\r\x1b[K" if terminal else "") + told


class Terminal(io.TextIOWrapper):
    """A terminal: what is written stands there when it is flushed."""

    def isatty(self) -> bool:
        return True


def test_the_progress_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, seen = io.BytesIO(), list[bytes]()

    def play(plan: Plan, progress: Callable[[int, int], None]) -> Report:
        progress(1, 20)
        seen.append(screen.getvalue())
        return Report(plan.server.url, "none", (), 0.0)

    monkeypatch.setattr(command, "check", play)
    monkeypatch.setattr(sys, "stderr", Terminal(screen, encoding="utf-8"))
    assert command.main(["http://localhost:1"]) == 0
    assert (seen, screen.getvalue()) == ([b"\r1 of 20 rows"], b"\r1 of 20 rows\r\x1b[K")


def test_the_options_of_a_check_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []

    def play(plan: Plan, _progress: Callable[[int, int], None]) -> Report:
        plans.append(plan)
        raise CannotCheck("it is only planned")

    monkeypatch.setattr(command, "check", play)
    command.main(["http://localhost:1", "--only", "hosts"])
    command.main(
        [
            "http://localhost:1",
            "--only",
            "hosts",
            "--bytewise",
            "--patience",
            "0.5",
            "--longest",
            "3600",
            "--with",
            "limits",
            "--with",
            "hosts",
        ]
    )
    server, (rows, laws) = parse_server("http://localhost:1"), select(["hosts"])
    given = Plan(server, rows, laws, 0.5, bytewise=True, offered=frozenset({"limits", "hosts"}), longest=3600.0)
    assert plans == [Plan(server, rows, laws), given]


def test_another_machine_is_asked_with_permission_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def refuse(sock: socket.socket, address: object) -> None:
        asked.append(address)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert main(["check", "http://192.0.2.1"]) == 2
    assert asked == []
    assert capsys.readouterr().err == (
        "pyhttp: http://192.0.2.1/ is another machine; malformed requests go only to one that you may test:"
        " confirm by --i-may-test-this-host\n"
    )
    assert main(["check", "http://192.0.2.1", "--i-may-test-this-host"]) == 2
    assert asked == [("192.0.2.1", 80)]


def test_a_server_that_answers_for_its_own_host_alone_is_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    answers = function_handler(application)
    with PooledServer("127.0.0.1", 0, answers, allowed_hosts=frozenset({"127.0.0.1"})) as server:
        assert main(["check", f"http://127.0.0.1:{server.addresses[0][1]}"]) == 2
    assert "have it answer for any host" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "URL is missing: http://HOST:PORT, https://HOST:PORT or unix:PATH"),
        (("ftp://a",), "argument URL: ftp://a: not http://HOST:PORT, https://HOST:PORT or unix:PATH"),
        (("http://localhost:1", "--only", "nothing"), "nothing: no clause, section, group or name of a row"),
        *(
            (
                ("http://localhost:1", option, seconds),
                f"argument {option}: '{seconds}' is no number of seconds from above 0 to 3600",
            )
            for option in ("--patience", "--longest")
            for seconds in ("0", "3600.1", "x")
        ),
    ],
)
def test_a_usage_error_exits_2(arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    assert ended.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: pyhttp check URL [options]"
    assert error == f"pyhttp check: error: {why}"


def test_a_level_or_a_need_that_does_not_exist_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    for option, wrong in (("--level", "may"), ("--with", "all")):
        with pytest.raises(SystemExit) as ended:
            main(["check", "http://localhost:1", option, wrong])
        assert ended.value.code == 2
        assert f"\npyhttp check: error: argument {option}: invalid choice: '{wrong}' " in capsys.readouterr().err


def test_rows_are_listed_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list", "--only", "9112-6.1-11a", "--only", "responses: 204"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "SHOULD framing: gzip, chunked  9112-6.1-11a F4" in told
    assert "MUST   responses: 204  9112-6.1-10a 9110-8.6-8a F16  needs echo, status" in told
    assert len(told) == 4


def test_help_says_how_a_folder_of_that_name_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert capsys.readouterr().out.endswith("\nTo serve a folder with the name check, write ./check.\n")


@pytest.mark.parametrize("way", ["tcp", "tls", "unix"])
def test_our_own_server_holds_by_each_way(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handler, path = function_handler(application), str(tmp_path / "s")
    sockets = [listen_unix(path)] if way == "unix" else []
    with PooledServer(
        "127.0.0.1", 0, handler, sockets=sockets, tls=server_context() if way == "tls" else None
    ) as server:
        port = server.addresses[0][1]
        url = {"tcp": f"127.0.0.1:{port}", "tls": f"https://127.0.0.1:{port}", "unix": f"unix:{path}"}[way]
        code = main(["check", url, "--patience", "5", "--level", "should"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert " 0 failed on a MUST, 0 failed on a SHOULD, 0 choices, " in told
    assert "the server has no" not in told

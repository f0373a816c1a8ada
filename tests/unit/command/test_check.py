"""`pyhttp check`: its messages, its files, its exit codes."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pyhttp.answering import function_handler
from pyhttp.checking.selecting import select
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


def test_a_report_that_cannot_be_written_exits_2(careless: str, tmp_path: Path) -> None:
    assert main(["check", careless, *FAST, "--json", str(tmp_path / "none" / "x")]) == 2


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
    assert "--i-may-test-this-host" in capsys.readouterr().err
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
        ((), "URL is missing"),
        (("ftp://a",), "not http://"),
        (("http://localhost:1", "--only", "nothing"), "no clause, section"),
        (("http://localhost:1", "--patience", "0"), "no number of seconds"),
        (("http://localhost:1", "--level", "may"), "invalid choice"),
    ],
)
def test_a_usage_error_exits_2(arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_rows_are_listed_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list", "--only", "9112-6.1-11a", "--only", "responses: 204"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "SHOULD framing: gzip, chunked  9112-6.1-11a F4" in told
    assert "MUST   responses: 204  9112-6.1-10a 9110-8.6-8a F16  needs echo, status" in told
    assert len(told) == 4


def test_help_says_how_a_folder_of_that_name_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "./check" in capsys.readouterr().out


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

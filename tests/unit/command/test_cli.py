"""The command line: the meaning of its arguments, its output, and its exit codes."""

import contextlib
import errno
import gc
import http.client
import io
import json
import logging
import os
import re
import resource
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, __version__
from pyhttp.auth import PasswordHash
from pyhttp.command import cli, serving, streams
from pyhttp.command.cli import announcement, is_local, main
from pyhttp.command.tasks import find_task
from pyhttp.transport.access_log import ERROR, loggers
from tests.helpers import process_app
from tests.helpers.crowd import until
from tests.helpers.tls import TlsSocket, certificate_and_key, client_context, connected


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"pyhttp {__version__}\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", ["", "serve", "wsgi", "check", "explain", "passwd"])
def test_who_asks_for_help_gets_it(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*filter(None, [command]), option])
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert out.startswith("usage: pyhttp ")
    assert "--help" in out


def test_each_command_has_help() -> None:
    """The test above has all commands that there are."""
    found = set(re.findall(r'case "(\w+)"', Path(cli.__file__).read_text(encoding="utf-8")))
    assert found == {"passwd", "check", "explain"}


def test_each_url_is_printed() -> None:
    text = announcement(
        "/srv", [("127.0.0.1", 8888), ("::1", 8888), ("fe80::1%eth0", 8888)], ["Stop so"], "read this folder"
    )
    assert text.splitlines() == [
        "Serving /srv",
        "  http://127.0.0.1:8888/",
        "  http://[::1]:8888/",
        "  http://[fe80::1%25eth0]:8888/",
        "Stop so",
    ]


def test_each_url_says_https_where_tls_is_spoken() -> None:
    lines = announcement("/srv", [("127.0.0.1", 8888), ("::1", 8888)], [], "Stop so", secure=True).splitlines()
    assert lines[1:3] == ["  https://127.0.0.1:8888/", "  https://[::1]:8888/"]


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:80/"), ("::", "http://[::1]:80/")])
def test_L11_serving_everyone_is_said(host: str, url: str) -> None:
    text = announcement("/srv", [(host, 80)], ["Stop so"], "read this folder", find=lambda _: "")
    assert url in text
    assert text.endswith("\nThis machine is in no network now: there is no address to type on another device\nStop so")
    assert "ALL interfaces: every machine that can reach this one can read this folder\n" in text


def test_on_all_interfaces_an_address_for_other_devices_is_told() -> None:
    addresses = [("::", 80), ("0.0.0.0", 80), ("unix:/x", 0)]
    own = {"0.0.0.0": "192.168.1.7", "::": ""}
    text = announcement(
        "/srv/a b.txt", addresses, ["Stop so"], "read this file", path="a%20b.txt", find=own.__getitem__
    )
    assert text.splitlines() == [
        "Serving /srv/a b.txt",
        "  http://[::1]:80/a%20b.txt",
        "  http://127.0.0.1:80/a%20b.txt",
        "  unix:/x",
        "  http://192.168.1.7:80/a%20b.txt",
        "on ALL interfaces: every machine that can reach this one can read this file",
        "Stop so",
    ]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("unix:/run/a", True)),
        *(("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("fe80::1%eth0", False), ("::2", False)),
    ],
)
def test_which_addresses_no_network_reaches(host: str, local: bool) -> None:
    assert is_local(host) == local


def test_what_else_there_is_to_know_comes_last() -> None:
    text = announcement("/srv", [("127.0.0.1", 80)], ["Files are run", "Stop so"], "read this folder")
    assert text.endswith("\nFiles are run\nStop so")


def test_a_missing_folder_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "gone")]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot serve {tmp_path / 'gone'}: No such file or directory\n"


def test_what_is_neither_a_folder_nor_a_file_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main([str(tmp_path / "pipe")]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot serve {tmp_path / 'pipe'}: Not a directory\n"


def test_a_file_that_cannot_be_read_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "file").touch()
    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", refuse)
        assert main([str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot serve {tmp_path / 'file'}: Permission denied\n"


def test_one_file_is_served_by_its_name_wherever_a_link_leads(tmp_path: Path) -> None:
    """The command serves nothing else of the folder of that file, whatever the folder has."""
    (tmp_path / "site" / "cgi-bin").mkdir(parents=True)
    (tmp_path / "page.html").write_text("<p>page")
    (tmp_path / "site" / "other.html").write_text("<p>other")
    (tmp_path / "site" / "a b.html").symlink_to(tmp_path / "page.html")
    found: list[tuple[int, bytes]] = []

    def client(port: int) -> None:
        for path in ("/", "/a%20b.html", "/other.html", "/cgi-bin/", "/route"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Sec-Fetch-Mode": "navigate"})
            response = connection.getresponse()
            found.append((response.status, response.read()))
            connection.close()

    assert serve([str(tmp_path / "site" / "a b.html"), "--port", "0", "--quiet", "--spa"], client) == 0
    assert [status for status, _ in found] == [200, 200, 404, 200, 200]
    assert {content for status, content in found if status == 200} == {b"<p>page"}


def test_a_busy_port_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        assert main([str(tmp_path), "--host", "127.0.0.1", "--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"pyhttp: cannot listen on 127.0.0.1 port {port}: Address already in use;"
        " choose another port with --port, or --port 0 for any free one\n"
    )


class Announced(io.StringIO):
    """Standard output that tells when the last line of the announcement is there."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if "Ctrl+C" in self.getvalue():
            self.ready.set()
        return written


def serve(arguments: list[str], client: Callable[[int], None], number: signal.Signals = signal.SIGTERM) -> int:
    """Run the command while `client` talks to its port on another thread, then send ourselves the signal `number`."""
    output = Announced()
    failures: list[BaseException] = []

    def talk() -> None:
        if not output.ready.wait(10):
            failures.append(TimeoutError(f"no announcement: {output.getvalue()}"))
            return
        try:
            client(int(re.findall(r":(\d+)/\S*$", output.getvalue(), re.MULTILINE)[0]))
        except BaseException as error:  # noqa: BLE001 - raised again on the test's own thread
            failures.append(error)
        finally:
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=talk)
    thread.start()
    with contextlib.redirect_stdout(output):
        code = main(arguments)
    thread.join()
    for failure in failures:
        raise failure
    return code


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_L10_a_signal_ends_it_with_exit_code_0(kind: str, number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    before = signal.getsignal(number)

    def client(port: int) -> None:
        assert get(port, "/a.txt") == (200, b"hello")

    assert serve([str(tmp_path), "--port", "0", kind], client, number) == 0
    assert signal.getsignal(number) is before


def test_options_reach_the_handler(tmp_path: Path) -> None:
    (tmp_path / "cgi-bin").mkdir()
    (tmp_path / "cgi-bin" / "script").write_bytes(b"the source")

    def client(port: int) -> None:
        assert get(port, "/")[0] == 403
        assert get(port, "/cgi-bin/script") == (200, b"the source")

    assert serve([str(tmp_path), "-p", "0", "--no-listing", "--no-cgi"], client) == 0


APPLICATION: Final = """
import logging.config
logging.config.dictConfig({"version": 1})  # which disables all loggers that are there
def app(environ, start_response):
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode("latin-1"), b" several" if environ["wsgi.multithread"] else b" one"]
"""


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an application in the working directory."""
    (tmp_path / "commanded_app.py").write_text(APPLICATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield "commanded_app:app"
    sys.modules.pop("commanded_app", None)


@pytest.mark.parametrize(("kind", "threads"), [("--pooled", "several"), ("--threaded", "several"), ("--single", "one")])
def test_an_application_is_served(
    application: str, kind: str, threads: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def client(port: int) -> None:
        assert get(port, "/a") == (200, f"/a {threads}".encode())

    assert serve(["wsgi", application, "--port", "0", kind], client) == 0
    assert '"GET /a HTTP/1.1" 200 ' in capsys.readouterr().err


def test_an_application_is_announced(application: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(streams, "say", said.append)
    monkeypatch.setattr(BaseServer, "serve_forever", BaseServer.close)
    assert main(["wsgi", application, "--port", "0", "--host", "0.0.0.0", "--single"]) == 0
    assert re.fullmatch(
        r"Serving commanded_app:app\n"
        r"  http://127\.0\.0\.1:\d+/\n"
        r"(?:  http://[\d.]+:\d+/\n)?"  # this line comes where there is a network
        r"on ALL interfaces: every machine that can reach this one can use this application\n"
        r"(?:This machine is in no network now: .*\n)?"
        r"Stop with .*\n",
        "".join(said),
    )


def test_an_application_that_is_not_there_exits_1(
    application: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wsgi", "commanded_gone:app"]) == 1
    assert main(["wsgi", "commanded_app:gone"]) == 1
    assert capsys.readouterr().err == (
        "pyhttp: cannot serve commanded_gone:app:"
        f" there is no module commanded_gone here, in {tmp_path}, or installed\n"
        "pyhttp: cannot serve commanded_app:gone: the module commanded_app has no gone\n"
    )


def test_processes_without_an_application_end_the_command_with_exit_code_1(
    application: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["wsgi", application.replace("app:app", "app:gone"), "--port", "0", "--processes", "1"]) == 1
    assert capfd.readouterr().err == (
        "pyhttp: cannot serve commanded_app:gone: the module commanded_app has no gone\n"
        "pyhttp: the processes cannot serve: the first one ended with exit status 1\n"
    )


COMMON_LOG: Final = re.compile(r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:[\d:]{8} [+-]\d{4}\] "GET /a HTTP/1\.1" 404 \d+')


def test_each_request_has_a_line_in_the_common_log_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def client(port: int) -> None:
        get(port, "/a")
        get(port, "/a")

    serve([str(tmp_path), "-p", "0"], client)
    first, second = capsys.readouterr().err.splitlines()
    assert COMMON_LOG.fullmatch(first)
    assert COMMON_LOG.fullmatch(second)


def test_quiet_leaves_errors_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def client(port: int) -> None:
        get(port, "/a")
        loggers()[0].log(ERROR, "something broke")

    serve([str(tmp_path), "-p", "0", "--quiet"], client)
    assert capsys.readouterr().err == "pyhttp: something broke\n"


def test_a_folder_name_that_is_not_text_is_served(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)

    def client(port: int) -> None:
        assert get(port, "/")[0] == 200

    assert serve([os.fsdecode(folder), "-p", "0"], client) == 0


class Impatient(io.StringIO):
    """Standard output whose reader wants the server to stop as soon as it has announced itself."""

    def write(self, text: str) -> int:
        if "Ctrl+C" in text:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().write(text)


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
def test_L10_a_signal_may_come_before_the_server_begins(kind: str, tmp_path: Path) -> None:
    with contextlib.redirect_stdout(Impatient()):
        assert main([str(tmp_path), "-p", "0", kind]) == 0


def test_D12_as_many_descriptors_as_the_system_allows_are_asked_for(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with contextlib.redirect_stdout(Impatient()):
            assert main([str(tmp_path), "-p", "0"]) == 0
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("soft", "raised"), [(256, True), (None, False)])
def test_C9_scripts_have_the_limit_of_the_start(tmp_path: Path, soft: int | None, raised: bool) -> None:
    """Scripts have that limit even where the limit did not have to be raised."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    bounds = (before[1] if soft is None else soft, before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, bounds)
    try:
        assert cli._raise_descriptor_limit() == (bounds if raised else None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_system_that_allows_no_more_descriptors_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("not that many")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with contextlib.redirect_stdout(Impatient()):
        assert main([str(tmp_path), "-p", "0"]) == 0


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delitem(sys.modules, "pyhttp.__main__", raising=False)
    monkeypatch.setattr(sys, "argv", ["python -m pyhttp", "--version"])
    with pytest.raises(SystemExit) as exit_:
        runpy.run_module("pyhttp", run_name="__main__")
    gc.enable()
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"pyhttp {__version__}\n"


def test_the_access_log_goes_to_a_file_that_is_reopened_after_SIGHUP(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, moved = tmp_path / "access.log", tmp_path / "access.log.1"

    def client(port: int) -> None:
        get(port, "/first")
        log.rename(moved)
        os.kill(os.getpid(), signal.SIGHUP)
        get(port, "/second")

    before = signal.getsignal(signal.SIGHUP)
    serve([str(tmp_path), "-p", "0", "--access-log", str(log), "--log-format", "json"], client)
    assert signal.getsignal(signal.SIGHUP) is before
    assert [json.loads(line)["target"] for line in (moved.read_text() + log.read_text()).splitlines()] == [
        "/first",
        "/second",
    ]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["missing", "no-program", "folder"])
def test_a_suffix_whose_program_cannot_be_run_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The command tells it before anything is served, not at each request."""
    (tmp_path / "no-program").write_text("text")
    (tmp_path / "no-program").chmod(0o644)
    (tmp_path / "folder").mkdir()
    program = tmp_path / name
    assert main(["--cgi-suffix", f".php={program}"]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot run .php files: {program} is not a program\n"


def test_an_access_log_that_cannot_be_written_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "no" / "log"
    assert main([str(tmp_path), "-p", "0", "--access-log", str(log)]) == 1
    assert capsys.readouterr().err == f"pyhttp: cannot write the access log {log}: No such file or directory\n"


@pytest.mark.parametrize("to_file", [False, True])
def test_limits_and_timeouts_reach_the_server(
    to_file: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def client(port: int) -> None:
        assert get(port, "/" + "a" * 70)[0] == 404
        assert get(port, "/" + "a" * 200)[0] == 414
        with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
            assert idle.recv(1) == b""

    arguments = ["-p", "0", "-v", "--limit", "request_line=100", "--limit", "log_line=80", "--timeout", "idle=0.05"]
    log = tmp_path / "log"
    arguments += ["--access-log", str(log)] if to_file else []
    assert serve([str(tmp_path), *arguments], client) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if line.endswith(": 414 request line: longer than 100 octets (9112-3-4c)")]
    lines = log.read_text().splitlines() if to_file else [line for line in told if not line.startswith("pyhttp: ")]
    assert [len(line) <= 80 for line in lines] == [True, True]


@pytest.mark.parametrize("kind", ["--threaded", "--single"])
def test_of_each_kind_of_server(kind: str, tmp_path: Path) -> None:
    def client(port: int) -> None:
        assert get(port, "/" + "a" * 200)[0] == 414
        with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
            assert idle.recv(1) == b""

    arguments = ["-p", "0", kind, "--limit", "request_line=100", "--timeout", "idle=0.05"]
    assert serve([str(tmp_path), *arguments], client) == 0


# --- TLS


def leaf(port: int) -> bytes:
    """The certificate with which the server answers, as the client of one request sees it."""
    with connected(("127.0.0.1", port), tls=client_context()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert isinstance(client, TlsSocket)
        return client.tls.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single"])
def test_tls_is_spoken_and_sighup_reads_the_certificate_anew(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem, log = tmp_path / "pem", tmp_path / "log"
    pem.write_bytes(certificate_and_key())
    site = tmp_path / "site"
    site.mkdir()

    def client(port: int) -> None:
        first = leaf(port)
        pem.write_bytes(certificate_and_key(fresh=True))
        log.rename(tmp_path / "old")
        os.kill(os.getpid(), signal.SIGHUP)
        until(lambda: leaf(port) != first)
        until(lambda: bool(log.read_text()))
        pem.write_bytes(b"nonsense")
        os.kill(os.getpid(), signal.SIGHUP)
        assert leaf(port) != first

    assert serve([str(site), "-p", "0", "--tls-cert", str(pem), "--access-log", str(log), kind], client) == 0
    assert capsys.readouterr().err.splitlines() == [
        "pyhttp: the certificate was read anew",
        f"pyhttp: the certificate stays as it was: {pem} holds no certificate in PEM form",
    ]


def test_what_is_wrong_with_a_certificate_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--tls-cert", str(tmp_path / "gone")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"pyhttp: cannot read the certificate file {tmp_path / 'gone'}: No such file or directory\n"


def test_a_key_in_the_folder_that_is_served_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pem = tmp_path / "pem"
    pem.write_bytes(certificate_and_key())
    assert serve([str(tmp_path), "-p", "0", "--tls-cert", str(pem)], lambda _: None) == 0
    assert capsys.readouterr().err == (f"pyhttp: {pem} is in the folder that is served, where everybody can read it\n")


def test_processes_that_cannot_serve_end_the_command_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "_in_process", process_app.unless)
    assert main([str(tmp_path), "-p", "0", "--processes", "1"]) == 1
    assert capfd.readouterr().err.endswith(
        "pyhttp: the processes cannot serve: the first one ended with exit status 1\n"
    )


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A file of --auth."""
    path = tmp_path / "users"
    path.write_text(f"ada:{PasswordHash.of('secret', bytes(16), n=2, r=1)}\n")
    return path


def test_a_file_of_users_that_is_served_is_warned_of(users: Path) -> None:
    said = f"{users} is {{}} that is served, where everybody can read it"
    assert find_task([str(users), "--auth", str(users)]).warnings == (said.format("the file"),)
    assert find_task([str(users.parent), "--auth", str(users)]).warnings == (said.format("in the folder"),)


@pytest.mark.parametrize(
    ("host", "clear", "all_of_them"), [("127.0.0.1", 0, 0), ("192.0.2.1", 1, 0), ("0.0.0.0", 1, 1)]
)
def test_who_may_read_passwords_and_who_may_try_them_is_announced(
    host: str, clear: int, all_of_them: int, users: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli._announce(find_task([str(users.parent), "--auth", str(users)]), [(host, 8888)], by_hand=True)
    told = capsys.readouterr().out.splitlines()
    assert (
        told.count("Passwords travel in the clear: everybody on the way can read them; --tls-cert hides them") == clear
    )
    assert told.count("on ALL interfaces: every machine that can reach this one can ask for a password") == all_of_them


def test_a_hangup_reads_the_users_anew_or_leaves_them_as_they_were(
    users: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = find_task([str(users.parent), "--auth", str(users)])
    first = task.load()
    with BaseServer("127.0.0.1", 0, first) as server:
        begin_anew = cli._on_hangup(server, task, None)
        assert begin_anew is not None
        begin_anew()
        second = server.request_handler
        users.write_text("")
        begin_anew()
        assert server.request_handler is second is not first
    assert caplog.messages == [
        "the users were read anew",
        f"the users stay as they were: {users} names no user; pyhttp passwd NAME writes a line for it",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_service_manager_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    monkeypatch.setattr(cli, "notify", told.append)
    cli._say_ready()
    cli._say_stopping()
    assert told == ["READY=1", "STOPPING=1"]

    def fail(_: str) -> None:
        raise OSError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr(cli, "notify", fail)
    cli._say_ready()
    cli._say_stopping()
    assert capsys.readouterr().err == "pyhttp: cannot tell the service manager: Connection refused\n"

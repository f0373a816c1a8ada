"""`run`: a program that serves until a signal comes, and then ends without a message."""

import errno
import gc
import io
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseServer, PooledServer, run
from pyhttp.servers import running as running_module
from pyhttp.servers.running import serve_until_signal, set_aside
from tests.helpers.servers import connect, echo
from tests.helpers.sockets import request
from tests.helpers.tls import server_context
from tests.helpers.wire_client import WireClient

PROGRAM = """
import signal, sys, pyhttp
{before}
server = pyhttp.{kind}("{host}", 0, handler=lambda request: {answer})
pyhttp.run(server)
print("after", signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
"""
SET_ASIDE: Final = "__import__('gc').get_freeze_count() > 10_000"
"""Whether the garbage collector leaves the objects alone with which the server began, modules included."""


class Full(io.StringIO):
    """A stream that nothing can be written to any more."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "full")


@contextmanager
def running(
    kind: str = "PooledServer", host: str = "127.0.0.1", answer: str = "pyhttp.Response.text('hello')", before: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """A program that calls `run`, started with the signals as an interactive shell has them."""
    code = PROGRAM.format(kind=kind, host=host, answer=answer, before=before)
    restored = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [sys.executable, "-W", "error", "-c", restored + code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    announced, serving, url = process.stdout.readline().rpartition("Serving at ")
    assert (announced, serving) == ("", "Serving at ")
    return url.strip()


def client_of(url: str) -> WireClient:
    return WireClient("127.0.0.1", int(url.rpartition(":")[2].rstrip("/")), patience=15)


@pytest.mark.parametrize("kind", ["BaseServer", "ThreadedServer", "PooledServer"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_L10_it_serves_until_a_signal_and_leaves_without_a_traceback(kind: str, number: int) -> None:
    with running(kind) as process:
        with client_of(read_url(process)) as client:
            client.send(request())
            assert client.reply().content == b"hello"
        process.send_signal(number)
        assert process.wait(15) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == "Stop with Ctrl+C\nafter True\n"
        assert process.stderr.read() == ""


@pytest.mark.parametrize("kind", ["BaseServer", "PooledServer"])
def test_a_collection_of_garbage_does_not_look_at_modules_again(kind: str) -> None:
    with running(kind, answer=f"pyhttp.Response.text(str({SET_ASIDE}))") as process:
        with client_of(read_url(process)) as client:
            client.send(request())
            assert client.reply().content == b"True"
        process.terminate()
        assert process.wait(15) == 0


def test_after_that_a_collection_looks_at_all_objects_again() -> None:
    with set_aside():
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == 0


NO_THREADS: Final = """
def fail(*arguments): raise RuntimeError("no more threads")
from pyhttp.servers import interrupts
interrupts.start_new_thread = fail
"""


@pytest.mark.parametrize("before", ["", NO_THREADS])
def test_L10_a_second_signal_ends_it_at_once(before: str) -> None:
    with running(answer="print('asked', flush=True) or sys.stdin.read()", before=before) as process:
        with client_of(read_url(process)) as client:
            client.send(request())
            assert process.stdout is not None
            assert process.stdout.readline() == "Stop with Ctrl+C\n"
            assert process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGINT)
            while process.poll() is None:
                process.send_signal(signal.SIGTERM)
        assert process.wait(15) in {-signal.SIGTERM, -signal.SIGINT}


STARTING: Final = """
import os, pathlib, signal, subprocess, sys, time
from functools import partial
import pyhttp

folder, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
script = folder / "cgi-bin" / "long"
script.parent.mkdir()
script.write_text("#!/bin/sh\\ntrap '' TERM\\necho $$ > ../began\\nwhile :; do sleep 1; done\\n")
script.chmod(0o755)
os.mkfifo(folder / "began")

class Starting(subprocess.Popen):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        print((folder / "began").read_text().strip(), flush=True)
        while not server.closing:
            time.sleep(0.001)
        print("closing", flush=True)
        while not server.scripts.stopping:
            time.sleep(0.001)

subprocess.Popen = Starting
server = getattr(pyhttp, kind)("127.0.0.1", 0, partial(pyhttp.BaseHttpRequestHandler, directory=folder))
pyhttp.run(server)
"""
"""A server whose scripts run before it knows of them, until it stops them."""


@pytest.mark.parametrize("kind", ["BaseServer", "ThreadedServer", "PooledServer"])
def test_C11_a_second_signal_ends_a_script_that_is_just_being_started(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTING, str(tmp_path), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with client_of(read_url(process)) as client:
                assert process.stdout.readline().startswith("Stop with ")
                client.send(request("/cgi-bin/long"))
                script = int(process.stdout.readline())
                descriptor = os.pidfd_open(script)
                process.send_signal(signal.SIGTERM)
                assert process.stdout.readline() == "closing\n"
                process.send_signal(signal.SIGTERM)
                assert process.wait(15) == -signal.SIGTERM
            ended, _, _ = select.select([descriptor], [], [], 15)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL) if not ended else None
            os.close(descriptor)
            assert ended, "the script lives on"
        finally:
            process.kill()


def test_a_signal_that_is_ignored_stays_so() -> None:
    with running(before="signal.signal(signal.SIGINT, signal.SIG_IGN)") as process:
        url = read_url(process)
        assert process.stdout is not None
        assert process.stdout.readline() == f"Stop with kill {process.pid}\n"
        process.send_signal(signal.SIGINT)
        with client_of(url) as client:
            client.send(request())
            assert client.reply().content == b"hello"
        process.terminate()
        assert process.wait(15) == 0


def test_an_output_that_cannot_be_written_keeps_nothing_from_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with connect(server) as client:
            client.send(request())
            statuses.append(client.reply().status)
        server.close()

    server = PooledServer("127.0.0.1", 0, handler=echo)
    thread = threading.Thread(target=ask)
    thread.start()
    full = Full()
    monkeypatch.setattr(sys, "stdout", full)
    run(server)
    thread.join()
    assert statuses == [200]


@pytest.mark.parametrize("tls", [None, server_context()], ids=["plain", "TLS"])
def test_the_urls_that_are_shown_are_those_of_the_server(
    tls: ssl.SSLContext | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown))  # it keeps what is not flushed
    monkeypatch.setattr(running_module, "serve_until_signal", lambda _, announce: announce(True))
    server = BaseServer("127.0.0.1", 0, handler=echo, tls=tls)
    run(server)
    assert shown.getvalue().decode() == f"Serving at {server.url}\nStop with Ctrl+C\n"
    server.close()


def test_elsewhere_than_on_the_main_thread_it_says_what_to_write() -> None:
    told: list[str] = []

    def elsewhere() -> None:
        try:
            run(server)
        except RuntimeError as error:
            told.append(str(error))

    server = PooledServer("127.0.0.1", 0, handler=echo)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    with server, connect(server) as client:  # the server is as it was
        client.send(request())
        assert client.reply().status == 200
    assert told == ["run: signals come to the main thread alone; elsewhere, serve in a `with server:` block"]


def test_a_server_that_serves_or_has_been_closed_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with BaseServer("127.0.0.1", 0, handler=echo) as server, pytest.raises(RuntimeError, match="serving already"):
        run(server)
    capsys.readouterr()
    with pytest.raises(RuntimeError, match="has been closed"):
        run(server)
    assert capsys.readouterr().out == ""
    assert signal.getsignal(signal.SIGTERM) is before


class Faulty(BaseServer):
    """A server whose loop fails, as where a signal handler of the program raises an error during its wait."""

    def _run_loop(self) -> None:
        raise RuntimeError("as asked")


def test_a_fault_of_the_server_is_no_wish_to_stop() -> None:
    server = Faulty("127.0.0.1", 0, handler=echo)
    with pytest.raises(RuntimeError, match="as asked"):
        serve_until_signal(server, lambda by_hand: None)
    assert server.closing


APP = f"""
from pyhttp import Response, function_handler
answer = function_handler(lambda request: Response.text(str({SET_ASIDE})))
"""
SEVERAL = """
import pyhttp
if __name__ == "__main__":
    pyhttp.run(pyhttp.ProcessServer("127.0.0.1", 0, "app:answer", processes=2))
"""


def test_L10_several_processes_are_run_and_stopped_like_one(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "main.py").write_text(SEVERAL)
    command, pipe = [sys.executable, str(tmp_path / "main.py")], subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            with client_of(read_url(process)) as client:
                client.send(request())
                assert client.reply().content == b"True"
            process.terminate()
            assert process.wait(15) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
        finally:
            process.kill()

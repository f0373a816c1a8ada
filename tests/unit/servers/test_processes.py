"""Several processes: which of them serve, which are replaced, and that no client is refused meanwhile."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from pyhttp.answering import function_handler
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.process import Process
from pyhttp.servers.processes import ProcessServer, available
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.listener import listen
from pyhttp.transport.unix import listen_unix
from tests.helpers import process_app
from tests.helpers.crowd import until
from tests.helpers.sockets import read_until_end, request
from tests.helpers.untyped import untyped

PATIENCE = 60.0
"""Seconds after which a test that waits has failed: processes start slowly on a busy machine."""
WHOAMI = "tests.helpers.process_app:whoami"
HELD = "tests.helpers.process_app:held"
QUICK = Timeouts(linger=0.2)


def ask(server: ProcessServer, target: str = "/") -> bytes:
    """The answer to one request on a connection of its own. Anything but a whole answer raises an error."""
    with socket.create_connection(server.addresses[0], timeout=PATIENCE) as client:
        client.sendall(request(target, "Connection: close"))
        answer = b""
        while data := client.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return answer.partition(b"\r\n\r\n")[2]


def ask_until(server: ProcessServer, enough: Callable[[Counter[int]], bool]) -> Counter[int]:
    """Ask until the processes that have answered are `enough`. The result says how often each of them did."""
    seen: Counter[int] = Counter()
    until = time.monotonic() + PATIENCE
    while not enough(seen):
        assert time.monotonic() < until, f"{seen} of {server.pids}"
        seen[int(ask(server))] += 1
    return seen


def have_answered(answers: Counter[int], wanted: int, _: Counter[int]) -> bool:
    """Whether the wanted number of processes have answered."""
    return len(answers) == wanted


def wait_until_ended(pids: list[int]) -> None:
    """Wait until processes that are no children of ours have ended."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        ended = poll.poll(PATIENCE * 1000)
        os.close(descriptor)
        assert ended, f"{pid} runs"


class Load:
    """Clients that ask without a pause, each request on a connection of its own."""

    def __init__(self, server: ProcessServer) -> None:
        self._server = server
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        self.answers: Counter[int] = Counter()
        self.failures: list[Exception] = []

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.answers[int(ask(self._server))] += 1
            except Exception as error:  # noqa: BLE001
                self.failures.append(error)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def asking(server: ProcessServer, target: str, folder: Path) -> Iterator[socket.socket]:
    """A client whose request has reached its handler, or its script, which writes to the pipe `began`."""
    os.mkfifo(folder / "began")
    os.mkfifo(folder / "go")
    with socket.create_connection(server.addresses[0], timeout=PATIENCE) as client:
        client.sendall(request(target))
        (folder / "began").read_bytes()
        yield client


def test_L9_on_the_thread_that_serves_close_only_requests_the_stop() -> None:
    server = ProcessServer("127.0.0.1", 0, WHOAMI, processes=1)
    server._begin()
    server.close()
    assert (server.closing, server._supervisor.stopping, server._ended.is_set()) == (True, True, False)
    server._end()


@pytest.mark.parametrize(
    "handler",
    [WHOAMI, process_app.Identified, partial(process_app.Identified, directory="/")],
    ids=["name", "class", "partial"],
)
def test_all_processes_serve_and_ours_does_not(handler: str | type[BaseHttpRequestHandler]) -> None:
    with ProcessServer("127.0.0.1", 0, handler, processes=2) as server:
        seen = ask_until(server, lambda seen: len(seen) == 2)
        assert sorted(seen) == sorted(server.pids)
        assert os.getpid() not in seen


def test_a_process_that_has_fewer_clients_gets_the_next_ones() -> None:
    """Clients that stay do not pile up at the process that is quicker.

    Here the other process is stopped for a while.
    """
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2) as server, ExitStack() as stack:
        clients: Counter[int] = Counter()

        def connect(count: int) -> None:
            for _ in range(count):
                client = stack.enter_context(socket.create_connection(server.addresses[0], timeout=PATIENCE))
                client.sendall(request("/"))
                clients[int(client.recv(65536).rpartition(b"\n")[2])] += 1

        slow, _ = ask_until(server, lambda seen: len(seen) == 2)
        os.kill(slow, signal.SIGSTOP)
        try:
            until(lambda: Path(f"/proc/{slow}/stat").read_text().rpartition(")")[2].split()[0] == "T")
            connect(40)
        finally:
            os.kill(slow, signal.SIGCONT)
        assert clients[slow] == 0
        connect(60)
        assert min(clients.values()) >= 36, clients  # by chance it would be 30


def test_a_folder_is_served_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"content")
    monkeypatch.chdir(tmp_path)
    with ProcessServer("127.0.0.1", 0, processes=1) as server:
        assert server.url == f"http://127.0.0.1:{server.addresses[0][1]}/"
        assert ask(server, "/a") == b"content"
    assert server.pids == []


def test_what_lies_in_the_working_directory_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory may be the folder that is served, and others may write to it."""
    for name in ("pickle", "site", "pyhttp"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken in')")
    monkeypatch.chdir(tmp_path)
    with ProcessServer("127.0.0.1", 0, processes=1) as server:
        assert ask(server, "/pickle.py").startswith(b"raise")


@pytest.mark.parametrize("factory", [BaseServer, ThreadedServer, partial(PooledServer, workers=2)])
def test_each_process_serves_by_the_server_that_was_asked_for(
    factory: "type[BaseServer] | partial[PooledServer]", tmp_path: Path
) -> None:
    log = tmp_path / "log"
    sockets = [*listen("127.0.0.1", 0), listen_unix(str(tmp_path / "s"))]
    with ProcessServer(
        request_handler=WHOAMI,
        processes=1,
        server_factory=factory,
        sockets=sockets,
        access_log=partial(process_app.log_into, str(log)),
    ) as server:
        assert [host for host, _ in server.addresses] == ["127.0.0.1", f"unix:{tmp_path}/s"]
        pid = int(ask(server, "/one"))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(tmp_path / "s"))
            client.sendall(request("/two", "Connection: close"))
            assert read_until_end(client).endswith(str(pid).encode())
    assert log.read_text() == f"{pid} /one\n{pid} /two\n"
    assert not (tmp_path / "s").exists()


# --- lives and deaths


def test_where_one_is_killed_under_load_the_others_go_on_and_it_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2) as server:
        first, second = ask_until(server, lambda seen: len(seen) == 2)
        with Load(server) as load:
            ask_until(server, lambda seen: len(load.answers) == 2)
            os.kill(first, signal.SIGKILL)
            ask_until(server, lambda _: len(load.answers) == 3)
        assert len(server.pids) == 2
        assert second in server.pids
        # Clients of the process that was killed have lost their connections. No client was refused.
        assert {type(error) for error in load.failures} <= {ConnectionResetError, AssertionError}
        assert len(load.failures) < 20
    assert f"process {first} ended by SIGKILL; another one takes its place" in caplog.messages


def test_one_that_somebody_stops_leaves_in_order_and_is_replaced() -> None:
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2) as server:
        first, second = ask_until(server, lambda seen: len(seen) == 2)
        with Load(server) as load:
            ask_until(server, lambda seen: len(load.answers) == 2)
            os.kill(first, signal.SIGTERM)
            ask_until(server, lambda _: len(load.answers) == 3)
            wait_until_ended([first])
        assert second in server.pids


def test_all_are_replaced_under_load_and_no_request_fails() -> None:
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2) as server:
        before = set(ask_until(server, lambda seen: len(seen) == 2))
        with Load(server) as load:
            ask_until(server, lambda seen: len(load.answers) == 2)
            for wanted in (4, 6):
                old = server.pids
                server.reload()
                ask_until(server, partial(have_answered, load.answers, wanted))
                wait_until_ended(old)
        assert load.failures == []
        until(lambda: len(server.pids) == 2)  # an ended process is among them until its parent has asked for it
        assert not before & set(server.pids)


def test_a_request_in_progress_is_answered_by_the_process_that_leaves(tmp_path: Path) -> None:
    with (
        ProcessServer("127.0.0.1", 0, HELD, processes=1, timeouts=QUICK) as server,
        asking(server, f"/?{tmp_path}", tmp_path) as client,
    ):
        (old,) = server.pids
        server.reload()
        ask_until(server, lambda seen: bool(seen.keys() - {old}))
        (tmp_path / "go").write_bytes(b"go")
        assert read_until_end(client).endswith(str(old).encode())


def processes_of(server: ProcessServer) -> list[Process]:
    return list(server._supervisor.processes.values())


def test_who_is_connected_to_a_process_that_leaves_may_ask_once_more() -> None:
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=1, timeouts=QUICK) as server:
        old = int(ask(server))
        with socket.create_connection(server.addresses[0], timeout=PATIENCE) as silent:
            assert int(ask(server)) == old  # a client that came before has been accepted
            server.reload()
            # A new process may serve a moment before the old one hears that it has to leave.
            ask_until(server, lambda _: any(each.pid == old and each.is_closed for each in processes_of(server)))
            silent.sendall(request())
            answer = read_until_end(silent)
        assert answer.endswith(str(old).encode())
        assert b"\r\nConnection: close\r\n" in answer


def test_where_a_new_process_cannot_serve_the_old_ones_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flag = tmp_path / "flag"
    factory = partial(process_app.unless, str(flag))
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2, server_factory=factory) as server:
        before = set(ask_until(server, lambda seen: len(seen) == 2))
        flag.touch()
        server.reload()
        ask_until(server, lambda _: any("before it served" in message for message in caplog.messages))
        assert set(server.pids) == before
        flag.unlink()
        server.reload()
        ask_until(server, lambda seen: len(set(seen) - before) == 2)
    assert "the processes stay as they are: a new one ended with exit status 1 before it served" in caplog.messages


# --- the end


def test_L8_a_stop_lets_all_processes_finish(tmp_path: Path) -> None:
    with (
        ProcessServer("127.0.0.1", 0, HELD, processes=2, timeouts=QUICK) as server,
        asking(server, f"/?{tmp_path}", tmp_path) as client,
    ):
        closer = threading.Thread(target=server.close)
        closer.start()
        refused = False
        until = time.monotonic() + PATIENCE
        while not refused and time.monotonic() < until:
            with socket.socket() as late:
                refused = late.connect_ex(server.addresses[0]) != 0
        assert refused
        (tmp_path / "go").write_bytes(b"go")
        assert read_until_end(client).startswith(b"HTTP/1.1 200 ")
        closer.join(PATIENCE)
        assert server.closing
        assert server.pids == []


def test_L8_what_is_left_after_the_grace_period_is_ended(tmp_path: Path) -> None:
    with (
        ProcessServer("127.0.0.1", 0, HELD, processes=1, timeouts=Timeouts(stop=0.2)) as server,
        asking(server, f"/?{tmp_path}", tmp_path) as client,
    ):
        server.close()
        assert read_until_end(client) == b""


def test_L8_the_end_at_once_takes_scripts_along(tmp_path: Path) -> None:
    script = tmp_path / "cgi-bin" / "long"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ > {tmp_path}/pid\necho > {tmp_path}/began\nsleep 1000\n")
    script.chmod(0o755)
    handler = partial(BaseHttpRequestHandler, directory=str(tmp_path))
    with (
        ProcessServer("127.0.0.1", 0, handler, processes=1) as server,
        asking(server, "/cgi-bin/long", tmp_path) as client,
    ):
        server.end_at_once()
        assert read_until_end(client)[:12] in {b"", b"HTTP/1.1 503"}
        wait_until_ended([int((tmp_path / "pid").read_text())])


PARENT = """
import sys
from pyhttp import ProcessServer
server = ProcessServer("127.0.0.1", 0, "tests.helpers.process_app:whoami", processes=2)
print(server.addresses[0][1], flush=True)
server.serve_forever()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_end_of_the_parent_is_the_end_of_all(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        pids: set[int] = set()
        until = time.monotonic() + PATIENCE
        while len(pids) < 2 and time.monotonic() < until:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
                client.sendall(request("/", "Connection: close"))
                pids.add(int(read_until_end(client).rpartition(b"\n")[2]))
        if number is signal.SIGINT:
            os.killpg(parent.pid, number)  # a terminal does the same
        else:
            parent.send_signal(number)
        _, errors = parent.communicate(timeout=PATIENCE)
        assert parent.returncode == -number
        # this is the parent's KeyboardInterrupt, and there is no other
        assert errors.count("Traceback") == (number is signal.SIGINT)
        wait_until_ended(list(pids))


STARTING = """
import sys, threading
from pyhttp import ProcessServer
server = ProcessServer("127.0.0.1", 0, "tests.helpers.process_app:whoami", processes=2)
def tell():
    while len(server.pids) < 2:
        pass
    print("started", flush=True)
threading.Thread(target=tell).start()
server.serve_forever()
"""


def test_a_terminals_signal_may_come_while_the_processes_start() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        os.killpg(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=PATIENCE)
        assert parent.returncode == -signal.SIGINT
        assert errors.count("Traceback") == 1  # this is the parent's KeyboardInterrupt


def test_L9_a_stop_may_come_while_the_processes_start() -> None:
    """An early stop is heard. No process is ended by force, which would take as long as the grace period."""
    for _ in range(5):
        with ProcessServer("127.0.0.1", 0, WHOAMI, processes=2, timeouts=Timeouts(stop=2 * PATIENCE)) as server:
            until = time.monotonic() + PATIENCE
            while not server.pids:
                assert time.monotonic() < until
        assert time.monotonic() < until


def test_L9_close_before_serving_and_twice() -> None:
    server = ProcessServer("127.0.0.1", 0, WHOAMI, processes=1)
    server.close()
    server.close()
    with pytest.raises(RuntimeError, match="closed"):
        server.serve_forever()
    with pytest.raises(RuntimeError, match="closed"), server:
        pass


# --- what cannot be


@pytest.mark.parametrize(
    "name", ["tests.helpers.no_module:x", "tests.helpers.process_app:no_name", "tests.helpers.process_app:NOTHING"]
)
def test_a_handler_that_is_not_there_ends_it_at_once(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    server = ProcessServer("127.0.0.1", 0, name, processes=2)
    with pytest.raises(RuntimeError, match="the processes cannot serve: the first one ended with exit status 1"):
        server.serve_forever()
    assert name.partition(":")[2] in capfd.readouterr().err or "no_module" in name


def test_what_no_other_process_can_find_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be sent to another process, put it into a module"):
        ProcessServer("127.0.0.1", 0, function_handler(lambda _: Response(200)))
    program = "import pyhttp\nclass Mine(pyhttp.BaseHttpRequestHandler): pass\npyhttp.ProcessServer('', 0, Mine)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert "put it into a module: <class '__main__.Mine'> belongs to the main program" in done.stderr


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"host": ("", 8000)}, r"host: str, not tuple: host and port are two arguments"),
        ({"port": "8000"}, "port: int, not str"),
        ({"request_handler": 5}, "request_handler: a callable, not int"),
        ({"server_factory": "PooledServer"}, "server_factory: a callable, not str"),
        ({"limits": {"content": 5}}, "limits: Limits, not dict"),
        ({"proxies": "unix"}, "proxies: Proxies, not str"),
        ({"allowed_hosts": "a.example"}, "allowed_hosts: a tuple or a list of texts, not str"),
        ({"timeouts": 5}, "timeouts: Timeouts, not int"),
        ({"access_log": "access.log"}, "access_log: a callable, not str"),
        ({"processes": "auto"}, "processes: int, not str"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(named: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        untyped(ProcessServer)(**{"host": "127.0.0.1", "port": 0, **named})


def test_how_many_there_are() -> None:
    with pytest.raises(ValueError, match="processes: at least 1, not 0"):
        ProcessServer("127.0.0.1", 0, WHOAMI, processes=0)
    server = ProcessServer("127.0.0.1", 0, WHOAMI)
    assert server.processes == len(os.sched_getaffinity(0))
    server.close()


def test_a_system_that_does_not_say_which_processors_are_ours_says_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert available() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available() == 1


def test_it_serves_once_at_a_time() -> None:
    with ProcessServer("127.0.0.1", 0, WHOAMI, processes=1) as server, pytest.raises(RuntimeError, match="already"):
        server.serve_forever()

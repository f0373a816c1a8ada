"""The program of one process of several, run in this process: its orders, its words, and signals to it."""

import io
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pyhttp.answering import function_handler
from pyhttp.limits import Timeouts
from pyhttp.servers import child
from pyhttp.servers.base import BaseServer
from pyhttp.servers.child import END, LEAVE, STOP, work
from pyhttp.servers.plan import Plan, pickled
from pyhttp.transport.shared import NONE, Seats, SharedListener
from tests.helpers.servers import PATIENCE, echo
from tests.helpers.sockets import read_until_end, request

PLAN = Plan(
    factory=BaseServer,
    request_handler="tests.helpers.process_app:whoami",
    limits=None,
    timeouts=Timeouts(stop=2, linger=0.2),
    proxies=None,
    allowed_hosts=None,
    access_log=None,
)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in child.SIGNALS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Parent:
    """The things that a child has of its parent.

    Attributes:
        line: The descriptor where the parent speaks.
        report: The descriptor where the child is heard.
        address: The place where the child serves.
    """

    def __init__(self) -> None:
        self.report, self.theirs = os.pipe()
        self.input, self.line = os.pipe()
        self.listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.addresses: list[tuple[str, int]] = [each.getsockname() for each in self.listeners]

    def ask(self) -> bytes:
        """The end of an answer."""
        with socket.create_connection(self.addresses[1], timeout=PATIENCE) as client:
            client.sendall(request("/", "Connection: close"))
            return read_until_end(client).rpartition(b"\n")[2]

    def say(self, word: bytes) -> None:
        os.write(self.line, word)

    def hear(self) -> bytes:
        return os.read(self.report, 10)


@contextmanager
def parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parent]:
    """A parent, whose pipe is our standard input."""
    made = Parent()
    standard_input = os.dup(0)
    os.dup2(made.input, 0)
    os.close(made.input)
    descriptors = [each.detach() for each in made.listeners]
    monkeypatch.setattr(sys, "argv", ["-c", *map(str, [made.theirs, NONE, NONE, *descriptors])])
    try:
        yield made
    finally:
        os.dup2(standard_input, 0)
        for descriptor in (standard_input, made.report, made.theirs):
            os.close(descriptor)


def ends(made: Parent) -> None:
    os.close(made.line)


def leaves(made: Parent) -> None:
    made.say(LEAVE)


def stops(made: Parent) -> None:
    made.say(STOP)


def is_told_to_stop(made: Parent) -> None:
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("how", [ends, leaves, stops, is_told_to_stop])
def test_it_serves_and_says_so_until_it_is_to_end(
    monkeypatch: pytest.MonkeyPatch, how: Callable[[Parent], None]
) -> None:
    heard: list[bytes] = []

    def play() -> None:
        heard.append(made.hear())
        heard.append(made.ask())
        signal.raise_signal(signal.SIGINT)  # this is a signal of the terminal, which is for the parent
        signal.raise_signal(signal.SIGHUP)
        heard.append(made.ask())
        how(made)
        heard.append(made.hear())
        if how is not ends:
            ends(made)

    with parent(monkeypatch) as made:
        player = threading.Thread(target=play)
        player.start()
        work(io.BytesIO(pickled(PLAN)))
        player.join()
    us = str(os.getpid()).encode()
    assert heard == [b"R", us, us, b"C"]


def test_the_standard_input_of_handlers_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def play() -> None:
        made.hear()
        read.append(os.read(0, 1))
        made.say(STOP)
        made.hear()
        ends(made)

    with parent(monkeypatch) as made:
        player = threading.Thread(target=play)
        player.start()
        work(io.BytesIO(pickled(PLAN)))
        player.join()
    assert read == [b""]


def test_one_that_is_to_stop_before_it_begins_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def close_and_report(report: int, word: bytes) -> None:
        if word == child.READY:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(child, "_say", close_and_report)
    with parent(monkeypatch) as made:
        work(io.BytesIO(pickled(PLAN)))
        ends(made)


def test_what_is_ignored_from_the_start_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts inherit this. Those of a job in the background do not end by a terminal's signals."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = BaseServer("127.0.0.1", 0, function_handler(echo))
    child._handle_signals(server)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL
    server.close()


def test_the_end_at_once_ends_scripts_first(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    server = BaseServer("127.0.0.1", 0, function_handler(echo))
    monkeypatch.setattr(server.scripts, "close", lambda patience: done.append("scripts"))
    monkeypatch.setattr(os, "_exit", done.append)
    theirs, line = os.pipe()
    os.write(line, END)
    os.close(line)
    child._obey(theirs, server)
    assert done == ["scripts", 1]


def test_without_a_parent_nobody_is_told() -> None:
    report, theirs = os.pipe()
    os.close(report)
    child._say(theirs, b"C")
    os.close(theirs)


def test_a_fault_of_the_server_is_no_wish_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(server: BaseServer) -> None:
        server.close()  # as it does at each fault
        raise RuntimeError("as asked")

    monkeypatch.setattr(BaseServer, "serve_forever", fail)
    with parent(monkeypatch) as made:
        with pytest.raises(RuntimeError, match="as asked"):
            work(io.BytesIO(pickled(PLAN)))
        ends(made)


def test_its_threads_have_names_and_keep_no_process_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    close, seen = BaseServer.close, []

    def noted(server: BaseServer) -> None:
        thread = threading.current_thread()
        seen.append((thread.name, thread.daemon))
        close(server)

    def play() -> None:
        made.hear()
        made.say(STOP)
        made.hear()
        ends(made)

    before = set(threading.enumerate())
    monkeypatch.setattr(BaseServer, "close", noted)
    with parent(monkeypatch) as made:
        player = threading.Thread(target=play)
        player.start()
        work(io.BytesIO(pickled(PLAN)))
        player.join()
        for thread in set(threading.enumerate()) - before:
            thread.join(PATIENCE)
    assert sorted(seen) == [("pyhttp-close", True), ("pyhttp-life-line", True)]


def test_scripts_cannot_speak_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipe to the parent was inherited. No program that is started here inherits it."""
    inherited: list[bool] = []

    def play() -> None:
        made.hear()
        inherited.append(os.get_inheritable(made.theirs))
        ends(made)

    with parent(monkeypatch) as made:
        os.set_inheritable(made.theirs, True)
        player = threading.Thread(target=play)
        player.start()
        work(io.BytesIO(pickled(PLAN)))
        player.join()
    assert inherited == [False]


def test_each_word_is_heard_though_several_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    server = BaseServer("127.0.0.1", 0, function_handler(echo))
    monkeypatch.setattr(server, "leave", lambda: done.append("leave"))
    theirs, line = os.pipe()
    os.write(line, LEAVE + b"?" + LEAVE)
    os.close(line)
    child._obey(theirs, server)
    assert done == ["leave", "leave"]
    assert server.closing


@pytest.mark.parametrize(("shares", "seat"), [(False, 3), (True, NONE), (True, 3), (True, 0)])
def test_its_listeners_count_where_there_is_a_memory_and_a_seat(shares: bool, seat: int) -> None:
    seats = Seats()
    memory = os.dup(seats.memory) if shares else NONE
    listeners = [SharedListener() for _ in range(2)]
    child._share(listeners, memory, seat)
    counts = {each.counts for each in listeners}
    counted = shares and seat != NONE
    assert [each.seat for each in listeners] == [seat if counted else NONE] * 2
    assert (counts == {None}) is not counted
    assert len(counts) == 1
    for each in counts:
        if each is not None:
            each.close()
    for listener in listeners:
        listener.counts = None
        listener.close()
    seats.close()

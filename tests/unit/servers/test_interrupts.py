"""Signals to a server on the main thread: none is lost, whatever thread the system gives it to."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pyhttp import BaseServer, PooledServer, ThreadedServer
from pyhttp.servers import interrupts
from pyhttp.servers.interrupts import interrupts_as, signals_wake, stopped_by_signals
from pyhttp.transport.alarm import Alarm
from tests.helpers.servers import connect
from tests.helpers.sockets import request

PATIENCE = 20.0
NOBODY = -1


@contextmanager
def handled(number: signal.Signals, handle: Callable[[], None]) -> Iterator[None]:
    before = signal.signal(number, lambda *_: handle())
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("kind", [BaseServer, ThreadedServer, PooledServer])
def test_L10_a_signal_that_another_thread_was_given_stops_the_server(kind: type[BaseServer]) -> None:
    server = kind("127.0.0.1", 0)
    late = threading.Event()

    def give_up() -> None:
        late.set()
        server.close()

    def ask_and_signal() -> None:
        with connect(server) as client:
            client.send(request("/absent"))
            client.more()
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
            client.sock.recv(1)  # the client sends nothing here, so that only the signal may wake the server

    watch = threading.Timer(PATIENCE, give_up)
    thread = threading.Thread(target=ask_and_signal)
    with handled(signal.SIGTERM, server.close):
        watch.start()
        thread.start()
        server.serve_forever()
    watch.cancel()
    thread.join()
    assert not late.is_set()
    assert signal.set_wakeup_fd(NOBODY) == NOBODY


def test_what_others_have_asked_to_be_woken_by_stays() -> None:
    theirs, ours = Alarm(), Alarm()
    signal.set_wakeup_fd(theirs.waker)
    with signals_wake(ours.waker):
        assert signal.set_wakeup_fd(theirs.waker) == theirs.waker
    assert signal.set_wakeup_fd(NOBODY) == theirs.waker
    theirs.close()
    ours.close()


def test_nothing_is_asked_for_elsewhere_than_on_the_main_thread() -> None:
    alarm = Alarm()
    failures: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with signals_wake(alarm.waker):
                pass
        except BaseException as error:  # noqa: BLE001 - the error would be lost with its thread
            failures.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert failures == []
    alarm.close()


def test_a_waker_that_is_full_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is full wakes as well."""
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    readable, full = os.pipe()
    os.set_blocking(full, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(full, bytes(4096)):
            pass
    heard: list[str] = []
    with handled(signal.SIGUSR1, lambda: heard.append("one")), signals_wake(full):
        signal.raise_signal(signal.SIGUSR1)
    os.close(readable)
    os.close(full)
    assert (heard, told) == (["one"], [])


@pytest.mark.parametrize(("count", "wanted"), [(1, ["stop", "goes on"]), (2, ["stop", "end"])])
def test_the_first_interrupt_stops_and_a_second_one_ends_at_once(count: int, wanted: list[str]) -> None:
    done: list[str] = []

    def interrupt() -> None:
        with interrupts_as(lambda: done.append("stop"), lambda: done.append("end")):
            for _ in range(count):
                signal.raise_signal(signal.SIGINT)
            done.append("goes on")

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert done == wanted
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interrupt_none_is_raised() -> None:
    done: list[str] = []
    with interrupts_as(lambda: done.append("stop"), lambda: done.append("end")):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_others_handle_is_left_to_them() -> None:
    done: list[str] = []
    with (
        handled(signal.SIGINT, lambda: done.append("theirs")),
        interrupts_as(lambda: done.append("stop"), lambda: done.append("end")),
    ):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert done == ["theirs", "theirs"]


def test_elsewhere_than_on_the_main_thread_interrupts_stay_as_they_are() -> None:
    found: list[object] = []

    def elsewhere() -> None:
        with interrupts_as(lambda: None, lambda: None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


@pytest.mark.parametrize(
    ("ignored", "asked", "handles"),
    [(False, signal.SIGINT, True), (False, signal.SIGTERM, True), (True, signal.SIGTERM, False)],
)
def test_the_first_signal_stops_and_all_are_as_before_in_the_end(
    ignored: bool, asked: signal.Signals, handles: bool
) -> None:
    done: list[str] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if ignored else signal.getsignal(signal.SIGINT)
    try:
        mine, theirs = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        with stopped_by_signals(lambda: done.append("stop"), lambda: done.append("end")) as by_hand:
            assert (signal.getsignal(signal.SIGINT) is not mine) is handles
            assert done == []
            signal.raise_signal(asked)
            assert isinstance(signal.getsignal(signal.SIGTERM), interrupts._Ending)
            assert isinstance(signal.getsignal(signal.SIGINT), interrupts._Ending) is handles
        assert signal.getsignal(signal.SIGINT) is mine
        assert signal.getsignal(signal.SIGTERM) is theirs
    finally:
        signal.signal(signal.SIGINT, before)
    assert by_hand is handles
    assert done == ["stop"]


@pytest.mark.parametrize("threads", [True, False])
def test_the_end_is_called_once_and_then_the_signal_has_its_own_effect(
    monkeypatch: pytest.MonkeyPatch, threads: bool
) -> None:
    done: list[object] = []
    ended = threading.Event()

    def end() -> None:
        done.append(threading.get_ident() == main)
        handler(signal.SIGTERM, None)  # one more signal, meanwhile
        raise RuntimeError("as asked")

    def kill(thread: int, number: int) -> None:
        done.append((thread == main, number))
        ended.set()

    def refuse(*_: object) -> None:
        raise RuntimeError("no more threads")

    main = threading.get_ident()
    if not threads:
        monkeypatch.setattr(interrupts, "start_new_thread", refuse)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    monkeypatch.setattr(signal, "pthread_kill", kill)
    monkeypatch.setattr(signal, "signal", lambda number, act: done.append((number, act)))
    monkeypatch.setattr(signal, "raise_signal", done.append)
    handler = interrupts._Ending(end)
    assert not handler.begun
    if threads:
        handler(signal.SIGTERM, None)
    else:
        with pytest.raises(RuntimeError, match="as asked"):
            handler(signal.SIGTERM, None)
    assert ended.wait(PATIENCE)
    assert handler.begun
    assert done == [not threads, (True, signal.SIGTERM)]
    done.clear()
    handler(signal.SIGTERM, None)
    assert done == [(signal.SIGTERM, signal.SIG_DFL), signal.SIGTERM]

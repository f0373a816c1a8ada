"""Signals to a server on the main thread: none is lost, whatever thread the system gives it to."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pyhttp import BaseServer, PooledServer, ThreadedServer
from pyhttp.servers.interrupts import signals_wake
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

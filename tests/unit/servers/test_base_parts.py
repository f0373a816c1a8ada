"""BaseServer without clients: what a stop does, on which thread, and what each call of the loop is passed on to."""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from pyhttp.answering import function_handler
from pyhttp.cgi.running import RunningScripts
from pyhttp.servers.base import BaseServer
from pyhttp.transport.gathering import Gathering
from pyhttp.transport.loop import Loop
from pyhttp.transport.stopping import Stop
from tests.helpers.servers import echo


@pytest.fixture
def server() -> Iterator[BaseServer]:
    with contextlib.closing(BaseServer("127.0.0.1", 0, function_handler(echo))) as made:
        yield made
        made._runner = None
        made._handling.clear()
        made._ended.clear()


class Noted:
    """A function that notes its calls."""

    def __init__(self, done: list[str], name: str) -> None:
        self._done, self._name = done, name

    def __call__(self, *_: object) -> float:
        self._done.append(self._name)
        return 0.0


@pytest.fixture
def done(server: BaseServer) -> Iterator[list[str]]:
    """The names of what was called, of all that a stop may call."""
    noted: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        for owner, names in [
            (Loop, ("stop", "leave", "close")),
            (RunningScripts, ("stop", "destroy", "close")),
            (Gathering, ("send",)),
            (Stop, ("request", "act", "end_at_once", "keep", "keep_aside")),
        ]:
            for name in names:
                patched.setattr(owner, name, Noted(noted, f"{owner.__name__}.{name}"))
        yield noted


@pytest.mark.parametrize(
    ("called", "wanted"),
    [
        ("leave", ["Loop.leave"]),
        ("hurry", ["RunningScripts.stop"]),
        ("about_to_block", ["Gathering.send"]),
        ("_end_at_once", ["RunningScripts.destroy", "Stop.end_at_once", "Loop.stop"]),
    ],
)
def test_a_call_is_passed_on(server: BaseServer, done: list[str], called: str, wanted: list[str]) -> None:
    getattr(server, called)()
    assert done == wanted


@pytest.mark.parametrize(
    ("runs", "handles", "ended", "wanted"),
    [
        ("nobody", False, False, ["Loop.stop", "Loop.close", "Stop.keep"]),
        ("nobody", False, True, ["Loop.stop", "Stop.keep"]),
        ("this thread", False, False, ["Loop.stop", "Stop.keep_aside"]),
        ("this thread", False, True, ["Loop.stop"]),
        ("another", False, False, ["Loop.stop", "Stop.keep"]),
        ("another", False, True, ["Loop.stop", "Stop.keep"]),
        ("another", True, False, ["Loop.stop"]),
        ("another", True, True, ["Loop.stop"]),
    ],
)
def test_what_close_does_and_on_which_thread_it_waits(
    server: BaseServer, done: list[str], runs: str, handles: bool, ended: bool, wanted: list[str]
) -> None:
    server._runner = {"nobody": None, "this thread": threading.current_thread(), "another": threading.Thread()}[runs]
    if handles:
        server._handling.add(threading.get_ident())
    if ended:
        server._ended.set()
    server.close()
    assert done == wanted
    assert server._ended.is_set() is (ended or runs == "nobody")


class Fault(Exception):
    """A fault of the loop."""


@pytest.mark.parametrize(
    ("raised", "interrupted", "leaves"),
    [(None, False, None), (None, True, KeyboardInterrupt), (Fault, False, Fault), (Fault, True, Fault)],
)
def test_after_the_loop_all_is_closed(
    server: BaseServer,
    done: list[str],
    raised: type[Exception] | None,
    interrupted: bool,
    leaves: type[BaseException] | None,
) -> None:
    def run() -> None:
        assert server._runner is threading.current_thread()
        assert not server._interrupted
        server._interrupted = interrupted
        if raised is not None:
            raise raised

    vars(server)["_run_loop"] = run
    with contextlib.nullcontext() if leaves is None else pytest.raises(leaves):
        server.serve_forever()
    at_once = [] if raised is None else ["RunningScripts.destroy", "Stop.end_at_once", "Loop.stop"]
    assert done == [*at_once, "Stop.request", "Stop.act", "RunningScripts.close", "Loop.close"]
    assert server._ended.is_set()

"""L5: no act of a client, in its turn or with its answer, keeps a server awake: waits are counted."""

import socket
import threading
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers import base
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from pyhttp.transport.poller import EpollPoller, Poller, PollPoller
from pyhttp.transport.stream import SocketStream
from tests.helpers.servers import connect, serving, wait_for
from tests.helpers.sockets import request
from tests.helpers.wire_client import WireClient

QUICK: Final = Timeouts(head=0.1)
"""A loop that did not sleep would wait some thousand times meanwhile."""
LARGE: Final = bytes(32 << 20)


class Counting:
    """A poller whose waits are counted."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self.waits = 0
        self.arm = poller.arm
        self.forget = poller.forget
        self.wake = poller.wake
        self.close = poller.close
        self.waker = poller.waker

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        self.waits += 1
        return self._poller.wait(timeout)


def ask_more(client: WireClient) -> None:
    client.send(request("/more"))


def end_its_side(client: WireClient) -> None:
    client.sock.shutdown(socket.SHUT_WR)


def reset(client: WireClient) -> None:
    SocketStream(client.sock).spoil()
    client.close()


@pytest.mark.parametrize("act", [ask_more, end_its_side, reset])
@pytest.mark.parametrize("path", ["/stay", "/large"])
@pytest.mark.parametrize("poller_class", [EpollPoller, PollPoller])
@pytest.mark.parametrize("server_class", [ThreadedServer, PooledServer])
def test_whatever_a_client_does_meanwhile_the_loop_sleeps(
    server_class: type[BaseServer],
    poller_class: Callable[[], Poller],
    path: str,
    act: Callable[[WireClient], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop sleeps as long as it takes another client to be late."""
    poller = Counting(poller_class())
    arrived, gate = threading.Event(), threading.Event()

    def handler(got: Request) -> Response:
        arrived.set()
        if got.path == "/stay":
            wait_for(gate)
        return Response(200, {}, LARGE if got.path == "/large" else b"")

    monkeypatch.setattr(base, "create_poller", lambda: poller)
    with serving(server_class, handler, timeouts=QUICK) as server, connect(server) as client, connect(server) as late:
        client.send(request(path))
        wait_for(arrived)
        act(client)
        late.send(request())
        assert late.reply().status == 200
        late.send(b"GET / HT")
        before = poller.waits
        assert late.reply().status == 408
        waits = poller.waits - before
        gate.set()
    assert waits < 50

"""Scripts that misbehave, over a socket: the promised status or a cut connection. C10, C11, L8.

While a script runs, another client is answered; after its end nothing is left behind.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp import BaseHttpRequestHandler, BaseServer, PooledServer, ThreadedServer
from pyhttp.limits import Limits, Timeouts
from tests.helpers.cgi_site import CgiSite, descriptors, has_children, is_alive, settled
from tests.helpers.wire_client import Ended, Reply, WireClient

TEXT: Final = "echo 'Content-Type: text/plain'; echo"
GET: Final = b"GET /cgi-bin/x HTTP/1.1\r\nHost: a\r\n\r\n"
QUICK: Final = Timeouts(script=0.4, script_run=1.0, script_kill=0.3, send=0.4, send_rate=1e6, stop=2.0)
LARGE: Final = 100 * 1024 * 1024
LIMITS: Final = Limits(spool_memory=1024 * 1024)


@dataclass
class Place:
    """A server, its folder, and the processes that may have been left behind."""

    server: BaseServer
    cgi: CgiSite

    def client(self) -> WireClient:
        return WireClient(*self.server.addresses[0])

    def others_are_served(self) -> None:
        """Check that another client gets its file soon."""
        started = time.monotonic()
        with self.client() as client:
            client.send(b"GET /page.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.reply().content == b"a page\n"
        assert time.monotonic() - started < 1

    def get(self) -> Reply:
        """The answer of the script."""
        with self.client() as client:
            client.send(GET)
            self.others_are_served()
            return client.reply()

    def pid(self) -> int:
        """The process id that the script has told, of itself or of its child."""
        return int((self.cgi.bin / "pid").read_text())


@contextmanager
def serving(root: Path, *, timeouts: Timeouts = QUICK, kind: type[BaseServer] = ThreadedServer) -> Iterator[Place]:
    cgi = CgiSite(root)
    (root / "page.txt").write_text("a page\n")
    handler = partial(BaseHttpRequestHandler, directory=str(root))
    before = descriptors()
    with kind("127.0.0.1", 0, handler, limits=LIMITS, timeouts=timeouts) as server:
        yield Place(server, cgi)
    settled()
    assert server.scripts.running == 0
    assert not has_children()
    assert descriptors() == before
    server.budget.take(LIMITS.spool)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "www"
    root.mkdir()
    with serving(root) as made:
        yield made


def wait_for_end(place: Place) -> None:
    """Wait until no script runs any more."""
    limit = time.monotonic() + 5
    while place.server.scripts.running:
        assert time.monotonic() < limit
        threading.Event().wait(0.01)


def test_it_hangs(place: Place) -> None:
    place.cgi.sh("x", "echo $$ > pid; exec sleep 60")
    assert place.get().status == 504
    wait_for_end(place)
    assert not is_alive(place.pid())


def test_it_ignores_sigterm(place: Place) -> None:
    place.cgi.sh("x", "trap '' TERM; echo $$ > pid; while :; do sleep 0.02; done")
    assert place.get().status == 504
    wait_for_end(place)
    assert not is_alive(place.pid())


def test_it_hangs_in_the_middle_of_its_content(place: Place) -> None:
    place.cgi.sh("x", TEXT, "echo body; exec sleep 60")
    reply = place.get()
    assert (reply.status, reply.content, reply.complete) == (200, b"body\n", False)


@pytest.mark.parametrize("length", ["", "echo 'Content-Length: 100'; "])
def test_it_dies_in_the_middle_of_its_content(place: Place, length: str) -> None:
    place.cgi.sh("x", length + TEXT, "echo body; kill -9 $$")
    reply = place.get()
    assert (reply.status, reply.content, reply.complete) == (200, b"body\n", False)


def test_it_floods_its_standard_error(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.cgi.sh("x", "head -c 2000000 /dev/zero | tr '\\0' e >&2", TEXT, "echo body")
    assert place.get().content == b"body\n"
    assert sum(len(record.getMessage()) for record in caplog.records) < 70_000


def test_it_leaves_a_child_that_holds_its_output(place: Place) -> None:
    place.cgi.sh("x", TEXT, "sleep 60 & echo $! > pid; echo body")
    reply = place.get()
    assert (reply.content, reply.complete) == (b"body\n", True)
    wait_for_end(place)
    assert not is_alive(place.pid())


def test_it_prints_1_gib_to_a_reader_that_stops(place: Place) -> None:
    place.cgi.sh("x", TEXT, "echo $$ > pid; exec head -c 1073741824 /dev/zero")
    with place.client() as client:
        client.send(GET)
        assert client.more()
        place.others_are_served()
        wait_for_end(place)
    assert not is_alive(place.pid())


def test_it_prints_1_gib_to_a_reader_that_leaves(place: Place) -> None:
    place.cgi.sh("x", TEXT, "echo $$ > pid; exec head -c 1073741824 /dev/zero")
    with place.client() as client:
        client.send(GET)
        assert client.more()
    wait_for_end(place)
    assert not is_alive(place.pid())


@pytest.mark.parametrize("lines", [["exec <&-", TEXT, "echo done"], [TEXT, "echo done"]], ids=["closes", "exits"])
def test_it_wants_no_upload(place: Place, lines: list[str]) -> None:
    """The script does not read 100 MiB of content, and the connection goes on."""
    place.cgi.sh("x", *lines)
    with place.client() as client:
        client.send(b"POST /cgi-bin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % LARGE)
        client.send(bytes(LARGE))
        assert client.reply().content == b"done\n"
        client.send(GET)
        assert client.reply().content == b"done\n"


def test_C10_it_echoes_to_a_client_that_reads_only_when_all_is_sent(place: Place) -> None:
    """100 MiB go each way, more than sockets and pipes hold. With a stream, each side would wait for the other."""
    place.cgi.sh("x", TEXT, "exec cat")
    with place.client() as client:
        client.send(b"POST /cgi-bin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % LARGE)
        client.send(bytes(LARGE))
        reply = client.reply()
    assert (reply.status, len(reply.content), reply.complete) == (200, LARGE, True)


def test_it_trickles(place: Place) -> None:
    """The output comes slowly, within the limit of silence, for longer than a run may take without output."""
    place.cgi.sh("x", TEXT, "for i in 1 2 3 4 5 6; do printf $i; sleep 0.2; done")
    assert place.get().content == b"123456"


def test_its_header_section_trickles(place: Place) -> None:
    place.cgi.sh("x", "while :; do printf x; sleep 0.05; done")
    assert place.get().status == 504


def test_its_client_resets(place: Place) -> None:
    place.cgi.sh("x", "echo $$ > pid; exec sleep 60")
    with place.client() as client:
        client.send(GET)
        while not (place.cgi.bin / "pid").exists():
            threading.Event().wait(0.01)
        started = time.monotonic()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wait_for_end(place)
    assert time.monotonic() - started < QUICK.script
    assert not is_alive(place.pid())


@pytest.mark.parametrize("kind", [BaseServer, ThreadedServer, PooledServer])
def test_C11_many_runs_leave_nothing(tmp_path: Path, kind: type[BaseServer]) -> None:
    """The full test has a thousand runs, this one a hundred. Four clients work at once, and abandon every tenth run."""
    with serving(tmp_path, kind=kind) as place:
        place.cgi.sh("x", TEXT, "cat; echo body")

        def run() -> None:
            for number in range(25):
                with place.client() as client:
                    client.send(b"POST /cgi-bin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                    assert number % 10 == 9 or client.reply().content == b"hellobody\n"

        clients = [threading.Thread(target=run) for _ in range(4)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        wait_for_end(place)


@pytest.mark.parametrize("stubborn", [False, True])
def test_L8_a_stop_ends_scripts_in_time(tmp_path: Path, stubborn: bool) -> None:
    """C11: SIGTERM comes while the grace period lasts, SIGKILL soon after it, and the client's connection is cut."""
    timeouts = Timeouts(stop=1.0, script_kill=0.5)
    with serving(tmp_path, timeouts=timeouts) as place, place.client() as client:
        place.cgi.sh("x", "trap '' TERM" if stubborn else ":", "echo $$ > pid", TEXT, "while :; do sleep 0.02; done")
        client.send(GET)
        assert client.more()
        pid = place.pid()
        started = time.monotonic()
        place.server.close()
        assert time.monotonic() - started < timeouts.stop + 1
        assert not is_alive(pid)
        with pytest.raises(Ended):
            client.reply()

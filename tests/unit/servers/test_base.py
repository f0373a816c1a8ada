"""The promises of every server: its life, its end, and the end of each turn of a connection."""

import inspect
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from pyhttp import PooledServer, ThreadedServer
from pyhttp.answering import Handler, HandlerFactory, function_handler
from pyhttp.errors import Forbidden, HTTPError, Misuse, Unavailable
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import Response
from pyhttp.request import Request
from pyhttp.servers import base
from pyhttp.servers.base import BaseServer
from pyhttp.servers.processes import ProcessServer
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.gathering import SYSTEM_KEEPS
from pyhttp.transport.listener import address_of, listen
from pyhttp.transport.poller import READ, wait_until_ready
from pyhttp.transport.unix import listen_unix
from tests.helpers.fakes import world
from tests.helpers.servers import (
    PATIENCE,
    Entries,
    connect,
    echo,
    serving,
    serving_by,
    taken_together,
    wait_for,
)
from tests.helpers.sockets import pair, read_until_end, request
from tests.helpers.untyped import untyped
from tests.helpers.wire_client import Ended, WireClient

ServerClass = type[BaseServer]
SHORT = Timeouts(stop=0.3, linger=0.3, drain=0.3)


def bind(server_class: ServerClass, port: int = 0) -> BaseServer:
    return server_class("127.0.0.1", port, function_handler(echo), timeouts=SHORT)


# --- life


def test_the_first_request(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/a", method="POST", content=b"abc"))
        assert client.reply().content == b"POST /a abc"


def test_requests_on_one_connection(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        for n in range(5):
            client.send(request(f"/{n}"))
            assert client.reply().content == f"GET /{n} ".encode()


def test_F12_pipelined_requests_are_answered_in_order(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(b"".join(request(f"/{n}", method="PUT", content=b"x" * n) for n in range(500)))
        for n in range(500):
            assert client.reply().content == f"PUT /{n} ".encode() + b"x" * n


def test_L6_a_half_closed_peer_gets_all_its_answers(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/1") + request("/2"))
        client.half_close()
        assert client.reply().content == b"GET /1 "
        assert client.reply().content == b"GET /2 "
        assert client.ended() == b""


def test_L11_localhost_is_both_loopback_addresses_on_one_port(server_class: ServerClass) -> None:
    with server_class("localhost", 0, function_handler(echo)) as server:
        assert {port for _, port in server.addresses} == {server.addresses[0][1]}
        assert [host for host, _ in server.addresses] in (["127.0.0.1", "::1"], ["127.0.0.1"])
        for host, port in server.addresses:
            with socket.create_connection((host, port), timeout=PATIENCE) as client:
                client.sendall(request("/", "Connection: close"))
                assert read_until_end(client).endswith(b"GET / ")


@pytest.mark.parametrize("made", [BaseServer, ThreadedServer, PooledServer, ProcessServer])
def test_what_is_not_asked_for_is_this_machine_alone_on_port_8888(made: type[BaseServer] | type[ProcessServer]) -> None:
    parameters = inspect.signature(made).parameters
    assert (parameters["host"].default, parameters["port"].default) == ("localhost", 8888)


def test_the_thread_of_a_server_does_not_keep_the_process(server_class: ServerClass) -> None:
    with bind(server_class) as server:
        assert server._runner is not None
        assert (server._runner.name, server._runner.daemon) == ("pyhttp-server", True)


def test_the_url_of_a_server(server_class: ServerClass) -> None:
    server = bind(server_class)
    assert server.url == f"http://127.0.0.1:{server.addresses[0][1]}/"
    server.addresses = [("::1", 80)]
    assert server.url == "http://[::1]:80/"
    server.close()


def test_an_address_in_use_is_an_error_when_the_server_is_built(server_class: ServerClass) -> None:
    server = bind(server_class)
    with pytest.raises(OSError, match="in use"):
        bind(server_class, server.addresses[0][1])
    server.close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range(server_class: ServerClass, port: int) -> None:
    with pytest.raises(ValueError, match="port"):
        bind(server_class, port)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"host": ("", 8000)}, r"host: str, not tuple: host and port are two arguments"),
        ({"host": None}, "host: str, not NoneType"),
        ({"port": "8000"}, "port: int, not str"),
        ({"port": True}, "port: int, not bool"),
        ({"request_handler": "Handler"}, "request_handler: a callable, not str"),
        ({"limits": {"content": 5}}, "limits: Limits, not dict"),
        ({"timeouts": Limits()}, "timeouts: Timeouts, not Limits"),
        ({"proxies": ("127.0.0.1",)}, "proxies: Proxies, not tuple"),
        ({"allowed_hosts": "a.example"}, r"allowed_hosts: .*, not str: write \('a.example',\)"),
        ({"allowed_hosts": frozenset({5})}, "allowed_hosts: str, not int"),
        ({"access_log": "access.log"}, "access_log: a callable, not str"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(
    server_class: ServerClass, named: dict[str, object], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        untyped(server_class)(**{"host": "127.0.0.1", "port": 0, **named})


def test_the_habit_of_http_server_is_told_what_to_write(server_class: ServerClass) -> None:
    with pytest.raises(TypeError, match=r"two arguments, as in \('localhost', 8888, handler\)"):
        untyped(server_class)(("", 8000), echo)


def test_sockets_are_served_in_place_of_host_and_port(server_class: ServerClass) -> None:
    listeners = listen(["127.0.0.1", "127.0.0.2"], 0)
    bound = [address_of(each) for each in listeners]
    with server_class("192.0.2.1", 1, function_handler(echo), sockets=listeners) as server:
        assert server.addresses == bound
        for address in bound:
            with socket.create_connection(address, timeout=PATIENCE) as client:
                client.sendall(request("/", "Connection: close"))
                assert read_until_end(client).endswith(b"GET / ")
    assert [each.fileno() for each in listeners] == [-1, -1]


def test_listeners_are_shared_if_this_process_has_not_opened_all_of_them(server_class: ServerClass) -> None:
    """From a shared one, clients are accepted one by one, for the sake of the others; and it is not shut down."""
    factory, ours = function_handler(echo), listen("127.0.0.1", 0)
    theirs = [socket.create_server(("127.0.0.1", 0))]
    for server, shared in (
        (bind(server_class), False),
        (server_class(request_handler=factory, sockets=ours), False),
        (server_class(request_handler=factory, sockets=listen("127.0.0.1", 0) + theirs), True),
    ):
        assert server._loop._acceptor._shared is shared
        server.close()


@pytest.mark.parametrize("named", [False, True], ids=["a client without a name", "a client with one"])
def test_a_unix_socket_is_served(server_class: ServerClass, named: bool, tmp_path: Path) -> None:
    path, entries = str(tmp_path / "s"), Entries()
    with server_class(
        request_handler=function_handler(echo), sockets=[listen_unix(path)], access_log=entries
    ) as server:
        assert (server.addresses, server.url) == ([(f"unix:{path}", 0)], f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            if named:
                client.bind(str(tmp_path / "client"))
            client.connect(path)
            client.sendall(request("/") + request("/", "Connection: close"))
            assert read_until_end(client).count(b"HTTP/1.1 200 ") == 2
        assert entries.next().client == "unix:"
    assert not (tmp_path / "s").exists()


def test_who_waits_at_a_unix_socket_when_the_server_stops_is_answered(
    server_class: ServerClass, tmp_path: Path
) -> None:
    path = str(tmp_path / "s")
    server = server_class(request_handler=function_handler(echo), sockets=[listen_unix(path)], timeouts=SHORT)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(path)
        client.sendall(request("/"))
        server._loop.stop()
        server.serve_forever()
        assert read_until_end(client).startswith(b"HTTP/1.1 200 ")


def test_a_socket_that_does_not_listen_is_refused(server_class: ServerClass) -> None:
    with socket.socket() as unbound, pytest.raises(ValueError, match="does not listen"):
        server_class(sockets=[unbound])


def test_a_listener_that_others_hold_lives_on(server_class: ServerClass) -> None:
    """A service manager, or another process, goes on accepting there. The clients that wait belong to it."""
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        with server_class(request_handler=function_handler(echo), sockets=[theirs.dup()]) as server:
            with socket.create_connection(server.addresses[0], timeout=PATIENCE) as client:
                client.sendall(request("/", "Connection: close"))
                assert read_until_end(client).endswith(b"GET / ")
            server._loop._cut()  # this happens at the end of the grace period
        theirs.settimeout(PATIENCE)
        with socket.create_connection(theirs.getsockname(), timeout=PATIENCE):
            theirs.accept()[0].close()


def test_tls_is_a_context() -> None:
    untyped = vars(base)["BaseServer"]
    with pytest.raises(TypeError, match=r"tls: an ssl\.SSLContext, not object"):
        untyped("127.0.0.1", 0, tls=object())


# --- the end


def test_L9_close_before_serving(server_class: ServerClass) -> None:
    server = bind(server_class)
    port = server.addresses[0][1]
    server.close()
    server.close()
    bind(server_class, port).close()
    with pytest.raises(RuntimeError, match="closed"):
        server.serve_forever()
    with pytest.raises(RuntimeError, match="closed"):
        server.__enter__()


def test_L9_close_from_another_thread_ends_serve_forever(server_class: ServerClass) -> None:
    server = bind(server_class)
    closing = threading.Thread(target=server.close)

    def close_soon(_: Request) -> Response:
        closing.start()
        return Response(200)

    server.request_handler = function_handler(close_soon)
    client = connect(server)
    client.send(request())
    server.serve_forever()
    closing.join()
    with client:
        assert client.reply().status == 200


def test_L9_close_twice_and_from_many_threads(server_class: ServerClass) -> None:
    with serving(server_class) as server:
        threads = [threading.Thread(target=server.close) for _ in range(8)]
        for thread in threads:
            thread.start()
        server.close()
        for thread in threads:
            thread.join()
        server.close()


def test_L9_the_port_can_be_bound_again_at_once(server_class: ServerClass) -> None:
    port = 0
    for _ in range(5):
        server = bind(server_class, port)
        with server, connect(server) as client:
            port = server.addresses[0][1]
            client.send(request("/", "Connection: close"))
            assert client.reply().status == 200
            assert client.ended() == b""  # the server closed first, so that its side of the connection lingers on


def test_L9_close_inside_a_handler_only_requests_the_stop(server_class: ServerClass) -> None:
    returned: list[BaseServer] = []

    def stop(_: Request) -> Response:
        server.close()
        returned.append(server)
        return Response(200)

    with serving(server_class, stop) as server, connect(server) as client:
        client.send(request())
        reply = client.reply()
        assert reply.status == 200
        assert reply.says_close
        assert client.ended() == b""
        assert returned == [server]


def test_a_server_serves_once_at_a_time(server_class: ServerClass) -> None:
    with serving(server_class) as server:
        with pytest.raises(RuntimeError, match="serving"):
            server.serve_forever()
        with pytest.raises(RuntimeError, match="serving"):
            server.__enter__()


def test_serve_forever_in_the_threads_own_time(server_class: ServerClass) -> None:
    server = bind(server_class)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with connect(server) as client:
        client.send(request())
        assert client.reply().status == 200
    server.close()
    thread.join()


def test_a_server_for_which_no_thread_can_be_started_can_be_closed(
    server_class: ServerClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server = bind(server_class)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            server.__enter__()
    server.close()


def test_L8_idle_connections_are_closed_at_once(server_class: ServerClass) -> None:
    with serving(server_class) as server:
        served, silent = connect(server), connect(server)
        served.send(request())
        assert served.reply().status == 200
        with served, silent:
            began = time.monotonic()
            server.close()
            assert time.monotonic() - began < Timeouts().stop / 2
            assert served.ended() == b""
            assert silent.ended() == b""


def test_L8_an_exchange_in_progress_is_completed_and_is_the_last_on_its_connection(server_class: ServerClass) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        started.set()
        wait_for(go_on)
        return Response(200, {}, b"complete")

    with serving(server_class, slow) as server, connect(server) as client:
        client.send(request())
        wait_for(started)
        closing = threading.Thread(target=server.close)
        closing.start()
        while not server.closing:
            time.sleep(0.001)
        go_on.set()
        reply = client.reply()
        assert reply.content == b"complete"
        assert reply.says_close
        assert client.ended() == b""
        client.close()
        closing.join()


def test_L8_nothing_new_is_accepted_while_a_server_stops(server_class: ServerClass) -> None:
    hold, started = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        started.set()
        wait_for(hold)
        return Response(200)

    # a single thread that is in a handler closes nothing
    kind = PooledServer if server_class is BaseServer else server_class
    with serving(kind, slow) as server, connect(server) as client:
        client.send(request())
        wait_for(started)
        closing = threading.Thread(target=server.close)
        closing.start()
        until = time.monotonic() + PATIENCE
        while accepts_connections(server):
            assert time.monotonic() < until
        hold.set()
        assert client.reply().status == 200
        client.close()
        closing.join()


def accepts_connections(server: BaseServer) -> bool:
    """Whether the port is open.

    This is asked slowly, since the kernel answers for a listener until its backlog is full.
    """
    time.sleep(0.01)
    try:
        socket.create_connection(server.addresses[0], timeout=PATIENCE).close()
    except ConnectionError:
        return False
    return True


def endless(_: Request) -> Response:
    def items() -> Iterator[bytes]:
        while True:
            yield bytes(1000)

    return Response(200, {}, items())


def test_L8_what_is_left_after_the_grace_period_is_cut(server_class: ServerClass) -> None:
    """D14."""
    with serving(server_class, endless, timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        assert client.sock.recv(1) == b"H"
        began = time.monotonic()
        server.close()
        assert 0.25 <= time.monotonic() - began < PATIENCE


def test_L8_a_handler_that_does_not_end_does_not_keep_the_one_who_closes(server_class: ServerClass) -> None:
    hold, started = threading.Event(), threading.Event()

    def hang(_: Request) -> Response:
        started.set()
        wait_for(hold)
        return Response(200)

    with serving(server_class, hang, timeouts=SHORT) as server, connect(server) as client:
        client.send(request())
        wait_for(started)
        server.close()
        hold.set()
        assert client.ended() == b""


def test_L8_a_block_is_left_although_a_handler_does_not_end(server_class: ServerClass) -> None:
    hold, started = threading.Event(), threading.Event()

    def hang(_: Request) -> Response:
        started.set()
        wait_for(hold)
        return Response(200)

    timeouts = Timeouts(stop=0.1)
    with serving(server_class, hang, timeouts=timeouts) as server:
        client = connect(server)
        client.send(request())
        wait_for(started)
        began = time.monotonic()
    assert time.monotonic() - began < PATIENCE / 2
    hold.set()
    client.close()


# --- turns


def test_a_turn_ends_once() -> None:
    refused: list[Misuse] = []

    class Twice(BaseServer):
        def process_request(self, conn: socket.socket, addr: Address) -> None:
            self.finish_request(conn, addr)
            try:
                self.finish_request(conn, addr)
            except Misuse as error:
                refused.append(error)

    with serving(Twice) as server, connect(server) as client:
        for _ in range(2):
            client.send(request())
            assert client.reply().status == 200
    assert len(refused) == 2


class Executing(BaseServer):
    """A user's own way to run requests."""

    executor: ThreadPoolExecutor

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        self.executor.submit(self.finish_request, conn, addr)


def test_a_users_own_process_request_may_finish_requests_in_an_executor() -> None:
    names: set[str] = set()

    def handler(got: Request) -> Response:
        names.add(threading.current_thread().name)
        return echo(got)

    with ThreadPoolExecutor(4, thread_name_prefix="mine") as executor, serving(Executing, handler) as server:
        assert isinstance(server, Executing)
        server.executor = executor
        clients = [connect(server) for _ in range(8)]
        for n in range(20):
            for client in clients:
                client.send(request(f"/{n}") + request(f"/{n}/again"))
            for client in clients:
                assert client.reply().content == f"GET /{n} ".encode()
                assert client.reply().content == f"GET /{n}/again ".encode()
        for client in clients:
            client.close()
    assert all(name.startswith("mine") for name in names)


def test_an_executor_that_is_shut_down_is_answered_503(caplog: pytest.LogCaptureFixture) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with serving(Executing) as server, connect(server) as client:
        assert isinstance(server, Executing)
        server.executor = executor
        client.send(request())
        reply = client.reply()
        assert reply.status == 503
        assert reply.says_close
        assert client.ended() == b""
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None


class Refusing(BaseServer):
    """A server that has no room for more."""

    error: Exception = Unavailable("later", retry_after=7)

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        raise self.error


def test_a_process_request_may_refuse(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Refusing) as server, connect(server) as client:
        client.send(request())
        reply = client.reply()
        assert reply.status == 503
        assert reply.get("Retry-After") == "7"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


class Confused(BaseServer):
    """A server whose process_request fails after the turn has ended."""

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        self.finish_request(conn, addr)
        raise self.failure

    failure: Exception = RuntimeError("too late")


@pytest.mark.parametrize("failure", [RuntimeError("too late"), Unavailable("too late")])
def test_a_process_request_that_fails_after_the_turn_changes_nothing(failure: Exception) -> None:
    with serving(Confused) as server, connect(server) as client:
        assert isinstance(server, Confused)
        server.failure = failure
        for _ in range(2):
            client.send(request())
            assert client.reply().content == b"GET / "


def test_process_request_is_called_for_each_turn_with_the_connection_and_its_address() -> None:
    calls: list[tuple[socket.socket, Address]] = []

    class Watching(BaseServer):
        def process_request(self, conn: socket.socket, addr: Address) -> None:
            calls.append((conn, addr))
            super().process_request(conn, addr)

    with serving(Watching) as server, connect(server) as client:
        for _ in range(3):
            client.send(request())
            client.reply()
        client.send(b"nonsense\r\n\r\n")
        assert client.reply().status == 400
        name = client.sock.getsockname()
    assert len(calls) == 3
    assert isinstance(calls[0][0], Connection)
    assert {addr for _, addr in calls} == {name}


def test_a_plain_socket_can_be_processed_by_hand(server_class: ServerClass) -> None:
    server = bind(server_class)
    with pair() as (ours, theirs):
        theirs.sendall(request("/1") + request("/2"))
        theirs.shutdown(socket.SHUT_WR)
        server.process_request(ours, ("127.0.0.1", 1))
        answers = read_until_end(theirs)
        assert answers.count(b"HTTP/1.1 200 ") == 2
        assert answers.endswith(b"GET /2 ")
    server.close()


def test_a_plain_socket_whose_handler_cannot_be_built(caplog: pytest.LogCaptureFixture) -> None:
    def factory(conn: socket.socket, addr: Address, server: object) -> object:
        raise RuntimeError("no handler")

    server = BaseServer("127.0.0.1", 0, factory)
    with pair() as (ours, theirs):
        server.process_request(ours, ("127.0.0.1", 1))
        assert theirs.recv(1) == b""
    server.close()
    assert "the handler failed" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("x"), 500), (SystemExit(3), 500), (Forbidden("x"), 403), (HTTPError(500, "x"), 500)],
)
def test_R4_what_a_handler_lets_through_is_answered(
    server_class: ServerClass, error: BaseException, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Request) -> Response:
        raise error

    with serving(server_class, fail) as server:
        for _ in range(3):
            with connect(server) as client:
                client.send(request())
                assert client.reply().status == status
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == (0 if isinstance(error, HTTPError) else 3)


def test_R4_a_bad_chunk_met_by_the_handler_is_answered_with_its_own_status(server_class: ServerClass) -> None:
    with serving(server_class) as server, connect(server) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n")
        reply = client.reply()
        assert reply.status == 400
        assert reply.says_close
        assert client.ended() == b""


def test_a_handler_that_is_a_class_of_nobodys(server_class: ServerClass) -> None:
    class Mine:
        def __init__(self, conn: socket.socket, addr: Address, server: object) -> None:
            Request(conn).exchange.respond(Response(200, {}, str(addr[0]).encode()))

    with serving_by(server_class, Mine) as server, connect(server) as client:
        client.send(request())
        assert client.reply().content == b"127.0.0.1"


# --- one thread


@pytest.mark.parametrize("sent", [b"", b"GET / HT"], ids=["idle", "half a head"])
def test_L4_fifty_connections_that_say_little_delay_nobody(server_class: ServerClass, sent: bytes) -> None:
    with serving(server_class) as server:
        threads = threading.active_count()
        others = [connect(server) for _ in range(50)]
        for other in others:
            other.send(sent)
        began = time.monotonic()
        with connect(server) as client:
            for _ in range(10):
                client.send(request())
                assert client.reply().status == 200
        assert time.monotonic() - began < 5
        assert threading.active_count() <= threads + 2
        for other in others:
            other.close()


def test_a_request_that_came_while_a_handler_ran_is_not_late() -> None:
    """A deadline passed while the only thread was busy. The octets that lay in the socket by then came in time."""
    started, go_on = threading.Event(), threading.Event()

    def slow(got: Request) -> Response:
        if got.path == "/slow":
            started.set()
            wait_for(go_on)
            time.sleep(0.2)
        return echo(got)

    timeouts = Timeouts(idle=0.1, head=0.1)
    with serving(BaseServer, slow, timeouts=timeouts) as server, connect(server) as busy, connect(server) as client:
        client.send(request("/0"))
        assert client.reply().status == 200
        busy.send(request("/slow"))
        wait_for(started)
        client.send(request("/1"))
        go_on.set()
        assert busy.reply().status == 200
        assert client.reply().content == b"GET /1 "


# --- logs


def test_O1_each_exchange_has_one_entry(server_class: ServerClass) -> None:
    entries = Entries()
    with serving(server_class, access_log=entries) as server, connect(server) as client:
        client.send(request("/a", "Referer: r", "User-Agent: u") + request("/b", method="POST", content=b"12"))
        client.reply()
        client.reply()
        client.send(b"bad\x00 /\r\n\r\n")
        client.reply()
        assert client.ended() == b""
        found = [entries.next() for _ in range(3)]
    assert entries.rest() == []
    first, second, third = found
    assert (first.client, first.method, first.target, first.version) == ("127.0.0.1", "GET", "/a", "HTTP/1.1")
    assert (first.status, first.sent, first.referer, first.user_agent) == (200, 7, "r", "u")
    assert (second.method, second.sent) == ("POST", 10)
    assert (third.status, third.client) == (400, "127.0.0.1")
    assert 0 <= first.duration < PATIENCE


def test_O1_the_standard_log_gets_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pyhttp.access")
    with serving(BaseServer) as server, connect(server) as client:
        client.send(request("/a"))
        client.reply()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "pyhttp.access"]
    assert line.endswith('"GET /a HTTP/1.1" 200 7')


def test_O3_a_failing_sink_fails_no_request(server_class: ServerClass) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("the disk is full")

    class BrokenEntries(Entries):
        def __call__(self, entry: object) -> None:
            raise RuntimeError("the disk is full")

    def fail(got: Request) -> Response:
        if got.path == "/fail":
            raise RuntimeError("x")
        if got.path == "/403":
            raise Forbidden
        return echo(got)

    log, broken = logging.getLogger("pyhttp.error"), Broken()
    before = log.level
    log.addHandler(broken)
    log.setLevel(logging.INFO)
    try:
        with serving(server_class, fail, access_log=BrokenEntries()) as server:
            for path, status in (("/fail", 500), ("/", 200), ("/403", 403), ("/", 200)):
                with connect(server) as client:
                    client.send(request(path))
                    assert client.reply().status == status
            with connect(server) as client:
                client.send(b"nonsense\r\n\r\n")
                assert client.reply().status == 400
            with connect(server) as client:
                client.send(request())
                assert client.reply().status == 200
    finally:
        log.setLevel(before)
        log.removeHandler(broken)


def test_O2_what_a_client_sent_is_escaped_in_the_error_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pyhttp.error")
    with serving(BaseServer) as server, connect(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x9b31m, chunked\r\n\r\n")
        assert client.reply().status == 501
    text = "".join(record.getMessage() for record in caplog.records)
    assert "501" in text
    assert "\x9b" not in text


def test_O3_a_clients_fault_is_one_line_without_traceback(
    server_class: ServerClass, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="pyhttp.error")
    with serving(server_class) as server, connect(server) as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.reply().status == 400
        assert client.ended() == b""
    (record,) = [record for record in caplog.records if record.name == "pyhttp.error"]
    assert record.exc_info is None
    assert "\n" not in record.getMessage()


def test_O4_credentials_cookies_and_content_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def fail(_: Request) -> Response:
        raise RuntimeError("x")

    with serving(BaseServer, fail) as server:
        for sent in (
            request("/", "Authorization: Basic secret", "Cookie: secret", method="POST", content=b"secret"),
            b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: secret\x00\r\n\r\n",
        ):
            with connect(server) as client:
                client.send(sent)
                client.reply()
    assert "secret" not in caplog.text


def test_D11_the_last_request_of_a_connection_is_answered_with_close(server_class: ServerClass) -> None:
    with serving(server_class, limits=Limits(requests_per_connection=3)) as server, connect(server) as client:
        client.send(request() * 5)
        assert [client.reply().says_close for _ in range(3)] == [False, False, True]
        with pytest.raises(Ended):
            client.reply()


class Folder(BaseHttpRequestHandler):
    """A handler with something of its own."""


class Elsewhere(BaseServer):
    """A server that has turns run where it likes."""

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Do what `BaseServer` does."""
        super().process_request(conn, addr)


class PoolElsewhere(PooledServer):
    """A pool that has turns run where it likes."""

    def process_request(self, conn: socket.socket, addr: Address) -> None:
        """Do what `PooledServer` does."""
        super().process_request(conn, addr)


@pytest.mark.parametrize(
    ("server_class", "factory", "gathers"),
    [
        (BaseServer, BaseHttpRequestHandler, True),
        (BaseServer, partial(BaseHttpRequestHandler, directory="/"), True),
        (BaseServer, Folder, False),
        (BaseServer, partial(Folder, directory="/"), False),
        (BaseServer, function_handler(echo), False),
        (Elsewhere, BaseHttpRequestHandler, False),
        (ThreadedServer, BaseHttpRequestHandler, False),
        (PooledServer, BaseHttpRequestHandler, True),
        (PooledServer, function_handler(echo), True),
        (PoolElsewhere, BaseHttpRequestHandler, False),
    ],
)
def test_answers_are_gathered_where_no_turn_keeps_them_for_long(
    server_class: type[BaseServer], factory: HandlerFactory, gathers: bool
) -> None:
    with server_class("127.0.0.1", 0, factory) as server:
        assert server._loop.gathers is gathers
        by_system = server_class is BaseServer and not gathers and SYSTEM_KEEPS
        assert (server._loop.passed_on is not None) is by_system


@contextmanager
def taken_one_behind_the_other(answer: Handler) -> Iterator[tuple[WireClient, WireClient]]:
    """Two clients of a server on one thread, which finds the next requests of both at once, in this order."""
    with (
        taken_together() as take,
        serving(BaseServer, answer) as server,
        connect(server) as first,
        connect(server) as second,
    ):
        for client in (first, second):
            client.send(request("/"))
            assert client.reply().content == b"here"
        take(2)
        yield first, second


def test_a_turn_may_wait_for_the_client_whose_answer_the_system_keeps() -> None:
    """The one thread of the server is in that turn, and can send nothing."""
    gate, waited = threading.Event(), []

    def answer(request: Request) -> Response:
        if request.path == "/waits":
            waited.append(gate.wait(PATIENCE))
        return Response(200, {}, b"here")

    with taken_one_behind_the_other(answer) as (first, second):
        first.send(request("/"))
        second.send(request("/waits"))
        assert first.reply().content == b"here"
        gate.set()
        assert second.reply().content == b"here"
        assert waited == [True]


def test_a_handler_that_is_about_to_wait_sends_what_the_system_keeps() -> None:
    seen: list[bool] = []

    def answer(request: Request) -> Response:
        if request.path == "/waits":
            request.exchange.about_to_block()
            seen.append(wait_until_ready(clients[0].sock.fileno(), READ, 0))
        return Response(200, {}, b"here")

    with taken_one_behind_the_other(answer) as clients:
        clients[0].send(request("/"))
        clients[1].send(request("/waits"))
        assert [client.reply().content for client in reversed(clients)] == [b"here", b"here"]
        assert seen == [True]


@pytest.mark.parametrize("server_class", [BaseServer, PooledServer])
def test_a_handler_that_is_about_to_wait_sends_what_is_kept(
    server_class: type[BaseServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyhttp.transport.gathering._LONGEST", 60.0)  # answers are kept even on a slow machine
    with world() as made:
        peer, conn = made.connect()
        peer.send(request())
        made.employer.handler = lambda _: None
        made.round()
        server = server_class("127.0.0.1", 0, function_handler(echo))
        conn.outbox.gathered = b""
        made.employer.end(conn, lambda got: got.exchange.respond(Response(200, {}, b"here"), ends_turn=True))
        made.keeper.settle(conn)
        assert peer.read() == b""
        server._loop.gathering.kept.append(made.loop.gathering.kept.popleft())
        server.about_to_block()
        assert peer.read().endswith(b"here")
        server.close()


class Lingering(BaseHttpRequestHandler):
    """A handler that goes on for long behind its answers."""

    gate: ClassVar[threading.Event]
    gone_on: ClassVar[list[bool]]

    def do_file(self, path: str) -> None:
        """Do what the base does, and then wait."""
        super().do_file(path)
        if path.endswith("long"):
            self.gone_on.append(self.gate.wait(PATIENCE))


def test_an_answer_leaves_before_what_a_subclass_does_behind_it(tmp_path: Path) -> None:
    for name in ("short", "long"):
        (tmp_path / name).write_bytes(b"content")
    Lingering.gate, Lingering.gone_on = threading.Event(), []
    factory = partial(Lingering, directory=tmp_path)
    with taken_together() as take, serving_by(PooledServer, factory) as server:
        clients = [connect(server) for _ in range(2)]
        for client in clients:
            client.send(request("/short"))
            assert client.reply().content == b"content"
        take(2)
        for client in clients:
            client.send(request("/long"))
        try:
            for client in clients:
                assert client.reply().content == b"content"
            assert Lingering.gone_on == []
        finally:
            Lingering.gate.set()
        for client in clients:
            client.close()

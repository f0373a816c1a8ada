"""Connections over TLS at each kind of server: a handler's use of them by hand, and their end."""

import contextlib
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp import (
    BaseServer,
    Connection,
    FileSlice,
    Limits,
    Misuse,
    Proxies,
    Request,
    Response,
    ThreadedServer,
    Timeouts,
)
from pyhttp.cgi.variables import Ends
from pyhttp.errand import ends_of
from pyhttp.errors import Disconnected
from pyhttp.requests import SocketWriter
from pyhttp.transport.poller import wait_until_ready
from pyhttp.transport.secure import SecureConnection
from tests.helpers.servers import PATIENCE, Entries, connect, echo, nothing_left, serving, serving_by, wait_for
from tests.helpers.sockets import read_until_end, request
from tests.helpers.tls import TlsSocket, authority, client_context, connected, server_context
from tests.helpers.wire_client import Framing, WireClient

CLOSING: Final = request("/", "Connection: close")


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


@contextlib.contextmanager
def by_hand(act: Callable[[Connection], object], kind: type[BaseServer] = BaseServer) -> Iterator[BaseServer]:
    """A server whose handlers do `act` with the connection itself. An error of `act` is raised here at the end."""
    failures: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

    def factory(conn: socket.socket, addr: object, server: object, /) -> object:
        assert isinstance(conn, SecureConnection)
        try:
            act(conn)
        except BaseException as error:
            failures.put(error)
            raise
        return None

    with serving_by(kind, factory, tls=server_context()) as server:
        yield server
    if not failures.empty():
        raise failures.get()


def ended(client: WireClient) -> bytes:
    """The octets that come up to the end. The end is an orderly one of TLS."""
    got = client.ended()
    assert isinstance(client.sock, TlsSocket)
    assert not client.sock.truncated
    return got


def end_tls(client: WireClient) -> None:
    """The client ends TLS, and leaves its socket open."""
    assert isinstance(client.sock, TlsSocket)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.sock.tls.unwrap()
    client.sock._flush()


# --- the context


def test_X3_a_context_that_allows_what_is_old_or_is_for_clients_is_refused(server_class: type[BaseServer]) -> None:
    weak = server_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        weak.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ValueError, match=r"TLS 1.2 or later, not TLSv1_1"):
        server_class("127.0.0.1", 0, tls=weak)
    weak.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.raises(ValueError, match=r"TLS 1.2 or later"):
        server_class("127.0.0.1", 0, tls=weak)
    with pytest.raises(ValueError, match="for clients"):
        server_class("127.0.0.1", 0, tls=ssl.create_default_context())


def test_X3_nothing_of_a_context_is_weakened() -> None:
    context = server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    options = context.options
    with serving(BaseServer, tls=context) as server:
        assert server.tls is context
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.options == options | ssl.OP_NO_RENEGOTIATION


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_request_is_answered_over_each_version_and_http_is_named(
    server_class: type[BaseServer], version: ssl.TLSVersion
) -> None:
    limited = ssl.create_default_context()
    authority().configure_trust(limited)
    limited.set_alpn_protocols(["h2", "http/1.1"])
    limited.minimum_version = limited.maximum_version = version
    with serving(server_class, tls=server_context()) as server:
        assert server.url == f"https://127.0.0.1:{server.addresses[0][1]}/"
        with WireClient(*server.addresses[0], tls=limited) as client:
            assert isinstance(client.sock, TlsSocket)
            assert client.sock.tls.selected_alpn_protocol() == "http/1.1"
            for target in ("/a", "/b"):
                client.send(request(target, method="POST", content=b"abc"))
                assert client.reply().content == f"POST {target} abc".encode()


def test_a_plain_server_stays_one(server_class: type[BaseServer]) -> None:
    with serving(server_class) as server:
        assert server.tls is None
        assert server.url.startswith("http://")
        with pytest.raises(Misuse):
            server.tls = server_context()


def test_another_context_is_for_those_who_connect_from_then_on(server_class: type[BaseServer]) -> None:
    def certificate(client: WireClient) -> bytes:
        assert isinstance(client.sock, TlsSocket)
        return client.sock.tls.getpeercert(binary_form=True) or b""

    with serving(server_class, tls=server_context()) as server, connect(server) as before:
        before.send(request())
        assert before.reply().status == 200
        with pytest.raises(ValueError, match="for clients"):
            server.tls = ssl.create_default_context()
        server.tls = server_context(fresh=True)
        with connect(server) as after:
            for client in (before, after):
                client.send(request())
                assert client.reply().status == 200
            assert certificate(before) != certificate(after)


# --- requests


@pytest.mark.clause("9110-7.4-3a", "9112-9.7-2d")
def test_the_scheme_of_a_request_is_that_of_its_target_uri(server_class: type[BaseServer]) -> None:
    def tell(asked: Request) -> Response:
        return Response(200, {}, asked.scheme.encode())

    with serving(server_class, tell, tls=server_context()) as server, connect(server) as client:
        for target, scheme in (
            ("/", b"https"),
            ("HTTPS://a/", b"https"),
            ("http://a/", b"http"),
            ("/?a://b", b"https"),
        ):
            client.send(request(target))
            assert client.reply().content == scheme
        client.send(b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.reply().status == 421


def test_X5_requests_in_one_record_are_answered_without_more_from_the_client(server_class: type[BaseServer]) -> None:
    with (
        serving(server_class, tls=server_context(), limits=Limits(read_ahead=100)) as server,
        connect(server) as client,
    ):
        client.send(b"".join(request(f"/{number}") for number in range(50)))
        for number in range(50):
            assert client.reply().content == f"GET /{number} ".encode()


def test_X5_a_thread_that_holds_its_connection_takes_what_tls_holds() -> None:
    threads: list[threading.Thread] = []

    def handle(asked: Request) -> Response:
        threads.append(threading.current_thread())
        return echo(asked)

    limits, timeouts = Limits(read_ahead=100), Timeouts(hold=0.5)
    with (
        serving(ThreadedServer, handle, limits=limits, timeouts=timeouts, tls=server_context()) as server,
        connect(server) as client,
    ):
        client.send(b"".join(request(f"/{number}") for number in range(10)))
        for number in range(10):
            assert client.reply().content == f"GET /{number} ".encode()
    assert len(set(threads)) == 1


def test_X5_content_in_the_record_of_its_head_is_there(server_class: type[BaseServer]) -> None:
    with (
        serving(server_class, tls=server_context(), limits=Limits(read_ahead=100)) as server,
        connect(server) as client,
    ):
        client.send(request("/", method="POST", content=b"x" * 10_000) + request("/next"))
        assert client.reply().content == b"POST / " + b"x" * 10_000
        assert client.reply().content == b"GET /next "


def test_a_file_arrives_as_it_is(server_class: type[BaseServer], tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    (tmp_path / "file").write_bytes(data)

    def handle(asked: Request) -> Response:
        return Response(200, {}, FileSlice((tmp_path / "file").open("rb"), 3, len(data) - 3))

    with serving(server_class, handle, tls=server_context()) as server, connect(server) as client:
        client.send(request() + request())
        assert client.reply().content == data[3:]
        assert client.reply().content == data[3:]


def test_a_proxy_says_who_its_client_is_in_front_of_tls(server_class: type[BaseServer]) -> None:
    def tell(asked: Request) -> Response:
        return Response(200, {}, f"{asked.client} {asked.scheme}".encode())

    proxies = Proxies(protocol=("127.0.0.1",))
    with serving(server_class, tell, tls=server_context(), proxies=proxies) as server:
        raw = socket.create_connection(server.addresses[0], timeout=PATIENCE)
        raw.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n")
        with TlsSocket(raw) as client:
            client.shake_hands()
            client.sendall(CLOSING)
            assert read_until_end(client).endswith(b"('192.0.2.7', 56324) https")


# --- ends


@pytest.mark.clause("9112-9.8-10a", "9112-9.8-10b")
def test_an_answer_that_ends_the_connection_ends_tls(server_class: type[BaseServer]) -> None:
    with serving(server_class, tls=server_context()) as server:
        for asked in (CLOSING, CLOSING + request(), b"nonsense\r\n\r\n"):
            with connect(server) as client:
                client.send(asked)
                client.reply()
                assert ended(client) == b""


def test_an_answer_of_http_1_0_without_a_length_ends_by_the_end_of_tls(server_class: type[BaseServer]) -> None:
    with (
        serving(server_class, lambda _: Response(200, {}, iter([b"a", b"b"])), tls=server_context()) as server,
        connect(server) as client,
    ):
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        reply = client.reply()
        assert (reply.framing, reply.content) == (Framing.CLOSE, b"ab")
        assert ended(client) == b""


def test_a_client_whose_own_end_of_tls_is_on_its_way_is_not_reset(server_class: type[BaseServer]) -> None:
    gate, inside = threading.Event(), threading.Event()

    def handle(asked: Request) -> Response:
        inside.set()
        wait_for(gate)
        return echo(asked)

    with serving(server_class, handle, tls=server_context()) as server, connect(server) as client:
        client.send(CLOSING)
        wait_for(inside)
        end_tls(client)
        gate.set()
        assert client.reply().content == b"GET / "
        assert ended(client) == b""
        assert not wait_until_ready(client.sock.fileno(), 0, 0.1), "it was reset"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_F17_a_part_of_an_answer_does_not_end_tls(server_class: type[BaseServer], version: str) -> None:
    def items() -> Iterator[bytes]:
        yield b"part"
        raise ZeroDivisionError

    with (
        serving(server_class, lambda _: Response(200, {}, items()), tls=server_context()) as server,
        connect(server) as client,
    ):
        client.send(request(version=version))
        assert b"part" in client.ended()
        assert isinstance(client.sock, TlsSocket)
        assert client.sock.truncated or version == "1.0"  # with HTTP/1.0, a reset says so


def test_an_idle_connection_ends_in_order_at_its_deadline(server_class: type[BaseServer]) -> None:
    with serving(server_class, tls=server_context(), timeouts=Timeouts(idle=0.2)) as server, connect(server) as client:
        assert ended(client) == b""


@pytest.mark.clause("9112-9.8-9a")
def test_a_client_that_leaves_without_ending_tls_is_harmless_where_it_owes_nothing(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    entries = Entries()
    with serving(server_class, tls=server_context(), access_log=entries) as server:
        with connect(server) as client:
            client.send(request())
            assert client.reply().status == 200
            socket.socket.shutdown(client.sock, socket.SHUT_WR)
            assert ended(client) == b""
        with connect(server) as client:
            client.send(request("/last"))
            socket.socket.shutdown(client.sock, socket.SHUT_WR)
            assert client.reply().content == b"GET /last "
            assert ended(client) == b""
        assert [entries.next().status for _ in range(2)] == [200, 200]
    assert not caplog.records


@pytest.mark.parametrize("sent", [b"Content-Length: 10\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
@pytest.mark.parametrize("ends", [True, False])
def test_content_that_is_truncated_is_an_error_whether_or_not_tls_ends(
    server_class: type[BaseServer], sent: bytes, ends: bool
) -> None:
    entries = Entries()
    with serving(server_class, tls=server_context(), access_log=entries) as server, connect(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + sent)
        if ends:
            client.half_close()
        else:
            socket.socket.shutdown(client.sock, socket.SHUT_WR)
        assert client.reply().status == 400
        assert ended(client) == b""
        assert entries.next().status == 400


def test_a_client_may_end_its_own_side_first_and_still_reads_its_answer(server_class: type[BaseServer]) -> None:
    with serving(server_class, tls=server_context()) as server, connect(server) as client:
        client.send(request("/a") + request("/b"))
        client.half_close()
        assert [client.reply().content, client.reply().content] == [b"GET /a ", b"GET /b "]
        assert ended(client) == b""


def test_a_client_that_only_ends_tls_is_ended_at_once(server_class: type[BaseServer]) -> None:
    """Its socket stays open, and makes no event."""
    with serving(server_class, tls=server_context(), timeouts=Timeouts(idle=100)) as server, connect(server) as client:
        client.send(request())
        assert client.reply().status == 200
        end_tls(client)
        assert socket.socket.recv(client.sock, 1000)
        assert socket.socket.recv(client.sock, 1000) == b""


# --- without TLS, and with it where there is none


def test_http_without_tls_is_refused_in_words(server_class: type[BaseServer], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    entries = Entries()
    with serving(server_class, tls=server_context(), access_log=entries) as server:
        with WireClient(*server.addresses[0]) as client:
            client.send(request("/a") + request("/b"))
            reply = client.reply()
            assert (reply.status, reply.says_close) == (400, True)
            assert b"https://" in reply.content
            assert client.ended() == b""
        assert entries.next().status == 400
    assert [record.getMessage() for record in caplog.records] == [
        "127.0.0.1 a malformed request: 400 HTTP without TLS (http://), on a port that speaks TLS"
    ]


def test_tls_on_a_port_without_it_is_told_once(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(server_class) as server:
        client = TlsSocket(socket.create_connection(server.addresses[0], timeout=10))
        with client, pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|wrong version|RECORD_LAYER"):
            client.shake_hands()
    (record,) = [record for record in caplog.records if record.name == "pyhttp.error"]
    assert re.match(r"127\.0\.0\.1 .*: 400 request line: .* looks like a TLS handshake", record.getMessage())
    assert record.levelname == "WARNING"


@pytest.mark.parametrize("said", [b"\x00\x01" + bytes(100), b"\x16\x03\x01\x00\x05hello"])
def test_X2_a_failed_handshake_ends_that_connection_and_is_one_line(
    server_class: type[BaseServer], said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(server_class, tls=server_context()) as server, connect(server) as other:
        with WireClient(*server.addresses[0]) as client:
            client.send(said)
            client.ended()
        other.send(request())
        assert other.reply().status == 200
    lines = [record.getMessage() for record in caplog.records if record.name == "pyhttp.error"]
    assert len(lines) == 1
    assert lines[0].startswith("127.0.0.1: the TLS handshake failed: ")
    assert not any(record.exc_info for record in caplog.records)


def test_X2_garbage_in_the_middle_ends_that_connection_and_is_one_line(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(server_class, tls=server_context()) as server, connect(server) as other, connect(server) as client:
        socket.socket.send(client.sock, b"\x17\x03\x03\x00\x20" + bytes(32))
        with contextlib.suppress(ssl.SSLError):
            client.ended()
        other.send(request())
        assert other.reply().status == 200
    lines = [record.getMessage() for record in caplog.records if record.name == "pyhttp.error"]
    assert len(lines) == 1
    assert lines[0].startswith("127.0.0.1: TLS failed: ")
    assert not any(record.exc_info for record in caplog.records)


def test_X1_a_handshake_has_a_deadline_that_an_octet_does_not_renew(
    server_class: type[BaseServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with serving(server_class, tls=server_context(), timeouts=Timeouts(handshake=0.3)) as server:
        silent, dripping = (socket.create_connection(server.addresses[0], timeout=0.05) for _ in range(2))
        with silent, dripping:
            hello = TlsSocket(socket.socket())
            with hello, pytest.raises(ssl.SSLWantReadError):
                hello.tls.do_handshake()
            for octet in hello._leaving.read():
                try:
                    dripping.send(bytes([octet]))
                    if dripping.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            else:
                raise AssertionError("it had as much time as it wanted")
            assert silent.recv(1) == b""
    assert {record.getMessage() for record in caplog.records} == {
        "127.0.0.1: the TLS handshake was not complete in time"
    }


# --- by hand


def test_what_is_read_by_hand_is_content_and_then_what_comes(server_class: type[BaseServer]) -> None:
    seen: list[bytes] = []

    def act(conn: Connection) -> None:
        seen.append(conn.recv(3, socket.MSG_PEEK))
        seen.append(conn.recv(5))
        while not seen[-1].endswith(b"end"):
            seen.append(conn.recv(1000))
        conn.sendall(b"heard")

    with by_hand(act, server_class) as server, connect(server) as client:
        client.send(request() + b"the ")
        client.send(b"end")
        assert ended(client) == b"heard"
    assert b"".join(seen[1:]) == request() + b"the end"
    assert seen[0] == b"GET"


def test_what_is_written_by_hand_arrives_encrypted(server_class: type[BaseServer], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(200)))

    def act(conn: Connection) -> None:
        SocketWriter(conn).write(b"a")
        assert conn.send(b"") == 0
        assert conn.send(b"b") == 1
        assert conn.sendmsg([b"c", memoryview(b"d")]) == 2
        assert conn.sendto(b"e", ("192.0.2.1", 1)) == 1
        with (tmp_path / "file").open("rb") as file:
            assert conn.sendfile(file, 5, 10) == 10
            assert conn.sendfile(file, 190) == 10
        with conn.makefile("wb") as out:
            out.write(b"f")
        conn.sendall(bytes(3_000_000))

    with by_hand(act, server_class) as server, connect(server) as client:
        client.send(request())
        wanted = b"abcde" + bytes(range(5, 15)) + bytes(range(190, 200)) + b"f" + bytes(3_000_000)
        assert ended(client) == wanted


@pytest.mark.parametrize(
    "end",
    [
        lambda conn: conn.shutdown(socket.SHUT_WR),
        lambda conn: conn.shutdown(socket.SHUT_RDWR),
        lambda conn: conn.close(),
    ],
)
def test_an_end_by_hand_ends_tls(end: Callable[[Connection], object]) -> None:
    def act(conn: Connection) -> None:
        conn.recv(1000)
        conn.sendall(b"all")
        end(conn)
        with pytest.raises(Disconnected):
            conn.recv(1)

    with by_hand(act) as server, connect(server) as client:
        client.send(request())
        assert ended(client) == b"all"


def test_waiting_by_hand_ends_in_time() -> None:
    def act(conn: Connection) -> None:
        # the system would otherwise make the buffer larger meanwhile
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        conn.recv(1000)
        assert conn.recv(0) == b""
        conn.settimeout(0.05)
        with pytest.raises(TimeoutError):
            conn.recv(1)
        conn.setblocking(False)
        with pytest.raises(BlockingIOError):
            conn.recv(1)
        with pytest.raises(ValueError, match="negative"):
            conn.recv(-1)
        with contextlib.suppress(BlockingIOError):
            while True:
                conn.send(bytes(1 << 20))
        conn.settimeout(0.05)
        with pytest.raises(TimeoutError):
            conn.sendall(bytes(1 << 20))
        with pytest.raises(TimeoutError):
            conn.shutdown(socket.SHUT_WR)
        done.set()

    done = threading.Event()
    with by_hand(act) as server, connected(server.addresses[0], window=4096, tls=client_context()) as client:
        client.sendall(request())
        wait_for(done)


def test_X4_scripts_hear_of_tls() -> None:
    seen: list[Ends] = []
    with (
        by_hand(lambda conn: seen.append(ends_of(Request(conn), conn, ("192.0.2.1", 7)))) as server,
        connect(server) as client,
    ):
        client.send(request())
        client.ended()
    (found,) = seen
    assert found.secure
    assert found.local == server.addresses[0]


def test_the_end_of_reading_is_no_end_of_tls() -> None:
    def act(conn: Connection) -> None:
        conn.recv(1000)
        conn.shutdown(socket.SHUT_RD)
        with pytest.raises(Disconnected):  # the client has said nothing of an end
            conn.recv(1)
        conn.sendall(b"all")

    with by_hand(act) as server, connect(server) as client:
        client.send(request())
        assert ended(client) == b"all"


def test_an_end_that_tls_does_not_know_of_is_an_error_by_hand() -> None:
    def act(conn: Connection) -> None:
        conn.recv(1000)
        with pytest.raises(Disconnected):
            conn.recv(1)

    with by_hand(act) as server, connect(server) as client:
        client.send(request())
        socket.socket.shutdown(client.sock, socket.SHUT_WR)
        client.ended()


def test_an_end_of_tls_is_the_end_of_what_is_read_by_hand() -> None:
    def act(conn: Connection) -> None:
        conn.recv(1000)
        assert conn.recv(1) == b""
        conn.sendall(b"end")

    with by_hand(act) as server, connect(server) as client:
        client.send(request())
        client.half_close()
        assert ended(client) == b"end"


# --- a stop


def test_a_stop_ends_half_a_handshake_at_once_and_answers_who_has_asked(server_class: type[BaseServer]) -> None:
    gate, inside = threading.Event(), threading.Event()

    def handle(asked: Request) -> Response:
        inside.set()
        wait_for(gate)
        return echo(asked)

    timeouts = Timeouts(stop=60, handshake=60, linger=0.2)
    with serving(server_class, handle, tls=server_context(), timeouts=timeouts) as server:
        half = TlsSocket(socket.create_connection(server.addresses[0], timeout=10))
        idle = connected(server.addresses[0], tls=client_context())
        with half, idle, connect(server) as asking:
            half.start()
            asking.send(request())
            wait_for(inside)
            closing = threading.Thread(target=server.close)
            closing.start()
            gate.set()
            assert asking.reply().says_close
            assert ended(asking) == b""
            closing.join(PATIENCE)
            assert not closing.is_alive()
            assert idle.recv(1) == b""
            while socket.socket.recv(half, 1 << 16):
                pass

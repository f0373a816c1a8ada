"""A proxy that has to name its client, before all else: the things that it may do, and those that it may not."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from struct import pack
from typing import Final

import pytest

from pyhttp.errors import Disconnected
from pyhttp.limits import Timeouts
from pyhttp.messages import Response
from pyhttp.proxies import Proxies
from pyhttp.request import Request
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.phases import Phase
from pyhttp.transport.proxied import Trust
from pyhttp.transport.secure import Securing
from pyhttp.transport.stream import SocketStream
from pyhttp.wire.proxy_header import ProxyHeaderError
from tests.helpers.channels import tcp_pair
from tests.helpers.fakes import TIMEOUTS, Peer, World, now, statuses, world
from tests.helpers.listening import join, listening
from tests.helpers.sockets import request
from tests.helpers.tls import server_context

LINE: Final = b"PROXY TCP4 198.51.100.7 203.0.113.9 4711 443\r\n"
BINARY: Final = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x10"
    + (ip_address("198.51.100.7").packed + ip_address("203.0.113.9").packed + pack("!HH", 4711, 443))
    + b"\x04\x00\x01x"
)
LOCAL: Final = b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
FROM: Final = Proxies(protocol=("192.0.2.0/24",))
"""The address of the connections in a world."""


def ends(asked: Request) -> Response:
    """Answer with the two ends of the connection, as far as they are known."""
    return Response(200, {}, repr((asked.client, asked.local)).encode())


@contextmanager
def proxied(proxies: Proxies = FROM) -> Iterator[tuple[World, Peer, Connection]]:
    """A world, and a connection of a client that may be a proxy."""
    with world(ends, proxies=proxies) as made:
        peer, conn = made.connect()
        yield made, peer, conn


def answers(made: World, peer: Peer) -> tuple[list[int], bytes]:
    made.work()
    peer.read()
    return statuses(peer.received), peer.received


def told(made: World) -> list[tuple[str, int]]:
    """The lines that the operator has to see, with their levels."""
    return [
        each for each in zip(made.employer.reports, made.employer.levels, strict=True) if each[1] >= logging.WARNING
    ]


@pytest.mark.parametrize("header", [LINE, BINARY])
@pytest.mark.parametrize("together", [True, False])
def test_a_header_says_who_the_client_is(header: bytes, together: bool) -> None:
    """Requests may come right behind the header, and the connection goes on."""
    with proxied() as (made, peer, conn):
        if together:
            peer.send(header + request() + request())
        else:
            for piece in (header, request(), request()):
                peer.send(piece)
                made.work()
        found, received = answers(made, peer)
        assert found == [200, 200]
        assert received.count(b"(('198.51.100.7', 4711), ('203.0.113.9', 443))") == 2
        assert [entry.client for entry in made.employer.entries] == ["198.51.100.7"] * 2
        assert conn.addr == ("198.51.100.7", 4711)
        assert made.employer.reports == []


@pytest.mark.parametrize("header", [LINE, BINARY, LOCAL])
def test_V2_a_header_may_come_octet_by_octet(header: bytes) -> None:
    with proxied() as (made, peer, conn):
        for octet in header:
            assert now(conn) is Phase.PROXY
            peer.send(bytes([octet]))
            made.work()
        assert now(conn) is Phase.IDLE
        for octet in request():
            peer.send(bytes([octet]))
            made.work()
        assert answers(made, peer)[0] == [200]
        assert made.employer.entries[0].client == ("192.0.2.1" if header == LOCAL else "198.51.100.7")


def test_a_proxy_that_speaks_for_itself_is_the_client() -> None:
    with proxied() as (made, peer, conn):
        peer.send(b"PROXY UNKNOWN\r\n" + request())
        assert answers(made, peer)[0] == [200]
        assert made.employer.entries[0].client == "192.0.2.1"
        assert conn.addr == ("192.0.2.1", 1)


@pytest.mark.parametrize("header", [LINE, BINARY])
@pytest.mark.parametrize("proxies", [None, Proxies(), Proxies(protocol=("198.51.100.0/24", "unix"))])
def test_a_header_of_anybody_else_is_no_request(header: bytes, proxies: Proxies | None) -> None:
    with world(ends, proxies=proxies) as made:
        peer, _ = made.connect()
        peer.send(header + request())
        assert answers(made, peer)[0] == [400]
        assert made.employer.entries[0].client == "192.0.2.1"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (request(), "the connection does not begin with a PROXY header"),
        (b"\x16\x03\x01", "the connection does not begin with a PROXY header"),
        (b"PROXY TCP4 198.51.100.7 203.0.113.9 4711 65536\r\n" + request(), "the PROXY line has a port beyond 65535"),
        (b"PROXY TCP4 198.51.100.7 203.0.113.9 4711\r\n", "the PROXY line is malformed"),
        (b"PROXY " + bytes(120), "the PROXY line is longer than 107 octets"),
        (LOCAL[:12] + b"\x31\x11\x00\x00", "version and command 0x31 of the PROXY header are not known"),
    ],
)
def test_what_is_no_header_ends_the_connection_and_is_told(sent: bytes, reason: str) -> None:
    """The octets that came are not taken for a request of the proxy itself, which a script may trust."""
    with proxied() as (made, peer, _):
        peer.send(sent)
        assert answers(made, peer) == ([], b"")
        assert peer.ended
        ((line, level),) = told(made)
        assert line.startswith(f"192.0.2.1: {reason}")
        assert level == logging.WARNING
        assert made.employer.entries == []


@pytest.mark.parametrize("header", [LINE, BINARY])
def test_a_header_that_ends_early_is_told(header: bytes) -> None:
    with proxied() as (made, peer, _):
        peer.send(header[:-1])
        made.work()
        peer.sock.shutdown(socket.SHUT_WR)
        assert answers(made, peer) == ([], b"")
        assert told(made) == [("192.0.2.1: the connection ended within its PROXY header", logging.WARNING)]


def test_whoever_only_looks_whether_somebody_listens_is_no_line() -> None:
    with proxied() as (made, peer, _):
        peer.sock.shutdown(socket.SHUT_WR)
        made.work()
        peer.read()
        assert peer.ended
        assert made.employer.reports == []


@pytest.mark.parametrize("sent", [b"", LINE[:-1], BINARY[:-1]])
def test_D7_a_slow_header_meets_its_deadline(sent: bytes) -> None:
    """An octet now and then does not move the deadline."""
    with proxied() as (made, peer, _):
        peer.send(sent[:10])
        made.pass_time(TIMEOUTS.head / 2)
        peer.send(sent[10:20])
        made.pass_time(TIMEOUTS.head / 2 - 0.1)
        peer.read()
        assert not peer.ended
        made.pass_time(0.1)
        peer.read()
        assert peer.ended
        assert peer.received == b""
        assert told(made) == [("192.0.2.1: the PROXY header did not arrive in time", logging.WARNING)]


def test_D7_whoever_sends_an_octet_for_each_round_of_the_loop_is_not_waited_for() -> None:
    with proxied() as (made, peer, conn):
        made.clock.now = conn.deadline
        peer.send(LINE[:5])
        made.round()
        peer.read()
        assert peer.ended
        assert len(told(made)) == 1


def test_D7_a_deadline_nearer_than_that_of_an_idle_client_is_kept() -> None:
    with world(timeouts=Timeouts(head=1, idle=600), proxies=FROM) as made:
        peer, _ = made.connect()
        made.pass_time(1.1)
        peer.read()
        assert peer.ended


def test_an_event_for_nothing_is_a_hint() -> None:
    with proxied() as (made, peer, conn):
        deadline = conn.deadline
        assert made.registry.take_one(conn)
        made.keeper.advance(conn)
        assert conn.armed
        assert (now(conn), conn.deadline) == (Phase.PROXY, deadline)
        peer.send(LINE + request())
        assert answers(made, peer)[0] == [200]


def test_after_its_header_a_connection_waits_as_long_as_any_other() -> None:
    with proxied() as (made, peer, conn):
        made.pass_time(TIMEOUTS.head - 1)
        peer.send(LINE)
        made.work()
        assert conn.deadline == made.clock.now + TIMEOUTS.idle


def test_L2_who_has_not_said_who_the_client_is_is_shed_for_room() -> None:
    with listening(capacity=4, proxies=Proxies(protocol=("127.0.0.0/8",))) as (made, listener):
        peers = [join(made, listener) for _ in range(5)]
        made.work()
        assert len(made.registry.connections) == 4
        peers[0].read()
        assert peers[0].ended
        peers[4].send(LINE + request())
        assert answers(made, peers[4])[0] == [200]


def test_a_stop_waits_for_nobody_who_has_not_said_it() -> None:
    with proxied() as (made, peer, _):
        peer.send(LINE[:5])
        made.work()
        second, _ = made.connect()
        second.send(LINE + request())
        made.loop.stop()
        made.loop._finished()
        peer.read()
        assert peer.ended
        assert answers(made, second)[0] == [200]


@pytest.mark.parametrize("header", [LINE, BINARY])
@pytest.mark.parametrize("cut", [0, 1, 11, 14, 30])
def test_what_follows_a_header_is_left_in_the_socket(header: bytes, cut: int) -> None:
    """The octets that follow need not be HTTP. They may be a TLS handshake, for example."""
    with tcp_pair() as (ours, theirs):
        stream = SocketStream(ours)
        made = Trust(FROM, pytest.fail).of(("192.0.2.1", 1))
        assert made is not None
        if cut:
            theirs.sendall(header[:cut])
            ours.setblocking(True)
            ours.recv(cut, socket.MSG_PEEK | socket.MSG_WAITALL)
            assert not made.introduce(stream)
        theirs.sendall(header[cut:] + b"\x16\x03\x01 and so on")
        theirs.shutdown(socket.SHUT_WR)
        ours.setblocking(True)
        ours.recv(1000, socket.MSG_PEEK | socket.MSG_WAITALL)
        assert made.introduce(stream)
        assert ours.recv(1000) == b"\x16\x03\x01 and so on"
        assert (made.peer, made.local) == (("198.51.100.7", 4711), ("203.0.113.9", 443))


@pytest.mark.parametrize(
    ("proxies", "peer", "awaited"),
    [
        (Proxies(protocol=("unix",)), ("unix:", 0), True),
        (Proxies(headers=("unix",)), ("unix:", 0), False),
        (Proxies(headers=("::1",)), ("::1", 5, 0, 0), False),
        (Proxies(protocol=("fe80::/10",)), ("fe80::1%eth0", 5, 0, 3), True),
        (Proxies(headers=("127.0.0.0/8", "::/0"), protocol=("127.0.0.0/8",)), ("", 0), None),
        (Proxies(), ("127.0.0.1", 5), None),
    ],
)
def test_who_is_to_send_a_header(proxies: Proxies, peer: Address, awaited: bool | None) -> None:
    made = Trust(proxies, pytest.fail).of(peer)
    assert (made and made.awaited) is awaited


def test_reading_a_header_waits_for_nobody() -> None:
    with tcp_pair() as (ours, theirs):
        made = Trust(FROM, pytest.fail).of(("192.0.2.1", 1))
        assert made is not None
        ours.setblocking(True)
        with pytest.raises(BlockingIOError):
            made.introduce(SocketStream(ours))
        theirs.close()
        ours.recv(1, socket.MSG_PEEK)
        with pytest.raises(Disconnected):
            made.introduce(SocketStream(ours))
        assert not issubclass(Disconnected, ProxyHeaderError)


# --- together with the fields of requests

FIELD: Final = "X-Forwarded-For: 203.0.113.77"


@pytest.mark.parametrize(
    ("headers", "client"), [(("192.0.2.0/24",), "198.51.100.7"), (("198.51.100.7",), "203.0.113.77")]
)
def test_the_fields_behind_a_header_are_those_of_whom_it_names(headers: tuple[str, ...], client: str) -> None:
    """A proxy that passes connections on does not look at fields. A client's words about itself would be believed."""
    with proxied(Proxies(protocol=FROM.protocol, headers=headers)) as (made, peer, _):
        peer.send(LINE + request("/", FIELD))
        assert answers(made, peer)[0] == [200]
        assert made.employer.entries[0].client == client


def test_the_fields_of_a_proxy_that_speaks_for_itself_are_its_own() -> None:
    with proxied(Proxies(protocol=FROM.protocol, headers=FROM.protocol)) as (made, peer, _):
        peer.send(LOCAL + request("/", FIELD))
        assert answers(made, peer)[0] == [200]
        assert made.employer.entries[0].client == "203.0.113.77"


# --- together with TLS


@pytest.mark.parametrize(("header", "client"), [(LINE, "198.51.100.7"), (BINARY, "198.51.100.7"), (LOCAL, "192.0.2.1")])
@pytest.mark.parametrize("hello", [b"\x16\x03\x01\x00\x05nonsense", b""])
def test_lines_about_tls_name_who_has_said_hello_and_not_the_proxy_in_front(
    header: bytes, client: str, hello: bytes
) -> None:
    with world(proxies=FROM) as made:
        vars(made.loop._acceptor)["_connect"] = Securing(server_context())
        peer, conn = made.connect()
        peer.send(header + hello)
        made.work()
        if not hello:
            assert now(conn) is Phase.HANDSHAKE
            made.pass_time(TIMEOUTS.handshake)
        ((line, level),) = told(made)
        assert re.fullmatch(rf"{client}: the TLS handshake (was not complete in time|failed: .+)", line)
        assert level == logging.WARNING
        assert now(conn) is Phase.CLOSED

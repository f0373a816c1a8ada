"""Servers behind a proxy: the client is the one that a trusted proxy names, and no other word is believed."""

import logging
import socket
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp import BaseServer, Connection, Misdirected, Proxies, Request, Response
from tests.helpers.channels import tcp_pair
from tests.helpers.servers import Entries, connect, serving, serving_by
from tests.helpers.sockets import pair, request
from tests.helpers.wire_client import WireClient

HERE: Final = Proxies(headers=("127.0.0.0/8",))
"""The address of the clients in these tests."""
CUSTOM: Final = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.example:8443")
STANDARD: Final = ('Forwarded: for="203.0.113.7:4711";proto=https;host="a.example:8443"',)
CLIENT: Final = "203.0.113.7"


def who(asked: Request) -> Response:
    """Answer with what is known of the client, and what it has asked for."""
    return Response(200, {}, repr((asked.client, asked.scheme, asked.host, asked.local)).encode())


@pytest.mark.parametrize(("fields", "port"), [(CUSTOM, 0), (STANDARD, 4711)])
def test_what_a_trusted_proxy_says_counts(server_class: type[BaseServer], fields: tuple[str, ...], port: int) -> None:
    entries = Entries()
    with serving(server_class, who, proxies=HERE, access_log=entries) as server, connect(server) as client:
        client.send(request("/", *fields))
        expected = ((CLIENT, port), "https", "a.example:8443", server.addresses[0])
        assert client.reply().content == repr(expected).encode()
        assert entries.next().client == CLIENT


@pytest.mark.parametrize("fields", [CUSTOM, STANDARD])
@pytest.mark.parametrize("proxies", [None, Proxies(), Proxies(headers=("10.0.0.0/8", "::1", "unix"))])
def test_what_anybody_else_says_of_itself_does_not(
    server_class: type[BaseServer], fields: tuple[str, ...], proxies: Proxies | None
) -> None:
    entries = Entries()
    with serving(server_class, who, proxies=proxies, access_log=entries) as server, connect(server) as client:
        client.send(request("/", *fields))
        (address, port), scheme, host, local = eval(client.reply().content)
        assert (address, scheme, host, local) == ("127.0.0.1", "http", "a", server.addresses[0])
        assert port > 0
        assert entries.next().client == "127.0.0.1"


def test_what_the_proxy_has_passed_on_from_its_client_does_not() -> None:
    with serving(BaseServer, who, proxies=HERE) as server, connect(server) as client:
        client.send(request("/", "X-Forwarded-For: 127.0.0.1, 198.51.100.66, 203.0.113.7"))
        assert client.reply().content.startswith(b"(('203.0.113.7', 0), 'http', 'a'")


def test_each_request_of_a_connection_has_its_own_client(server_class: type[BaseServer]) -> None:
    """A proxy sends the requests of many clients.

    A request that is not parsed has no client, so that it is the proxy's.
    """
    entries = Entries()
    names = ["203.0.113.1", "2001:db8::2", "_hidden", "unknown"]
    with serving(server_class, who, proxies=HERE, access_log=entries) as server, connect(server) as client:
        for name in names:
            client.send(request("/", f"X-Forwarded-For: {name}"))
            assert client.reply().content.startswith(f"(('{name}', 0)".encode())
        client.send(request())
        assert client.reply().content.startswith(b"(('127.0.0.1', ")
        client.send(request("/", "X-Forwarded-For: 203.0.113.9"))
        client.reply()
        client.send(request("/", "X-Forwarded-For: 203.0.113.9", "Bad Name: x"))
        assert client.reply().status == 400
        found = [entries.next().client for _ in range(7)]
        assert found == [*names, "127.0.0.1", "203.0.113.9", "127.0.0.1"]


Told = Callable[[], list[tuple[int, str]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """The lines of the error log."""
    caplog.set_level(logging.INFO)
    return lambda: [(each.levelno, each.getMessage()) for each in caplog.records if each.name == "pyhttp.error"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (('Forwarded: for="203.0.113.7',), 'Forwarded: for="203.0.113.7 is not a list of parameters'),
        (("X-Forwarded-For: nobody",), "X-Forwarded-For: nobody is not a node"),
        (("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: a b"), "a b is not a host"),
        (("X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.8"), "Forwarded and X-Forwarded-For, -Proto, "),
        (("X-Forwarded-For: \x80" + "y" * 5000,), "X-Forwarded-For: \xc2\\x80yyyyy"),
    ],
)
def test_what_is_malformed_or_contradicts_itself_is_ignored_and_told(
    fields: tuple[str, ...], reason: str, told: Told
) -> None:
    entries = Entries()
    with serving(BaseServer, who, proxies=HERE, access_log=entries) as server, connect(server) as client:
        client.send(request("/", *fields))
        reply = client.reply()
        assert reply.status == 200
        assert reply.content.startswith(b"(('127.0.0.1', ")
        assert b"'http', 'a'" in reply.content
        assert entries.next().client == "127.0.0.1"
    ((level, line),) = told()
    assert level == logging.WARNING
    assert line.startswith(f"127.0.0.1: the fields about the client are ignored: {reason}")
    assert len(line) <= 210
    assert line.isprintable()


def test_the_reason_of_a_refusal_is_told_with_the_real_client(told: Told) -> None:
    def refuse(_: Request) -> Response:
        raise Misdirected("no")

    with serving(BaseServer, refuse, proxies=HERE) as server, connect(server) as client:
        client.send(request("/x", *CUSTOM))
        assert client.reply().status == 421
    assert told() == [(logging.INFO, '203.0.113.7 "GET /x": 421 no')]


def test_a_handler_gets_the_address_of_the_real_client(server_class: type[BaseServer]) -> None:
    def factory(conn: socket.socket, addr: object, _: object) -> None:
        assert isinstance(conn, Connection)
        Request(conn).exchange.respond(Response(200, {}, repr((addr, conn.addr)).encode()))

    with serving_by(server_class, factory, proxies=HERE) as server, connect(server) as client:
        client.send(request("/", *STANDARD))
        assert client.reply().content == b"(('203.0.113.7', 4711), ('203.0.113.7', 4711))"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-Forwarded-Proto: https", ("https", "a")),
        ("X-Forwarded-Host: b.example", ("http", "b.example")),
        ("X-Other: x", ("http", "a")),
    ],
)
def test_what_a_proxy_does_not_say_is_as_received(field: str, expected: tuple[str, str]) -> None:
    with serving(BaseServer, who, proxies=HERE) as server, connect(server) as client:
        client.send(request("/", "X-Forwarded-For: 203.0.113.7", field))
        assert repr(expected)[1:-1] in client.reply().content.decode()


def test_a_header_of_the_proxy_protocol_is_understood(server_class: type[BaseServer]) -> None:
    entries = Entries()
    proxies = Proxies(protocol=("127.0.0.0/8",))
    with serving(server_class, who, proxies=proxies, access_log=entries) as server, connect(server) as client:
        client.send(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n" + request() + request())
        for _ in range(2):
            assert client.reply().content == b"(('2001:db8::1', 1), 'http', 'a', ('2001:db8::2', 2))"
            assert entries.next().client == "2001:db8::1"


def test_whoever_is_to_send_a_header_and_sends_none_gets_no_answer(server_class: type[BaseServer], told: Told) -> None:
    entries = Entries()
    proxies = Proxies(protocol=("127.0.0.0/8",))
    with serving(server_class, who, proxies=proxies, access_log=entries) as server, connect(server) as client:
        client.send(request())
        assert gone(client)
    assert entries.rest() == []
    assert told() == [(logging.WARNING, "127.0.0.1: the connection does not begin with a PROXY header")]


def gone(client: WireClient) -> bool:
    try:
        return client.ended() == b""
    except ConnectionResetError:
        return True


# --- on sockets that no server keeps


def test_the_ends_of_a_plain_socket() -> None:
    with tcp_pair() as (ours, theirs):
        theirs.sendall(request("/", *CUSTOM))
        asked = Request(ours)
        assert (asked.client, asked.local) == (theirs.getsockname(), theirs.getpeername())
        assert (asked.scheme, asked.host) == ("http", "a")
        theirs.close()


def test_a_pair_is_local() -> None:
    with pair() as (ours, theirs):
        theirs.sendall(request())
        asked = Request(ours)
        assert (asked.client, asked.local) == (("127.0.0.1", 0), ("127.0.0.1", 0))

"""The server that a text names, and whether it is on this machine."""

import socket

import pytest

from pyhttp.checking.dialling import CannotCheck, Server, parse_server
from tests.helpers.careless import careless_server


@pytest.mark.parametrize(
    ("text", "server", "url"),
    [
        ("http://localhost:8080", Server("localhost", 8080), "http://localhost:8080/"),
        ("http://localhost", Server("localhost", 80), "http://localhost/"),
        ("https://[::1]:8443/", Server("::1", 8443, secure=True), "https://[::1]:8443/"),
        ("127.0.0.1:80", Server("127.0.0.1", 80), "http://127.0.0.1/"),
        ("unix:/run/x", Server("/run/x", 0, unix=True), "unix:/run/x"),
    ],
)
def test_what_names_a_server(text: str, server: Server, url: str) -> None:
    assert parse_server(text) == server
    assert server.url == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://a", "not http://"),
        ("http://", "no host"),
        ("http://u:p@a/", "no host"),
        ("http://a/b", "not a resource"),
        ("http://a/?b", "not a resource"),
        ("http://a:x/", "the port"),
        ("http://a:65536/", "the port"),
        ("unix:", "a path"),
    ],
)
def test_what_names_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_server(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("0.0.0.0", False),
        ("2001:db8::1", False),
    ],
)
def test_what_is_on_this_machine(host: str, local: bool) -> None:
    assert Server(host, 80).is_local() is local


def test_a_name_is_on_this_machine_where_each_address_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80)) for host in ("127.0.0.1", "192.0.2.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert not Server("both.example", 80).is_local()
    assert Server("/run/x", 0, unix=True).is_local()


def test_a_name_that_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CannotCheck, match="not known"):
        Server("nowhere.example", 80).is_local()


def test_a_server_that_speaks_no_tls() -> None:
    with careless_server(b"220 ready\r\n") as port, pytest.raises(OSError, match="SSL"):
        Server("127.0.0.1", port, secure=True).connect(1)


def test_nobody_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port: int = closed.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            Server("127.0.0.1", port).connect(1)


@pytest.mark.parametrize(
    ("server", "authority"),
    [
        (Server("a", 80), "a"),
        (Server("a", 443), "a:443"),
        (Server("a", 443, secure=True), "a"),
        (Server("a", 80, secure=True), "a:80"),
        (Server("::1", 8080), "[::1]:8080"),
        (Server("/run/x", 0, unix=True), "localhost"),
    ],
)
def test_the_authority_as_in_a_host_field(server: Server, authority: str) -> None:
    assert server.authority == authority

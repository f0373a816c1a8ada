"""The listeners of a server, and the number of connections that it can have."""

import errno
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

import pytest

from pyhttp.transport import listener
from pyhttp.transport.listener import address_of, connection_capacity, is_shared, listen, url_of
from pyhttp.transport.unix import listen_unix
from tests.helpers.sockets import descriptors


def close(listeners: list[socket.socket]) -> None:
    for each in listeners:
        each.close()


def failing(
    number: int, *families: int, times: int = 1000
) -> Callable[[socket.socket, listener.Endpoint, int, int], None]:
    """A `_bind` that fails for some families, a number of times."""
    real, left = listener._bind, [times]

    def bind(made: socket.socket, address: listener.Endpoint, port: int, backlog: int) -> None:
        if made.family in families and left[0]:
            left[0] -= 1
            raise OSError(number, "as asked")
        real(made, address, port, backlog)

    return bind


def test_L11_localhost_is_both_loopback_addresses_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise AssertionError("nothing is looked up")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    listeners = listen("localhost", 0, 5)
    try:
        addresses = [address_of(each) for each in listeners]
        assert {host for host, _ in addresses} <= {"127.0.0.1", "::1"}
        assert len({port for _, port in addresses}) == 1
        assert not any(each.getblocking() for each in listeners)
    finally:
        close(listeners)


@pytest.mark.parametrize(("name", "looked_up"), [("example.test", b"example.test"), ("bücher.test", "bücher.test")])
def test_another_name_is_resolved_once(name: str, looked_up: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ASCII is given in octets: for a text the tables of Unicode are loaded."""
    asked: list[object] = []

    def resolve(host: object, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 2

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    listeners = listen(name, 0, 5)
    assert [address_of(each)[0] for each in listeners] == ["127.0.0.1"]
    assert asked == [looked_up]
    close(listeners)


@pytest.mark.parametrize("host", ["", "::"])
def test_every_interface_is_that_of_both_families_on_one_port(host: str) -> None:
    """`python -m http.server --bind ::` does the same. A client of IPv4 has its own address, without ::ffff."""
    listeners = listen(host, 0, 5)
    assert {address_of(each)[0] for each in listeners} == {"0.0.0.0", "::"}
    (port,) = {address_of(each)[1] for each in listeners}
    for loopback in ("127.0.0.1", "::1"):
        with socket.create_connection((loopback, port), timeout=10) as client:
            at = next(each for each in listeners if each.family == client.family)
            accepted, peer = at.accept()
            accepted.close()
            assert peer[0] == loopback
    close(listeners)


def test_every_interface_of_IPv4_is_no_other() -> None:
    (only,) = listen("0.0.0.0", 0, 5)
    assert address_of(only)[0] == "0.0.0.0"
    only.close()


LO: Final = socket.if_nametoindex("lo")


class LinkLocal(listener.Listener):
    """A socket of a machine whose loopback interface has the address fe80::1."""

    asked: ClassVar[list[object]] = []

    def bind(self, address: object) -> None:
        self.asked.append(address)

    def getsockname(self) -> tuple[str, int, int, int]:
        return ("fe80::1", 8000, 0, LO)


def test_a_link_local_address_is_bound_with_its_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 4007 §11: the zone is part of the address. The zone is told with the address of the server, too."""
    monkeypatch.setattr(listener, "Listener", LinkLocal)
    (only,) = listen("fe80::1%lo", 8000, 5)
    assert LinkLocal.asked == [("fe80::1", 8000, 0, LO)]
    assert address_of(only) == ("fe80::1%lo", 8000)
    monkeypatch.setattr(socket, "if_indextoname", lambda _: (_ for _ in ()).throw(OSError("gone")))
    assert address_of(only) == (f"fe80::1%{LO}", 8000)
    only.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("::1", "http://[::1]:80/"),
        ("fe80::1%eth0", "http://[fe80::1%25eth0]:80/"),
    ],
)
def test_the_url_of_an_address(host: str, url: str) -> None:
    assert url_of(host, 80) == url


@pytest.mark.parametrize("absent", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_a_machine_that_lacks_one_family_is_no_error(monkeypatch: pytest.MonkeyPatch, absent: int, number: int) -> None:
    monkeypatch.setattr(listener, "_bind", failing(number, absent))
    if absent == socket.AF_INET and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    listeners = listen("localhost", 0, 5)
    assert [each.family for each in listeners] == [socket.AF_INET6 if absent == socket.AF_INET else socket.AF_INET]
    close(listeners)


def test_a_machine_that_lacks_every_family_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(listener, "_bind", failing(errno.EADDRNOTAVAIL, socket.AF_INET, socket.AF_INET6))
    with pytest.raises(OSError, match="as asked"):
        listen("localhost", 0, 5)
    assert descriptors() == before


def test_another_fault_of_one_family_is_an_error() -> None:
    before = descriptors()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listener, "_bind", failing(errno.EACCES, socket.AF_INET6))
        with pytest.raises(OSError, match="as asked"):
            listen("localhost", 0, 5)
    assert descriptors() == before


def test_a_picked_port_that_is_taken_on_the_second_address_is_picked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_bind", failing(errno.EADDRINUSE, socket.AF_INET6, times=3))
    close(listen("localhost", 0, 5))
    monkeypatch.setattr(listener, "_bind", failing(errno.EADDRINUSE, socket.AF_INET6))
    with pytest.raises(OSError, match="as asked"):
        listen("localhost", 0, 5)


def test_a_port_that_is_asked_for_and_taken_is_an_error_at_once() -> None:
    (taken,) = listen("127.0.0.1", 0, 5)
    port = address_of(taken)[1]
    with pytest.raises(
        OSError, match=rf"\[Errno 98\] cannot listen on 127\.0\.0\.1 port {port}: Address already in use"
    ):
        listen("127.0.0.1", port, 5)
    taken.close()


@pytest.mark.parametrize(
    ("soft", "limit", "capacity"),
    [
        (1024, 10_000, 960),
        (64, 10_000, 48),
        (20_000, 10_000, 10_000),
        (resource.RLIM_INFINITY, 10_000, 10_000),
        (1, 10_000, 1),
    ],
)
def test_D12_connections_leave_descriptors_for_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, limit: int, capacity: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    assert connection_capacity(limit) == capacity


def test_an_address_that_several_hosts_mean_is_bound_once() -> None:
    listeners = listen(["127.0.0.1", "localhost", "127.0.0.2"], 0)
    hosts = [address_of(each)[0] for each in listeners]
    assert [host for host in hosts if host != "::1"] == ["127.0.0.1", "127.0.0.2"]
    assert len({address_of(each)[1] for each in listeners}) == 1
    close(listeners)


def test_that_one_host_is_there_excuses_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(listener, "_bind", failing(errno.EADDRNOTAVAIL, socket.AF_INET6))
    close(listen(["127.0.0.1", "localhost"], 0))
    with pytest.raises(OSError, match="as asked"):
        listen(["127.0.0.1", "::1"], 0)
    assert descriptors() == before


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 64 + ".test"])
def test_a_host_that_is_unknown_is_named(host: str) -> None:
    with pytest.raises(socket.gaierror) as caught:
        listen(["127.0.0.1", host], 0)
    assert caught.value.filename == host


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range(port: int) -> None:
    with pytest.raises(ValueError, match=f"port: 0 to 65535, not {port}"):
        listen("localhost", port)


def test_the_largest_port_is_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[int] = []
    monkeypatch.setattr(listener, "_bind", lambda _made, _address, port, _backlog: bound.append(port))
    close(listen("127.0.0.1", 65535))
    assert bound == [65535]


@pytest.mark.parametrize(("name", "host"), [("/run/s", "unix:/run/s"), (b"\0a\0b", "unix:@a\0b"), ("", "unix:")])
def test_the_address_of_a_unix_socket_is_its_path(name: str | bytes, host: str) -> None:
    class Named(socket.socket):
        def getsockname(self) -> str | bytes:
            return name

    with Named(socket.AF_UNIX) as named:
        assert address_of(named) == (host, 0)
    assert url_of(host, 0) == host


def test_no_other_process_accepts_from_what_this_one_has_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = [*listen("127.0.0.1", 0), listen_unix(str(tmp_path / "s"))]
    assert [is_shared(each) for each in opened] == [False, False]
    others = [opened[0].dup(), socket.create_server(("127.0.0.1", 0))]  # given by a service manager, for instance
    assert [is_shared(each) for each in others] == [True, True]
    monkeypatch.setattr("os.getpid", lambda: opened[0].fileno() - 1)  # a copy of the process
    assert [is_shared(each) for each in opened] == [True, True]
    monkeypatch.undo()
    close(opened + others)

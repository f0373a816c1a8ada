"""Where a server listens, and how many connections it can have."""

import errno
import resource
import socket
from collections.abc import Callable

import pytest

from pyhttp.transport import listener
from pyhttp.transport.listener import address_of, connection_capacity, listen
from tests.helpers.sockets import descriptors


def close(listeners: list[socket.socket]) -> None:
    for each in listeners:
        each.close()


def failing(number: int, *families: int, times: int = 1000) -> Callable[[socket.socket, str, int, int], None]:
    """A `_bind` that fails for some families, a number of times."""
    real, left = listener._bind, [times]

    def bind(made: socket.socket, address: str, port: int, backlog: int) -> None:
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


def test_another_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 2

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    listeners = listen("example.test", 0, 5)
    assert [address_of(each)[0] for each in listeners] == ["127.0.0.1"]
    assert asked == ["example.test"]
    close(listeners)


def test_an_empty_host_is_every_interface() -> None:
    listeners = listen("", 0, 5)
    assert {address_of(each)[0] for each in listeners} <= {"0.0.0.0", "::"}
    close(listeners)


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
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", address_of(taken)[1], 5)
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

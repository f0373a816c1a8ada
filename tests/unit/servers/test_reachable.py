"""The addresses by which other devices reach a server."""

import socket
from typing import Final, Self

import pytest

from pyhttp.servers.reachable import device_urls, own_address, shown_urls

HOME: Final = {"0.0.0.0": "192.168.1.7", "::": "2001:db8:1::7"}


def nowhere(everywhere: str) -> str:
    return ""


@pytest.mark.parametrize(
    ("addresses", "urls"),
    [
        ([("127.0.0.1", 1), ("::1", 1)], []),
        ([("127.9.9.9", 1), ("unix:/run/x", 0), ("fe80::1%eth0", 1), ("FE80::1", 1), ("169.254.1.1", 1)], []),
        ([("0.0.0.0", 80)], ["http://192.168.1.7:80/"]),
        ([("::", 80)], ["http://[2001:db8:1::7]:80/"]),
        ([("::", 80), ("0.0.0.0", 80)], ["http://192.168.1.7:80/", "http://[2001:db8:1::7]:80/"]),
        ([("10.0.0.1", 80), ("::2", 81)], ["http://10.0.0.1:80/", "http://[::2]:81/"]),
        ([("0.0.0.0", 80), ("192.168.1.7", 80)], ["http://192.168.1.7:80/"]),
        ([("0.0.0.0", 80), ("0.0.0.0", 81)], ["http://192.168.1.7:80/", "http://192.168.1.7:81/"]),
    ],
)
def test_what_can_be_typed_on_another_device(addresses: list[tuple[str, int]], urls: list[str]) -> None:
    assert device_urls(addresses, find=HOME.__getitem__) == urls
    assert device_urls(addresses, secure=True, find=HOME.__getitem__) == [url.replace("http", "https") for url in urls]


def test_without_a_network_there_is_nothing_to_type() -> None:
    assert device_urls([("0.0.0.0", 80), ("::", 80)], find=nowhere) == []
    assert device_urls([("::", 80)], find=lambda _: "fe80::7") == []
    assert device_urls([("0.0.0.0", 80)], find=lambda _: "127.0.0.1") == []


def test_every_address_is_announced_as_one_that_can_be_asked() -> None:
    assert shown_urls([("127.0.0.1", 1), ("::1", 2)]) == ["http://127.0.0.1:1/", "http://[::1]:2/"]
    assert shown_urls([("0.0.0.0", 1), ("::", 2)], find=nowhere) == ["http://127.0.0.1:1/", "http://[::1]:2/"]
    assert shown_urls([("0.0.0.0", 1)], find=HOME.__getitem__) == ["http://127.0.0.1:1/", "http://192.168.1.7:1/"]
    assert shown_urls([("10.0.0.1", 1), ("unix:/x", 0)]) == ["http://10.0.0.1:1/", "unix:/x"]


class Asking:
    """A socket that knows by which address it would be seen, and cannot send."""

    asked: Final[list[tuple[int, int, object]]] = []

    def __init__(self, family: int, kind: int) -> None:
        self.family, self.kind = family, kind

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, address: object) -> None:
        self.asked.append((self.family, self.kind, address))

    def getsockname(self) -> tuple[str, int]:
        return ("192.168.1.7", 4711)


def test_the_system_is_asked_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Asking)
    assert own_address("0.0.0.0") == "192.168.1.7"
    assert own_address("::") == "192.168.1.7"
    assert Asking.asked == [
        (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 9)),
        (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 9)),
    ]


def test_a_machine_without_a_network_has_no_such_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(Asking, "connect", refuse)
    monkeypatch.setattr(socket, "socket", Asking)
    assert own_address("0.0.0.0") == ""

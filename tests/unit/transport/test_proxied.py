"""The word of a proxy: whose word is believed, in how many pieces it may come, and what is told of a wrong one."""

import pytest

from pyhttp.errors import Disconnected
from pyhttp.messages import RequestHead
from pyhttp.proxies import Proxies
from pyhttp.semantics.fields import Headers
from pyhttp.transport.channel import Address
from pyhttp.transport.proxied import Proxied, Trust
from pyhttp.wire.proxy_header import ProxyHeaderError
from tests.helpers.untyped import untyped

BOTH, SPEAKS, WRITES, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
PROXIES = Proxies(protocol=(BOTH, SPEAKS), headers=(BOTH, WRITES))
HEADER = b"PROXY TCP4 192.0.2.3 127.0.0.1 5 80\r\n"


class Octets:
    """A stream of octets that have arrived."""

    def __init__(self) -> None:
        self.arrived = b""
        self.asked: set[int] = set()

    def peek(self, most: int) -> bytes:
        self.asked.add(most)
        return self.arrived[:most]

    def skip(self, count: int) -> None:
        self.arrived = self.arrived[count:]


def introduce(proxied: Proxied, stream: Octets) -> object:
    return untyped(proxied.introduce)(stream)


def trust() -> tuple[Trust, list[str]]:
    told: list[str] = []
    return Trust(PROXIES, told.append), told


@pytest.mark.parametrize(
    ("host", "awaited", "believed"),
    [(BOTH, True, True), (SPEAKS, True, False), (WRITES, False, True), (OTHER, None, False)],
)
def test_who_is_believed(host: str, awaited: bool | None, believed: bool) -> None:
    made = trust()[0].of((host, 4711))
    assert (made and made.awaited) is awaited
    if made is not None:
        assert made.peer == (host, 4711)
        assert made.local is None
        found = made.locate(head("for=203.0.113.7"))
        assert (found is not None and found.client) == ("203.0.113.7" if believed else False)


def head(forwarded: str) -> RequestHead:
    return RequestHead("GET", "/", "/", "", "a", "HTTP/1.1", Headers([("Host", "a"), ("Forwarded", forwarded)]))


@pytest.mark.parametrize("size", [1, 7, len(HEADER) - 1, len(HEADER), len(HEADER) + 9])
def test_a_header_may_come_in_pieces_and_what_is_behind_it_stays(size: int) -> None:
    peer: Address = (SPEAKS, 4711)
    proxied, stream = Proxied(trust()[0], peer), Octets()
    sent, results = HEADER + b"GET / HTTP/1.1", []
    while proxied.awaited:
        stream.arrived, sent = stream.arrived + sent[:size], sent[size:]
        results.append(introduce(proxied, stream))
    assert results == [False] * (len(results) - 1) + [True]
    assert stream.arrived + sent == b"GET / HTTP/1.1"
    assert stream.asked == {8 * 1024}
    assert (proxied.peer, proxied.local) == (("192.0.2.3", 5), ("127.0.0.1", 80))
    found = proxied.locate(head("for=203.0.113.7"))  # the client is a proxy that writes fields
    assert found is not None


def test_a_header_without_addresses_leaves_them_as_they_are() -> None:
    proxied, stream = Proxied(trust()[0], (BOTH, 4711)), Octets()
    stream.arrived = b"PROXY UNKNOWN\r\nGET"
    assert introduce(proxied, stream) is True
    assert (proxied.peer, proxied.local, stream.arrived) == ((BOTH, 4711), None, b"GET")
    assert proxied.locate(head("for=203.0.113.7")) is not None


@pytest.mark.parametrize(("before", "error"), [(b"", Disconnected), (b"PROXY", ProxyHeaderError)])
def test_an_early_end(before: bytes, error: type[Exception]) -> None:
    proxied, stream = Proxied(trust()[0], (SPEAKS, 4711)), Octets()
    if before:
        stream.arrived = before
        assert introduce(proxied, stream) is False
    with pytest.raises(error):
        introduce(proxied, stream)
    assert proxied.awaited is True


def test_a_wrong_field_is_told_in_so_many_characters() -> None:
    made, told = trust()
    proxied = Proxied(made, (WRITES, 4711))
    assert proxied.locate(None) is None
    assert told == []
    assert proxied.locate(head("for=" + "=" * 500)) is None
    (line,) = told
    assert line.startswith(f"{WRITES}: the fields about the client are ignored: ")
    assert len(line) == 200

"""The PROXY protocol: its octets, and their meaning."""

import struct
from ipaddress import ip_address

import pytest

from pyhttp.wire.proxy_header import ProxyHeader, ProxyHeaderError, parse_proxy_header

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def binary(command: int, family: int, values: bytes) -> bytes:
    return SIGNATURE + bytes((command, family)) + struct.pack("!H", len(values)) + values


def addresses(source: str, destination: str, *ports: int) -> bytes:
    return ip_address(source).packed + ip_address(destination).packed + struct.pack("!HH", *ports)


IPV4 = addresses("192.0.2.1", "198.51.100.2", 56324, 443)
IPV6 = addresses("2001:db8::1", "2001:db8::2", 1, 65535)
FOUR = (("192.0.2.1", 56324), ("198.51.100.2", 443))
SIX = (("2001:db8::1", 1), ("2001:db8::2", 65535))
NOBODY = (None, None)

Named = tuple[tuple[str, int] | None, tuple[str, int] | None]

ACCEPTED: list[tuple[bytes, Named]] = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", FOUR),
    (b"PROXY TCP6 2001:DB8::1 2001:db8:0::2 1 65535\r\n", SIX),
    (b"PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n", (("192.0.2.1", 0), ("198.51.100.2", 0))),
    (b"PROXY UNKNOWN\r\n", NOBODY),
    (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", NOBODY),
    (binary(0x21, 0x11, IPV4), FOUR),
    (binary(0x21, 0x21, IPV6), SIX),
    (binary(0x21, 0x11, IPV4 + b"\x04\x00\x01x"), FOUR),
    (binary(0x20, 0x00, b""), NOBODY),
    (binary(0x20, 0x11, IPV4), NOBODY),
    (binary(0x21, 0x00, b"whatever"), NOBODY),
    (binary(0x21, 0x31, b"/socket".ljust(216, b"\0")), NOBODY),
    (binary(0x21, 0x12, IPV4), NOBODY),
]


@pytest.mark.parametrize(("header", "expected"), ACCEPTED)
def test_a_header_is_read_and_what_follows_is_not(header: bytes, expected: Named) -> None:
    assert parse_proxy_header(header + b"GET / HTTP/1.1\r\n") == ProxyHeader(len(header), *expected)


@pytest.mark.parametrize(("header", "expected"), ACCEPTED)
def test_less_than_a_header_is_waited_for(header: bytes, expected: Named) -> None:
    assert expected
    for length in range(len(header)):
        assert parse_proxy_header(bytearray(header[:length])) is None


@pytest.mark.parametrize(
    "received",
    [
        b"G",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"PROXX",
        b"PROXYX",
        b"PROXY  TCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 056324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536\r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.2 56324 443\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n",
        b"PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.2 56324 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n\r\n",
        b"PROXY UNKNOWN" + b" " * 94,
        b"\r\n\r\n\x00\r\nQUIT\r",
        binary(0x11, 0x11, IPV4),
        binary(0x22, 0x11, IPV4),
        binary(0x21, 0x11, IPV4[:-1]),
        binary(0x21, 0x21, IPV4),
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_cannot_become_a_header_is_refused(received: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        parse_proxy_header(received)


def test_a_line_of_the_greatest_length_is_taken() -> None:
    line = b"PROXY UNKNOWN ".ljust(105, b"x") + b"\r\n"
    assert parse_proxy_header(line) == ProxyHeader(107, None, None)
    with pytest.raises(ProxyHeaderError, match="longer"):
        parse_proxy_header(line[:-2] + b"x\r\n")


def test_values_of_the_greatest_length_are_taken() -> None:
    taken = parse_proxy_header(binary(0x21, 0x11, IPV4.ljust(4096, b"\0")))
    assert taken is not None
    assert taken.length == 16 + 4096
    with pytest.raises(ProxyHeaderError, match="4097 octets"):
        parse_proxy_header(binary(0x21, 0x11, IPV4.ljust(4097, b"\0")))


@pytest.mark.parametrize(
    ("received", "why"),
    [
        (b"PROXY TCP9 a\r\n", "the PROXY line is malformed: PROXY TCP9 a"),
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 1\r\n",
            "the PROXY line has a port beyond 65535: PROXY TCP4 192.0.2.1 192.0.2.2 65536 1",
        ),
    ],
)
def test_the_log_shows_the_line(received: bytes, why: str) -> None:
    with pytest.raises(ProxyHeaderError) as raised:
        parse_proxy_header(received)
    assert str(raised.value) == why

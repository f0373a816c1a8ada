"""RFC 7239, and the PROXY protocol: proxies whose word about their clients is believed, and clients that are not.

There are three servers: one that believes no client, one that believes its clients' fields ("fields-believed"), and one
whose clients have to begin with a PROXY header ("proxy-header").
"""

from typing import Final

from pyhttp.checking.rows.model import Answer, Closed, Kept, Row, Seen, Send, head, refused, row, served

__all__ = ["ROWS"]

_CLIENT: Final = "203.0.113.7"
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_ADDRESSES: Final = bytes([203, 0, 113, 7, 192, 0, 2, 1, 0x12, 0x67, 0, 80])


def _get(*lines: str) -> bytes:
    return head("GET /echo HTTP/1.1", "Host: a", *lines)


def _fields(name: str, *lines: str, client: str, host: str = "a", needs: str = "fields-believed") -> Row:
    answer = Answer(200, seen=Seen(client=client, host=host, authority="a"))
    return served(name, "C6", _get(*lines), answer, needs=f"{needs} client")


def _spoilt(name: str, *lines: str) -> Row:
    return _fields(f"not believed: {name}", *lines, client="127.0.0.1")


_SAID: Final = (
    ("Forwarded", f"Forwarded: for={_CLIENT};host=b.example"),
    ("X-Forwarded-For", f"X-Forwarded-For: {_CLIENT}"),
)

_FIELDS: Final = (
    *(_fields(f"a stranger says {name}", line, client="127.0.0.1", needs="") for name, line in _SAID),
    _fields("Forwarded", f"Forwarded: for={_CLIENT};host=b.example", client=_CLIENT, host="b.example"),
    _fields("Forwarded with a port", f'Forwarded: For="{_CLIENT}:4711"', client=_CLIENT),
    _fields("Forwarded of version 6", 'Forwarded: for="[2001:db8::7]"', client="2001:db8::7"),
    _fields("the last of several", f"Forwarded: for=192.0.2.66, for={_CLIENT}", client=_CLIENT),
    _fields("the last of several lines", "Forwarded: for=192.0.2.66", f"Forwarded: for={_CLIENT}", client=_CLIENT),
    _fields("nonsense in front of it", f"Forwarded: <nonsense>, for={_CLIENT}", client=_CLIENT),
    _fields("another trusted proxy behind it", f"Forwarded: for={_CLIENT}, for=127.0.0.2", client=_CLIENT),
    _fields("X-Forwarded-For", f"X-Forwarded-For: 192.0.2.66, {_CLIENT}", client=_CLIENT),
    _fields("X-Forwarded-Host", _SAID[1][1], "X-Forwarded-Host: b.example", client=_CLIENT, host="b.example"),
    _fields("both, alike", f"Forwarded: for={_CLIENT}", f"X-Forwarded-For: {_CLIENT}", client=_CLIENT),
    _fields("an identifier in place of an address", "Forwarded: for=_hidden", client="_hidden"),
    *(
        _spoilt(f"Forwarded: {value}", f"Forwarded: {value}")
        for value in (
            "for",
            "for=",
            "for=[2001:db8::1]",
            'for="2001:db8::1"',
            "for=192.0.2.1:80",
            "for=192.0.2.256",
            "for=192.0.2.1 proto=http",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1;proto=a/b",
            'for=192.0.2.1;host="a b"',
            'for=192.0.2.1;host=":80"',
            'for="192.0.2.1',
            "for=example.org",
        )
    ),
    *(
        _spoilt(f"X-Forwarded-For: {value}", f"X-Forwarded-For: {value}")
        for value in ("example.org", "192.0.2.1;x", "::1::", "'", "192.0.2.1 192.0.2.2")
    ),
    _spoilt("X-Forwarded-Proto: a/b", f"X-Forwarded-For: {_CLIENT}", "X-Forwarded-Proto: a/b"),
    _spoilt("X-Forwarded-Host: a b", f"X-Forwarded-For: {_CLIENT}", "X-Forwarded-Host: a b"),
    _spoilt("both, and different", f"Forwarded: for={_CLIENT}", "X-Forwarded-For: 192.0.2.1"),
)


def _introduced(name: str, header: bytes, client: str = _CLIENT) -> Row:
    steps = (Send(header + _get()), Answer(200, seen=Seen(client=client, host="a")), Kept())
    return row(f"PROXY header: {name}", "C6", *steps, needs="proxy-header client")


def _rejected(name: str, received: bytes) -> Row:
    """A row without an answer: the sender may be a proxy, and the answer would go to its client."""
    return row(f"no PROXY header: {name}", "C6", Send(received), Closed(), needs="proxy-header")


_HEADERS: Final = (
    refused("a stranger sends a PROXY line", "C6", b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n" + _get()),
    refused("a stranger sends a PROXY header", "C6", _SIGNATURE + b"\x21\x11\0\x0c" + _ADDRESSES + _get()),
    _introduced("a line", b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n"),
    _introduced("a line of version 6", b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n", "2001:db8::7"),
    _introduced("a line of nobody", b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    _introduced("binary", _SIGNATURE + b"\x21\x11\0\x0c" + _ADDRESSES),
    _introduced("binary, with more behind the addresses", _SIGNATURE + b"\x21\x11\0\x10" + _ADDRESSES + b"\x04\0\x01x"),
    _introduced("binary, the proxy itself", _SIGNATURE + b"\x20\0\0\0", "127.0.0.1"),
    _rejected("a request", _get()),
    _rejected("a TLS handshake", b"\x16\x03\x01\0\x05hello"),
    *(
        _rejected(line, line.encode() + b"\r\n" + _get())
        for line in (
            "PROXX",
            "PROXY  TCP4 192.0.2.1 198.51.100.2 56324 443",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324",
            "PROXY TCP4 192.0.2.1 198.51.100.2 056324 443",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536",
            "PROXY TCP4 192.0.2.256 198.51.100.2 56324 443",
            "PROXY TCP4 2001:db8::1 2001:db8::2 56324 443",
            "PROXY TCP6 192.0.2.1 198.51.100.2 56324 443",
            "PROXY UDP4 192.0.2.1 198.51.100.2 56324 443",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 ",
            "PROXY UNKNOWN " + "x" * 100,
        )
    ),
    _rejected("another signature", b"\r\n\r\n\0\r\nQUIT\r" + _get()),
    _rejected("version 1 in binary", _SIGNATURE + b"\x11\x11\0\x0c" + _ADDRESSES + _get()),
    _rejected("an unknown command", _SIGNATURE + b"\x22\x11\0\x0c" + _ADDRESSES + _get()),
    _rejected("too few octets of addresses", _SIGNATURE + b"\x21\x11\0\x0b" + _ADDRESSES[:-1] + _get()),
    _rejected("addresses of another version", _SIGNATURE + b"\x21\x21\0\x0c" + _ADDRESSES + _get()),
    _rejected("more octets than any header has", _SIGNATURE + b"\x21\x11\xff\xff" + _get()),
)

ROWS: Final[tuple[Row, ...]] = (*_FIELDS, *_HEADERS)

"""RFC 9110 §7.4: requests for hosts that a server does not answer for, at a server of some hosts alone.

The server answers for "a", "*.below.example", 192.0.2.0/24, [2001:db8::1], and for the canary's host.
"""

from typing import Final

from pyhttp.checking.rows.model import Answer, Closed, Row, Seen, Send, head, refused, row, served

__all__ = ["HOSTS", "ROWS"]

HOSTS: Final = frozenset({"a", "canary", "*.below.example", "192.0.2.0/24", "2001:db8::1"})
_CITES: Final = "9110-7.4-3a L14"


def _get(host: str, *lines: str, target: str = "/echo", method: str = "GET") -> bytes:
    return head(f"{method} {target} HTTP/1.1", f"Host: {host}", *lines)


def _served(name: str, host: str, *, target: str = "/echo", authority: str = "") -> Row:
    answer = Answer(200, seen=Seen(path="/echo", authority=authority or host))
    return served(f"allowed: {name}", "L14", _get(host, target=target), answer, needs="hosts authority")


def _refused(name: str, data: bytes) -> Row:
    return refused(f"not allowed: {name}", _CITES, data, 421, needs="hosts")


ROWS: Final[tuple[Row, ...]] = (
    _served("a name", "a"),
    _served("in capitals, with a port", "A:8080"),
    _served("with the dot of the root", "a."),
    _served("a name below another one", "x.y.below.example"),
    _served("an address of a network", "192.0.2.200:80"),
    _served("an address of version 6, written in full", "[2001:0db8:0:0:0:0:0:1]:80"),
    _served("by an absolute form, whatever Host says", "evil.example", target="http://a:81/echo", authority="a:81"),
    row(
        "allowed: HTTP/1.0 without Host",
        "L14",
        Send(head("GET /echo HTTP/1.0")),
        Answer(200, version="HTTP/1.0", seen=Seen(authority="")),
        Closed(),
        needs="hosts",
    ),
    _refused("another name", _get("evil.example")),
    _refused("a name that ends alike", _get("xa")),
    _refused("a name that begins alike", _get("a.evil.example")),
    _refused("the name that others are below", _get("below.example")),
    _refused("an address beside the network", _get("192.0.3.1")),
    _refused("an address as one number", _get("3221225985")),
    _refused("another address of version 6", _get("[2001:db8::2]")),
    _refused("the address that was connected to", _get("127.0.0.1")),
    _refused("by an absolute form, though Host is allowed", _get("a", target="http://evil.example/echo")),
    _refused("the server as a whole", _get("evil.example", target="*", method="OPTIONS")),
    _refused("a preflight", _get("evil.example", "Origin: http://a", "Access-Control-Request-Method: GET")),
    _refused("a stranger's word of its host", _get("evil.example", "Forwarded: for=192.0.2.9;host=a")),
    _refused("HTTP/1.0 with another host", head("GET /echo HTTP/1.0", "Host: evil.example")),
    _refused("with content", _get("evil.example", "Content-Length: 5", method="POST") + b"12345"),
    _refused("with content that waits", _get("evil.example", "Content-Length: 5", "Expect: 100-continue")),
    refused("not allowed, and malformed", "S9", _get("evil.example", "Bad Name: x"), needs="hosts"),
    refused("no Host where some are allowed", "9112-3.2-6a S9", head("GET /echo HTTP/1.1"), needs="hosts"),
)

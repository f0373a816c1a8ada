"""RFC 9112 §5, RFC 9110 §5: field lines, and Host (RFC 9112 §3.2)."""

from typing import Final

from pyhttp.checking.rows.model import Answer, Closed, Kept, Row, Seen, Send, head, refused, row, served

__all__ = ["ROWS"]


def _with(*lines: str) -> bytes:
    return head("GET /echo HTTP/1.1", "Host: a", *lines)


def _host(*values: str, version: str = "HTTP/1.1") -> bytes:
    return head(f"GET /echo {version}", *(f"Host:{value}" for value in values))


_NAMES: Final = (
    refused("a space before the colon", "9112-5.1-2c S5", _with("X-A : b")),
    refused("a tab before the colon", "9112-5.1-2c S5", _with("X-A\t: b")),
    refused("a space before the colon of Content-Length", "9112-5.1-2c S5 F3", _with("Content-Length : 5") + b"hello"),
    refused("an empty name", "9112-2.2-9a S5", _with(": b")),
    refused("no colon", "9112-2.2-9a S5", _with("X-A")),
    refused("a space in the name", "9112-2.2-9a S5", _with("X A: b")),
    refused("a parenthesis in the name", "9112-2.2-9a S5", _with("X(A): b")),
    refused("NUL in the name", "9112-2.2-9a S5", _with("X\0A: b")),
    refused("a byte beyond ASCII in the name", "9112-2.2-9a S5", _with("X\xe4: b")),
    served(
        "every character of a token in a name",
        "9110-5.1-6b S5",
        _with("!#$%&'*+-.^_`|~09azAZ: b"),
        or_refused=(400,),
    ),
    served(
        "names in any case",
        "9110-5.1-4c",
        head("GET /echo HTTP/1.1", "hOST: a", "x-A: b"),
        Answer(200, seen=Seen(fields=(("X-a", "b"),))),
    ),
    served(
        "unknown fields",
        "9110-5.1-6b",
        _with("X-Unknown: 1", "Zzz: 2"),
        Answer(200, seen=Seen(fields=(("x-unknown", "1"), ("zzz", "2")))),
    ),
)

_VALUES: Final = (
    served("no white space", "9110-5.5-3b", _with("X-A:b"), Answer(200, seen=Seen(fields=(("x-a", "b"),)))),
    served(
        "white space around a value",
        "9110-5.5-3b S7",
        _with("X-A: \t b \t "),
        Answer(200, seen=Seen(fields=(("x-a", "b"),))),
    ),
    served(
        "white space within a value",
        "9110-5.6.3-4b",
        _with("X-A: b \t c"),
        Answer(200, seen=Seen(fields=(("x-a", "b \t c"),))),
    ),
    row(
        "an empty value",
        "9110-5.5-3b",
        Send(_with("X-A:", "X-B: \t")),
        Answer(200, seen=Seen(fields=(("x-a", ""), ("x-b", "")))),
        Kept(),
        or_else=[(Send(_with("X-A:", "X-B: \t")), Answer(200, seen=Seen(lacks=("x-a", "x-b"))), Kept())],
    ),
    served(
        "bytes beyond ASCII",
        "9110-5.5-4e 9112-2.2-2a S6 S7",
        _with("X-A: \x85\xa0 \xff\xa0\x85"),
        Answer(200, seen=Seen(fields=(("x-a", "\x85\xa0 \xff\xa0\x85"),))),
        or_refused=(400,),
    ),
    served(
        "repeated lines",
        "9110-5.3-1a",
        _with("X-A: 1", "X-B: x", "X-A: 2"),
        Answer(200, seen=Seen(fields=(("x-a", "1, 2"),))),
    ),
    served(
        "colons in a value", "9110-5.5-3b", _with("X-A: b: c::"), Answer(200, seen=Seen(fields=(("x-a", "b: c::"),)))
    ),
    refused("NUL in a value", "9110-5.5-5a S6", _with("X-A: b\0c"), or_served=True),
    refused("CR in a value", "9110-5.5-5a 9112-2.2-4b S1 S6", _with("X-A: b\rc"), or_served=True),
    refused(
        "CR at the end of a value",
        "9110-5.5-5a 9112-2.2-4b S1",
        b"GET /echo HTTP/1.1\r\nHost: a\r\nX-A: b\r\r\n\r\n",
        or_served=True,
    ),
    refused("LF in a value", "9112-2.2-9a S1", _with("X-A: b\nc")),
    refused("a bell in a value", "9110-5.5-5b 9110-2.4-2a S6", _with("X-A: b\x07c"), or_served=True),
    refused("DEL in a value", "9110-5.5-5b S6", _with("X-A: b\x7fc"), or_served=True),
    refused("VT around a value", "9110-5.5-5b S6 S7", _with("X-A: \x0bb"), or_served=True),
    refused("FF around a value", "9110-5.5-5b S6 S7", _with("X-A: b\x0c"), or_served=True),
)

_FOLDS: Final = (
    refused("a folded line", "9112-5.2-4a S8", _with("X-A: b", " c"), or_served=True),
    refused("a line folded with a tab", "9112-5.2-4a S8", _with("X-A: b", "\tc"), or_served=True),
    refused("a folded Host", "9112-5.2-4a S8", head("GET /echo HTTP/1.1", "Host:", " a"), or_served=True),
    refused("a fold of nothing", "9112-5.2-4a S8", _with("X-A: b", " "), or_served=True),
    refused("a space before the first field", "9112-2.2-8a S8", head("GET /echo HTTP/1.1", " Host: a"), or_served=True),
    refused(
        "a tab before the first field",
        "9112-2.2-8a S8",
        head("GET /echo HTTP/1.1", "\tX: 1", "Host: a"),
        or_served=True,
    ),
    refused(
        "white space alone before the first field",
        "9112-2.2-8a S8",
        head("GET /echo HTTP/1.1", " ", "Host: a"),
        or_served=True,
    ),
)

_HOSTS: Final = (
    served("a name", "9112-3.2-6a S9", _host(" a")),
    served(
        "a name and a port",
        "S9",
        _host(" a.example:8080"),
        Answer(200, seen=Seen(fields=(("host", "a.example:8080"),))),
    ),
    served("a name and an empty port", "S9 3986-6.2.3-3b", _host(" a:")),
    served("four numbers", "3986-3.2.2-3b S9", _host(" 127.0.0.1:80")),
    served("an address of version 6", "S9", _host(" [::1]:80")),
    served("an address of version 6 with four numbers", "S9", _host(" [::ffff:192.0.2.1]")),
    served("every character of a name", "S9", _host(" a-b._~!$&'()*+;=%41"), or_refused=(400,)),
    refused("no Host", "9112-3.2-6a S9", _host()),
    refused("two Hosts", "9112-3.2-6a S9", _host(" a", " b")),
    refused("two equal Hosts", "9112-3.2-6a S9", _host(" a", " a")),
    refused("an empty Host", "S9", _host(""), or_served=True),
    refused("a space in Host", "9112-3.2-6a S9", _host(" a b")),
    refused("a path in Host", "9112-3.2-6a S9", _host(" a/b")),
    refused("a user in Host", "9112-3.2-6a 9110-4.2.4-4a S9", _host(" u@a")),
    refused("a scheme in Host", "9112-3.2-6a S9", _host(" http://a")),
    refused("a list in Host", "S9", _host(" a,b"), or_served=True),
    refused("a port of letters", "9112-3.2-6a S9", _host(" a:b")),
    refused("two ports", "9112-3.2-6a S9", _host(" a:80:80")),
    refused("a port of six digits", "S9", _host(" a:000080"), or_served=True),
    refused("a port alone", "S9", _host(" :80"), or_served=True),
    refused("an address not closed", "9112-3.2-6a S9", _host(" [::1")),
    refused("an address that is none", "9112-3.2-6a S9", _host(" [::g]")),
    refused("an address of a future kind", "3986-3.2.2-7c S9", _host(" [v1.x]"), or_served=True),
    refused("a byte beyond ASCII in Host", "9112-3.2-6a S9", _host(" \xe4")),
    refused("an escape that is none in Host", "9112-3.2-6a S9", _host(" a%4")),
    refused("a query in Host", "9112-3.2-6a S9", _host(" a?b")),
    row(
        "HTTP/1.0 without Host",
        "9112-3.3-13b",
        Send(_host(version="HTTP/1.0")),
        Answer(200, version="HTTP/1.0"),
        Closed(),
    ),
    refused("two Hosts in HTTP/1.0", "9112-3.2-6a 9110-5.1-4c S9", _host(" a", " a", version="HTTP/1.0")),
    refused("an invalid Host in HTTP/1.0", "9112-3.2-6a 9110-5.1-4c S9", _host(" a b", version="HTTP/1.0")),
    refused("two Content-Types", "S9", _with("Content-Type: text/plain", "Content-Type: text/html"), or_served=True),
)

ROWS: Final[tuple[Row, ...]] = (*_NAMES, *_VALUES, *_FOLDS, *_HOSTS)

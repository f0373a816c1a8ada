"""Requests as bytes for hypothesis: valid ones, and ones with a fault."""

import string
from itertools import pairwise
from typing import Final

from hypothesis import strategies as st

__all__ = ["broken_heads", "chunked", "heads", "messages", "some_heads", "splits"]

TCHARS: Final = "!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters
METHODS: Final = st.one_of(
    st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "get", "M-SEARCH")),
    st.text(TCHARS, min_size=1, max_size=12),
).filter(lambda method: method not in {"CONNECT", "TRACE", "OPTIONS"})
PATH_PIECES: Final = st.sampled_from(("/", "a", "%2F", "%00", "..", ";", "=", "~", ":", "@", "&", "'", '"', "\\", "{"))
TARGETS: Final = st.builds(
    lambda prefix, pieces, query: prefix + "/" + "".join(pieces) + query,
    st.sampled_from(("", "", "", "http://a", "HTTP://[::1]:80", "http://b.example:8080")),
    st.lists(PATH_PIECES, max_size=6),
    st.sampled_from(("", "?", "?a=b", "?/?x", "?%20")),
)
NAMES: Final = st.one_of(
    st.sampled_from(("Accept", "X-A", "x-a", "User-Agent", "Cookie", "Upgrade", "If-None-Match")),
    st.text(TCHARS, min_size=1, max_size=10).filter(
        lambda name: (
            name.lower() not in {"host", "content-length", "transfer-encoding", "connection", "expect", "content-type"}
        )
    ),
)
VALUES: Final = st.text(
    st.characters(codec="latin-1", exclude_characters="".join(chr(n) for n in (*range(9), *range(10, 32), 127))),
    max_size=20,
)
SPACES: Final = st.sampled_from(("", " ", " ", "\t ", "  "))
FIELDS: Final = st.lists(
    st.builds(lambda name, before, value, after: f"{name}:{before}{value}{after}", NAMES, SPACES, VALUES, SPACES),
    max_size=5,
)
CONNECTION: Final = st.sampled_from(
    (
        [],
        [],
        [],
        ["Connection: close"],
        ["Connection: keep-alive"],
        ["connection: x, Close"],
        ["Connection: keep-alive, x"],
    )
)


def _head(method: str, target: str, version: str, lines: list[str]) -> bytes:
    return "".join(line + "\r\n" for line in (f"{method} {target} {version}", *lines, "")).encode("latin-1")


def heads(*framing: str) -> st.SearchStrategy[bytes]:
    """Heads that are right in every way. The given field lines are among their field lines."""
    return st.builds(
        lambda method, target, version, host, fields, connection: _head(
            method, target, version, [f"Host: {host}", *fields, *connection, *framing]
        ),
        METHODS,
        TARGETS,
        st.sampled_from(("HTTP/1.1",) if framing[:1] == ("Transfer-Encoding: chunked",) else ("HTTP/1.1", "HTTP/1.0")),
        st.sampled_from(("a", "a.example:8888", "[::1]", "127.0.0.1:80")),
        FIELDS,
        CONNECTION,
    )


TIGHT_EXTENSIONS: Final = st.sampled_from((b"", b"", b";a", b';a="x\\"y"', b";a;b=c"))
EXTENSIONS: Final = st.one_of(TIGHT_EXTENSIONS, st.sampled_from((b" ; a=b", b"\t;a", b" ;a = b")))
TRAILERS: Final = st.lists(st.sampled_from((b"X: y\r\n", b"Digest:\r\n", b"Host: evil\r\n")), max_size=2).map(b"".join)


@st.composite
def chunked(draw: st.DrawFn, content: bytes, *, tight: bool = False) -> bytes:
    """The `content` in the chunked coding, in some chunks. With `tight`, their lines have no white space."""
    extensions = TIGHT_EXTENSIONS if tight else EXTENSIONS
    parts: list[bytes] = []
    at = 0
    while at < len(content):
        size = draw(st.integers(1, len(content) - at))
        digits = draw(st.sampled_from((b"%x", b"%X", b"0%x"))) % size
        parts.append(digits + draw(extensions) + b"\r\n" + content[at : at + size] + b"\r\n")
        at += size
    parts.append(draw(st.sampled_from((b"0", b"000"))) + draw(extensions) + b"\r\n")
    return b"".join(parts) + draw(TRAILERS) + b"\r\n"


@st.composite
def messages(draw: st.DrawFn, *, tight: bool = False) -> tuple[bytes, bytes]:
    """A right request as bytes, and its content. The argument `tight` has the same meaning as in `chunked`."""
    kind = draw(st.sampled_from(("none", "sized", "chunked")))
    if kind == "none":
        return draw(heads()), b""
    content = draw(st.binary(max_size=60))
    if kind == "sized":
        return draw(heads(f"Content-Length: {len(content)}")) + content, content
    return draw(heads("Transfer-Encoding: chunked")) + draw(chunked(content, tight=tight)), content


SPOILERS: Final = st.sampled_from(
    (
        *(
            b"\r",
            b"\n",
            b"\r\n",
            b" ",
            b"\t",
            b":",
            b"\x00",
            b"\x7f",
            b"\xff",
            b"#",
            b"%",
            b"/",
            b"*",
            b"@",
            b"HTTP/2.0",
        ),
        *(b"Host: b\r\n", b"Content-Length: 5\r\n", b"Content-Length: 5, 5\r\n", b"Transfer-Encoding: gzip\r\n"),
        *(
            b"Transfer-Encoding: chunked\r\n",
            b"X" * 70,
            b"Expect: x\r\n",
            b" folded\r\n",
            b"http://",
            b"0",
            b"",
            b"GET ",
        ),
    )
)


@st.composite
def broken_heads(draw: st.DrawFn) -> bytes:
    """A head in which mostly one or two pieces were cut out or put in. Many of these heads are still right."""
    data = draw(heads())
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.sampled_from((0, 0, 1, 2)))
        data = data[:start] + draw(SPOILERS) + data[end:]
    return data


@st.composite
def splits(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The octets of `data` in some segments."""
    if not data:
        return []
    cuts = sorted(draw(st.sets(st.integers(1, len(data)), max_size=6)))
    edges = [0, *cuts, len(data)]
    return [data[start:end] for start, end in pairwise(edges) if start < end]


REQUEST_LINES: Final = st.sampled_from(
    (
        *(b"GET / HTTP/1.1", b"GET / HTTP/1.1", b"GET /a?b HTTP/1.1", b"HEAD /a HTTP/1.5", b"POST /%41 HTTP/1.1"),
        *(b"GET / HTTP/1.0", b"GET http://b:1/?c HTTP/1.1", b"GET https://b/ HTTP/1.1", b"OPTIONS * HTTP/1.1"),
        *(b"TRACE / HTTP/1.1", b"CONNECT a:80 HTTP/1.1", b"GET * HTTP/1.1", b"GET / HTTP/2.0", b"G@T / HTTP/1.1"),
        *(b"GET  / HTTP/1.1", b"GET /# HTTP/1.1", b"GET / HTTP/1.1\r\nA: b", b"\r\nGET / HTTP/1.1", b""),
        *(b"GET /" + b"x" * 65 + b" HTTP/1.1", b"GET /" + b"x" * 66 + b" HTTP/1.1"),
    )
)
"""The first lines of heads; most of them are right."""

SECTIONS: Final = st.sampled_from(
    (
        *(b"Host: a\r\n", b"Host: a\r\n", b"Host: a\r\nA: b\r\n", b"A: b\r\nHost: a\r\n", b"", b"A: b\r\n"),
        *(b"Host: a\r\nConnection: close\r\n", b"Host: a\r\nConnection: Keep-Alive, x\r\n", b"Host:a\r\n"),
        *(b"Host: a\r\nConnection: keep-alive\r\n", b"Host: a\r\nA: b\r\nA: c\r\n", b"Host: a\r\nHost: a\r\n"),
        *(b"Host: a\r\nContent-Length: 0\r\n", b"Host: a\r\nContent-Length: 26\r\n", b"Host: a b\r\n"),
        *(b"Host: a\r\nTransfer-Encoding: chunked\r\n", b"Host: a\r\nExpect: 100-continue\r\n", b"Host: a\r\nA:\r\n"),
        *(b"Host: a\r\nExpect: x\r\n", b"Host: a\r\nContent-Type: b\r\nContent-Type: b\r\n", b"Host: a\r\n A: b\r\n"),
        *(b"Host: a\r\nA: " + b"b" * 37 + b"\r\n", b"Host: a\r\nA: " + b"b" * 38 + b"\r\n", b"Host: a\r\nA\xe9: b\r\n"),
        *(b"A: b\r\n" * 3 + b"Host: a\r\n", b"A: b\r\n" * 4 + b"Host: a\r\n", b"Host: a\r\nA: \xe9\xff\r\n"),
        *(b"Host: a\r\nA: b\tc\r\n", b"Host: a\r\nA: b\r\r\n", b"Host: a\r\nA: b\x00\r\n", b"Host: a\r\nA : b\r\n"),
    )
)
"""Header sections without their empty line. Each has few lines, so that two of them are often equal."""


def some_heads() -> st.SearchStrategy[bytes]:
    """Heads with and without something special. Many of them share their section."""
    return st.builds(lambda line, section: line + b"\r\n" + section + b"\r\n", REQUEST_LINES, SECTIONS)

"""Divergences about field lines, in header sections and trailer sections."""

from typing import Final

from tests.conformance.oracles.divergence import (
    ALL,
    CHUNKED,
    H11,
    HOST,
    HTTPTOOLS,
    IPV6,
    WAITRESS,
    Divergence,
    Part,
    Right,
    differ,
    get,
    they_refuse,
    we_refuse,
)

__all__ = ["SECTIONS"]

OURS: Final = Right.OURS
EITHER: Final = Right.EITHER

_VALID_HOST: Final = rb"(?:" + IPV6 + rb"|(?:[0-9a-z\-._~!$&'()*+;=]|%[0-9a-f]{2})+)(?::[0-9]{0,5})?"
_TOO_LATE: Final = (
    rb"(?:transfer-encoding|content-length|trailer|host|connection|keep-alive|te|upgrade|proxy-connection|expect"
    rb"|max-forwards|cache-control|pragma|range|if-match|if-none-match|if-modified-since|if-unmodified-since|if-range"
    rb"|authorization|proxy-authorization|cookie|content-encoding|content-type|content-range)"
)
_ANYTHING: Final = rb"(?:(?!\r\n)[\s\S])*"


def _trailers(*lines: bytes) -> bytes:
    return get(HOST, CHUNKED) + b"0\r\n" + b"".join(lines) + b"\r\n"


def _line(shape: bytes) -> tuple[bytes, bytes, Part]:
    """The shape of a line of a trailer section. Such a line is left out."""
    return rb"(?:\A|(?<=\r\n))" + shape + rb"\r\n", b"", Part.TRAILERS


SECTIONS: Final[tuple[Divergence, ...]] = (
    we_refuse(
        *("LF ends a field line", H11, "9112-2.2-3a", EITHER),
        *(b"GET / HTTP/1.1\r\nHost: a\n\r\n", rb"(?<=\n)([^\r\n]*)\n", rb"\1\r\n"),
    ),
    we_refuse(
        *("LF ends a trailer field line", H11, "9112-2.2-3a", EITHER),
        *(_trailers(b"X: 1\n"), rb"(?<!\r)\n", rb"\r\n", Part.TRAILERS),
    ),
    we_refuse(
        *("a folded line", (*H11, *WAITRESS), "9112-5.2-4a", EITHER),
        *(get(HOST, b"X: 1", b" 2"), rb"(\n[^\r\n]+)\r\n[ \t]+", rb"\1 "),
    ),
    we_refuse(
        *("a folded line in a trailer section", H11, "9112-5.2-4a", EITHER),
        *(_trailers(b"X: 1\r\n 2\r\n"), rb"(?<=[^\r\n])\r\n[ \t]+", b" ", Part.TRAILERS),
    ),
    we_refuse(
        *("no Host", (*HTTPTOOLS, *WAITRESS), "9112-3.2-6a", OURS),
        *(get(), rb"\A(?![\s\S]*\nhost:)([^\n]* HTTP/1\.[1-9]\r\n)", rb"\1Host: a\r\n"),
    ),
    we_refuse(
        *("no Host in HTTP/1.2", H11, "9112-3.2-6a", OURS),
        *(get(version=b"HTTP/1.2"), rb"\A(?![\s\S]*\nhost:)([^\n]* HTTP/1\.[2-9]\r\n)", rb"\1Host: a\r\n"),
    ),
    we_refuse(
        *("two Hosts", (*HTTPTOOLS, *WAITRESS), "9112-3.2-6a", OURS),
        *(get(HOST, HOST), rb"(\nhost:[^\n]*\n(?:[^\n]+\n)*?)host:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("a Host that is none", ALL, "9112-3.2-6a", OURS),
        *(get(b"Host: u@a"), rb"\nhost:[ \t]*+(?!" + _VALID_HOST + rb"[ \t]*\r?\n)[^\n]*\n", b"\nHost: a\r\n"),
    ),
    we_refuse(
        *("two Content-Types", ALL, "9110-5.3-3a", EITHER),
        get(HOST, b"Content-Type: a/b", b"Content-Type: c/d"),
        *(rb"(\ncontent-type:[^\n]*\n(?:[^\n]+\n)*?)content-type:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("another expectation", ALL, "9110-10.1.1-5a", EITHER),
        *(get(HOST, b"Expect: 200-ok"), rb"\nexpect:(?![ \t]*100-continue[ \t]*\r)[^\n]*\n", rb"\n"),
    ),
    we_refuse(
        *("a control character in a value", H11, "9110-5.5-5b", EITHER),
        *(get(HOST, b"X: \x07"), rb"(\n[^\r\n:]+:[^\r\n]*)[\x01-\x08\x0e-\x1f\x7f]", rb"\1x"),
    ),
    we_refuse(
        *("a control character in a trailer field", (*H11, *WAITRESS), "9110-5.5-5b", EITHER),
        *(_trailers(b"X: \x07\r\n"), *_line(rb"[^\r\n:]+:[^\r\n]*[\x01-\x08\x0b\x0c\x0e-\x1f\x7f][^\r\n]*")),
    ),
    we_refuse(
        *("NUL in a trailer field", WAITRESS, "9110-5.5-5a", OURS),
        *(_trailers(b"X: \0\r\n"), *_line(rb"[^\r\n:]+:[^\r\n]*\0[^\r\n]*")),
    ),
    we_refuse(
        *("LF in a trailer section", WAITRESS, "9112-2.2-9a", OURS),
        *(_trailers(b"\\\n\r\n"), *_line(_ANYTHING + rb"(?<!\r)\n" + _ANYTHING)),
    ),
    we_refuse(
        *("CR in a trailer section", WAITRESS, "9112-2.2-4b", OURS),
        *(_trailers(b"X: 1\r\r\n"), *_line(_ANYTHING + rb"\r(?!\n)" + _ANYTHING)),
    ),
    we_refuse(
        *("a trailer field without colon", WAITRESS, "9112-2.2-9a", OURS),
        *(_trailers(b"X\r\n"), *_line(rb"[^\r\n:]+")),
    ),
    we_refuse(
        *("a trailer field without name", WAITRESS, "9112-2.2-9a", OURS),
        *(_trailers(b": 1\r\n"), *_line(rb":[^\r\n]*")),
    ),
    we_refuse(
        *("a space before the colon of a trailer field", WAITRESS, "9112-5.1-2c", OURS),
        *(_trailers(b"X : 1\r\n"), *_line(rb"[^\r\n:]*[ \t]:[^\r\n]*")),
    ),
    we_refuse(
        *("a trailer field whose name is no token", WAITRESS, "9112-2.2-9a", OURS),
        *(_trailers(b"X;: 1\r\n"), *_line(rb"(?![!#$%&'*+\-.^_`|~0-9a-z]+:)[^\r\n]+")),
    ),
    they_refuse(
        *("a trailer field called Transfer-Encoding", (*H11, *HTTPTOOLS), "9110-6.5.1-3d", OURS),
        *(_trailers(b"Transfer-Encoding: x\r\n"), *_line(rb"transfer-encoding:[^\r\n]*")),
    ),
    they_refuse(
        *("a trailer field called Content-Length", (*H11, *HTTPTOOLS), "9110-6.5.1-3d", OURS),
        *(_trailers(b"Content-Length: x\r\n"), *_line(rb"content-length:[^\r\n]*")),
    ),
    they_refuse(
        *("an upgrade is taken at its word", HTTPTOOLS, "9110-7.8-2b", EITHER),
        *(get(HOST, b"Connection: Upgrade", b"Upgrade: h2c"), rb"\nupgrade:[^\n]*\n", rb"\n"),
    ),
    differ(
        *("trailer fields about framing and routing are dropped by us", (*H11, *HTTPTOOLS), "9112-7.1.2-3a", EITHER),
        *(_trailers(b"Host: b\r\n"), *_line(_TOO_LATE + rb":[^\r\n]*")),
    ),
    differ(
        *("white space behind a value is kept", HTTPTOOLS, "9110-5.5-3b", OURS),
        *(get(HOST, b"X: 1 "), rb"(\n[^\r\n:]+:[^\r\n]*?)[ \t]+\r\n", rb"\1\r\n"),
    ),
    differ(
        *("white space behind a value of a trailer field is kept", HTTPTOOLS, "9110-5.5-3b", OURS),
        *(_trailers(b"X: 1 \r\n"), rb"(?<=[^\r\n])[ \t]+\r\n", rb"\r\n", Part.TRAILERS),
    ),
    differ(
        *("a name with an underscore is dropped", WAITRESS, "9110-5.1-6b", OURS),
        *(get(HOST, b"X_A: 1"), rb"\n[^\r\n:_]*_[^\r\n:]*:[^\r\n]*\r\n", b"\n"),
    ),
)

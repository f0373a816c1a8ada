"""RFC 9112 §7.1: the chunked transfer coding, its extensions and its trailer section."""

from typing import Final

from pyhttp.checking.rows.model import Answer, Row, Seen, head, refused, served

__all__ = ["ROWS"]

_HEAD: Final = head("POST /echo HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
_HELLO: Final = Answer(200, seen=Seen(content=b"hello"))
_DECODED: Final = "9112-6.1-4a 9112-7.1-4a"


def _lines(count: int, size: int) -> bytes:
    """Chunks of one byte with an extension of `size` bytes each, then the end."""
    return (b"1;" + b"x" * size + b"\r\na\r\n") * count + b"0\r\n\r\n"


_GOOD: Final = (
    served("one chunk", f"{_DECODED} 9112-6.1-8b 9112-7.1-1a", _HEAD + b"5\r\nhello\r\n0\r\n\r\n", _HELLO),
    served("five chunks", _DECODED, _HEAD + b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", _HELLO),
    served("no content", f"{_DECODED} 9112-7.1-1a", _HEAD + b"0\r\n\r\n", Answer(200, seen=Seen(content=b""))),
    served(
        "hex digits in any case",
        "9112-7.1-4a F6",
        _HEAD + b"a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n",
        Answer(200, seen=Seen(content=b"0123456789abcdefghij")),
    ),
    served("leading zeros", "9112-7.1-5c F6", _HEAD + b"0000000000000005\r\nhello\r\n000\r\n\r\n", _HELLO),
    served(
        "CRLF within a chunk",
        "9112-7.1-4a F7",
        _HEAD + b"6\r\na\r\n\r\nb\r\n0\r\n\r\n",
        Answer(200, seen=Seen(content=b"a\r\n\r\nb")),
    ),
    served(
        "a last chunk within a chunk",
        "9112-7.1-4a F7",
        _HEAD + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n",
        Answer(200, seen=Seen(content=b"0\r\n\r\n")),
    ),
)

_SIZES: Final = (
    *(
        refused(f"size {size!r}", f"{cite} F6", _HEAD + size.encode("latin-1") + b"\r\nhello\r\n0\r\n\r\n")
        for size, cite in (
            ("", "9112-2.2-9a"),
            ("0x5", "9112-2.2-9a"),
            ("+5", "9112-2.2-9a"),
            ("-5", "9112-2.2-9a"),
            ("5_", "9112-2.2-9a"),
            ("g", "9112-2.2-9a"),
            ("5.", "9112-2.2-9a"),
            ("\xb5", "9112-2.2-9a"),
            (" 5", "9112-2.2-9a"),
            ("5 5", "9112-2.2-9a"),
            ("5,", "9112-2.2-9a"),
        )
    ),
    refused("17 digits", "9112-7.1-5c F6", _HEAD + b"00000000000000005\r\nhello\r\n0\r\n\r\n", or_served=True),
    *(
        refused(name, "9112-7.1-5c F6", _HEAD + size + b"\r\nhello\r\n0\r\n\r\n", or_awaited=True)
        for name, size in (("more than 64 bits", b"10000000000000005"), ("100 digits", b"f" * 100))
    ),
    refused(
        "more than 32 bits",
        "9112-7.1-5c 9110-17.5-4a F6 D5",
        _HEAD + b"100000005\r\nhello\r\n0\r\n\r\n",
        413,
        or_awaited=True,
    ),
    refused("size and a space", "9112-2.2-9a F6", _HEAD + b"5 \r\nhello\r\n0\r\n\r\n", or_served=True),
    refused("size and a tab", "9112-2.2-9a F6", _HEAD + b"5\t\r\nhello\r\n0\r\n\r\n", or_served=True),
    refused(
        "the largest size",
        "9112-7.1-5c 9110-17.5-4a F6 D5",
        _HEAD + b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        413,
        or_awaited=True,
    ),
)

_ENDS: Final = tuple(
    refused(name, "9112-2.2-9a F7", _HEAD + body, 400)
    for name, body in (
        ("LF after the size", b"5\nhello\r\n0\r\n\r\n"),
        ("CR after the size", b"5\rhello\r\n0\r\n\r\n"),
        ("LF after the data", b"5\r\nhello\n0\r\n\r\n"),
        ("CR after the data", b"5\r\nhello\r0\r\n\r\n"),
        ("nothing after the data", b"5\r\nhello0\r\n\r\n"),
        ("data too long", b"4\r\nhello\r\n0\r\n\r\n"),
        ("data too short", b"6\r\nhello\r\n0\r\n\r\n"),
        ("LF after the last chunk", b"5\r\nhello\r\n0\n\r\n"),
        ("LF at the end", b"5\r\nhello\r\n0\r\n\n"),
        ("CR twice at the end", b"5\r\nhello\r\n0\r\n\r\r\n"),
    )
)

_EXTENSIONS: Final = (
    *(
        served(
            f"extension {extension!r}",
            "9112-7.1.1-4a F8",
            _HEAD + b"5" + extension.encode("latin-1") + b"\r\nhello\r\n0" + extension.encode("latin-1") + b"\r\n\r\n",
            _HELLO,
        )
        for extension in (
            ";a",
            ";a=b",
            ';a="b"',
            ';a="\\";\\""',
            ";a;b;c=d",
            ';a=""',
            ";!#$%&'*+-.^_`|~=1",
            ';a="\xff\t"',
        )
    ),
    *(
        served(
            f"extension with bad white space {extension!r}",
            "9112-7.1.1-4a 9110-5.6.3-5c 9110-5.6.3-6b F6 F8",
            _HEAD + b"5" + extension.encode() + b"\r\nhello\r\n0\r\n\r\n",
            _HELLO,
        )
        for extension in (" ;a", "; a", " \t;\ta = b", ";a =b")
    ),
    *(
        refused(
            f"no extension {extension!r}",
            "9112-2.2-9a F8",
            _HEAD + b"5" + extension.encode("latin-1") + b"\r\nhello\r\n0\r\n\r\n",
            or_served=True,
        )
        for extension in (";", ";=b", ";a=", ';a="b', ";a=b c", ";a b", ";\xff", ';a="b"c', ";a;", ";a=\x01", ";a\x7f")
    ),
    refused("LF in an extension", "9112-2.2-9a F7 F8", _HEAD + b"5;a=b\nc\r\nhello\r\n0\r\n\r\n"),
    refused("CR in an extension", "9112-2.2-4b F7 F8", _HEAD + b"5;a=b\rc\r\nhello\r\n0\r\n\r\n", or_served=True),
    refused(
        "a chunk line over its limit",
        "9112-7.1.1-4b 9110-17.5-4a D6",
        _HEAD + b"5;" + b"x" * 1100 + b"\r\nhello\r\n0\r\n\r\n",
        or_served=True,
        needs="limits",
    ),
    refused(
        "extensions over their limit",
        "9112-7.1.1-4b 9110-17.5-4a D6 F8",
        _HEAD + _lines(40, 900),
        needs="limits",
    ),
    served(
        "extensions under their limit",
        "9112-7.1.1-4a",
        _HEAD + _lines(10, 900),
        Answer(200, seen=Seen(content=b"a" * 10)),
    ),
)

_TRAILERS: Final = (
    served(
        "a trailer field",
        "9112-7.1.2-3a 9112-7.1.2-3b 9110-6.5-2a 9110-6.5.2-3a F9",
        _HEAD + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n",
        Answer(200, seen=Seen(content=b"hello", lacks=("x-sum",), trailers=(("X-Sum", "1"), ("X-Sum", "2")))),
        needs="trailers",
    ),
    *(
        served(
            f"a trailer field {line!r} changes no header",
            "9112-7.1.2-3c 9110-6.5.1-3d F9",
            _HEAD + b"5\r\nhello\r\n0\r\n" + line.encode() + b"\r\n\r\n",
            Answer(
                200,
                seen=Seen(method="POST", content=b"hello", fields=(("host", "a"),), lacks=("x-new",)),
            ),
            or_refused=(400,),
        )
        for line in ("X-New: 1", "Host: evil", "Content-Length: 100", "Transfer-Encoding: gzip", "Connection: close")
    ),
    served(
        "a trailer field of the framing is dropped",
        "9112-7.1.2-3a 9112-7.1.2-3c F9",
        _HEAD + b"5\r\nhello\r\n0\r\nContent-Length: 100\r\nTransfer-Encoding: x\r\n\r\n",
        Answer(200, seen=Seen(content=b"hello", lacks=("content-length",), trailers=())),
        needs="trailers",
    ),
    *(
        refused(f"trailer section with {what}", "9112-2.2-9a F9", _HEAD + b"5\r\nhello\r\n0\r\n" + line + b"\r\n\r\n")
        for what, line in (
            ("no colon", b"X-Sum"),
            ("a space before a colon", b"X-Sum : 1"),
            ("NUL in a value", b"X-Sum: \0"),
            ("an empty name", b": 1"),
            ("a bare LF", b"X-Sum: 1\nX: 2"),
            ("a bare CR", b"X-Sum: 1\rX: 2"),
        )
    ),
    refused(
        "a folded trailer field", "9112-5.2-4a F9", _HEAD + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n 2\r\n\r\n", or_served=True
    ),
    refused(
        "a trailer field over its limit",
        "9110-5.4-2a D2 D6 F9",
        _HEAD + b"0\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused(
        "too many trailer fields",
        "9110-5.4-2a D4 D6 F9",
        _HEAD + b"0\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
        431,
        also=(400, 413),
        needs="limits",
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_GOOD, *_SIZES, *_ENDS, *_EXTENSIONS, *_TRAILERS)

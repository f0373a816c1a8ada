"""Divergences about the length of content, and about the chunked coding."""

from typing import Final

from tests.conformance.oracles.divergence import (
    ALL,
    BODY,
    CHUNKED,
    H11,
    HOST,
    HTTPTOOLS,
    WAITRESS,
    Divergence,
    Part,
    Right,
    differ,
    get,
    they_refuse,
    we_refuse,
)

__all__ = ["FRAMINGS"]

OURS: Final = Right.OURS
EITHER: Final = Right.EITHER

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9a-z]+"
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSION: Final = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
_SIZE: Final = rb"\A[0-9a-f]{1,16}"
_LATER: Final = rb"\A(?=[^\r\n]* HTTP/1\.[2-9]\r\n)"


def _chunked(content: bytes) -> bytes:
    return get(HOST, CHUNKED) + content


FRAMINGS: Final[tuple[Divergence, ...]] = (
    we_refuse(
        *("equal lengths in two lines", H11, "9110-8.6-13a.2", EITHER),
        get(HOST, b"Content-Length: 0", b"Content-Length: 0"),
        rb"(\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n(?:[^\n]+\n)*?)content-length:[ \t]*\2[ \t]*\r\n",
        rb"\1",
    ),
    we_refuse(
        *("equal lengths in a list", H11, "9110-8.6-13a.2", EITHER),
        *(get(HOST, b"Content-Length: 0, 0"), rb"(\ncontent-length:[ \t]*([0-9]+))(?:[ \t]*,[ \t]*\2)+", rb"\1"),
    ),
    we_refuse(
        *("Transfer-Encoding in HTTP/1.0", ALL, "9112-6.1-16a", OURS),
        get(HOST, CHUNKED, version=b"HTTP/1.0") + b"0\r\n\r\n",
        *(rb"\A([^\r\n]* HTTP/1\.0\r\n(?:[^\n]+\n)*?)transfer-encoding:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("both lengths", (*H11, *WAITRESS), "9112-6.1-15a", EITHER),
        get(HOST, CHUNKED, b"Content-Length: 5") + BODY,
        *(rb"\A(?=[\s\S]*\ntransfer-encoding:)((?:[^\n]+\n)*?)content-length:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("an empty coding", WAITRESS, "9112-6.3-2.4.3a", OURS),
        *(get(HOST, b"Transfer-Encoding:"), rb"\ntransfer-encoding:[ \t,]*\r\n", rb"\n"),
    ),
    we_refuse(
        *("a comma before chunked", (*HTTPTOOLS, *WAITRESS), "9110-5.6.1.2-1b", EITHER),
        *(get(HOST, b"Transfer-Encoding: ,chunked") + BODY, rb"(\ntransfer-encoding:)[ \t,]*,[ \t,]*", rb"\1 "),
    ),
    we_refuse(
        *("a comma behind chunked", WAITRESS, "9110-5.6.1.2-1b", EITHER),
        get(HOST, b"Transfer-Encoding: chunked,") + BODY,
        *(rb"(\ntransfer-encoding:[^\r\n]*chunked)[ \t]*,[ \t,]*\r\n", rb"\1\r\n"),
    ),
    we_refuse(
        *("chunked twice", WAITRESS, "9112-6.3-2.4.3a", OURS),
        get(HOST, b"Transfer-Encoding: chunked, chunked") + BODY,
        *(rb"(\ntransfer-encoding:[ \t]*chunked)(?:[ \t,]*,[ \t,]*chunked)+", rb"\1"),
    ),
    we_refuse(
        *("chunked in two lines", WAITRESS, "9112-6.3-2.4.3a", OURS),
        get(HOST, CHUNKED, CHUNKED) + BODY,
        *(rb"(\ntransfer-encoding:[^\n]*\n(?:[^\n]+\n)*?)transfer-encoding:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("a coding of a later minor version is not read", WAITRESS, "9110-6.2-8a", OURS),
        get(HOST, b"Transfer-Encoding: gzip, chunked", version=b"HTTP/1.2") + BODY,
        *(_LATER + rb"((?:[^\n]+\n)*?)transfer-encoding:[^\n]*\n", rb"\1"),
    ),
    we_refuse(
        *("another coding under chunked", HTTPTOOLS, "9112-6.1-11a", OURS),
        get(HOST, b"Transfer-Encoding: gzip, chunked") + BODY,
        *(rb"(\ntransfer-encoding:)[^\r\n]*,[ \t]*chunked[ \t]*\r\n", rb"\1 chunked\r\n"),
    ),
    we_refuse(
        *("another coding in a line in front of chunked", HTTPTOOLS, "9112-6.1-11a", OURS),
        get(HOST, b"Transfer-Encoding: gzip", CHUNKED) + BODY,
        rb"\ntransfer-encoding:(?![ \t]*chunked *\r\n)[^\n]*"
        rb"(\n(?:[^\n]+\n)*?transfer-encoding:[ \t]*chunked[ \t]*\r\n)",
        rb"\1",
    ),
    we_refuse(
        *("a malformed extension", H11, "9112-7.1.1-4a", OURS),
        _chunked(b"5;\r\nhello\r\n0\r\n\r\n"),
        *(rb"(" + _SIZE + rb")(?!(?:" + _EXTENSION + rb")*\r\n);[^\n]*\n", rb"\1\r\n", Part.CHUNK_LINE),
    ),
    we_refuse(
        *("an extension without its value", HTTPTOOLS, "9112-7.1.1-4a", OURS),
        _chunked(b"5;a=\r\nhello\r\n0\r\n\r\n"),
        *(rb"(" + _SIZE + rb")(?!(?:" + _EXTENSION + rb")*\r\n);[^\r\n]*\r\n", rb"\1\r\n", Part.CHUNK_LINE),
    ),
    we_refuse(
        *("white space behind a size", H11, "9112-7.1-4a", OURS),
        *(_chunked(b"5 \r\nhello\r\n0\r\n\r\n"), rb"(" + _SIZE + rb")[ \t]+\r\n", rb"\1\r\n", Part.CHUNK_LINE),
    ),
    we_refuse(
        *("LF in a chunk line", WAITRESS, "9112-2.2-9a", OURS),
        *(_chunked(b"0\n\r\n\r\n"), rb"(" + _SIZE + rb"[^\r\n]*)\n", rb"\1", Part.CHUNK_LINE),
    ),
    we_refuse(
        *("a chunk without size", WAITRESS, "9112-7.1-4a", OURS),
        *(_chunked(b"\r\n0\r\n\r\n"), rb"\A\r\n", b"", Part.CHUNK_LINE),
    ),
    they_refuse(
        *("a space before an extension", ALL, "9110-5.6.3-5c", OURS),
        *(_chunked(b"5 ;a\r\nhello\r\n0\r\n\r\n"), rb"(" + _SIZE + rb")[ \t]+;", rb"\1;", Part.CHUNK_LINE),
    ),
    they_refuse(
        *("spaces within an extension", (*HTTPTOOLS, *WAITRESS), "9110-5.6.3-5c", OURS),
        _chunked(b"5; a = b\r\nhello\r\n0\r\n\r\n"),
        *(rb"(" + _SIZE + rb";[^\r\n]*?)[ \t]+(?=[^\n]*\n)", rb"\1", Part.CHUNK_LINE),
    ),
    they_refuse(
        *("a tab behind chunked", HTTPTOOLS, "9110-5.5-3b", OURS),
        get(HOST, CHUNKED + b"\t") + BODY,
        *(rb"(\ntransfer-encoding:[ \t]*chunked)[ \t]+\r\n", rb"\1\r\n"),
    ),
    differ(
        *("chunked put into lower case", H11, "9110-2.4-1a", EITHER),
        get(HOST, b"Transfer-Encoding: CHUNKED") + BODY,
        *(rb"(\ntransfer-encoding:[ \t]*)(?!(?-i:chunked))chunked", rb"\1chunked"),
    ),
    differ(
        *("chunks of a later minor version are not read", WAITRESS, "9110-6.2-8a", OURS),
        get(HOST, CHUNKED, version=b"HTTP/1.2") + BODY,
        *(_LATER + rb"((?:[^\n]+\n)*?)transfer-encoding:[^\n]*\n", rb"\1"),
    ),
)

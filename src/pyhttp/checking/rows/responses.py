"""RFC 9112 §4, §6; RFC 9110 §6.6, §8.6, §9.3.2, §15: the response, whatever the application does."""

from typing import Final

from pyhttp.checking.application import FILE
from pyhttp.checking.rows.model import Answer, Closed, Kept, Row, Send, head, refused, row, served

__all__ = ["ROWS"]


def _get(path: str, *lines: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    return head(f"{method} {path} {version}", "Host: a", *lines)


def _sized(length: int) -> tuple[tuple[str, str], ...]:
    return (("Content-Length", str(length)),)


_FRAMINGS: Final = (
    served(
        "a known length",
        "9110-8.6-9a 9112-6.3-3a F16",
        _get("/file"),
        Answer(200, content=FILE, fields=_sized(len(FILE)), lacks=("Transfer-Encoding",)),
    ),
    served("no content", "9110-8.6-9a 9112-6.3-3a F16", _get("/empty"), Answer(200, content=b"", fields=_sized(0))),
    row(
        "an unknown length",
        "9112-6.3-3a 9112-7.1-1a F16",
        Send(_get("/stream")),
        Answer(
            200, content=b"one\ntwo\nthree\n", fields=(("Transfer-Encoding", "chunked"),), lacks=("Content-Length",)
        ),
        Kept(),
        or_else=[(Send(_get("/stream")), Answer(200, content=b"one\ntwo\nthree\n", fields=_sized(14)), Kept())],
    ),
    row(
        "an unknown length to HTTP/1.0",
        "9112-6.1-13b F16",
        Send(_get("/stream", version="HTTP/1.0")),
        Answer(200, version="HTTP/1.0", content=b"one\ntwo\nthree\n", lacks=("Transfer-Encoding",)),
        Closed(),
    ),
    row(
        "a known length to HTTP/1.0",
        "9110-8.6-9a F16",
        Send(_get("/file", version="HTTP/1.0")),
        Answer(200, version="HTTP/1.0", content=FILE, fields=_sized(len(FILE))),
        Closed(),
    ),
    served(
        "204",
        "9112-6.1-10a 9110-8.6-8a F16",
        _get("/status/204"),
        Answer(204, lacks=("Content-Length", "Transfer-Encoding")),
    ),
    served(
        "204 to POST",
        "9112-6.1-10a 9110-8.6-8a F11 F16",
        _get("/status/204", "Content-Length: 2", method="POST") + b"hi",
        Answer(204, lacks=("Content-Length", "Transfer-Encoding")),
    ),
    served("205", "9110-15.3.6-3a F16", _get("/status/205"), Answer(205, content=b"")),
    served(
        "304",
        "9112-6.1-9a 9110-8.6-7a 9110-8.6-7a.2 F16",
        _get("/unchanged"),
        Answer(304, fields=(("ETag", '"x"'),), lacks=("Content-Length", "Transfer-Encoding")),
    ),
)


_HEADS: Final = (
    row(
        "HEAD with a known length",
        "9110-9.3.2-1a 9110-9.3.2-2a 9110-8.6-6a 9110-8.6-6a.2 F16",
        Send(_get("/file", method="HEAD")),
        Answer(200, method="HEAD", fields=(*_sized(len(FILE)), ("Content-Type", "text/plain"))),
        Kept(),
        or_else=[(Send(_get("/file", method="HEAD")), Answer(200, method="HEAD", lacks=("Content-Length",)), Kept())],
    ),
    row(
        "HEAD with an unknown length",
        "9110-9.3.2-1a 9110-9.3.2-2b 9112-6.1-9a 9110-8.6-6a.2 F16",
        Send(_get("/stream", method="HEAD")),
        Answer(200, method="HEAD", lacks=("Content-Length",)),
        Kept(),
        or_else=[(Send(_get("/stream", method="HEAD")), Answer(200, method="HEAD", fields=_sized(14)), Kept())],
    ),
    row(
        "HEAD without content",
        "9110-9.3.2-1a 9110-8.6-6a F16",
        Send(_get("/empty", method="HEAD")),
        Answer(200, method="HEAD"),
        Kept(),
    ),
    row(
        "HEAD, 204",
        "9110-9.3.2-1a 9110-8.6-8a F16",
        Send(_get("/status/204", method="HEAD")),
        Answer(204, method="HEAD", lacks=("Content-Length", "Transfer-Encoding")),
        Kept(),
    ),
    row("HEAD, 304", "9110-9.3.2-1a F16", Send(_get("/unchanged", method="HEAD")), Answer(304, method="HEAD"), Kept()),
    row(
        "HEAD, not found",
        "9110-9.3.2-1a F16",
        Send(_get("/status/404", method="HEAD")),
        Answer(404, method="HEAD"),
        Kept(),
    ),
    row(
        "HEAD of HTTP/1.0",
        "9110-9.3.2-1a F16",
        Send(_get("/file", method="HEAD", version="HTTP/1.0")),
        Answer(200, method="HEAD", version="HTTP/1.0"),
        Closed(),
    ),
    row(
        "two HEADs and a GET at once",
        "9110-9.3.2-1a 9112-9.3.2-1b.2 F12 F16",
        Send(_get("/file", method="HEAD") + _get("/stream", method="HEAD") + _get("/stream")),
        Answer(200, method="HEAD"),
        Answer(200, method="HEAD"),
        Answer(200, content=b"one\ntwo\nthree\n"),
        Kept(),
    ),
)

_STATUSES: Final = (
    *(
        served(f"status {status}", f"{cite} 9110-2.4-1a", _get(f"/status/{status}"), Answer(status))
        for status, cite in (
            (200, "9112-4-1a"),
            (202, "9112-4-1a"),
            (301, "9112-4-1a"),
            (403, "9110-15.5-1b"),
            (404, "9110-15.5-1b"),
            (410, "9110-15.5-1b"),
            (503, "9110-15.6-1b"),
        )
    ),
    served("a status without phrase", "9112-4-1a 9112-4-9b", _get("/status/299"), Answer(299)),
    refused("TRACE", "9110-9.3.8-1b S3", _get("/echo", method="TRACE"), 405, or_served=True),
    row(
        "405 says what is allowed",
        "9110-10.2.1-5b 9110-15.5.6-1b S3",
        Send(_get("/echo", method="TRACE")),
        Answer(405, has=("Allow",)),
        or_else=[(Send(_get("/echo", method="TRACE")), Answer(501, also=(200, 400, 403)))],
    ),
)

_FAULTS: Final = (
    row(
        "the application fails",
        "9110-15.6-1b R4",
        Send(_get("/fail")),
        Answer(500),
        Closed(),
        or_else=[(Send(_get("/fail")), Answer(500), Kept())],
    ),
    row(
        "the application fails after the head",
        "9112-6.3-3a F17",
        Send(_get("/fail-late")),
        Answer(200, complete=False),
        Closed(),
    ),
    row(
        "the application ends before its own length",
        "F16 F17",
        Send(_get("/short")),
        Answer(200, complete=False),
        Closed(),
        or_else=[(Send(_get("/short")), Answer(500), Closed())],
    ),
    row(
        "a field value with CRLF in it",
        "9112-2.2-4a 9110-2.2-5a S11",
        Send(_get("/split")),
        Answer(500, lacks=("X-Injected", "X-Split")),
        Closed(),
        or_else=[
            (Send(_get("/split")), Answer(500), Kept()),
            (Send(_get("/split")), Answer(200, lacks=("X-Injected",)), Kept()),
            (Send(_get("/split")), Closed()),
        ],
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_FRAMINGS, *_HEADS, *_STATUSES, *_FAULTS)

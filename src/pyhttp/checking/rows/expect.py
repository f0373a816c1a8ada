"""RFC 9110 §10.1.1: Expect, in all its cases."""

from typing import Final

from pyhttp.checking.rows.model import CANARY, Answer, Closed, Interim, Kept, Row, Seen, Send, head, refused, row

__all__ = ["ROWS"]


def _post(*lines: str, path: str = "/echo", version: str = "HTTP/1.1") -> bytes:
    return head(f"POST {path} {version}", "Host: a", *lines)


_WAITS: Final = _post("Content-Length: 5", "Expect: 100-continue")
_HELLO: Final = Answer(200, seen=Seen(content=b"hello"))
_ASKED: Final = "9110-10.1.1-14a 9110-10.1.1-16a 9110-10.1.1-13.3a F14"
_GIVEN: Final = "9110-10.1.1-13.2a F14"

_CONTINUED: Final = (
    row("content after 100", _ASKED, Send(_WAITS), Interim(), Send(b"hello"), _HELLO, Kept()),
    row(
        "in any case",
        f"{_ASKED} 9110-2.4-1a",
        Send(_post("Content-Length: 5", "Expect: 100-Continue")),
        Interim(),
        Send(b"hello"),
        _HELLO,
        Kept(),
    ),
    row(
        "chunks after 100",
        _ASKED,
        Send(_post("Transfer-Encoding: chunked", "Expect: 100-continue")),
        Interim(),
        Send(b"5\r\nhello\r\n0\r\n\r\n"),
        _HELLO,
        Kept(),
    ),
    row(
        "after another request",
        f"{_ASKED} F12",
        Send(CANARY + _WAITS),
        Answer(200, seen=Seen(method="GET", query="canary")),
        Interim(),
        Send(b"hello"),
        _HELLO,
        Kept(),
    ),
    row(
        "twice on one connection",
        f"{_ASKED} 9110-3.3-5a",
        Send(_WAITS),
        Interim(),
        Send(b"hello"),
        _HELLO,
        Send(_WAITS),
        Interim(),
        Send(b"hello"),
        _HELLO,
        Kept(),
    ),
    row(
        "when one byte is read",
        "9110-10.1.1-14a F14 F11",
        Send(_post("Content-Length: 5", "Expect: 100-continue", path="/some")),
        Interim(),
        Send(b"hello"),
        Answer(200, content=b"read h\n"),
        Kept(),
    ),
)

_SKIPPED: Final = (
    row(
        "content did not wait",
        _GIVEN,
        Send(_WAITS + b"hello"),
        _HELLO,
        Kept(),
        or_else=[(Send(_WAITS + b"hello"), Interim(), _HELLO, Kept())],
        needs="whole",
    ),
    row(
        "chunks did not wait",
        _GIVEN,
        Send(_post("Transfer-Encoding: chunked", "Expect: 100-continue") + b"5\r\nhello\r\n0\r\n\r\n"),
        _HELLO,
        Kept(),
        or_else=[
            (
                Send(_post("Transfer-Encoding: chunked", "Expect: 100-continue") + b"5\r\nhello\r\n0\r\n\r\n"),
                Interim(),
                _HELLO,
                Kept(),
            )
        ],
        needs="whole",
    ),
    row(
        "no content to come",
        _GIVEN,
        Send(_post("Content-Length: 0", "Expect: 100-continue")),
        Answer(200),
        Kept(),
        or_else=[(Send(_post("Content-Length: 0", "Expect: 100-continue")), Interim(), Answer(200), Kept())],
    ),
    row(
        "no length at all",
        _GIVEN,
        Send(head("GET /echo HTTP/1.1", "Host: a", "Expect: 100-continue")),
        Answer(200),
        Kept(),
        or_else=[(Send(head("GET /echo HTTP/1.1", "Host: a", "Expect: 100-continue")), Interim(), Answer(200), Kept())],
    ),
    row(
        "HTTP/1.0",
        "9110-10.1.1-13.1a 9110-15.2-1b F14",
        Send(_post("Content-Length: 5", "Expect: 100-continue", version="HTTP/1.0") + b"hello"),
        Answer(200, version="HTTP/1.0", seen=Seen(content=b"hello")),
        Closed(),
    ),
)

_IGNORES: Final = _post("Content-Length: 5", "Expect: 100-continue", path="/ignore")
_FINAL: Final = "9110-10.1.1-13.4a 9110-10.1.1-14a F14"

_REFUSED: Final = (
    row(
        "a final status instead",
        _FINAL,
        Send(_IGNORES),
        Answer(200, close=True),
        Closed(),
        or_else=[
            (Send(_IGNORES), Answer(200), Send(b"hello"), Kept()),
            (Send(_IGNORES), Interim(), Send(b"hello"), Answer(200)),
        ],
    ),
    row(
        "a final status instead, and a request where the content was",
        f"{_FINAL} 9112-9.6-7b F13",
        Send(_IGNORES),
        Answer(200),
        Send(CANARY),
        Closed(),
        or_else=[
            (Send(_IGNORES), Interim(), Send(b"hello"), Answer(200)),
            (Send(_IGNORES), Answer(200), Send(b"hello"), Kept()),
        ],
    ),
    row(
        "an error instead",
        _FINAL,
        Send(_post("Content-Length: 5", "Expect: 100-continue", path="/status/404")),
        Answer(404, close=True),
        Closed(),
        or_else=[
            (
                Send(_post("Content-Length: 5", "Expect: 100-continue", path="/status/404")),
                Interim(),
                Send(b"hello"),
                Answer(404),
            ),
            (
                Send(_post("Content-Length: 5", "Expect: 100-continue", path="/status/404")),
                Answer(404),
                Send(b"hello"),
                Kept(),
            ),
        ],
    ),
    row(
        "more content than is taken",
        f"{_FINAL} 9110-15.5.14-1b.2 D5",
        Send(_post("Content-Length: 9223372036854775807", "Expect: 100-continue")),
        Answer(413, also=(400,)),
        Closed(),
        or_else=[
            (Send(_post("Content-Length: 9223372036854775807", "Expect: 100-continue")), Interim()),
            (Send(_post("Content-Length: 9223372036854775807", "Expect: 100-continue")), Answer(413, also=(400,))),
        ],
    ),
    refused(
        "another expectation",
        "9110-10.1.1-5a F14",
        _post("Content-Length: 5", "Expect: 200-ok") + b"hello",
        417,
        or_served=True,
    ),
    refused(
        "another expectation beside it",
        "9110-10.1.1-5a F14",
        _post("Content-Length: 5", "Expect: 100-continue, x=y") + b"hello",
        417,
        or_served=True,
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_CONTINUED, *_SKIPPED, *_REFUSED)

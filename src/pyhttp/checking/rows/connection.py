"""RFC 9112 §9: persistence, pipelining, the end of a connection; RFC 9110 §7.6.1, §7.8."""

from typing import Final

from pyhttp.checking.rows.model import CANARY, Answer, Closed, Kept, Row, Seen, Send, Step, head, row, served

__all__ = ["ROWS"]


def _get(*lines: str, path: str = "/echo", version: str = "HTTP/1.1", method: str = "GET") -> bytes:
    return head(f"{method} {path} {version}", "Host: a", *lines)


def _ends(name: str, cites: str, *lines: str, version: str = "HTTP/1.1") -> Row:
    """A row for a request that is answered before the connection ends; a request behind it is not answered."""
    return row(name, cites, Send(_get(*lines, version=version) + CANARY), Answer(200, version=version), Closed())


_CLOSE: Final = "9112-9.6-6a 9112-9.6-6c 9112-9.6-7a 9112-9.6-7b"

_PERSISTENCE: Final = (
    row(
        "three requests one after the other",
        "9112-9.3-1b",
        Send(_get()),
        Answer(200),
        Send(_get()),
        Answer(200),
        Kept(),
    ),
    row(
        "close is answered by close",
        "9112-9.6-1b 9112-9.6-6b",
        Send(_get("Connection: close")),
        Answer(200, close=True),
        Closed(),
    ),
    _ends("close", f"{_CLOSE} F12", "Connection: close"),
    _ends("close in any case", _CLOSE, "Connection: CLoSe"),
    _ends("close among other options", f"{_CLOSE} 9110-5.6.1.2-1b 9110-5.6.1.2-1c", "Connection: ,, x-a ,\tclose ,"),
    _ends("close in a second line", _CLOSE, "Connection: x-a", "Connection: close"),
    _ends("close beside keep-alive", _CLOSE, "Connection: keep-alive, close"),
    _ends("HTTP/1.0", "9112-9.3-1b 9112-9.6-7b", version="HTTP/1.0"),
    _ends("close in HTTP/1.0", f"{_CLOSE} 9110-5.1-4c", "Connection: keep-alive, close", version="HTTP/1.0"),
    served("keep-alive in HTTP/1.1", "9112-9.3-1b", _get("Connection: keep-alive")),
    served(
        "an option that only looks like close",
        "9112-9.3-1b 9110-5.6.1.2-1c",
        _get("Connection: closed, x-close, close-x"),
    ),
    served("an empty Connection", "9112-9.3-1b 9110-5.6.1.2-1c", _get("Connection:"), or_refused=(400,)),
    served("Keep-Alive without its option", "9110-7.6.1-10b 9112-9.3-1b", _get("Keep-Alive: timeout=1, max=1")),
    row(
        "keep-alive in HTTP/1.0",
        "9112-9.3-1b 9110-5.1-4c",
        Send(_get("Connection: Keep-Alive", version="HTTP/1.0")),
        Answer(200, version="HTTP/1.0", fields=(("Connection", "keep-alive"),)),
        Kept(),
        or_else=[(Send(_get("Connection: Keep-Alive", version="HTTP/1.0")), Answer(200, version="HTTP/1.0"), Closed())],
    ),
    row(
        "keep-alive in HTTP/1.0, content of unknown length",
        "9112-6.1-13b 9112-6.3-3a F16",
        Send(_get("Connection: keep-alive", version="HTTP/1.0", path="/stream")),
        Answer(200, version="HTTP/1.0", content=b"one\ntwo\nthree\n", lacks=("Transfer-Encoding",)),
        Closed(),
        or_else=[
            (
                Send(_get("Connection: keep-alive", version="HTTP/1.0", path="/stream")),
                Answer(200, version="HTTP/1.0", content=b"one\ntwo\nthree\n", fields=(("Content-Length", "14"),)),
                Kept(),
            )
        ],
    ),
    row(
        "keep-alive in HTTP/1.0, twice",
        "9112-9.3-1b",
        Send(_get("Connection: keep-alive", version="HTTP/1.0") * 2),
        Answer(200, version="HTTP/1.0"),
        Answer(200, version="HTTP/1.0"),
        Kept(),
        or_else=[
            (Send(_get("Connection: keep-alive", version="HTTP/1.0") * 2), Answer(200, version="HTTP/1.0"), Closed())
        ],
    ),
)


def _pipeline(*requests: tuple[bytes, Answer]) -> tuple[Step, ...]:
    return (Send(b"".join(data for data, _ in requests)), *(answer for _, answer in requests), Kept())


def _numbered(number: int) -> tuple[bytes, Answer]:
    return _get(path=f"/echo?{number}"), Answer(200, seen=Seen(method="GET", query=str(number)))


_ORDER: Final = "9112-9.3.2-1b.2 9112-9.3.2-1b F12"

_PIPELINES: Final = (
    row("two requests at once", _ORDER, *_pipeline(_numbered(1), _numbered(2))),
    row("twenty requests at once", _ORDER, *_pipeline(*(_numbered(number) for number in range(20)))),
    row(
        "different lengths",
        _ORDER,
        *_pipeline(
            (_get(path="/file"), Answer(200)),
            (_get(path="/empty"), Answer(200, content=b"")),
            (_get(path="/status/204"), Answer(204)),
            (_get(path="/file", method="HEAD"), Answer(200, method="HEAD")),
            (_get(path="/unchanged"), Answer(304)),
            (_get(path="/status/404"), Answer(404)),
            _numbered(1),
        ),
    ),
    row(
        "a length that only the end tells, in between",
        f"{_ORDER} 9112-6.1-4b",
        *_pipeline((_get(path="/stream"), Answer(200, content=b"one\ntwo\nthree\n")), _numbered(1)),
        or_else=[(Send(_get(path="/stream")), Answer(200, content=b"one\ntwo\nthree\n"), Closed())],
    ),
    row(
        "content in between",
        f"{_ORDER} F11 9110-3.3-5a",
        *_pipeline(
            (
                _get("Content-Length: 5", "X-Once: a", "Cookie: a=b", method="POST") + b"hello",
                Answer(200, seen=Seen(content=b"hello")),
            ),
            (
                _get("Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n0\r\n\r\n",
                Answer(200, seen=Seen(content=b"abc", lacks=("x-once", "cookie"))),
            ),
            (
                _get(),
                Answer(200, seen=Seen(content=b"", lacks=("content-length", "transfer-encoding", "x-once", "cookie"))),
            ),
            (_get("Content-Length: 5", path="/ignore", method="PUT") + b"hello", Answer(200)),
            _numbered(1),
        ),
    ),
    row(
        "an error behind good requests",
        f"{_ORDER} F13 9112-2.2-9a",
        Send(_numbered(1)[0] + _numbered(2)[0] + b"GET /echo HTTP/1.1\r\nHost : a\r\n\r\n" + CANARY),
        _numbered(1)[1],
        _numbered(2)[1],
        Answer(400),
        Closed(),
    ),
    row(
        "close in the middle",
        f"{_CLOSE} F12",
        Send(_numbered(1)[0] + _get("Connection: close") + CANARY),
        _numbered(1)[1],
        Answer(200),
        Closed(),
    ),
    row(
        "a request in two parts behind another",
        "9112-9.3.2-1b.2 9110-5.3-6a",
        Send(_get() + CANARY[:20]),
        Answer(200),
        Send(CANARY[20:]),
        Answer(200, seen=Seen(method="GET", query="canary")),
        Kept(),
    ),
)

_UPGRADES: Final = (
    served(
        "an upgrade to h2c",
        "9110-7.8-2b F15",
        _get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        Answer(200, lacks=("Upgrade",)),
    ),
    served(
        "an upgrade to websocket",
        "9110-7.8-2b F15",
        _get(
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        Answer(200, lacks=("Upgrade",)),
    ),
    served(
        "an upgrade with content",
        "9110-7.8-2b F15",
        _get("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5", method="POST") + b"hello",
        Answer(200, seen=Seen(content=b"hello")),
    ),
    row(
        "an upgrade in HTTP/1.0",
        "9110-7.8-14b F15",
        Send(_get("Connection: Upgrade", "Upgrade: h2c", version="HTTP/1.0")),
        Answer(200, version="HTTP/1.0", lacks=("Upgrade",)),
        Closed(),
    ),
    row(
        "the preface of HTTP/2",
        "9112-2.2-9a F15 S4",
        Send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + CANARY),
        Answer(505, also=(400, 404, 405, 501)),
        Closed(),
    ),
    served("Max-Forwards", "9110-7.6.2-5a", _get("Max-Forwards: 0")),
    served("From", "9110-10.1.2-7a", _get("From: root@example.com")),
    served(
        "Content-Location in a request",
        "9110-8.7-9c",
        _get("Content-Location: /status/404"),
        Answer(200, seen=Seen(path="/echo")),
    ),
)

_DEADLINES: Final = (
    row("nothing comes", "9112-9.5-2a 9112-9.5-3a D8", Closed(), needs="deadlines"),
    row(
        "an answer, then nothing",
        "9112-9.5-2a 9112-9.5-3a D8",
        Send(CANARY),
        Answer(200),
        Closed(late=True),
        needs="deadlines",
    ),
    row("an empty line, then nothing", "9112-9.5-2a D8 S2", Send(b"\r\n"), Closed(), needs="deadlines"),
    row(
        "half a head",
        "9112-9.5-2a 9112-8-1a D7",
        Send(b"GET /echo HTTP/1.1\r\nHost: "),
        Answer(408),
        Closed(),
        or_else=[(Send(b"GET /echo HTTP/1.1\r\nHost: "), Closed())],
        needs="deadlines",
    ),
    row(
        "half the content",
        "9112-6.3-2.6.1b 9112-9.5-2a 9112-8-1a D9",
        Send(_get("Content-Length: 5", method="POST") + b"he"),
        Answer(408),
        Closed(),
        or_else=[(Send(_get("Content-Length: 5", method="POST") + b"he"), Closed())],
        needs="deadlines",
    ),
    row(
        "half a chunk",
        "9112-6.3-2.6.1b 9112-9.5-2a 9112-8-1a D9",
        Send(_get("Transfer-Encoding: chunked", method="POST") + b"5\r\nhe"),
        Answer(408),
        Closed(),
        or_else=[(Send(_get("Transfer-Encoding: chunked", method="POST") + b"5\r\nhe"), Closed())],
        needs="deadlines",
    ),
)

ROWS: Final[tuple[Row, ...]] = (*_PERSISTENCE, *_PIPELINES, *_UPGRADES, *_DEADLINES)

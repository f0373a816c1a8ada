"""RFC 9110 §2.3, §5.4, §17.5; RFC 9112 §3; RFC 6585 §5: elements that are too large."""

from typing import Final

from pyhttp.checking.rows.model import Answer, Row, Seen, head, refused, served

__all__ = ["ROWS"]


def _with(*lines: str) -> bytes:
    return head("GET /echo HTTP/1.1", "Host: a", *lines)


_UNDER: Final = (
    served("a field line of 8000 bytes", "9110-2.3-1a", _with("X: " + "x" * 7990)),
    served(
        "a target and a field line of 1000 bytes",
        "9110-2.3-3a",
        head("GET /echo?" + "x" * 990 + " HTTP/1.1", "Host: a", "X: " + "x" * 990),
    ),
    served("ninety field lines", "9110-2.3-1a", _with(*(f"X-{number}: 1" for number in range(90)))),
    served(
        "ninety lines of one field",
        "9110-5.3-1a",
        _with(*("X: 1" for _ in range(90))),
        Answer(200, seen=Seen(fields=(("x", ", ".join("1" * 90)),))),
    ),
    served("7000 empty members", "9110-5.6.1.2-1b", _with("Connection: " + "," * 7000)),
)

_OVER: Final = (
    refused(
        "a target over the limit",
        "9112-3-4c 9110-2.3-1a 9110-17.5-4a D1",
        head("GET /echo?" + "x" * 9000 + " HTTP/1.1", "Host: a"),
        414,
        also=(400, 431),
        needs="limits",
    ),
    refused(
        "a target over the limit and no end",
        "9112-3-4c 9110-2.3-1a D1",
        b"GET /echo?" + b"x" * 20000,
        414,
        also=(400, 431),
        needs="limits",
    ),
    refused(
        "a field line over its limit",
        "9110-5.4-2a 9110-2.3-1a 9110-17.5-4a D2",
        _with("X: " + "x" * 9000),
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused(
        "a field line over its limit and no end",
        "9110-5.4-2a 9110-2.3-1a D2",
        b"GET /echo HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000,
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused(
        "too many field lines",
        "9110-5.4-2a 9110-2.3-1a 9110-17.5-4a D4",
        _with(*(f"X-{number}: 1" for number in range(101))),
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused(
        "too many field lines, empty ones",
        "9110-5.4-2a 9110-2.3-1a D4",
        _with(*("X:" for _ in range(300))),
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused(
        "a header section over its limit",
        "9110-5.4-2a 9110-2.3-1a 9110-17.5-4a D3",
        _with(*(f"X-{number}: " + "x" * 7900 for number in range(9))),
        431,
        also=(400, 413),
        needs="limits",
    ),
    refused("zeros without end", "9110-2.3-1a 9112-2.2-9a D1", b"\0" * 20000, also=(414, 431)),
)

ROWS: Final[tuple[Row, ...]] = (*_UNDER, *_OVER)

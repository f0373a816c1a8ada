"""Requests by clients of h11: right ones, ones that come up to a limit, and ones with something wrong in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import h11
from hypothesis import strategies as st

from pyhttp.errors import ContentTooLarge, FieldsTooLarge, HTTPError, MalformedRequest, TargetTooLong
from pyhttp.limits import Limits

__all__ = [
    "LIMITS",
    "METHODS",
    "OVER",
    "PARTS",
    "RIGHT",
    "STATUSES",
    "WRONG",
    "Asked",
    "ask",
    "listen",
    "over",
    "up_to",
]

Fields = list[tuple[str, str]]

METHODS: Final = st.sampled_from(("GET", "HEAD", "POST", "DELETE", "PROPFIND"))
STATUSES: Final = st.sampled_from((200, 200, 200, 201, 204, 205, 206, 301, 304, 404, 500, 599))
PARTS: Final = st.lists(st.binary(max_size=30), max_size=3)

LIMITS: Final = Limits(
    request_line=80,
    field_line=40,
    field_section=120,
    field_lines=5,
    content=90,
    chunk_line=20,
    chunk_extensions=40,
)
"""The limits are so narrow that requests reach each of them, and exceed it."""


@dataclass(slots=True)
class Asked:
    """A request that a client made, and the answer as far as it has come."""

    client: h11.Connection
    method: str
    target: str
    content: bytes
    close: bool
    sent: bytes
    refusal: type[HTTPError] | None = None
    """The error that refuses it, where it is wrong."""
    answered: bytes = b""
    """Content that the server gave."""
    status: int = 0
    got: bytearray = field(default_factory=bytearray)
    answer_complete: bool = False


def ask(method: str, target: str, parts: list[bytes], fields: Fields, *, sized: bool) -> Asked:
    """A request that h11 writes."""
    client = h11.Connection(h11.CLIENT)
    lines = [("Host", "a"), *fields]
    content = b"".join(parts)
    if parts:
        lines.append(("Content-Length", str(len(content))) if sized else ("Transfer-Encoding", "chunked"))
    sent = client.send(h11.Request(method=method, target=target, headers=lines)) or b""
    for part in parts:
        sent += client.send(h11.Data(data=part)) or b""
    sent += client.send(h11.EndOfMessage()) or b""
    return Asked(client, method, target, content, ("Connection", "close") in fields, sent)


def listen(asked: Asked, data: bytes) -> bytes:
    """Give the client what was sent to it, or b"" for the end. The result is what follows its response."""
    asked.client.receive_data(data)
    while True:
        event = asked.client.next_event()
        if isinstance(event, h11.Response):
            asked.status = event.status_code
        elif isinstance(event, h11.Data):
            asked.got += event.data
        elif isinstance(event, h11.EndOfMessage):
            asked.answer_complete = True
            return asked.client.trailing_data[0]
        elif not isinstance(event, h11.InformationalResponse):
            return b""


def _chunked(content: bytes, coded: bytes) -> Asked:
    """A request with content in chunks that h11 would not write."""
    asked = ask("POST", "/", [b""], [], sized=False)
    head, end, _ = asked.sent.partition(b"\r\n\r\n")
    asked.content, asked.sent = content, head + end + coded
    return asked


def up_to(limit: str, more: int) -> Asked:
    """A request that comes up to a limit, and is `more` octets or lines over it."""
    match limit:
        case "request_line":
            room = LIMITS.request_line - len("GET / HTTP/1.1")
            return ask("GET", "/" + "x" * (room + more), [], [], sized=True)
        case "field_line":
            return ask("GET", "/", [], [("X", "x" * (LIMITS.field_line - len("X: ") + more))], sized=True)
        case "field_section":
            room = LIMITS.field_section - len("Host: a\r\n") - 3 * len("X: \r\n")
            values = [room // 3, room // 3, room - room // 3 * 2 + more]
            return ask("GET", "/", [], [("X", "x" * size) for size in values], sized=True)
        case "field_lines":
            return ask("GET", "/", [], [("X", "x")] * (LIMITS.field_lines - 1 + more), sized=True)
        case "content":
            return ask("POST", "/", [b"x" * 50, b"y" * (LIMITS.content - 50 + more)], [], sized=True)
        case "content of chunks":
            return ask("POST", "/", [b"x" * 50, b"y" * (LIMITS.content - 50 + more)], [], sized=False)
        case "chunk_line":
            extension = b";" + b"x" * (LIMITS.chunk_line - len("1;") + more)
            return _chunked(b"a", b"1" + extension + b"\r\na\r\n0\r\n\r\n")
        case _:
            half = b";" + b"x" * (LIMITS.chunk_extensions // 2 - 2)
            coded = b"1" + half + b"\r\na\r\n1" + half + b"\r\nb\r\n0;" + b"x" * (1 + more) + b"\r\n\r\n"
            return _chunked(b"ab", coded)


OVER: Final[dict[str, type[HTTPError]]] = {
    "request_line": TargetTooLong,
    "field_line": FieldsTooLarge,
    "field_section": FieldsTooLarge,
    "field_lines": FieldsTooLarge,
    "content": ContentTooLarge,
    "content of chunks": ContentTooLarge,
    "chunk_line": MalformedRequest,
    "chunk_extensions": MalformedRequest,
}
GARBAGE: Final = (b"\x00", b"GET /\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"\r\n\r\n\r\n")
GARBAGE_WITHIN: Final = (b"x\r\n", b"1\r\na\r\n1x\r\n", b"1\r\nab\r\n", b"1\r\na\r\n0\r\nX : b\r\n\r\n")
"""Garbage within chunked content: behind one octet, or before it."""
RIGHT: Final = st.one_of(
    *[
        st.builds(
            lambda method, target, parts, sized, more: ask(method, target, parts, more, sized=sized),
            METHODS,
            st.sampled_from(("/", "/a?b", "http://b/c", "//x/%20")),
            PARTS,
            st.booleans(),
            st.sampled_from(([], [], [], [], [("Expect", "100-continue")], [("Upgrade", "h2c")])),
        )
    ],
    st.sampled_from(sorted(OVER)).map(lambda limit: up_to(limit, 0)),
)


def over(limit: str) -> Asked:
    """A request that is just over a limit."""
    asked = up_to(limit, 1)
    asked.refusal = OVER[limit]
    return asked


def _garbage(octets: bytes) -> Asked:
    asked = ask("POST", "/", [], [], sized=True)
    asked.sent, asked.refusal = octets, MalformedRequest
    return asked


def _garbage_within(coded: bytes) -> Asked:
    asked = _chunked(b"a", coded)
    asked.refusal = MalformedRequest
    return asked


MAKERS: Final[tuple[Callable[[], Asked], ...]] = (
    *[partial(_garbage, octets) for octets in GARBAGE],
    *[partial(_garbage_within, octets) for octets in GARBAGE_WITHIN],
    *[partial(over, limit) for limit in OVER] * 2,
)
WRONG: Final = st.sampled_from(MAKERS).map(lambda make: make())

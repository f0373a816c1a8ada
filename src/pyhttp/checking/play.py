"""A player for a row against a peer; it reports the first difference from the row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from pyhttp.checking.reader import BadReply, Ended, Late, Reply
from pyhttp.checking.rows.model import CANARY, Answer, Closed, HalfClose, Interim, Kept, Seen, Send, Step

__all__ = ["Exchange", "Mismatch", "Peer", "Unreadable", "play"]


class Mismatch(Exception):
    """The peer's octets are not those of the row.

    Attributes:
        exchanges: The exchanges before it, and the one that it is about, if that could be read.
    """

    exchanges: tuple["Exchange", ...] = ()


class Unreadable(Mismatch):
    """The peer's octets are no response."""


class _EarlyEnd(Exception):
    """Another server ended the connection after an answer; a server may do so at any time (9112-9.5-3a)."""


class Peer(Protocol):
    """A server on the other end of one new connection."""

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        ...

    def half_close(self) -> None:
        """End the sending side."""
        ...

    def reply(self, method: str = "GET") -> Reply:
        """Read one response to a request with `method`."""
        ...

    def ended(self) -> bytes:
        """Read everything up to the end of the stream; raises Late where it does not end."""
        ...


@dataclass(slots=True)
class Exchange:
    """A final response, with the known facts about its request and its connection."""

    reply: Reply
    method: str
    version: str
    ended: bool | None = None
    """Whether the connection ended after it; None where the row does not look."""
    unforeseen: bool = False
    """Whether the cause of the end may have come after it: the client sent more then, or had ended its own side."""


@dataclass(slots=True)
class _Play:
    peer: Peer
    strict: bool
    canary: int | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    left: bool = False
    sent_more: bool = False

    def run(self, steps: Sequence[Step]) -> None:
        """Take each step.

        Raises:
            Mismatch: The peer did something else.
        """
        try:
            self._take(steps)
        except _EarlyEnd:
            self.exchanges[-1].ended = True

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            match step:
                case Send(data):
                    self.peer.send(data)
                    self.sent_more = True
                case HalfClose():
                    self.peer.half_close()
                    self.left = True
                case Interim(status):
                    self._interim(status)
                case Answer():
                    self._answer(step)
                case Closed(late):
                    self._closed(late=late)
                case Kept():
                    self._kept()
                case _:
                    assert_never(step)

    def _read(self, method: str, what: str) -> Reply:
        try:
            return self.peer.reply(method)
        except Ended:
            if not self.strict and self.exchanges and (self.exchanges[-1].reply.says_close or what == "canary"):
                raise _EarlyEnd from None
            raise Mismatch(f"{what}: the connection ended") from None
        except Late:
            raise Mismatch(f"{what}: nothing came") from None
        except BadReply as error:
            raise Unreadable(f"{what}: {error}") from None

    def _interim(self, status: int) -> None:
        reply = self._read("GET", f"interim {status}")
        if reply.status != status:
            raise Mismatch(f"interim {status}: {reply.status} came")

    def _answer(self, answer: Answer) -> None:
        reply = self._read(answer.method, f"answer {answer.status}")
        if self.exchanges and self.exchanges[-1].ended is None:
            self.exchanges[-1].ended = False
        self.sent_more = False
        self.exchanges.append(Exchange(reply, answer.method, answer.version))
        allowed = (answer.status,) if self.strict else (answer.status, *answer.also)
        if reply.status not in allowed:
            raise Mismatch(f"answer {answer.status}: {reply.status} came")
        if reply.complete is not answer.complete:
            raise Mismatch(f"answer {answer.status}: it is {'whole' if reply.complete else 'cut off'}")
        _compare(answer, reply)
        if answer.seen is not None and reply.status == 200:
            _compare_seen(answer.seen, reply)

    def _closed(self, *, late: bool) -> None:
        if self.exchanges:
            self.exchanges[-1].ended = True
            self.exchanges[-1].unforeseen = late or self.left or self.sent_more
        try:
            rest = self.peer.ended()
        except Late:
            raise Mismatch("the connection stays open") from None
        if rest:
            raise Mismatch(f"before the end came {rest[:120]!r}")

    def _kept(self) -> None:
        self.peer.send(CANARY)
        reply = self._read("GET", "canary")
        if self.exchanges:
            self.exchanges[-1].ended = False
        if reply.status != (self.canary or 200):
            raise Mismatch(f"canary: {reply.status} came")
        if self.canary is None:
            _compare_seen(Seen(method="GET", query="canary", content=b""), reply)


def _compare(answer: Answer, reply: Reply) -> None:
    if answer.content is not None and reply.content != answer.content:
        raise Mismatch(f"content: {reply.content[:80]!r} instead of {answer.content[:80]!r}")
    for name, value in answer.fields:
        if (came := reply.get(name)) != value and (came or "").lower() != value.lower():
            raise Mismatch(f"{name}: {came!r} instead of {value!r}")
    for name in answer.lacks:
        if reply.get_all(name):
            raise Mismatch(f"{name} is there: {reply.get(name)!r}")
    for name in answer.has:
        if not reply.get_all(name):
            raise Mismatch(f"{name} is missing")
    if answer.close is not None and reply.says_close is not answer.close:
        raise Mismatch(f"Connection: {reply.get('Connection')!r}")


def _compare_seen(seen: Seen, reply: Reply) -> None:
    report = _report(reply)
    for name in ("method", "path", "query", "authority", "host", "client"):
        wanted: object = getattr(seen, name)
        if wanted is not None and report.get(name) != wanted:
            raise Mismatch(f"the application saw {name} {report.get(name)!r} instead of {wanted!r}")
    if seen.content is not None and report.get("content") != seen.content.decode("latin-1"):
        raise Mismatch(f"the application saw content {report.get('content')!r} instead of {seen.content!r}")
    _compare_fields(seen, _pairs(report.get("fields")))
    if seen.trailers is not None and _pairs(report.get("trailers")) != seen.trailers:
        raise Mismatch(f"the application saw trailers {report.get('trailers')!r} instead of {seen.trailers!r}")


def _compare_fields(seen: Seen, fields: tuple[tuple[str, str], ...]) -> None:
    for name, wanted in seen.fields:
        values = [value for key, value in fields if key.lower() == name.lower()]
        untrimmed = any(value != value.strip(" \t") for value in values)
        if not values or untrimmed or _members(", ".join(values)) != _members(wanted):
            raise Mismatch(f"the application saw {name}: {values!r} instead of {wanted!r}")
    for name in seen.lacks:
        if any(key.lower() == name.lower() for key, _ in fields):
            raise Mismatch(f"the application saw {name}")


def _members(value: str) -> list[str]:
    """The members of a value, without white space that joining its lines may have added."""
    return [member.strip(" \t") for member in value.split(",")]


def _report(reply: Reply) -> dict[str, object]:
    try:
        report: object = json.loads(reply.content)
    except ValueError:
        raise Mismatch(f"/echo sent no JSON: {reply.content[:80]!r}") from None
    if not isinstance(report, dict):
        raise Mismatch(f"/echo sent {report!r}")
    return {str(key): value for key, value in report.items()}


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        return ()
    return tuple((str(pair[0]), str(pair[1])) for pair in value if isinstance(pair, list) and len(pair) == 2)


def play(steps: Sequence[Step], peer: Peer, *, strict: bool = True, canary: int | None = None) -> list[Exchange]:
    """Have one conversation; returns its exchanges.

    Args:
        steps: The octets to send, and the answers that must come.
        peer: The other end, on a new connection.
        strict: Whether only the first status of an answer counts, not the others that the RFC allows.
        canary: The status of the canary's answer, where the server has no `/echo` to report it.

    Raises:
        Mismatch: The peer did something else.
        Unreadable: The peer's octets are no response.
    """
    playing = _Play(peer, strict, canary)
    try:
        playing.run(steps)
    except Mismatch as mismatch:
        mismatch.exchanges = tuple(playing.exchanges)
        raise
    return playing.exchanges

"""One function that feeds some bytes to the wire and returns its events, and all ways to split the bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import EMPTY
from pyhttp.wire.events import Content, EndOfMessage, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection

__all__ = ["LIMITS", "Outcome", "every_split", "fed_every_way", "feed", "refused"]

LIMITS: Final = Limits()
FOREIGN: Final = b"\x00\xffGET / HTTP/1.1\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of some input: events with content merged, the error that ended them, and what was left over."""

    events: tuple[RequestHead | Content | EndOfMessage, ...]
    error: tuple[type[HTTPError], str] | None
    heads: tuple[bytes, ...]
    closed: bool
    persistent: bool

    @property
    def requests(self) -> tuple[RequestHead, ...]:
        return tuple(event for event in self.events if isinstance(event, RequestHead))

    @property
    def request(self) -> RequestHead:
        """The only request."""
        (request,) = self.requests
        return request

    @property
    def content(self) -> bytes:
        return b"".join(event.data for event in self.events if isinstance(event, Content))

    @property
    def contents(self) -> tuple[bytes, ...]:
        """The content of each request."""
        contents: list[bytes] = []
        for event in self.events:
            match event:
                case RequestHead():
                    contents.append(b"")
                case Content(data):
                    contents[-1] += data
                case EndOfMessage():
                    pass
        return tuple(contents)

    @property
    def status(self) -> int | None:
        """The status of the error."""
        return None if self.error is None else int(self.error[0].status)


class _Recorder:
    def __init__(self, limits: Limits, *, secure: bool, cycles: bool) -> None:
        self.connection = ServerConnection(limits, secure=secure)
        self.cycles = cycles
        self.events: list[RequestHead | Content | EndOfMessage] = []
        self.heads: list[bytes] = []
        self.error: tuple[type[HTTPError], str] | None = None
        self.closed = False

    def drain(self) -> None:
        """Take events until there is none."""
        while True:
            try:
                event = self.connection.next_event()
            except HTTPError as error:
                self.error = (type(error), error.detail)
                return
            if isinstance(event, Signal):
                if event is Signal.PAUSED and self.cycles:
                    self.answer()
                    continue
                self.closed = event is Signal.CLOSED
                return
            self.record(event)

    def record(self, event: RequestHead | Content | EndOfMessage) -> None:
        if isinstance(event, RequestHead):
            self.heads.append(self.connection.head_bytes)
        last = self.events[-1] if self.events else None
        if isinstance(event, Content) and isinstance(last, Content):
            self.events[-1] = Content(last.data + event.data)
        else:
            self.events.append(event)

    def answer(self) -> None:
        self.connection.send(ResponseHead(204, EMPTY, None))
        self.connection.send(EndOfMessage())
        self.connection.start_next_cycle()

    def outcome(self) -> Outcome:
        return Outcome(tuple(self.events), self.error, tuple(self.heads), self.closed, self.connection.persistent)


def feed(
    segments: Iterable[bytes], *, limits: Limits = LIMITS, secure: bool = False, eof: bool = False, cycles: bool = True
) -> Outcome:
    """The outcome of the segments. Each segment is parsed before the next one arrives.

    Args:
        segments: The segments that arrive.
        limits: The limits of the connection.
        secure: Whether the connection is by TLS.
        eof: Whether the peer ends its side after them.
        cycles: Whether complete requests are answered, so that the next one is read.
    """
    recorder = _Recorder(limits, secure=secure, cycles=cycles)
    for segment in segments:
        recorder.connection.receive_data(segment)
        recorder.drain()
    if eof:
        recorder.connection.receive_eof()
        recorder.drain()
    return recorder.outcome()


def every_split(data: bytes) -> Iterator[tuple[bytes, ...]]:
    """The data byte by byte, and the data in two parts, divided at every position."""
    yield tuple(data[at : at + 1] for at in range(len(data)))
    for at in range(1, len(data)):
        yield data[:at], data[at:]


def fed_every_way(data: bytes, *, limits: Limits = LIMITS, secure: bool = False, eof: bool = False) -> Outcome:
    """The outcome of `data`. It must be the same however the data are split, and with foreign bytes behind them."""
    whole = feed([data], limits=limits, secure=secure, eof=eof)
    for segments in every_split(data):
        assert feed(segments, limits=limits, secure=secure, eof=eof) == whole, segments
    _with_foreign_bytes(data, limits, secure=secure)
    return whole


def _with_foreign_bytes(data: bytes, limits: Limits, *, secure: bool) -> None:
    """Check that bytes behind one complete request are left alone, and that bytes behind an error change nothing."""
    alone = _Recorder(limits, secure=secure, cycles=False)
    alone.connection.receive_data(data)
    alone.drain()
    if not alone.error and not (alone.events and isinstance(alone.events[-1], EndOfMessage)):
        return
    followed = _Recorder(limits, secure=secure, cycles=False)
    followed.connection.receive_data(data + FOREIGN)
    followed.drain()
    assert followed.events == alone.events
    assert followed.error == alone.error
    rest = alone.connection.take_buffered()
    assert followed.connection.take_buffered() == (b"" if alone.error else rest + FOREIGN)


def refused(data: bytes, *, limits: Limits = LIMITS, secure: bool = False) -> int:
    """The status with which `data` is refused, however it is split."""
    outcome = fed_every_way(data, limits=limits, secure=secure)
    assert outcome.status is not None, outcome
    return outcome.status

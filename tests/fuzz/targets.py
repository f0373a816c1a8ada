"""Fuzz targets: functions of some bytes that fail where a parser does anything but its duty (V2, V4).

Each one holds a parser against the slow reference, or against a property, and lets through no exception but the
parser's own. `tests.fuzz.run` gives them input guided by coverage, `test_targets.py` in an ordinary test run.
"""

from collections.abc import Callable
from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import parse_list
from pyhttp.semantics.ranges import Unranged, select
from pyhttp.wire.connection import ServerConnection
from pyhttp.wire.events import Content, EndOfMessage, Event, Signal
from tests.fuzz import reference
from tests.fuzz.reference import Read

__all__ = ["TARGETS"]

_LIMITS: Final = Limits()
_SHORT: Final = 64
"""Content below this length is cut everywhere."""


def _ours(pieces: list[bytes]) -> Read | None:
    """What the core makes of the first request in the pieces."""
    core = ServerConnection(_LIMITS)
    head: RequestHead | None = None
    content = bytearray()
    received = 0
    try:
        for piece in pieces:
            core.receive_data(piece)
            received += len(piece)
            while True:
                event = core.next_event()
                if isinstance(event, Content):
                    content += event.data
                elif isinstance(event, RequestHead):
                    head = event
                elif isinstance(event, EndOfMessage):
                    assert head is not None
                    return Read(
                        head.method.encode("ascii"),
                        head.target.encode("ascii"),
                        head.version.encode("ascii"),
                        _encoded(head.headers.lines),
                        bytes(content),
                        _encoded(event.trailers.lines),
                        received - core.buffered,
                    )
                else:
                    assert event is Signal.NEED_DATA
                    break
    except HTTPError as error:
        _assert_stuck(core, error)
    return None


def _assert_stuck(core: ServerConnection, error: HTTPError) -> None:
    """F13: nothing is parsed after an error, whatever comes."""
    assert 400 <= error.status < 600
    core.receive_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    again: Event | HTTPError
    try:
        again = core.next_event()
    except HTTPError as second:
        again = second
    assert again is error


def _encoded(lines: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in lines]


def _compare(data: bytes, *cuts: int) -> None:
    expected = reference.read(data)
    whole = _ours([data])
    for cut in cuts:
        assert whole == _ours([data[:cut], data[cut:]])
    if expected is None or whole is None:
        assert whole == expected
        return
    kept = [line for line in expected.trailers if line in whole.trailers]
    assert whole.trailers == kept  # some may not stand there, and are dropped
    assert (whole.method, whole.target, whole.version) == (expected.method, expected.target, expected.version)
    assert (whole.fields, whole.content, whole.end) == (expected.fields, expected.content, expected.end)


def request(data: bytes) -> None:
    """A request, whole and in two pieces."""
    _compare(data[1:], data[0] * len(data) // 256 if data else 0)


def chunked(data: bytes) -> None:
    """Chunked content behind a good head."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    content = data[1:]
    cuts = range(len(content)) if len(content) < _SHORT else [data[0] * len(content) // 256]
    _compare(head + content, *(len(head) + cut for cut in cuts))


def target(data: bytes) -> None:
    """A request-target."""
    _compare(b"OPTIONS " + data + b" HTTP/1.1\r\nHost: a\r\n\r\n", 8)


def host(data: bytes) -> None:
    """A Host."""
    _compare(b"GET / HTTP/1.1\r\nHost: " + data + b"\r\n\r\n", 22)


def members(data: bytes) -> None:
    """The members of a list-based field."""
    text = bytes(octet for octet in data if octet not in b"\r\n\0")
    assert [member.encode("latin-1") for member in parse_list(text.decode("latin-1"))] == reference.members(text)


def byte_ranges(data: bytes) -> None:
    """A Range field on files of some lengths."""
    value = data.decode("latin-1")
    for length in (0, 1, 10, 10**19):
        selected = select(value, length, _LIMITS.ranges)
        if not isinstance(selected, Unranged):
            assert 0 < len(selected) <= _LIMITS.ranges
            assert all(0 <= span.start <= span.last < length for span in selected)
            assert sum(span.length for span in selected) <= length


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "request": request,
    "chunked": chunked,
    "target": target,
    "host": host,
    "members": members,
    "byte_ranges": byte_ranges,
}

"""Fuzz targets: functions of some bytes that fail where a parser breaks one of its rules (V2, V4).

Each target compares a parser with the slow reference, or with a property, and allows no exception but the parser's own.
`tests.fuzz.run` gives them input guided by coverage; `test_targets.py` runs them in an ordinary test run.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.errors import BadGateway, HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import CONTENT_FORBIDDEN, RequestHead, Response
from pyhttp.proxies import Networks, Origin
from pyhttp.semantics.authority import is_host
from pyhttp.semantics.fields import Headers, parse_list
from pyhttp.semantics.forwarded import ForwardedError, origin
from pyhttp.semantics.ranges import Unranged, select
from pyhttp.wire.events import Content, EndOfMessage, Event, Signal
from pyhttp.wire.proxy_header import ProxyHeader, ProxyHeaderError, parse_proxy_header
from pyhttp.wire.server_connection import ServerConnection
from tests.fuzz import reference
from tests.fuzz.reference import Read

__all__ = ["TARGETS"]

_LIMITS: Final = Limits()
_SCRIPT_LIMITS: Final = Limits(script_fields=400, script_field_lines=8)
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OF_THE_CONNECTION: Final = frozenset(
    ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "status"]
)
_TRUSTED: Final = Networks(("10.0.0.0/8",))
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
        selected = select(value, length, _LIMITS.ranges, _LIMITS.unordered_ranges)
        if not isinstance(selected, Unranged):
            assert 0 < len(selected) <= _LIMITS.ranges
            assert all(0 <= span.start <= span.last < length for span in selected)
            assert sum(span.length for span in selected) <= length


def script_output(data: bytes) -> None:
    """What a script says (S11, C12, C13): the pieces make no difference, and what comes out of it can be sent."""
    output = data[1:]
    non_parsed = bool(data) and data[0] & 1 == 1
    whole = script_head([output], non_parsed=non_parsed)
    assert script_head([bytes((octet,)) for octet in output], non_parsed=non_parsed) == whole
    cut = data[0] * len(output) // 256 if data else 0
    assert script_head([output[:cut], output[cut:]], non_parsed=non_parsed) == whole
    head, rest = whole
    assert output.endswith(rest)
    match head:
        case None:
            return
        case LocalRedirect(place):
            assert place.startswith("/")
            assert not re.search(r"[^\x21-\x7e]|#", place)
        case Document(status, headers, length):
            fields = headers.lines
            assert not any(name.lower() in _OF_THE_CONNECTION or _UNSAFE.search(name + value) for name, value in fields)
            assert length is None or 0 <= length < 2**63
            assert Response(status, fields, b"" if status in CONTENT_FORBIDDEN else [rest]).status == status


def script_head(pieces: list[bytes], *, non_parsed: bool) -> tuple[Document | LocalRedirect | None, bytes]:
    """The head of a script's output and all that follows it; None and nothing where it is malformed or does not end."""
    parser = OutputParser(_SCRIPT_LIMITS, non_parsed=non_parsed)
    for index, piece in enumerate(pieces):
        try:
            head = parser.receive(piece)
        except BadGateway:
            return None, b""
        if head is not None:
            return head, parser.rest + b"".join(pieces[index + 1 :])
    assert isinstance(parser.receive_eof(), BadGateway)
    return None, b""


def proxy_header(data: bytes) -> None:
    """What a proxy says of a connection: pieces make no difference, and what follows it is not looked at."""
    found = _proxy_header(data)
    if isinstance(found, ProxyHeader):
        assert _proxy_header(data[: found.length]) == found
        assert all(_proxy_header(data[:length]) is None for length in range(found.length))
        for end in (found.source, found.destination):
            assert end is None or (str(ip_address(end[0])) == end[0] and 0 <= end[1] < 65536)
    elif found is None:
        assert all(_proxy_header(data[:length]) is None for length in range(len(data)))
    else:
        assert isinstance(_proxy_header(data + b"\r\n" * 60), ProxyHeaderError)


def _proxy_header(data: bytes) -> ProxyHeader | ProxyHeaderError | None:
    try:
        return parse_proxy_header(data)
    except ProxyHeaderError as error:
        return error


def forwarded(data: bytes) -> None:
    """What a proxy says of a request: a client can write in front of it whatever it likes."""
    text = _UNSAFE.sub("", data.decode("latin-1"))
    for name, added in (("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")):
        alone = _origin((name, text))
        if alone is not None:
            client = alone.client
            assert client == "unknown" or client.startswith("_") or str(ip_address(client)) == client
            assert 0 <= alone.port < 65536
            assert alone.scheme == alone.scheme.lower()
            assert not alone.host or is_host(alone.host)
        assert _origin((name, text), (name, added)) == Origin("192.0.2.1", 0)
    assert _origin(("X-Forwarded-For", f"{text}, 192.0.2.1")) == Origin("192.0.2.1", 0)


def _origin(*lines: tuple[str, str]) -> Origin | None:
    try:
        return origin(Headers([(name, value.strip(" \t")) for name, value in lines]), _TRUSTED)
    except ForwardedError:
        return None


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "request": request,
    "chunked": chunked,
    "target": target,
    "host": host,
    "members": members,
    "byte_ranges": byte_ranges,
    "script_output": script_output,
    "proxy_header": proxy_header,
    "forwarded": forwarded,
}

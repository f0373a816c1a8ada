"""Fuzz targets: functions of some bytes that fail where a parser breaks one of its rules (V2, V4).

Each target compares a parser with the slow reference, or with a property, and allows no exception but the parser's own.
It returns whether the parser has read the input. `tests.fuzz.run` gives them input guided by coverage;
`test_targets.py` gives them valid input that is damaged a little.
"""

import os
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.errors import BadGateway, BadRequest, HTTPError, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import CONTENT_FORBIDDEN, RequestHead, Response
from pyhttp.proxies import Networks, Origin
from pyhttp.resources.paths import decode, locate
from pyhttp.resources.relative_references import encode_segment
from pyhttp.semantics.authority import is_host
from pyhttp.semantics.dates import LATEST, format_date, parse_date
from pyhttp.semantics.fields import Headers, parse_list
from pyhttp.semantics.forwarded import ForwardedError, origin
from pyhttp.semantics.ranges import Unranged, select
from pyhttp.semantics.validators import parse_entity_tag, parse_entity_tags
from pyhttp.wire.events import Content, EndOfMessage, Event, Signal
from pyhttp.wire.field_lines import FieldSection
from pyhttp.wire.proxy_header import ProxyHeader, ProxyHeaderError, parse_proxy_header
from pyhttp.wire.server_connection import ServerConnection
from tests.fuzz import reference, reference_values
from tests.fuzz.reference import Read

__all__ = ["LIMITS", "NOW", "TARGETS"]

LIMITS: Final = Limits(
    request_line=100,
    field_line=80,
    field_section=300,
    field_lines=8,
    content=100,
    chunk_line=40,
    chunk_extensions=60,
    ranges=6,
    unordered_ranges=3,
)
"""Small ones, so that short input is over them, too."""
NOW: Final = 1_800_000_000
"""When dates of two digits for the year are read: 2027-01-15 08:00:00."""
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
    core = ServerConnection(LIMITS)
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


def _compare(data: bytes, *cuts: int) -> bool:
    expected = reference.read(data, LIMITS)
    whole = _ours([data])
    for cut in cuts:
        assert whole == _ours([data[:cut], data[cut:]])
    if expected is None or whole is None:
        assert whole == expected
        return False
    kept = [line for line in expected.trailers if line in whole.trailers]
    assert whole.trailers == kept  # some fields may not stand in trailers, and are dropped
    assert (whole.method, whole.target, whole.version) == (expected.method, expected.target, expected.version)
    assert (whole.fields, whole.content, whole.end) == (expected.fields, expected.content, expected.end)
    return True


def request(data: bytes) -> bool:
    """A request, whole and in two pieces."""
    return _compare(data[1:], data[0] * len(data) // 256 if data else 0)


def chunked(data: bytes) -> bool:
    """Chunked content behind a good head."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    content = data[1:]
    cuts = range(len(content)) if len(content) < _SHORT else [data[0] * len(content) // 256]
    return _compare(head + content, *(len(head) + cut for cut in cuts))


def target(data: bytes) -> bool:
    """A request-target, of two methods."""
    rest = data + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    return _compare(b"GET " + rest, 4) | _compare(b"OPTIONS " + rest, 8)


def host(data: bytes) -> bool:
    """A Host."""
    return _compare(b"GET / HTTP/1.1\r\nHost: " + data + b"\r\n\r\n", 22)


def field_section(data: bytes) -> bool:
    """A header section or trailer section, whole and octet by octet."""
    expected = reference.field_section(data, LIMITS)
    found = _section(data, max(1, len(data)))
    assert found == expected
    assert _section(data, 1) == expected
    return found is not None


def _section(data: bytes, size: int) -> tuple[reference.Fields, int] | None:
    """The section's lines and its end, from pieces of one size; None where it is refused or goes on."""
    section = FieldSection(LIMITS)
    at = 0
    try:
        for end in range(size, len(data) + 1, size):
            at, complete = section.read(data[:end], at)
            if complete:
                return _encoded(section.headers.lines), at
    except HTTPError:
        return None
    return None


def members(data: bytes) -> bool:
    """The members of a list-based field."""
    text = bytes(octet for octet in data if octet not in b"\r\n\0")
    found = [member.encode("latin-1") for member in parse_list(text.decode("latin-1"))]
    assert found == reference.members(text)
    return bool(found)


def byte_ranges(data: bytes) -> bool:
    """A Range field on files of some lengths. It counts as read where a file of ten octets has a range to be sent."""
    value = data.decode("latin-1")
    return [_selects(value, length) for length in (0, 1, 10**19, 10)][-1]


def _selects(value: str, length: int) -> bool:
    selected = select(value, length, LIMITS.ranges, LIMITS.unordered_ranges)
    expected = reference_values.byte_ranges(value, length, LIMITS)
    if isinstance(selected, Unranged):
        assert expected == (None if selected is Unranged.WHOLE else [])
        return False
    assert [range(span.start, span.last + 1) for span in selected] == expected
    assert 0 < len(selected) <= LIMITS.ranges
    assert all(0 <= span.start <= span.last < length for span in selected)
    assert sum(span.length for span in selected) <= length
    return True


def date(data: bytes) -> bool:
    """An HTTP-date."""
    value = data.decode("latin-1")
    seconds = parse_date(value, NOW)
    assert seconds == reference_values.date(value, NOW)
    if seconds is not None and seconds <= LATEST:
        assert parse_date(format_date(seconds), NOW) == seconds
    return seconds is not None


def entity_tags(data: bytes) -> bool:
    """A list of entity tags. It counts as read where it has a tag."""
    value = data.decode("latin-1")
    found = parse_entity_tags(value)
    assert (None if found is None else [(tag.weak, tag.opaque) for tag in found]) == reference_values.entity_tags(value)
    alone = parse_entity_tag(value)
    assert alone is None or (found == (alone,) and str(alone) == value)
    if found is not None:
        assert parse_entity_tags(", ".join(map(str, found))) == found
        assert all(parse_entity_tag(str(tag)) == tag for tag in found)
    return bool(found)


def path(data: bytes) -> bool:
    """The path of a request: it is inside the folder, or refused (T4, T5, T8)."""
    asked = data.decode("latin-1")
    expected = reference_values.segments(asked)
    try:
        found = decode(asked)
    except (BadRequest, NotFound):
        assert expected is None
        return False
    assert [os.fsencode(segment) for segment in found] == expected
    for spelling in ("/" + "/".join(map(encode_segment, found)), asked.partition("?")[0].replace("/", "//")):
        assert decode(spelling) == found
    located = locate("/srv/www", asked)
    assert located == os.path.normpath("/".join(("/srv/www", *found)))
    assert located == "/srv/www" or located.startswith("/srv/www/")
    return True


def script_output(data: bytes) -> bool:
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
            return False
        case LocalRedirect(place):
            assert place.startswith("/")
            assert not re.search(r"[^\x21-\x7e]|#", place)
        case Document(status, headers, length):
            fields = headers.lines
            assert not any(name.lower() in _OF_THE_CONNECTION or _UNSAFE.search(name + value) for name, value in fields)
            lines = iter(output.decode("latin-1").split("\n"))
            assert all(any(_says(line, name, value) for line in lines) for name, value in fields)  # the order is kept
            assert length is None or 0 <= length < 2**63
            assert Response(status, fields, b"" if status in CONTENT_FORBIDDEN else [rest]).status == status
    return True


def _says(line: str, name: str, value: str) -> bool:
    return line.startswith(f"{name}:") and line[len(name) + 1 :].strip(" \t\r") == value


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


def proxy_header(data: bytes) -> bool:
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
    return isinstance(found, ProxyHeader)


def _proxy_header(data: bytes) -> ProxyHeader | ProxyHeaderError | None:
    try:
        return parse_proxy_header(data)
    except ProxyHeaderError as error:
        return error


def forwarded(data: bytes) -> bool:
    """What a proxy says of a request: a client can write any text in front of it."""
    text = _UNSAFE.sub("", data.decode("latin-1"))
    read = False
    for name, added in (("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")):
        alone = _origin((name, text))
        if alone is not None:
            read = True
            client = alone.client
            assert client == "unknown" or client.startswith("_") or str(ip_address(client)) == client
            assert 0 <= alone.port < 65536
            assert alone.scheme == alone.scheme.lower()
            assert not alone.host or is_host(alone.host)
        assert _origin((name, text), (name, added)) == Origin("192.0.2.1", 0)
    assert _origin(("X-Forwarded-For", f"{text}, 192.0.2.1")) == Origin("192.0.2.1", 0)
    both = _origin(("X-Forwarded-For", text), ("Forwarded", "for=192.0.2.7"))  # one of them is a client's invention
    assert both is None or both.client == "192.0.2.7"
    return read


def _origin(*lines: tuple[str, str]) -> Origin | None:
    try:
        return origin(Headers([(name, value.strip(" \t")) for name, value in lines]), _TRUSTED)
    except ForwardedError:
        return None


TARGETS: Final[dict[str, Callable[[bytes], bool]]] = {
    "request": request,
    "chunked": chunked,
    "target": target,
    "host": host,
    "field_section": field_section,
    "members": members,
    "byte_ranges": byte_ranges,
    "date": date,
    "entity_tags": entity_tags,
    "path": path,
    "script_output": script_output,
    "proxy_header": proxy_header,
    "forwarded": forwarded,
}

"""Strategies of hypothesis for text that is valid, or valid and then damaged a little, so that it breaks each rule.

Each character of ISO-8859-1 is one octet. `tests/fuzz/test_inputs.py` shows how much is read and how much is refused.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from tests.helpers import wire_strategies as wire

__all__ = [
    "chunked_content",
    "damaged",
    "dates",
    "entity_tags",
    "field_sections",
    "forwarded",
    "hosts",
    "lists",
    "paths",
    "proxy_headers",
    "range_fields",
    "request_targets",
    "requests",
    "script_outputs",
]

Text = st.SearchStrategy[str]

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SEPARATORS: Final = st.sampled_from((",", ",", ", ", ", ", "\t,", " , ", ",,", ", ,"))
"""The texts between the members of a list."""


@st.composite
def damaged(
    draw: st.DrawFn,
    values: Text,
    pieces: Sequence[str],
    ends: str,
    *,
    odd: Sequence[str] = (),
    times: Sequence[int] = (0, 0, 1, 1, 2),
) -> str:
    """One of the values, as it is or damaged. Damage adds, cuts out, replaces, moves or doubles a piece of the value.

    Args:
        draw: The function of hypothesis.
        values: Valid values.
        pieces: Pieces that are put into the value, or put in place of another piece.
        ends: Characters that end a part of a value; half of the damage is done to such parts.
        odd: Texts that stand for a value, each text once. They break the rules that damage breaks too seldom.
        times: How often a value is damaged. Each number is as likely. It is more often where most damage has no effect.
    """
    if odd and draw(st.sampled_from((False, True))):  # each text is drawn once, so that soon none is left
        return draw(st.sampled_from(odd))
    value = draw(values)
    for _ in range(draw(st.sampled_from(times))):
        if draw(st.booleans()):
            places = [0, *(at for at in range(1, len(value) + 1) if value[at - 1] in ends), len(value)]
            number = draw(st.integers(0, len(places) - 2))
            start, end = places[number : number + 2]
        else:
            start = draw(st.integers(0, len(value)))
            end = min(len(value), start + draw(st.sampled_from((0, 1, 1, 2))))
        part, behind = value[start:end], value[end:]
        match draw(st.sampled_from(("put", "put", "put", "replace", "replace", "cut", "twice", "end", "swap"))):
            case "put":
                part = draw(st.sampled_from(pieces)) + part
            case "replace":
                part = draw(st.sampled_from(pieces))
            case "cut":
                part = ""
            case "twice":
                part *= 2
            case "end":
                behind = ""
            case _:
                part, behind = behind[:1] + part, behind[1:]
        value = value[:start] + part + behind
    return value


def joined(draw: st.DrawFn, members: Sequence[str]) -> str:
    """The members as a list, which may have empty members."""
    text = draw(st.sampled_from(("", "", "", ",", " ,")))
    for member in members:
        text += member + draw(SEPARATORS)
    return text if draw(st.integers(0, 4)) == 0 else text.rstrip(" ,\t")


# --- RFC 9110


@st.composite
def _range_sets(draw: st.DrawFn, length: int) -> str:
    kind = draw(st.sampled_from(("apart",) * 8 + ("reversed", "shuffled", "any", "beyond", "many")))
    if kind == "any":
        places = draw(st.lists(st.integers(0, length + 2), min_size=2, max_size=8))
    else:
        count = 7 if kind == "many" else draw(st.sampled_from((1, 1, 2, 2, 3, 4, 5)))
        least = length if kind == "beyond" else 0
        places = sorted(draw(st.sets(st.integers(least, least + length + 4), min_size=2 * count, max_size=2 * count)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    members = [draw(_spelled(first, last)) for first, last in pairs]
    if kind in {"apart", "beyond"} and draw(st.integers(0, 2)) == 0:
        members[-1] = draw(st.sampled_from((f"{pairs[-1][0]}-", f"-{max(0, length - pairs[-1][0])}", "-0", "-99")))
    if kind == "reversed":
        members.reverse()
    elif kind == "shuffled":
        members = draw(st.permutations(members))
    return draw(st.sampled_from(("bytes=", "bytes=", "bytes=", "Bytes="))) + joined(draw, members)


def _spelled(first: int, last: int) -> Text:
    return st.sampled_from(
        (*((f"{first}-{last}",) * 4), f"{first}-{first}", f"00{first}-0{last}", f"{first}-{last + 10**19}")
    )


def range_fields(length: int = 10) -> Text:
    """Values of Range for a file of `length` octets."""
    pieces = ("-", "-", ",", "0", "1", "9", " ", "=", "items=", "x", "+", '"', "9" * 30)
    odd = (
        *("bytes=,", "bytes= , ,", "bytes= 1-2", "bytes= 1-2,3-4", "bytes=6-6,4-4,2-2,0-0", "bytes=0-4,3-5"),
        *("bytes=1-0", "bytes="),
    )
    return damaged(_range_sets(length), pieces, "=,-", odd=odd, times=(0, 0, 0, 1, 2))


@st.composite
def _dates(draw: st.DrawFn, near: int | None) -> str:
    if near is None:
        year = draw(st.one_of(st.integers(1970, 2100), st.integers(0, 9999), st.sampled_from((1996, 2000, 2024))))
        month, day = draw(st.tuples(st.integers(1, 12), st.integers(1, 28)) | st.sampled_from(ENDS_OF_MONTHS))
        clock = draw(_CLOCKS)
    else:
        then = dt.datetime(1970, 1, 1) + dt.timedelta(
            seconds=near + draw(st.integers(-2, 2) | st.integers(-(10**8), 10**8))
        )
        year, month, day, clock = then.year, then.month, then.day, f"{then:%H:%M:%S}"
    name, of_month = draw(st.sampled_from(DAYS)), MONTHS[month - 1]
    match draw(st.sampled_from(("imf", "imf", "rfc850", "asctime"))):
        case "rfc850":
            return f"{name}, {day:02}-{of_month}-{year % 100:02} {clock} GMT"
        case "asctime":
            return f"{name[:3]} {of_month} {day:2} {clock} {year:04}"
        case _:
            return f"{name[:3]}, {day:02} {of_month} {year:04} {clock} GMT"


_CLOCKS: Final = st.times().map("{:%H:%M:%S}".format) | st.sampled_from(("00:00:00", "23:59:59", "23:59:60"))
ENDS_OF_MONTHS: Final = ((2, 29), (2, 28), (3, 1), (12, 31), (1, 1), (4, 30), (1, 31), (4, 31), (2, 30), (2, 29))
ODD_DATES: Final = (
    *("Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT"),
    *("Sun, 06 Nov 1994 23:58:60 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT"),
    *("Tue, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 UTC"),
    *("Sunday, 06-Nov-94 08:49:37 UTC", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov 08:49:37 GMT"),
    *("Sunday Nov  6 08:49:37 1994", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94"),
    "Son, 06 Nov 1994 08:49:37 GMT",
    "Sund, 06-Nov-94 08:49:37 GMT",
)


def dates(near: int | None = None) -> Text:
    """Values of Date and its like: of any time, or about some seconds since 1970."""
    pieces = (
        *(" ", "0", "3", ",", "-", ":", "GMT", "UTC", "Sun ", "Sunday, ", "Feb ", "feb ", "30 Feb ", "\xb2", "+1"),
        "01:02 ",
    )
    return damaged(_dates(near), pieces, " ,-:", odd=ODD_DATES)


@st.composite
def _tag_lists(draw: st.DrawFn) -> str:
    return joined(draw, draw(st.lists(_TAGS, min_size=1, max_size=4)))


_TAGS: Final = st.builds(
    '{}"{}"'.format,
    st.sampled_from(("", "", "W/")),
    st.sampled_from(("x", "x", "x", "", "a,b", "\\", "W/", "\xe9\xff", "!#$~", "0" * 16, "a-gzip")),
)


def entity_tags() -> Text:
    """Values of If-None-Match and its like; "x" is among the tags often."""
    return damaged(
        _tag_lists(),
        ('"', '"', "W/", "w/", "W", ",", " ", "\\", "*", "x", "\x7f", "\0", "\xe9"),
        ',"',
        times=(0, 1, 1, 2),
    )


@st.composite
def _lists(draw: st.DrawFn, members: Text) -> str:
    return joined(draw, draw(st.lists(members, min_size=1, max_size=5)))


def lists(*members: str) -> Text:
    """Values that are lists of these members."""
    pieces = (*members, '"', "\\", '"a,b"', ",", ";", "q=", ";q=0", ".", " ", "=")
    return damaged(_lists(st.sampled_from(members)), pieces, ",;")


# --- RFC 9112


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")


def chunked_content() -> Text:
    """Chunked content of a few chunks, with extensions and trailers."""
    pieces = (
        *("\r\n", "\r", "\n", "\0", "0", "5\r\nhello\r\n", "0\r\n", "0\r\n\r\n", "ff", "g", "-", " ", "\t", ";", ";="),
        *(";a", '="', '"', "\\", '=";', ';a="b;c"', "0" * 17, "7f\r\n", "Y: z\r\n", " y\r\n", "y \r\n"),
    )
    extensions = ("=b", ";", ";=b", ";a=", ';a="b', ';a="b\\', ";a b", f";{'a' * 40}", " ")
    trailers = (
        *("x\r\n", " y\r\n", "y \r\n", ":\r\n", "Y: \x7f\r\n", "Y: z\r\n" * 9, f"Y: {'z' * 70}\r\n" * 5),
        f"Y: {'z' * 90}\r\n",
    )
    odd = (
        *(f"1{extension}\r\nx\r\n0\r\n\r\n" for extension in extensions),
        *(f"2\r\nhi\r\n0\r\n{trailer}\r\n" for trailer in trailers),
        *("00000000000000001\r\nx\r\n0\r\n\r\n", "65\r\n", "1\r\nxy\r\n0\r\n\r\n"),
        f"1;{'a' * 30}\r\nx\r\n" * 3 + "0\r\n\r\n",
    )
    return damaged(st.binary(max_size=40).flatmap(wire.chunked).map(_text), pieces, "\n", odd=odd)


LINES: Final = st.builds(
    "{}:{}{}{}\r\n".format,
    wire.NAMES | st.sampled_from(("Host", "Connection", "A", "A")),
    wire.SPACES,
    wire.VALUES | st.sampled_from(("", "v" * 20, "v" * 50)),
    wire.SPACES,
)


def field_sections() -> Text:
    """Field sections of up to nine lines, with what follows them."""
    lines = st.lists(LINES, max_size=9).map("".join)
    pieces = (
        *("\r", "\n", "\0", "\x7f", " ", "\t", ":", "\r\n", "(", "\xe9", "x\r\n", "x" * 60, "A: b\r\n" * 4),
        "A: \x1f\r\n",
    )
    odd = (
        *(f"A: {'b' * 78}\r\n\r\n", f"A: {'b' * 75}\r\n" * 4 + "\r\n", "A: b\r\n" * 9 + "\r\n", "A: b\x7f\r\n\r\n"),
        "A: b\r\n",
    )
    whole = st.builds("{}\r\n{}".format, lines, st.sampled_from(("", "", "rest", "\r\n")))
    return damaged(whole, pieces, "\n", odd=odd)


def requests() -> Text:
    """Whole requests, with their content, and sometimes another request behind."""
    pieces = (
        *("\r\n", "\r", "\n", "\0", " ", "\t", ":", ";", "%", "#", "*", "\x16", "\xe9", "0", "X" * 70, "\x7f", "x\r\n"),
        *(" folded\r\n", "GET / HTTP/1.1\r\n", "HTTP/1.0", "Host: b\r\n", "Expect: 100-continue\r\n"),
        "Content-Length: 5\r\n",
    )
    odd = (
        *(f"{line}\r\nHost: a\r\n\r\n" for line in ODD_REQUEST_LINES),
        *(f"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n" for lines in ODD_LINES),
        *("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: @\r\n\r\n"),
        "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
    whole = wire.messages().map(lambda message: _text(message[0]))
    behind = st.sampled_from(("", "", "", "GET / HTTP/1.1\r\n"))
    before = st.sampled_from(("", "", "", "", "\r\n"))
    return damaged(st.builds("{}{}{}".format, before, whole, behind), pieces, "\n", odd=odd, times=(0, 1, 1, 2, 2))


ODD_REQUEST_LINES: Final = (
    *("", "\r\n", "CONNECT a:80 HTTP/1.1", "TRACE / HTTP/1.1", "G@T / HTTP/1.1", f"{'M' * 64} / HTTP/1.1"),
    "GET / HTTP/2.0",
    *("GET / HTTP/1.x", "GET / http/1.1", "GET /", "GET * HTTP/1.1", "GET https://a/ HTTP/1.1", "\x16\x03\x01"),
    "GET / HTTP/1.9",
    f"GET /{'a' * 90} HTTP/1.1",
)
ODD_LINES: Final = (
    *("Host: b\r\n", "Expect: x\r\n", "Content-Type: a/b\r\n" * 2, "Content-Length: x\r\n", "Content-Length: 101\r\n"),
    *("Content-Length: 9223372036854775808\r\n", "Content-Length: 0\r\n" * 2, "Transfer-Encoding: gzip, chunked\r\n"),
    *("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n"),
    "Content-Length: 9\r\n",
)


HOST_NAMES: Final = st.sampled_from(
    ("a", "a.example", "192.0.2.1", "[::1]", "[2001:db8::1.2.3.4]", "%41", "a_b~", "!$&'()*+;=")
)


def _authorities() -> Text:
    return st.builds("{}{}".format, HOST_NAMES, st.sampled_from(("", "", ":", ":80", ":00080", ":65535")))


def hosts() -> Text:
    """Values of Host."""
    pieces = (
        *(":", "::", "[", "]", "%", "%4", ",", "@", "/", " ", "\xe9", "g", "000000", ".", "v1.", "1.2.3.4", "\\", "#"),
    )
    return damaged(_authorities(), pieces, ":[].")


def request_targets() -> Text:
    """Request-targets in all forms."""
    absolute = st.builds(
        "{}://{}{}".format, st.sampled_from(("http", "HTTP")), _authorities(), st.just("") | _paths(NAMES, 3)
    )
    usual = st.one_of(_paths(NAMES, 3), _paths(NAMES, 3), absolute, absolute, st.just("*"))
    pieces = (
        *("%", "%4", "%zz", "%2F", "#", " ", "\x7f", "\xe9", "*", "http://", "//", "/", "?", "@", ":", "[", "\t"),
        "a" * 90,
    )
    odd = ("*", "a:80", "https://a/", "ftp://a", "http://a:b/", "/#", "/%4", "/" + "a" * 100, "http:///", "")
    return damaged(usual, pieces, ":/?", odd=odd, times=(0, 1, 1, 2))


# --- RFC 3986


@st.composite
def _paths(draw: st.DrawFn, names: Sequence[str], most: int) -> str:
    segments = draw(st.lists(st.sampled_from(names), max_size=most))
    slash = st.sampled_from(("/", "/", "/", "//"))
    path = "".join(draw(slash) + segment for segment in segments) + draw(st.sampled_from(("", "", "", "/"))) or "/"
    return path + draw(st.sampled_from(("", "", "", "?", "?a=/../b", "?%00")))


NAMES: Final = (
    *("a", "b.txt", "...", ".a", "a;b=c", "%61", "%C3%BC", "%ff", "%25", "%252e", "~", "\\", "{}", "%2E%2e%2E", ":"),
)


def paths(*names: str) -> Text:
    """Paths of requests, with a query or without: one of these names, or several odd ones."""
    pieces = (
        *("/..", "/.", "/../", "%2e%2e/", "/.%2E", "%2f", "%2F", "%5c", "%00", "%0d", "%7f", "%", "%4", "%c0%ae", "#"),
        *(" ", "\xe9", "\t"),
    )
    odd = ("/..", "/a/.", "/%2e%2E/a", "/a%2fb", "/a%00", "/%0D", "/%7f", "/a%4", "/#", "a", "*", "/\xe9", "/ ")
    whole = _paths(names, 1) if names else _paths(NAMES, 4)
    return damaged(whole, (*pieces, "/", "?", "a"), "/", odd=odd, times=(0, 0, 1, 2) if names else (0, 1, 1, 2))


# --- RFC 3875


MEANT: Final[dict[str, tuple[str, ...]]] = {
    "document": ("Content-Type: text/html", "content-TYPE:a/b;c=d"),
    "local": ("Location: /a?b", "location: /\xe9 x"),
    "client": ("Location: http://a/#b", "Location: x", "Location: /a#b"),
    "status": ("Status: 404 Not Found", "Status: 204", "Status: 304 X"),
}
STATUS_LINES: Final = ("HTTP/1.1 200 OK", "HTTP/1.0 299", "HTTP/1.1 304 ", "HTTP/1.1 404 Not \xe9")
FURTHER: Final = (
    *("X-Y: z", "Set-Cookie: a=b", "X-CGI-Own: y", "Connection: close, x-y", "ETag:  \t", "Content-Length: 4"),
    "Date: x",
    *("X: \xe9\xff", "X-Y: " + "z" * 90),
)


@st.composite
def _outputs(draw: st.DrawFn, non_parsed: bool) -> str:
    kinds = ("document", "document", "local", "client", "status")
    lines = draw(st.lists(st.sampled_from(FURTHER), max_size=4))
    if non_parsed:
        lines.insert(0, draw(st.sampled_from(STATUS_LINES)))
    else:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(MEANT[draw(st.sampled_from(kinds))])))
    newline = draw(st.sampled_from(("\n", "\r\n")))
    return "".join(f"{line}{newline}" for line in lines) + newline + draw(st.sampled_from(("body", "", "\n\n")))


ODD_CGI: Final = (
    *("Server: x", "Location:", "Status: 99", "Status: 2xx", "Status: 200\nStatus: 200", "Location: /\nLocation: /"),
    *("Status:", "Content-Type: a/b\nContent-Type: a/b"),
)
ODD_OUTPUT: Final = (
    *("Content-Type: a/b\n folded", "Content-Type: a/b\nno colon", "Content-Type: x", "Content-Type: a/b\nA: \x7f"),
    *("Content-Type: a/b\nA: b\0", "Content-Type: a/b\nContent-Length: x"),
    "Content-Type: a/b\nTransfer-Encoding: chunked",
    *("Content-Type: a/b\nContent-Length: 9223372036854775808", "Content-Type: a/b" + "\nA: b" * 9, f"A: {'b' * 400}"),
)


def script_outputs(*, non_parsed: bool) -> Text:
    """The output of a script, in the format of CGI or as a whole response of HTTP."""
    pieces = (
        *("\n", "\r", "\n\n", "\0", "\x1b", "\x7f", " ", "\t", ":", "(", "A: b\n" * 7, "HTTP/1.1 101 X\n"),
        "X: " + "y" * 400,
    )
    lines = ODD_OUTPUT if non_parsed else (*ODD_OUTPUT, *ODD_CGI)
    start = "HTTP/1.1 200 OK\n" if non_parsed else ""
    return damaged(_outputs(non_parsed), pieces, "\n", odd=[f"{start}{line}\n\nbody" for line in lines])


# --- RFC 7239, and the protocol of PROXY headers

NODES: Final = ("192.0.2.7", "10.0.0.1", "unknown", "_x", "[2001:db8::1]:80", "192.0.2.43:65536", "_gazonk:_port")
PAIRS: Final = (
    *(f'for="{node}"' for node in NODES),
    *("for=10.0.0.1", "For=_a", "proto=https", 'proto="HTTP"', "host=a.example", 'by="\\_x"', 'secret="a,;\\"b"'),
)


@st.composite
def _forwarded(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return joined(draw, draw(st.lists(st.sampled_from((*NODES, "2001:db8::1")), min_size=1, max_size=3)))
    pairs = st.lists(st.sampled_from(PAIRS), min_size=1, max_size=3, unique_by=lambda pair: pair[:2].lower())
    return joined(draw, draw(st.lists(pairs.map(";".join), min_size=1, max_size=3)))


def forwarded() -> Text:
    """Values of Forwarded or of X-Forwarded-For."""
    pieces = (
        *('"', "\\", ",", ";", "=", ";;", "for=_y;", "for=_y;for=_z,", "proto=1;", 'host="a@b";', 'host="a@b";', " "),
        *("_", "[", "]", ":", "x"),
        "256.0.0.1,",
    )
    odd = (
        *("for=_y;for=_z", "proto=1", 'host="a@b"', "for=a", 'for="192.0.2.1', "for", "for=192.0.2.256", "1.2.3"),
        "proto=",
    )
    return damaged(_forwarded(), pieces, ",;", odd=odd, times=(0, 1, 2, 3, 4, 6))


LINES_OF_PROXIES: Final = (
    *("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 0 65535\r\n"),
    *("PROXY UNKNOWN\r\n", "PROXY UNKNOWN x y\r\n"),
)
SIGNATURE: Final = "\r\n\r\n\0\r\nQUIT\n"


def _binary_header(command: str, family: str, values: bytes, further: int) -> str:
    wanted = {"\x11": 12, "\x21": 36}.get(family, 0) + further
    return SIGNATURE + command + family + _text(wanted.to_bytes(2, "big") + values[:wanted].ljust(wanted, b"v"))


def proxy_headers() -> Text:
    """Headers of both versions, with the first octets that follow them."""
    binary = st.builds(
        _binary_header,
        st.sampled_from(("\x21", "\x21", "\x20")),
        st.sampled_from(("\x11", "\x21", "\x11", "\x21", "\0", "\x31")),
        st.binary(max_size=36),
        st.sampled_from((0, 0, 3)),
    )
    pieces = (
        *(" ", "\r\n", "\r", "\n", "\0", "\x31", "\xff", "x", "0", "65536 ", "65536\r\n", ":", "UNKNOWN", "TCP4 "),
        "z" * 107,
    )
    odd = (
        *("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", "PROXY TCP4 ::1 ::1 1 1\r\n", "PROXY TCP4 1.2.3.4\r\n"),
        "PROXY " + "x" * 107,
        *(
            SIGNATURE + "\x31\x11\0\x0c",
            SIGNATURE + "\x21\x11\xff\xff",
            SIGNATURE + "\x21\x11\0\x01x",
            "GET / HTTP/1.1\r\n",
        ),
    )
    header = damaged(st.one_of(st.sampled_from(LINES_OF_PROXIES), binary), pieces, " \n", odd=odd, times=(0, 0, 1))
    return st.builds("{}{}".format, header, st.sampled_from(("", "GET / HTTP/1.1\r\n", "\x16\x03\x01")))

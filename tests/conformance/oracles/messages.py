"""Requests that parsers may disagree about: made by the grammar, then damaged a little; reproducible from a seed."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

__all__ = ["CANARY", "requests"]

CANARY: Final = b"GET /canary HTTP/1.1\r\nHost: canary\r\n\r\n"
"""Follows every message, so that its end can be seen."""

_METHODS: Final = (b"GET", b"GET", b"GET", b"POST", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"M-SEARCH")
_ODD_METHODS: Final = (b"get", b"X", b"!#$%&'*+-.^_`|~", b"CONNECT", b"TRACE", b"PRI", b"G@T", b"GETGETGETGETGETGETGET")
_TARGETS: Final = (b"/", b"/a/b", b"/a?b=c&d", b"/%41%2f?%3F", b"//x", b"/a;b=c", b"/?", b"/~a:@!$'()*,")
_ODD_TARGETS: Final = (
    b"*",
    b"http://a/b",
    b"http://a",
    b"http://a?b",
    b"HTTP://A:80/",
    b"http://[::1]/x",
    b"http://u@a/",
    b"http:///x",
    b"https://a/",
    b"ftp://a/",
    b"a:80",
    b"a",
    b"?x",
    b"/#x",
    b"/%",
    b"/%4",
    b"/%zz",
    b"/\xe4",
    b'/"<>[]\\^`{|}',
    b"/\x7f",
    b"/\0",
    b"",
)
_VERSIONS: Final = (b"HTTP/1.1",) * 12 + (b"HTTP/1.0",) * 3
_ODD_VERSIONS: Final = (b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.10", b"http/1.1", b"HTTP/1", b"HTTP/1.", b"")
_HOSTS: Final = (b"a", b"a.example:80", b"[::1]", b"127.0.0.1", b"a:")
_ODD_HOSTS: Final = (b"", b"a b", b"a,b", b"u@a", b"a/b", b"a:b", b"[::1", b"[v1.x]", b"\xe4", b":80", b"a?b", b"a%41")
_FIELDS: Final = (
    b"Accept: */*",
    b"User-Agent: x/1 (y; z)",
    b"Connection: keep-alive",
    b"Connection: close",
    b"X-Empty:",
    b"X-Spaces: \t a \t b \t ",
    b"X-High: \x80\xff",
    b"X-Repeat: 1",
    b"x-repeat: 2",
    b"Cookie: a=b; c=d",
    b"Expect: 100-continue",
    b"TE: trailers",
    b"Content-Type: text/plain",
)
_ODD_FIELDS: Final = (
    b"Connection: Upgrade",
    b"Upgrade: h2c",
    b"Connection: close, , x",
    b"Expect: 200-ok",
    b"X-A : b",
    b"X-A",
    b": b",
    b"X A: b",
    b"X(A): b",
    b" folded",
    b"\tfolded",
    b"X-Bell: \x07",
    b"X-Nul: \0",
    b"X-Del: \x7f",
    b"X-Tab:\t\tb",
    b"X\xe4: b",
    b"Host: second",
    b"Content-Type: text/html",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Transfer-Encoding: chunked",
)
_ODD_LENGTHS: Final = (
    b"+5",
    b"-5",
    b"5, 5",
    b"5,5",
    b"05",
    b"0x5",
    b"5_0",
    b"5 ",
    b" 5",
    b"\t5",
    b"",
    b"5.0",
    b"99999999999999999999",
    b"9223372036854775807",
    b"\xb5",
    b"5;",
)
_ODD_CODINGS: Final = (
    b"Chunked",
    b"gzip",
    b"identity",
    b"gzip, chunked",
    b"chunked, gzip",
    b"chunked, chunked",
    b"chunked;a=b",
    b" chunked",
    b"chunked,",
    b",chunked",
    b"",
    b"chunked\t",
    b"xchunked",
    b"chunked\x0b",
)
_SIZES: Final = (b"%x", b"%X", b"0%x", b"%x;a", b"%x;a=b", b'%x;a="b;c"', b"%x ;a", b"%x; a = b")
_ODD_SIZES: Final = (
    b"0x%x",
    b"+%x",
    b"-%x",
    b" %x",
    b"%x ",
    b"%x;",
    b"%x;=b",
    b"%x;a=",
    b'%x;a="',
    b"%x_",
    b"%x,",
    b"",
)
_TRAILERS: Final = (
    b"",
    b"",
    b"",
    b"X-Sum: 1\r\n",
    b"X-Sum: 1\r\nx-sum: 2\r\n",
    b"Host: z\r\n",
    b"X-A : b\r\n",
    b"X\r\n",
)
_SPLICES: Final = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\r\n",
    b"\n\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\0",
    b":",
    b",",
    b";",
    b"\x0b",
    b"\x85",
    b"\xa0",
    b"0\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n",
    b"chunked",
    b"HTTP/1.1",
    b"#",
    b"%",
)


def _pick(random: Random, usual: tuple[bytes, ...], odd: tuple[bytes, ...], chance: float = 0.04) -> bytes:
    return random.choice(odd if random.random() < chance else usual)


def _chunked(random: Random) -> bytes:
    content = bytearray()
    for _ in range(random.randrange(4)):
        data = random.randbytes(random.randrange(1, 20))
        size = _pick(random, _SIZES, _ODD_SIZES)
        content += (size % len(data) if b"%" in size else size) + b"\r\n" + data + b"\r\n"
    return bytes(content) + b"0\r\n" + random.choice(_TRAILERS) + b"\r\n"


def _framed(random: Random, version: bytes) -> tuple[list[bytes], bytes]:
    """The field lines that state the length of some content, and the content."""
    kind = random.random()
    if kind < 0.4:
        return [], b""
    if kind < (0.98 if version == b"HTTP/1.0" else 0.7):  # HTTP/1.0 has no chunks
        data = random.randbytes(random.randrange(30))
        return [b"Content-Length: " + _pick(random, (b"%d" % len(data),), _ODD_LENGTHS, 0.15)], data
    lines = [b"Transfer-Encoding: " + _pick(random, (b"chunked",), _ODD_CODINGS, 0.15)]
    if random.random() < 0.05:
        lines.append(b"Content-Length: 5")
    return lines, _chunked(random)


def _composed(random: Random) -> bytes:
    version = _pick(random, _VERSIONS, _ODD_VERSIONS)
    line = b" ".join((_pick(random, _METHODS, _ODD_METHODS), _pick(random, _TARGETS, _ODD_TARGETS, 0.08), version))
    framing, content = _framed(random, version)
    lines = [b"Host: " + _pick(random, _HOSTS, _ODD_HOSTS, 0.03)] if random.random() < 0.99 else []
    lines += [_pick(random, _FIELDS, _ODD_FIELDS, 0.06) for _ in range(random.randrange(5))]
    lines += framing
    random.shuffle(lines)
    return b"\r\n".join((line, *lines, b"", b"")) + content


def _cut(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + data[at + 1 :]


def _splice(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(_SPLICES) + data[at:]


def _replace(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes((random.randrange(256),)) + data[at + 1 :]


def _line_end(random: Random, data: bytes) -> bytes:
    """The message with another end of one of its lines."""
    ends = [at for at in range(len(data)) if data.startswith(b"\r\n", at)]
    if not ends:
        return data
    at = random.choice(ends)
    return data[:at] + random.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"", b" \r\n", b"\r\n ")) + data[at + 2 :]


def _swap(random: Random, data: bytes) -> bytes:
    """The message with two lines in each other's place, or with one line twice."""
    lines = data.split(b"\r\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    if random.random() < 0.5:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines.insert(one, lines[other])
    return b"\r\n".join(lines)


_DAMAGES: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (_cut, _splice, _splice, _replace, _line_end, _swap)


def requests(seed: int, count: int) -> Iterator[bytes]:
    """`count` requests. The same seed gives the same ones."""
    random = Random(seed)
    for _ in range(count):
        data = _composed(random)
        for _ in range(random.choice((0, 0, 1, 1, 1, 2, 3))):
            data = random.choice(_DAMAGES)(random, data) if data else data
        yield data

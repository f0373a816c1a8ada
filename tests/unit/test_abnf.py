"""The grammar: the input that each rule accepts and refuses; and no rule looks at an octet too often."""

import ipaddress
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp import abnf
from tests.helpers.counted_regex import CountedPattern

RULES: Final[dict[str, bytes]] = {
    name: rule for name in dir(abnf) if name.isupper() and isinstance(rule := getattr(abnf, name), bytes)
}

SAMPLES: Final[dict[str, tuple[tuple[bytes, ...], tuple[bytes, ...]]]] = {
    "TOKEN": ((b"GET", b"!#$%&'*+-.^_`|~09azAZ"), (b"", b"a b", b"a:", b"a(", b'"', b"a,", b"\x7f", b"\xe9", b"a\t")),
    "OWS": ((b"", b" \t "), (b"\n", b"\r", b"\x0b", b"\xa0")),
    "QUOTED_STRING": (
        (b'""', b'"a\t \xff!"', b'"\\""', b'"\\\\"', b'"a\\bc"'),
        (b'"', b'"a', b'"\\"', b'"a"b', b'"\x00"', b'"\n"', b'"\x7f"', b'"\\\r"'),
    ),
    "FIELD_NAME": ((b"Host", b"X-1.2_3"), (b"", b"Host ", b" Host", b"H:")),
    "FIELD_VALUE": ((b"", b" a\tb ", b"\x80\xff"), (b"\x00", b"a\nb", b"a\rb", b"\x7f", b"\x1f", b"\x0b")),
    "FIELD_LINE": ((b"a:", b"a:b", b"a: b ", b"a::b"), (b"a", b":b", b"a :b", b" a:b", b"a:b\r", b"")),
    "REG_NAME": ((b"a", b"a.b-c_d~", b"%41", b"a%e2b", b"!$&'()*+;="), (b"", b"%4", b"%zz", b"a/b", b"a@b", b"a,b")),
    "IP_LITERAL": ((b"[::]", b"[::1]", b"[1:2:3:4:5:6:7:8]"), (b"::1", b"[]", b"[v1.a]", b"[::1%25eth0]", b"[::1")),
    "HOST": (
        (b"a", b"a:80", b"a:", b"127.0.0.1", b"[::1]:8080", b"[::ffff:1.2.3.4]", b"a%20b"),
        (b"", b":80", b"a:b", b"a:80:80", b"u@a", b"a b", b"a/", b"::1", b"[::1]x", b"a:123456", b"a\t", b"a#", b"a?"),
    ),
    "NAMED_HOST": ((b"a", b"a:80", b"a:", b"127.0.0.1", b"a%20b"), (b"", b":80", b"[::1]", b"[::1]:80", b"a:80:80")),
    "AUTHORITY": (
        (b"", b"a", b"a:80", b"a:", b"u:p@a:1", b"@", b"[::1]:80", b"a,b"),
        (b"a:b", b"a@b@c", b"[a]", b"[::1", b"a[::1]", b"a:1:2", b"[::1]a"),
    ),
    "ORIGIN_FORM": (
        (b"/", b"//", b"/a?b", b"/%41", b"/a?b?c/d", b'/"<>\\^`{|}', b"/a;b=c", b"/?"),
        (b"", b"a", b"/a#b", b"/%", b"/%4", b"/%g1", b"/a b", b"/\x7f", b"/\xe9", b"/\t", b"/%4%31"),
    ),
    "ABSOLUTE_FORM": (
        (b"http://a", b"http://a/", b"HTTP://a?b", b"x+y-1.z://a:1/b?c", b"http://[::1]/"),
        (b"http:/a", b"http://", b"http:///a", b"http://u@a/", b"http://a/#", b"1http://a", b"http://a:x/", b"a"),
    ),
    "AUTHORITY_FORM": ((b"a:80", b"[::1]:443", b"a:0"), (b"a", b"a:", b":80", b"a:80/", b"u@a:80", b"a:123456")),
    "ASTERISK_FORM": ((b"*",), (b"", b"**", b"*/")),
    "REQUEST_TARGET": ((b"/", b"*", b"http://a", b"a:80"), (b"", b"a", b"?a", b"/#", b"urn:a", b"a:b")),
    "HTTP_VERSION": (
        (b"HTTP/1.1", b"HTTP/0.9", b"HTTP/2.0"),
        (b"http/1.1", b"HTTP/1", b"HTTP/1.", b"HTTP/1.10", b"HTTP/11.1", b"HTTP /1.1", b"HTTP/1,1", b"HTTP/-1.1"),
    ),
    "REQUEST_LINE": (
        (b"GET / HTTP/1.1", b"a" * 63 + b" /?b HTTP/1.0", b"x /%41 HTTP/1.9"),
        (
            b"GET /",
            b"GET  / HTTP/1.1",
            b"a" * 64 + b" / HTTP/1.1",
            b"GET / HTTP/2.0",
            b"OPTIONS * HTTP/1.1",
            b"CONNECT a:80 HTTP/1.1",
            b"GET http://a/ HTTP/1.1",
            b"GET / HTTP/1.1\r",
            b"G@T / HTTP/1.1",
        ),
    ),
    "REQUEST_HEAD": (
        (
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.0\r\nA: b\r\nC:\r\n\r\n",
            b"a" * 63 + b" / HTTP/1.9\r\n\r\n",
        ),
        (
            b"GET /\r\n\r\n",
            b"GET  / HTTP/1.1\r\n\r\n",
            b"GET /  HTTP/1.1\r\n\r\n",
            b" GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1 \r\n\r\n",
            b"GET\t/ HTTP/1.1\r\n\r\n",
            b"G/T / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/2.0\r\n\r\n",
            b"GET / HTTP/1.1\n\n",
            b"GET / HTTP/1.1\r\n A: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\r\n",
            b"\r\nGET / HTTP/1.1\r\n\r\n",
            b"a" * 64 + b" / HTTP/1.1\r\n\r\n",
        ),
    ),
    "CHUNK_SIZE": ((b"0", b"f", b"F" * 16), (b"", b"0x1", b"-1", b"1_1", b" 1", b"g", b"0" * 17)),
    "CHUNK_EXT": (
        (b"", b";a", b" ; a = b ", b";a=b;c", b';a="x;\\"y"', b"\t;\ta"),
        (b";", b";;", b"a", b";a=", b';a="', b";a b", b" ", b";=b", b";a=b c", b";a=\x00"),
    ),
    "REASON_PHRASE": ((b"", b"Not Found", b"\xe9\t"), (b"\n", b"\x00", b"\x7f")),
    "NO_FIELD_OCTET": ((b"\x00", b"\n", b"\r", b"\x7f", b"\x1f"), (b"", b"\t", b" ", b"a", b"\x80", b"\xff", b"aa")),
    "NO_REQUEST_LINE_OCTET": ((b"\x00", b"\t", b"\x7f", b"\xff", b"\r", b"\n"), (b"", b" ", b"~", b"!")),
    "QUOTED_OR_COMMA": ((b",", b'""', b'"a,b"', b'"a', b'"a\\', b'"\\"'), (b"", b"a", b'"a"b')),
}
SAMPLES_BUT_ONE: Final = {**SAMPLES, "CHUNK_EXT": ((b";a", b" ; a = b", b";a=b;c"), SAMPLES["CHUNK_EXT"][1])}


def _cases(taken: bool) -> list[tuple[str, bytes]]:
    return [(name, sample) for name, both in SAMPLES_BUT_ONE.items() for sample in both[not taken]]


@pytest.mark.parametrize(("name", "sample"), _cases(True))
def test_a_rule_takes(name: str, sample: bytes) -> None:
    assert re.fullmatch(RULES[name], sample)


@pytest.mark.parametrize(("name", "sample"), _cases(False))
def test_a_rule_refuses(name: str, sample: bytes) -> None:
    assert not re.fullmatch(RULES[name], sample)


@pytest.mark.parametrize("name", RULES)
def test_rules_nest_and_hold_for_text(name: str) -> None:
    assert re.compile(RULES[name]).groups == 0
    assert re.compile(abnf.text(RULES[name])).groups == 0


def test_what_is_public_is_a_rule() -> None:
    assert set(abnf.__all__) - {"text", "text_pattern"} <= set(RULES)


def test_a_rule_for_text_is_compiled_once() -> None:
    pattern = abnf.text_pattern(abnf.TOKEN)
    assert pattern is abnf.text_pattern(abnf.TOKEN)
    assert pattern.fullmatch("a-b")
    assert not pattern.fullmatch("\xe9")


@given(st.binary(max_size=40))
def test_text_means_the_same_as_octets(data: bytes) -> None:
    for name in ("TOKEN", "FIELD_VALUE", "HOST", "REQUEST_TARGET", "QUOTED_STRING"):
        as_text = re.fullmatch(abnf.text(RULES[name]), data.decode("latin-1"))
        assert (re.fullmatch(RULES[name], data) is None) == (as_text is None)


@given(st.ip_addresses(v=6), st.booleans())
def test_every_ipv6_address_is_one(address: ipaddress.IPv6Address, long: bool) -> None:
    text = address.exploded if long else str(address)
    assert re.fullmatch(abnf.IPV6_ADDRESS, text.encode())


ADDRESS_PIECES: Final = st.lists(st.sampled_from((":", "::", "1", "ffff", "0", "12345", "1.2.3.4", "1.2.3", ".", "g")))


@given(ADDRESS_PIECES.map("".join))
def test_what_is_no_ipv6_address_is_refused(text: str) -> None:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        expected = False
    else:
        expected = True
    assert (re.fullmatch(abnf.IPV6_ADDRESS, text.encode()) is not None) == expected


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_one(address: ipaddress.IPv4Address) -> None:
    assert re.fullmatch(abnf.IPV4_ADDRESS, str(address).encode())


@pytest.mark.parametrize("text", [b"256.1.1.1", b"1.2.3", b"01.2.3.4", b"1.2.3.4.5", b"1.2.3.-4", b"1..2.3"])
def test_what_is_no_ipv4_address_is_refused(text: bytes) -> None:
    assert not re.fullmatch(abnf.IPV4_ADDRESS, text)


# --- S10: linear work, counted

OCTETS: Final = (
    b"a",
    b" ",
    b"\t",
    b"0",
    b"1",
    b":",
    b"%41",
    b"\\",
    b'"',
    b'\\"',
    b";",
    b";a",
    b";a=b",
    b',"',
    b"=",
    b".",
)
OPENINGS: Final = (
    b"",
    b"GET /",
    b"GET http://a/",
    b"GET http://",
    b"GET a",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nA: ",
    b"http://[1:",
    b"[",
    b";a=",
    b';a="',
    b'"',
    b"a",
    b"/",
    b'W/"',
    b"a/b;",
)
LINES: Final = (b"A: b\r\n", b"a:\r\n", b" \t\r\n", b"%41%4", b"1:", b"1.", b"a%41", b';a="b"', b' ; a = "\\""')


def _looks(name: str, data: bytes, pattern: CountedPattern | None = None) -> int:
    pattern = pattern or CountedPattern(RULES[name])
    before = pattern.looks
    if name == "QUOTED_OR_COMMA":
        pattern.finditer(data)
    else:
        pattern.fullmatch(data)
    return pattern.looks - before


@pytest.mark.parametrize("name", RULES)
def test_S10_near_matches_cost_linear_work(name: str) -> None:
    """S10: the matcher looks at no octet more than a few times.

    It does not matter what repeats, or where the match fails.
    """
    pattern = CountedPattern(RULES[name])
    for opening in OPENINGS:
        for repeated in (*OCTETS, *LINES):
            for closing in (b"", b"\\"):
                data = opening + repeated * (90 // len(repeated)) + closing
                assert _looks(name, data, pattern) <= 5 * len(data) + 200, data


def test_the_count_tells_quadratic_work() -> None:
    """The pattern fails at a lone backslash, so that the matcher tries each quote before it in turn."""
    pattern = CountedPattern(rb'"(?:[^"\\]++|\\[\x00-\xff])*+"|,')
    data = b'"' + b'\\"' * 20 + b"\\"
    pattern.finditer(data)
    assert pattern.looks > 6 * len(data) + 150


@pytest.mark.parametrize(
    ("name", "opening", "repeated"),
    [
        ("REQUEST_HEAD", b"GET / HTTP/1.1\r\n", b"A: b\r\n"),
        ("REQUEST_HEAD", b"GET / HTTP/1.1\r\nA:", b" "),
        ("REQUEST_HEAD", b"GET /", b"%41"),
        ("CHUNK_EXT", b"", b" ;a=b"),
        ("CHUNK_EXT", b';a="', b'\\"'),
        ("QUOTED_OR_COMMA", b'"', b'\\"'),
        ("QUOTED_OR_COMMA", b"", b',"'),
    ],
)
def test_S10_64_kib_of_a_near_match_cost_linear_work(name: str, opening: bytes, repeated: bytes) -> None:
    """S10: the matcher takes a few looks at each octet, however many octets there are."""
    data = opening + repeated * (64 * 1024 // len(repeated)) + b"\\"
    assert _looks(name, data) <= 4 * len(data)


def test_S10_parameters_are_found_in_linear_work() -> None:
    """S10: each name has its value.

    The matcher does not look again and again at an octet before, within or behind it.
    """
    pattern = CountedPattern(abnf.PARAMETER)
    data = (b";" + b" " * 1000) * 8 + b'a="' + b'\\"' * 4000 + b'"' + b";" * 1000
    pattern.finditer(data)
    assert pattern.looks <= 4 * len(data)


@given(st.data())
def test_the_counting_matcher_agrees_with_re(data: st.DataObject) -> None:
    """The counting matcher finds the same matches as `re`. Otherwise its count would say nothing."""
    name = data.draw(st.sampled_from(sorted(RULES)))
    near = st.one_of(st.from_regex(RULES[name], fullmatch=True), st.binary(max_size=20))
    sample = data.draw(near) + data.draw(st.sampled_from((b"", b"\x00", b"a", b'"', b"\r\n")))
    assert CountedPattern(RULES[name]).fullmatch(sample) == (re.fullmatch(RULES[name], sample) is not None)
    first = re.match(RULES[name], sample)
    assert CountedPattern(RULES[name]).match(sample) == (None if first is None else first.end())

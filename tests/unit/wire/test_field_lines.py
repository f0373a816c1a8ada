"""Field lines and sections: the refusals, with reason, octet and limit."""

from typing import Final

import pytest

from pyhttp.errors import FieldsTooLarge, HTTPError, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.wire.field_lines import FieldSection, check_field_line
from tests.helpers.feeding import fed_every_way, refused

LIMITS: Final = Limits(field_line=20, field_section=60, field_lines=3)

BROKEN: Final = [
    (b"Host", "field line: no colon (RFC 9112 §5)"),
    (b"", "field line: no colon (RFC 9112 §5)"),
    (b":a", "field line: empty field name (RFC 9110 §5.1)"),
    (b"Host : a", "field line: white space before the colon (RFC 9112 §5.1)"),
    (b"Host\t: a", "field line: white space before the colon (RFC 9112 §5.1)"),
    (b" Host: a", "field line: begins with white space, obsolete folding is refused (RFC 9112 §5.2)"),
    (b"\tHost: a", "field line: begins with white space, obsolete folding is refused (RFC 9112 §5.2)"),
    (b"Ho st: a", "field name: octet 0x20 at offset 2 (RFC 9110 §5.1)"),
    (b"Ho(st: a", "field name: octet 0x28 at offset 2 (RFC 9110 §5.1)"),
    (b"(: a", "field name: octet 0x28 at offset 0 (RFC 9110 §5.1)"),
    (b"H\xe9: a", "field name: octet 0xe9 at offset 1 (RFC 9110 §5.1)"),
    (b"Host: a\x00", "value of Host: a control character (RFC 9110 §5.5)"),
    (b"Host: a\x0b", "value of Host: a control character (RFC 9110 §5.5)"),
    (b"Host: a\x7f", "value of Host: a control character (RFC 9110 §5.5)"),
]


@pytest.mark.clause("9112-5.1-2c", "9112-5.2-4a", "9112-2.2-8a", "9110-5.5-5a")
@pytest.mark.parametrize(("line", "why"), BROKEN)
def test_S5_S6_S8_a_broken_line_is_explained(line: bytes, why: str) -> None:
    """S5, S6, S8: a line that is no field line is refused, and the error names the rule that the line breaks."""
    with pytest.raises(MalformedRequest) as raised:
        check_field_line(line)
    assert raised.value.detail == why


@pytest.mark.parametrize("line", [line for line, _ in BROKEN if line])
def test_S5_S6_S8_a_broken_line_is_refused_however_it_arrives(line: bytes) -> None:
    """S5, S6, S8: such a line is refused as the first line, and behind another line."""
    assert refused(b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n") == 400
    assert refused(b"GET / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\nB: c\r\n\r\n") == 400


@pytest.mark.parametrize("control", [octet for octet in range(0x20) if octet != 9] + [0x7F])
@pytest.mark.parametrize("place", [b"Host: %b", b"Host: a%b", b"Host: %bb", b"Ho%bst: a", b"%bHost: a", b"Host%b: a"])
def test_S6_a_control_is_refused_anywhere(control: int, place: bytes) -> None:
    """S6: a control is never removed, and never replaced."""
    head = b"GET / HTTP/1.1\r\n" + place.replace(b"%b", bytes((control,))) + b"\r\n\r\n"
    assert refused(head) == 400


@pytest.mark.clause("9110-5.5-3b", "9110-5.5-4e")
@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b" a", "a"),
        (b"\t a \t", "a"),
        (b"", ""),
        (b"   ", ""),
        (b"a b\tc", "a b\tc"),
        (b"\x85a\xa0", "\x85a\xa0"),
        (b" \xff ", "\xff"),
    ],
)
def test_S7_only_sp_and_htab_are_trimmed(raw: bytes, value: str) -> None:
    """S7: 0x85 and 0xA0 are no white space."""
    outcome = fed_every_way(b"GET / HTTP/1.1\r\nHost: a\r\nX:" + raw + b"\r\n\r\n")
    assert outcome.request.headers.lines == (("Host", "a"), ("X", value))


def read(data: bytes, limits: Limits = LIMITS) -> tuple[int, bool]:
    return FieldSection(limits).read(data, 0)


def test_a_section_is_read_as_it_arrives() -> None:
    section = FieldSection(LIMITS)
    assert section.read(b"A: b\r\nC:", 0) == (6, False)
    assert list(section.headers.lines) == [("A", "b")]
    assert section.read(b"A: b\r\nC: d\r\n", 6) == (12, False)
    assert section.read(b"A: b\r\nC: d\r\n\r\nrest", 12) == (14, True)
    assert list(section.headers.lines) == [("A", "b"), ("C", "d")]


def test_an_empty_section() -> None:
    assert read(b"\r\n") == (2, True)
    assert read(b"\r") == (0, False)
    assert read(b"") == (0, False)


@pytest.mark.clause("9110-5.4-2a")
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"A:" + b"x" * 19, FieldsTooLarge),
        (b"A:" + b"x" * 19 + b"\r\n\r\n", FieldsTooLarge),
        (b"A:b\r\nA:b\r\nA:b\r\nA", FieldsTooLarge),
        (b"A:b\r\nA:b\r\nA:b\r\nA:b\r\n\r\n", FieldsTooLarge),
        ((b"A:" + b"x" * 18 + b"\r\n") * 2 + b"A:" + b"x" * 13, FieldsTooLarge),
        ((b"A:" + b"x" * 18 + b"\r\n") * 2 + b"A:" + b"x" * 12 + b"\r\nx", FieldsTooLarge),
        (b"A:b\r\n b", MalformedRequest),
        (b"\tA", MalformedRequest),
        (b"A:b\r\nA:b\r\nA:b\r\n\rx", MalformedRequest),
    ],
)
def test_D2_D3_D4_a_limit_is_an_error_as_soon_as_it_is_passed(data: bytes, error: type[HTTPError]) -> None:
    with pytest.raises(error):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"A:" + b"x" * 18 + b"\r\n\r\n",
        b"A:b\r\nA:b\r\nA:b\r\n\r\n",
        (b"A:" + b"x" * 18 + b"\r\n") * 2 + b"A:" + b"x" * 12 + b"\r\n\r\n",
        (b"A:" + b"x" * 18 + b"\r\n") * 2 + b"A:" + b"x" * 11 + b"\r\n\r\n",
    ],
)
def test_D2_D3_D4_up_to_its_limits_a_section_is_taken(data: bytes) -> None:
    assert read(data) == (len(data), True)


@pytest.mark.clause("6585-5-2")
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"A:b\r\nX-Long: " + b"x" * 50, "field line 2, X-Long: longer than 20 octets (9110-5.4-2a)"),
        (b"X-Long:" + b"x" * 50 + b"\r\n\r\n", "field line 1, X-Long: longer than 20 octets (9110-5.4-2a)"),
        ((b"A:" + b"x" * 18 + b"\r\n") * 2 + b"B:" + b"x" * 15, "field line 3, B: longer than 14 octets (9110-5.4-2a)"),
        (b"A:b\r\n" + b"x" * 50 + b":", "field line 2: longer than 20 octets (9110-5.4-2a)"),
        (b"X Long:" + b"x" * 50, "field line 1: longer than 20 octets (9110-5.4-2a)"),
    ],
)
def test_the_log_says_which_line_is_too_long(data: bytes, told: str) -> None:
    for size in range(1, len(data) + 1):
        section, start = FieldSection(LIMITS), 0
        with pytest.raises(FieldsTooLarge) as raised:  # noqa: PT012 - at whichever of the steps
            for end in range(size, len(data) + size, size):
                start, _ = section.read(data[:end], start)
        assert raised.value.detail == told


def test_the_log_names_no_field_whose_name_is_long() -> None:
    limits = Limits(field_line=300)
    with pytest.raises(FieldsTooLarge, match=r"^field line 1, x{100}: "):
        read(b"x" * 100 + b":" + b"y" * 300, limits)
    with pytest.raises(FieldsTooLarge, match=r"^field line 1: "):
        read(b"x" * 101 + b":" + b"y" * 300, limits)


def test_D3_nothing_but_the_empty_line_fits_a_full_section() -> None:
    limits = Limits(field_section=7, field_lines=9)
    assert read(b"A:bcd\r\n\r\n", limits) == (9, True)
    assert read(b"A:bc\r\n\r\n", limits) == (8, True)
    for data in (b"A:bcd\r\nx", b"A:bc\r\nx", b"A:b\r\nx"):
        with pytest.raises(FieldsTooLarge, match=r"^field line \d.*: longer than"):
            read(data, limits)

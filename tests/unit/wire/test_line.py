"""The ends of lines: CRLF and nothing else; each octet is looked at once."""

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp import abnf
from pyhttp.errors import FieldsTooLarge, MalformedRequest
from pyhttp.wire.line import LineFinder

CONTROLS: Final = re.compile(abnf.NO_FIELD_OCTET)


class CountingSearch:
    """A search that counts the octets at which it has to look."""

    def __init__(self) -> None:
        self.looks = 0

    def search(self, data: bytes | bytearray, start: int, end: int, /) -> re.Match[bytes] | None:
        self.looks += max(0, end - start)
        return CONTROLS.search(data, start, end)


def find(data: bytes, *, start: int = 0, longest: int = 20) -> int:
    return LineFinder(CONTROLS).find(data, start, longest, "line", FieldsTooLarge)


def test_the_end_is_a_crlf() -> None:
    assert find(b"abc\r\ndef\r\n") == 3
    assert find(b"abc\r\ndef\r\n", start=5) == 8
    assert find(b"\r\n") == 0


@pytest.mark.parametrize("data", [b"", b"abc", b"abc\r", b"\r"])
def test_the_end_has_not_arrived(data: bytes) -> None:
    assert find(data) == -1


@pytest.mark.clause("9112-2.2-4b", "9112-2.2-3a")
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a\nb\r\n", "a bare LF at offset 1"),
        (b"\n", "a bare LF at offset 0"),
        (b"a\rb\r\n", "a bare CR at offset 1"),
        (b"a\r\r\n", "a bare CR at offset 1"),
        (b"ab\x00", "NUL at offset 2"),
        (b"\x7f\r\n", "octet 0x7f at offset 0"),
    ],
)
def test_S1_another_control_is_an_error(data: bytes, name: str) -> None:
    """S1: a bare CR or LF, or any other control, is an error as soon as it is there."""
    with pytest.raises(MalformedRequest, match=name):
        find(data)


def test_a_line_may_be_as_long_as_allowed() -> None:
    assert find(b"x" * 20 + b"\r\n") == 20
    assert find(b"x" * 20) == -1
    assert find(b"x" * 20 + b"\r") == -1
    for data in (b"x" * 21, b"x" * 21 + b"\r\n", b"x" * 20 + b"\rx", b"x" * 99):
        with pytest.raises(FieldsTooLarge, match="line: longer than 20"):
            find(data)


def test_the_first_error_counts() -> None:
    with pytest.raises(MalformedRequest):
        find(b"x\x00" + b"x" * 40)
    with pytest.raises(FieldsTooLarge):
        find(b"x" * 21 + b"\x00")


@given(st.lists(st.sampled_from((b"a", b"\r", b"\n", b"\r\n", b"\x00", b"aaaa", b" ")), max_size=12).map(b"".join))
def test_V2_byte_by_byte_is_the_same(data: bytes) -> None:
    def outcome(steps: list[int]) -> object:
        finder = LineFinder(CONTROLS)
        for size in steps:
            try:
                end = finder.find(data[:size], 0, 10, "line", FieldsTooLarge)
            except (MalformedRequest, FieldsTooLarge) as error:
                return type(error), str(error)
            if end >= 0:
                return end
        return None

    assert outcome(list(range(len(data) + 1))) == outcome([len(data)])


def test_S10_each_octet_is_looked_at_once() -> None:
    """S10: one line after another arrives in one-byte segments."""
    looks = CountingSearch()
    finder = LineFinder(looks)
    lines = [b"x" * 500, b"", b"y" * 300]
    data = bytearray()
    start = 0
    ends = []
    for octet in b"".join(line + b"\r\n" for line in lines):
        data.append(octet)
        end = finder.find(data, start, 1000, "line", FieldsTooLarge)
        if end >= 0:
            ends.append(end - start)
            start = end + 2
    assert ends == [500, 0, 300]
    assert looks.looks == 800

"""O1, O2: what others have said is harmless in a line of a log."""

import re
import unicodedata
from typing import Final

import pytest

from pyhttp.log_escaping import in_line, in_quotes

TEXTS: Final = (
    ("\r\n", r"\x0d\x0a"),
    ("\\", r"\x5c"),
    ("\x7f\x80\x9f\xa0", "\\x7f\\x80\\x9f\xa0"),
    ("\x1b[31m", r"\x1b[31m"),
    ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
    ("\u202egpj.exe\u2069", r"\u202egpj.exe\u2069"),
    ("plain é", "plain é"),
    ("\U0001f600", "\U0001f600"),
)


def undone(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})", lambda found: chr(int(found[1] or found[2], 16)), text)


@pytest.mark.parametrize(("text", "safe"), TEXTS)
def test_O1_escapes_can_be_undone_and_hold_one_line(text: str, safe: str) -> None:
    assert in_line(text) == in_quotes(text) == safe
    assert undone(safe) == text


@pytest.mark.parametrize(("text", "safe"), [('"', r"\x22"), ("\t", r"\x09"), ('a\t"b"', r"a\x09\x22b\x22")])
def test_O1_between_quotes_are_no_quotes_and_no_tabs(text: str, safe: str) -> None:
    assert in_quotes(text) == safe
    assert in_line(text) == text
    assert undone(safe) == text


def test_O1_each_character_by_itself_is_written_as_it_is_among_others() -> None:
    for letter in map(chr, range(0x2100)):
        assert in_line(letter) == in_line(f"\n{letter}").removeprefix(r"\x0a")
        assert in_quotes(letter) == in_quotes(f"\n{letter}").removeprefix(r"\x0a")


def test_O2_no_character_ends_a_line_or_controls_a_terminal_or_turns_the_text() -> None:
    everything = "".join(map(chr, range(0x11000)))
    assert undone(in_quotes(everything)) == undone(in_line(everything)) == everything
    for text in (in_line(everything).replace("\t", ""), in_quotes(everything)):
        assert len(text.splitlines()) == 1
        assert all(unicodedata.category(letter) != "Cc" for letter in text)
        # Marks that only tell the direction of a neighbour turn no text.
        turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        assert turning.isdisjoint(map(unicodedata.bidirectional, text))

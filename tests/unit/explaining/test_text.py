"""The report on octets as text."""

from pyhttp.explaining.model import Reading, Refusal
from pyhttp.explaining.requests import read_requests
from pyhttp.explaining.text import escaped, told


def test_octets_are_readable() -> None:
    assert escaped(b" a~\r\n\t\\\x00\x1f\x7f\xff") == r" a~\r\n\t\\\x00\x1f\x7f\xff"


def test_the_mark_stands_below_the_octet_at_fault() -> None:
    lines = told(read_requests(b"GET / HTTP/1.1\r\nHost: a\r\n\x00: \\\r\n\r\n")).splitlines()
    there = next(number for number, line in enumerate(lines) if line.startswith("  there"))
    assert lines[there][13:] == r"\x00: \\\r\n"
    assert lines[there + 1][13:] == "^"
    lines = told(read_requests(b"GET / HTTP/1.1\r\nHost: a\r\nX: \x80\t\x00\r\n\r\n")).splitlines()
    there = next(number for number, line in enumerate(lines) if line.startswith("  there"))
    assert lines[there + 1].index("^") == lines[there].index(r"\x00")


def test_a_long_line_is_shown_around_the_octet_at_fault() -> None:
    lines = told(read_requests(b"GET /" + b"x" * 5000 + b"\x01 HTTP/1.1\r\n\r\n")).splitlines()
    there = next(number for number, line in enumerate(lines) if line.startswith("  there"))
    assert lines[there + 1].index("^") == lines[there].index(r"\x01")
    assert max(map(len, lines)) <= 100


def test_no_line_is_wider_than_100_columns() -> None:
    data = b"POST /" + b"x" * 500 + b" HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 500 + b"\r\nContent-Length: 300\r\n\r\n"
    assert max(map(len, told(read_requests(data + b"\x00" * 300)).splitlines())) == 100


def test_no_octets_are_no_message() -> None:
    assert told(read_requests(b"")) == "no message\n"


def test_a_rule_of_no_clause_says_so() -> None:
    refusal = Refusal(None, "a limit", "", 400, "Bad Request", b"", 0)
    lines = told(Reading(5, (), refusal, 5)).splitlines()
    assert [line.split() for line in lines if line.startswith("  clause")] == [["clause", "none"]]

"""What a script writes to its standard error, in the log. D19, D21, O2."""

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.limits import Limits


def logged(*pieces: bytes, name: str = "/cgi-bin/x", kept: int = 1000, line: int = 20) -> list[str]:
    lines: list[str] = []
    log = ErrorLog(lines.append, name, Limits(script_stderr=kept, log_line=line))
    for piece in pieces:
        log.receive(piece)
    log.end()
    log.end()
    return lines


def test_lines_carry_the_scripts_name_and_empty_ones_are_left_out() -> None:
    assert logged(b"one\ntwo\r\n", b"", b"\nlast") == ["/cgi-bin/x: " + line for line in ("one", "two", "last")]


def test_lines_are_put_together_from_pieces() -> None:
    assert logged(b"o", b"n", b"e\nt", b"wo") == ["/cgi-bin/x: one", "/cgi-bin/x: two"]


def test_nothing_said_nothing_logged() -> None:
    assert logged() == []


def test_O2_controls_and_backslashes_are_escaped_and_text_is_kept() -> None:
    text = "é\t\\ \x1b[31m\x7f\x85".encode() + b"\xff"
    assert logged(text, name="/cgi-bin/a\nb") == [r"/cgi-bin/a\x0ab: é" + "\t" + r"\x5c \x1b[31m\x7f\x85\x5cxff"]


def test_D21_long_lines_are_logged_in_pieces_and_not_waited_for() -> None:
    lines: list[str] = []
    log = ErrorLog(lines.append, "x", Limits(log_line=10))
    log.receive(b"0123456789")
    assert lines == ["x: 0123456789"]
    log.receive(b"a" * 25 + b"\n")
    assert lines[1:] == ["x: " + "a" * 10, "x: " + "a" * 10, "x: aaaaa"]


def test_D19_what_is_kept_of_a_run_is_bounded() -> None:
    note = "/cgi-bin/x: more on its standard error is not logged"
    assert logged(b"0123", b"456789\nrest", b"more", kept=8) == ["/cgi-bin/x: 01234567", note]
    assert logged(b"012\n456\n", b"more", kept=8) == ["/cgi-bin/x: 012", "/cgi-bin/x: 456", note]

"""A script's standard error, in the log. D19, D21, O2."""

import pytest

from pyhttp.cgi.error_log import ErrorLog
from pyhttp.errors import (
    BadGateway,
    GatewayTimeout,
    IncompleteRequest,
    InternalError,
    NotFound,
    StatusError,
    Unavailable,
)
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


@pytest.mark.parametrize(
    ("status", "said"),
    [(1, "exit status 1"), (255, "exit status 255"), (-9, "ended by signal 9"), (0, "exit status 0")],
)
def test_how_a_script_ended(status: int, said: str) -> None:
    lines: list[str] = []
    ErrorLog(lines.append, "/cgi-bin/x", Limits()).say_ended(status)
    assert lines == [f"/cgi-bin/x: {said}"]


@pytest.mark.parametrize("error", [BadGateway, GatewayTimeout, InternalError, Unavailable])
def test_O2_what_a_script_did_wrong_is_told_on_one_harmless_line(error: type[StatusError]) -> None:
    lines: list[str] = []
    ErrorLog(lines.append, "/cgi-bin/x", Limits()).blame(error("it said 'a\n\x1b\\'"))
    assert lines == [r"/cgi-bin/x: it said 'a\x0a\x1b\x5c'"]


@pytest.mark.parametrize("error", [NotFound, IncompleteRequest])
def test_what_a_client_did_wrong_is_none_of_a_scripts_faults(error: type[StatusError]) -> None:
    lines: list[str] = []
    ErrorLog(lines.append, "/cgi-bin/x", Limits()).blame(error("x"))
    assert lines == []


def test_D19_what_the_server_says_does_not_count() -> None:
    """The server may still write to the log, however much a script has written before."""
    lines: list[str] = []
    log = ErrorLog(lines.append, "x", Limits(script_stderr=3))
    log.receive(b"abcdef")
    log.say_ended(1)
    log.blame(BadGateway("wrong"))
    assert lines[-2:] == ["x: exit status 1", "x: wrong"]

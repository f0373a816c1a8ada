"""The requests by which a check finds out what a server offers."""

import pytest

from pyhttp.checking.dialling import CannotCheck, Server
from pyhttp.checking.probing import _first_answer, _lacks_of_echo, _lacks_path, _Prober
from pyhttp.checking.reader import Framing, Reply
from pyhttp.checking.rows.model import CANARY
from tests.helpers.careless import careless_server


class Silent(_Prober):
    """A prober of a server that answers nothing; it keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(Server("127.0.0.1", 0), 1.0)
        self.asked: list[bytes] = []

    def ask(self, data: bytes, method: str = "GET") -> Reply | None:
        self.asked.append(data)
        return None


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("root", b"GET / HTTP/1.1"),
        ("status", b"GET /status/410 HTTP/1.1"),
        ("ignore", b"GET /ignore HTTP/1.1"),
        ("some", b"POST /some HTTP/1.1"),
        ("late", b"POST /late HTTP/1.1"),
    ],
)
def test_a_path_is_looked_for_by_a_request_for_it(name: str, line: bytes) -> None:
    prober = Silent()
    path = line.split()[1].decode()
    assert _lacks_path(prober, name) == f"{path}: no answer came"
    (asked,) = prober.asked
    begin, _, rest = asked.partition(b"\r\n")
    fields, _, content = rest.partition(b"\r\n\r\n")
    assert begin == line
    assert (b"Content-Length: 1" in fields, content) == ((True, b"x") if b"POST" in line else (False, b""))
    assert b"Connection: close" in fields


def test_a_faulty_answer_need_not_come() -> None:
    assert _lacks_path(Silent(), "fail") is None


class Telling(_Prober):
    """A prober of a server that has one answer to everything."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(Server("127.0.0.1", 0), 1.0)
        self.reply = reply

    def ask(self, data: bytes, method: str = "GET") -> Reply | None:
        return self.reply


def telling(content: bytes, *fields: tuple[str, str]) -> Telling:
    return Telling(Reply("HTTP/1.1", 200, "OK", fields, Framing.LENGTH, content))


@pytest.mark.parametrize(
    ("report", "lacking"),
    [
        (b'{"authority": "b", "trailers": [["X-Probe", "1"]]}', set()),
        (b'{"authority": "a", "trailers": [["X-Probe", "1"]]}', {"authority"}),
        (b'{"authority": "b", "trailers": []}', {"trailers"}),
        (b"no report", {"authority", "trailers"}),
    ],
)
def test_what_the_report_does_not_tell(report: bytes, lacking: set[str]) -> None:
    assert set(_lacks_of_echo(telling(report))) == lacking


def test_an_interface_that_splits_lines_itself_shows_nothing_of_the_server() -> None:
    split = telling(b"", ("X-Injected", "1"))
    assert "two fields" in (_lacks_path(split, "split") or "")
    assert _lacks_path(split, "fail") is None


@pytest.mark.parametrize("name", ["fail", "fail-late", "short", "split"])
def test_a_faulty_answer_may_be_any_but_404(name: str) -> None:
    assert _lacks_path(telling(b""), name) is None
    missing = Telling(Reply("HTTP/1.1", 404, "Not Found", (), Framing.LENGTH, b""))
    assert _lacks_path(missing, name) == f"the server has no /{name}"


@pytest.mark.parametrize(
    ("name", "path", "status", "content"),
    [
        ("root", "/", 200, b"root\n"),
        ("ignore", "/ignore", 200, b"ignored\n"),
        ("late", "/late", 200, b"first\n1\n"),
        ("stream", "/stream", 200, b"one\ntwo\nthree\n"),
        ("empty", "/empty", 200, b""),
        ("unchanged", "/unchanged", 304, b""),
        ("some", "/some", 200, b"read x\n"),
        ("status", "/status/410", 410, b"Gone\n"),
    ],
)
def test_a_path_answers_as_the_rows_want_it(name: str, path: str, status: int, content: bytes) -> None:
    def answer(status: int, content: bytes) -> Telling:
        return Telling(Reply("HTTP/1.1", status, "", (), Framing.LENGTH, content))

    assert _lacks_path(answer(status, content), name) is None
    assert _lacks_path(answer(status, content + b"x"), name) == f"{path} of the server is another"
    assert _lacks_path(answer(500, content), name) == f"the server has no {path}: 500 came"


class ByHost(_Prober):
    """A prober of a server that answers with one status for the host of the rows, with another for its own."""

    def __init__(self, server: Server, rows: int | None, own: int | None) -> None:
        super().__init__(server, 1.0)
        self.statuses = {CANARY: rows, CANARY.replace(b"Host: canary", b"Host: %b" % server.authority.encode()): own}

    def ask(self, data: bytes, method: str = "GET") -> Reply | None:
        status = self.statuses[data]
        return None if status is None else Reply("HTTP/1.1", status, "", (), Framing.LENGTH, b"")


@pytest.mark.parametrize(
    ("rows", "own", "why"),
    [
        (200, 200, ""),
        (200, None, ""),
        (404, 404, ""),
        (404, None, ""),
        (399, 200, ""),
        (400, 200, "400 came"),
        (421, 404, "421 came"),
        (None, 200, "nothing came"),
        (None, None, "no answer of HTTP"),
    ],
)
def test_a_server_has_to_answer_for_the_hosts_of_the_rows(rows: int | None, own: int | None, why: str) -> None:
    with careless_server() as port:
        server = Server("127.0.0.1", port)
        prober = ByHost(server, rows, own)
        if not why:
            assert _first_answer(prober, server).status == rows
            return
        with pytest.raises(CannotCheck, match=why):
            _first_answer(prober, server)

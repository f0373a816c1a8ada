"""RFC 9110 §6: one response on its way out, with every kind of content."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.errors import InternalError
from pyhttp.limits import Limits
from pyhttp.messages import Body, FileSlice, Response
from pyhttp.transport.answer import FIRST_PART, Answer
from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import FileTruncatedError
from tests.helpers.answers import answer_of, answered, behind
from tests.helpers.channels import Items, Opened, Tap, met, read_now
from tests.helpers.sockets import read_until_end, request

EVERYTHING = 1 << 30
CHUNKED_END = b"0\r\n\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Opened]:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 1024)
    opened = Opened(path)
    yield opened
    opened.close()


DATA = bytes(range(256)) * 1024


# --- the head


def test_an_answer_says_how_much_of_it_was_sent() -> None:
    with met() as made:
        answer = answer_of(made, b"abc")
        assert (answer.started, answer.complete, answer.octets) == (False, False, 0)
        answer.begin()
        assert (answer.started, answer.complete, answer.octets) == (True, True, 3)
        head, _, rest = read_now(made.peer).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nDate: " in head
        assert b"\r\nContent-Length: 3" in head
        assert b"\r\nConnection:" not in head
        assert rest == b"abc"
        assert made.conn.fate is Fate.KEEP


def test_a_date_that_is_there_stands() -> None:
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    with met() as made:
        answer_of(made, b"", headers={"Date": date}).begin()
        assert read_now(made.peer).count(b"Date: ") == 1


@pytest.mark.parametrize("why", ["fate", "server", "content", "unread", "version"])
def test_the_last_answer_says_so_and_is_noted(why: str) -> None:
    with met(limits=Limits(drain=10)) as made:
        match why:
            case "content":
                made.begin(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
            case "unread":
                made.begin(request("/", "Content-Length: 11", method="POST"))
            case _:
                made.begin(request(version="1.0" if why == "version" else "1.1"))
        if why == "fate":
            made.conn.lower(Fate.LAST)
        made.setting.closing = why == "server"
        Answer(made.conn, Response(200), made.setting.limits, head_only=False).begin()
        assert b"\r\nConnection: close\r\n" in read_now(made.peer)
        assert made.conn.fate is Fate.LAST


@pytest.mark.parametrize(("size", "here"), [(10, 0), (15, 5), (0, 0)])
def test_D15_unread_content_that_can_be_read_away_does_not_end_the_connection(size: int, here: int) -> None:
    with met(limits=Limits(drain=10)) as made:
        made.begin(request("/", f"Content-Length: {size}", method="POST") + bytes(here))
        Answer(made.conn, Response(200), made.setting.limits, head_only=False).begin()
        assert b"\r\nConnection: close\r\n" not in read_now(made.peer)
        assert made.conn.fate is Fate.KEEP


# --- bytes and parts of files


@pytest.mark.parametrize("size", [0, 1, 262_144])
def test_bytes_are_sent_as_they_are(size: int) -> None:
    with met() as made:
        answer = answer_of(made, DATA[:size])
        answer.begin()
        made.conn.send_all()
        made.conn.stream.finish()
        assert read_until_end(made.peer).partition(b"\r\n\r\n")[2] == DATA[:size]
        assert answer.octets == size


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (5, 1), (0, FIRST_PART), (0, FIRST_PART + 1), (1000, 200_000)])
def test_a_file_is_sent_first_part_with_the_head_and_closed_at_the_end(file: Opened, offset: int, length: int) -> None:
    with met() as made:
        answer = answer_of(made, FileSlice(file, offset, length))
        answer.begin()
        assert answer.complete
        assert answer.octets == length
        assert not file.closed.is_set()  # it may still be on its way
        made.conn.send_all()
        answer.close()
        assert file.closed.is_set()
        made.conn.stream.finish()
        assert read_until_end(made.peer).partition(b"\r\n\r\n")[2] == DATA[offset : offset + length]


def test_L4_what_the_client_does_not_take_at_once_is_left_to_the_outbox(file: Opened) -> None:
    with met() as made:
        answer = answer_of(made, FileSlice(file, 0, 200_000))
        stream = behind(made, 300)
        answer.begin()
        assert (answer.complete, answer.octets) == (True, 200_000)
        assert len(stream.written) == 300
        assert made.conn.outbox.unsent > 199_000


@pytest.mark.parametrize("first", [0, 7, 100_000])
def test_bytes_and_parts_of_files_are_sent_in_their_order(file: Opened, first: int) -> None:
    parts = (b"--1\r\n", FileSlice(file, 3, first), b"", b"\r\n--2\r\n", FileSlice(file, 9, 90_000), b"\r\n--end")
    with met() as made:
        answer = answer_of(made, parts)
        answer.begin()
        made.conn.send_all()
        made.conn.stream.finish()
        expected = b"--1\r\n" + DATA[3 : 3 + first] + b"\r\n--2\r\n" + DATA[9:90_009] + b"\r\n--end"
        head, _, rest = read_until_end(made.peer).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(expected)}".encode() in head
        assert rest == expected
        assert answer.octets == len(expected)
        answer.close()


def test_no_parts_at_all_are_an_empty_answer() -> None:
    with met() as made:
        assert answered(made, ()) == b""


@pytest.mark.parametrize("kind", ["bytes", "file", "parts", "items"])
def test_an_answer_to_HEAD_has_no_content_and_closes_it(file: Opened, kind: str) -> None:
    items = Items(b"abc")
    bodies: dict[str, Body] = {
        "bytes": b"abc",
        "file": FileSlice(file, 0, 3),
        "parts": (b"a", FileSlice(file, 0, 2)),
        "items": items,
    }
    with met() as made:
        answer = answer_of(made, bodies[kind], method="HEAD")
        answer.begin()
        head, _, rest = read_now(made.peer).partition(b"\r\n\r\n")
        assert rest == b""
        assert (b"Content-Length: 3" in head) == (kind != "items")
        assert (answer.complete, answer.has_items, answer.octets) == (True, False, 0)
        answer.close()
        assert items.taken == 0
        assert items.closed.is_set() == (kind == "items")
        assert file.closed.is_set() == (kind in {"file", "parts"})


@pytest.mark.parametrize("parts", [False, True])
def test_W2_a_file_that_is_empty_by_now_can_still_be_said(file: Opened, tmp_path: Path, parts: bool) -> None:
    os.truncate(tmp_path / "file", 10)
    with met() as made:
        part = FileSlice(file, 10, 5)
        answer = answer_of(made, (b"abc", part) if parts else part)
        with pytest.raises(InternalError, match="truncated"):
            answer.begin()
        assert not answer.started
        assert read_now(made.peer) == b""
        answer.close()
        assert file.closed.is_set()


def test_W2_a_file_that_shrinks_is_found_when_its_rest_is_to_leave(file: Opened, tmp_path: Path) -> None:
    os.truncate(tmp_path / "file", 100_000)
    with met() as made:
        answer = answer_of(made, FileSlice(file, 0, 200_000))
        with pytest.raises(FileTruncatedError):
            answer.begin()
        assert answer.started
        answer.close()
        assert file.closed.is_set()


@pytest.mark.parametrize("kind", ["source", "file", "parts"])
def test_an_answer_that_never_began_is_released(kind: str, file: Opened) -> None:
    tap = Tap(b"x")
    part = FileSlice(file, 0, 1)
    bodies: dict[str, Body] = {"source": tap, "file": part, "parts": (b"x", part)}
    with met() as made:
        answer_of(made, bodies[kind]).close()
    assert (tap.closed == 1, file.closed.is_set()) == (kind == "source", kind != "source")
    tap.close()

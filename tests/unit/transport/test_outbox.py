"""Unsent output."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.messages import FileSlice
from pyhttp.transport.outbox import FileTruncatedError, Outbox

Pair = tuple[socket.socket, socket.socket]
EVERYTHING = 1 << 30


class Opened:
    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDONLY)
        self.closed = 0

    def fileno(self) -> int:
        return self.fd

    def close(self) -> None:
        self.closed += 1
        if self.closed == 1:
            os.close(self.fd)


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


def read_all(theirs: socket.socket, amount: int) -> bytes:
    data = b""
    while len(data) < amount:
        data += theirs.recv(amount - len(data))
    return data


def test_an_empty_outbox_is_false_and_sends_nothing(pair: Pair) -> None:
    outbox = Outbox()
    outbox.add(b"")
    assert not outbox
    assert outbox.flush(pair[0].fileno(), EVERYTHING) == 0


def test_segments_leave_in_order(pair: Pair) -> None:
    outbox = Outbox()
    for n in range(200):
        outbox.add(b"%d," % n)
    expected = b"".join(b"%d," % n for n in range(200))
    assert outbox.unsent == len(expected)
    assert outbox.flush(pair[0].fileno(), EVERYTHING) == len(expected)
    assert outbox.sent == len(expected)
    assert not outbox
    assert read_all(pair[1], len(expected)) == expected


def test_a_full_socket_keeps_the_rest_without_loss_or_repeat(pair: Pair) -> None:
    outbox = Outbox()
    pieces = [os.urandom(100_000) for _ in range(30)]
    for piece in pieces:
        outbox.add(piece)
    expected = b"".join(pieces)
    received = b""
    while outbox:
        sent = outbox.flush(pair[0].fileno(), EVERYTHING)
        received += read_all(pair[1], sent)
    assert received == expected
    assert outbox.flush(pair[0].fileno(), EVERYTHING) == 0


def test_L4_one_flush_sends_no_more_than_its_budget_of_a_file(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 64)
    outbox = Outbox()
    outbox.add(b"head")
    outbox.add_file(FileSlice(Opened(path), 0, 16384))
    assert outbox.flush(pair[0].fileno(), 1000) == 1000
    assert outbox.unsent == 4 + 16384 - 1000
    assert read_all(pair[1], 1000) == (b"head" + path.read_bytes())[:1000]


def test_a_slice_of_a_file_leaves_behind_the_segments_and_is_closed(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened = Opened(path)
    outbox = Outbox()
    outbox.add(b"head")
    outbox.add_file(FileSlice(opened, 2, 5))
    outbox.flush(pair[0].fileno(), EVERYTHING)
    assert read_all(pair[1], 9) == b"head23456"
    assert opened.closed == 1
    assert not outbox


def test_W2_a_file_that_shrinks_is_an_error_never_padding(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened = Opened(path)
    outbox = Outbox()
    outbox.add_file(FileSlice(opened, 0, 20))
    with pytest.raises(FileTruncatedError, match="10 bytes before"):
        outbox.flush(pair[0].fileno(), EVERYTHING)
    outbox.discard()
    assert opened.closed == 1
    assert not outbox


def test_a_file_that_cannot_be_sent_from_is_copied(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.sendfile", refuse)
    path = tmp_path / "file"
    path.write_bytes(os.urandom(100_000))
    outbox = Outbox()
    outbox.add_file(FileSlice(Opened(path), 0, 100_000))
    received = b""
    while outbox:
        received += read_all(pair[1], outbox.flush(pair[0].fileno(), EVERYTHING))
    assert received == path.read_bytes()


def test_other_errors_of_sending_are_the_callers(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened = Opened(path)
    outbox = Outbox()
    outbox.add_file(FileSlice(opened, 0, 10))
    pair[1].close()
    with pytest.raises(BrokenPipeError):
        outbox.flush(pair[0].fileno(), EVERYTHING)
    outbox.discard()
    assert opened.closed == 1

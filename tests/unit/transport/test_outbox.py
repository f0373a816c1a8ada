"""Unsent output."""

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyhttp.errors import Disconnected
from pyhttp.messages import FileSlice
from pyhttp.transport.outbox import FileTruncatedError, Outbox
from pyhttp.transport.stream import Piece, SocketStream
from tests.helpers.channels import FakeStream, Opened
from tests.helpers.sockets import Pair, pair

EVERYTHING = 1 << 30


@pytest.fixture
def sockets() -> Iterator[Pair]:
    with pair() as (ours, theirs):
        ours.setblocking(False)
        yield ours, theirs


def read_all(theirs: socket.socket, amount: int) -> bytes:
    data = b""
    while len(data) < amount:
        data += theirs.recv(amount - len(data))
    return data


def test_an_empty_outbox_is_false_and_sends_nothing() -> None:
    outbox, stream = Outbox(), FakeStream([10])
    outbox.add(b"")
    assert not outbox
    assert outbox.flush(stream, EVERYTHING) == 0
    assert stream.taking == [10]


def test_segments_leave_in_order(sockets: Pair) -> None:
    outbox = Outbox()
    for n in range(200):
        outbox.add(b"%d," % n)
    expected = b"".join(b"%d," % n for n in range(200))
    assert outbox.unsent == len(expected)
    assert outbox.flush(SocketStream(sockets[0]), EVERYTHING) == len(expected)
    assert outbox.sent == len(expected)
    assert outbox.unsent == 0
    assert not outbox
    assert read_all(sockets[1], len(expected)) == expected


def test_many_segments_leave_in_one_call() -> None:
    """A call of the system costs more than a piece, so that up to 64 pieces share one call."""
    outbox, stream = Outbox(), FakeStream([EVERYTHING] * 10)
    for n in range(130):
        outbox.add(b"%d," % n)
    outbox.flush(stream, EVERYTHING)
    assert len(stream.taking) == 7


@pytest.mark.parametrize("taken", [1, 2, 3, 4])
def test_a_client_may_take_whole_pieces_and_parts_of_them(taken: int) -> None:
    outbox, stream = Outbox(), FakeStream([taken, 0, EVERYTHING])
    for piece in (b"ab", b"cd", b"ef"):
        outbox.add(piece)
    assert outbox.flush(stream, EVERYTHING) == taken
    outbox.flush(stream, EVERYTHING)
    assert stream.written == b"abcdef"


def test_a_full_socket_keeps_the_rest_without_loss_or_repeat(sockets: Pair) -> None:
    outbox, stream = Outbox(), SocketStream(sockets[0])
    pieces = [os.urandom(100_000) for _ in range(30)]
    for piece in pieces:
        outbox.add(piece)
    expected = b"".join(pieces)
    received = b""
    while outbox:
        sent = outbox.flush(stream, EVERYTHING)
        received += read_all(sockets[1], sent)
        assert (outbox.sent, outbox.unsent) == (len(received), len(expected) - len(received))
    assert received == expected
    assert outbox.flush(stream, EVERYTHING) == 0


def test_L4_one_flush_sends_no_more_than_its_budget_of_a_file(sockets: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 64)
    outbox, opened = Outbox(), Opened(path)
    outbox.add(b"head")
    outbox.add_file(FileSlice(opened, 0, 16384))
    assert outbox.flush(SocketStream(sockets[0]), 1000) == 1000
    assert outbox.unsent == 4 + 16384 - 1000
    assert read_all(sockets[1], 1000) == (b"head" + path.read_bytes())[:1000]
    opened.close()


def test_L4_a_budget_that_is_spent_ends_a_flush_between_bytes() -> None:
    outbox, stream = Outbox(), FakeStream([100] * 10)
    outbox.add(bytes(1000))
    assert outbox.flush(stream, 200) == 200
    assert outbox.unsent == 800


def test_L4_many_short_parts_of_a_file_spend_the_budget_as_a_long_one_does(sockets: Pair, tmp_path: Path) -> None:
    """L4: 256 ranges of one octet are 256 places that a disk has to find."""
    (tmp_path / "file").write_bytes(b"0123456789")
    with (tmp_path / "file").open("rb") as file:
        outbox = Outbox()
        for place in range(256):
            outbox.add(b"\r\n")
            outbox.add_file(FileSlice(file, place % 10, 1))
        received = b""
        for _ in range(17):
            sent = outbox.flush(SocketStream(sockets[0]), 1024 * 1024)
            assert sent <= 3 * 16
            received += read_all(sockets[1], sent)
    assert not outbox
    assert received == b"".join(b"\r\n%d" % (place % 10) for place in range(256))


def test_parts_of_files_leave_in_their_place_and_no_file_is_closed(sockets: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened, outbox = Opened(path), Outbox()
    for part in (b"head", FileSlice(opened, 2, 5), b"--", b"++", FileSlice(opened, 9, 1), FileSlice(opened, 0, 0)):
        if isinstance(part, bytes):
            outbox.add(part)
        else:
            outbox.add_file(part)
    assert outbox.unsent == 14
    outbox.flush(SocketStream(sockets[0]), EVERYTHING)
    assert read_all(sockets[1], 14) == b"head23456--++9"
    assert (bool(outbox), outbox.unsent, outbox.sent) == (False, 0, 14)
    assert not opened.closed.is_set()
    opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outbox")
    (path / "file").write_bytes(bytes(range(256)) * 4)
    return path


PARTS = st.one_of(st.binary(max_size=300), st.tuples(st.integers(0, 1024), st.integers(0, 300)))


@given(parts=st.lists(PARTS, max_size=80), taking=st.lists(st.integers(0, 700)), budget=st.integers(1, 2000))
@settings(max_examples=100)
def test_any_order_of_bytes_and_parts_arrives_whatever_the_client_takes_at_once(
    folder: Path, parts: list[bytes | tuple[int, int]], taking: list[int], budget: int
) -> None:
    data = (folder / "file").read_bytes()
    # A budget of one sends the octets of a file one by one, and there may be 300 of them in each part.
    outbox, stream, expected = Outbox(), FakeStream([*taking, *[50] * 300 * len(parts)]), b""
    with (folder / "file").open("rb") as file:
        for part in parts:
            if isinstance(part, bytes):
                outbox.add(part)
                expected += part
            else:
                offset, length = part[0], min(part[1], len(data) - part[0])
                outbox.add_file(FileSlice(file, offset, length))
                expected += data[offset : offset + length]
        assert outbox.unsent == len(expected)
        while outbox:
            before = len(stream.written)
            assert outbox.flush(stream, budget) == len(stream.written) - before
            assert len(stream.written) > before or 0 in taking
            assert expected.startswith(stream.written)
            assert (outbox.sent, outbox.unsent) == (len(stream.written), len(expected) - len(stream.written))
        assert not file.closed
    assert stream.written == expected


def test_W2_a_file_that_shrinks_is_an_error_never_padding(sockets: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    opened, outbox = Opened(path), Outbox()
    outbox.add_file(FileSlice(opened, 0, 20))
    with pytest.raises(FileTruncatedError, match="10 bytes before"):
        outbox.flush(SocketStream(sockets[0]), EVERYTHING)
    assert (outbox.sent, outbox.unsent) == (10, 10)
    outbox.discard()
    assert (bool(outbox), outbox.unsent, opened.closed.is_set()) == (False, 0, False)
    opened.close()


def test_other_errors_of_sending_are_the_callers(sockets: Pair, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    sockets[1].close()
    stream = SocketStream(sockets[0])
    with path.open("rb") as file:
        outbox = Outbox()
        outbox.add_file(FileSlice(file, 0, 10))
        with pytest.raises(BrokenPipeError):
            outbox.flush(stream, EVERYTHING)
        outbox.discard()
        outbox.add(b"x")
        with pytest.raises(BrokenPipeError):
            outbox.flush(stream, EVERYTHING)


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, 100_000])
@pytest.mark.parametrize("before", [b"", b"100 Continue"])
@pytest.mark.parametrize("taken", [0, 1, 5, 4096, EVERYTHING])
def test_head_and_content_leave_at_once_or_wait_behind_what_is_there(size: int, before: bytes, taken: int) -> None:
    outbox, stream = Outbox(), FakeStream([taken])
    outbox.add(before)
    content = bytes(range(251)) * (size // 251 + 1)
    outbox.send(stream, b"head", content[:size])
    expected = before + b"head" + content[:size]
    assert outbox.sent == min(taken, len(expected)) == len(stream.written)
    assert outbox.unsent == len(expected) - outbox.sent
    assert bool(outbox) is (outbox.unsent > 0)
    stream.taking = [EVERYTHING] * 3
    outbox.flush(stream, EVERYTHING)
    assert stream.written == expected


class BrokenStream(FakeStream):
    """The stream of a client that has gone."""

    def write(self, pieces: Sequence[Piece]) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("size", [1, 100_000])
def test_what_could_not_be_sent_is_known_to_be_unsent(size: int) -> None:
    """The access line says how much has left."""
    outbox = Outbox()
    with pytest.raises(Disconnected):
        outbox.send(BrokenStream(), b"head", bytes(size))
    assert (outbox.sent, outbox.unsent) == (0, 4 + size)


def test_a_short_content_is_one_piece_with_its_head() -> None:
    asked: list[list[Piece]] = []

    class Counted(FakeStream):
        def write(self, pieces: Sequence[Piece]) -> int:
            asked.append(list(pieces))
            return super().write(pieces)

    outbox = Outbox()
    outbox.send(Counted([EVERYTHING]), b"head", b"content")
    outbox.send(Counted([EVERYTHING]), b"head", bytes(20_000))
    assert asked == [[b"headcontent"], [b"head", bytes(20_000)]]


def test_what_is_gathered_is_unsent_until_it_is_sent_or_discarded() -> None:
    outbox = Outbox()
    outbox.gathered = b""
    assert not outbox
    assert outbox.gather(FakeStream(), b"head", b"content")
    assert outbox
    assert outbox.unsent == len(b"headcontent")
    outbox.discard()
    assert not outbox
    assert outbox.unsent == 0


@pytest.mark.parametrize(("octets", "kept"), [(16 * 1024, True), (16 * 1024 + 1, False)])
def test_so_much_content_is_kept_behind_its_head(octets: int, kept: bool) -> None:
    outbox = Outbox()
    assert outbox.gather(FakeStream(), b"head", bytes(octets)) is kept
    assert outbox.unsent == (4 + octets if kept else 0)


def test_what_the_system_keeps_counts_as_sent() -> None:
    outbox, stream = Outbox(), KeepingStream([3])
    outbox.gathered = False
    assert outbox.gather(stream, b"head", b"content")
    assert stream.kept == [b"headcontent"]
    assert (outbox.sent, outbox.unsent) == (3, 8)
    stream.taking = [EVERYTHING]
    outbox.flush(stream, EVERYTHING)
    assert stream.written == b"headcontent"
    assert not outbox.gather(stream, b"head", bytes(16 * 1024 + 1))


class KeepingStream(FakeStream):
    """A stream with the octets that were to be kept."""

    def __init__(self, taking: Iterable[int] = ()) -> None:
        super().__init__(taking)
        self.kept: list[bytes] = []

    def write_kept(self, data: bytes) -> int:
        self.kept.append(data)
        return super().write_kept(data)

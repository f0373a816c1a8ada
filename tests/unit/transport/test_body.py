"""The content as a stream."""

import io

import pytest

from pyhttp.errors import IncompleteRequest
from pyhttp.transport.body import ContentStream


class Pieces:
    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read_content(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def read_content_into(self, buffer: memoryview) -> int:
        return 0


class Broken:
    def read_content(self) -> bytes:
        raise IncompleteRequest("cut")

    def read_content_into(self, buffer: memoryview) -> int:
        return 0


class Direct(Pieces):
    """Pieces that have content for large buffers, too. `asked` holds the sizes of these buffers."""

    def __init__(self, direct: bytes, *pieces: bytes) -> None:
        super().__init__(*pieces)
        self.direct = direct
        self.asked: list[int] = []

    def read_content_into(self, buffer: memoryview) -> int:
        self.asked.append(len(buffer))
        count = min(len(buffer), len(self.direct))
        buffer[:count] = self.direct[:count]
        self.direct = self.direct[count:]
        return count


def test_no_content_is_an_empty_stream() -> None:
    assert ContentStream(Pieces()).read() == b""


def test_everything_comes_in_order() -> None:
    assert ContentStream(Pieces(b"ab", b"c", b"def")).read() == b"abcdef"


def test_a_read_returns_what_there_is_and_never_waits_for_more() -> None:
    pieces = Pieces(b"ab", b"cdef")
    stream = ContentStream(pieces)
    assert stream.read(10) == b"ab"
    assert pieces.pieces == [b"cdef"]
    assert stream.read(3) == b"cde"
    assert stream.read(3) == b"f"
    assert stream.read(3) == b""


def test_a_large_buffer_is_filled_where_the_content_comes_from() -> None:
    source = Direct(b"direct", b"piece")
    stream, buffer = ContentStream(source), bytearray(16 * 1024)
    assert stream.readinto(buffer) == 6
    assert buffer[:6] == b"direct"
    assert source.pieces == [b"piece"]
    assert stream.readinto(buffer) == 5
    assert buffer[:5] == b"piece"
    assert source.asked == [16 * 1024, 16 * 1024]


def test_what_is_left_of_a_piece_comes_before_what_fills_a_large_buffer() -> None:
    stream, buffer = ContentStream(Direct(b"direct", b"piece")), bytearray(16 * 1024)
    assert stream.read(2) == b"pi"
    assert stream.readinto(buffer) == 3
    assert buffer[:3] == b"ece"
    assert stream.readinto(buffer) == 6


def test_a_small_buffer_is_not_worth_a_read_of_its_own() -> None:
    source = Direct(b"direct", b"piece")
    assert ContentStream(source).readinto(bytearray(16 * 1024 - 1)) == 5
    assert source.asked == []


def test_lines_through_a_buffer() -> None:
    assert list(io.BufferedReader(ContentStream(Pieces(b"one\ntw", b"o\nthree")))) == [b"one\n", b"two\n", b"three"]


def test_F10_content_that_ends_early_raises_and_is_not_taken_for_complete() -> None:
    with pytest.raises(IncompleteRequest):
        io.BufferedReader(ContentStream(Broken())).read()


def test_it_says_that_it_can_be_read_and_not_written() -> None:
    stream = ContentStream(Pieces())
    assert stream.readable()
    assert not stream.writable()

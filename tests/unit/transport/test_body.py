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


class Broken:
    def read_content(self) -> bytes:
        raise IncompleteRequest("cut")


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


def test_lines_through_a_buffer() -> None:
    assert list(io.BufferedReader(ContentStream(Pieces(b"one\ntw", b"o\nthree")))) == [b"one\n", b"two\n", b"three"]


def test_F10_content_that_ends_early_raises_and_is_not_taken_for_complete() -> None:
    with pytest.raises(IncompleteRequest):
        io.BufferedReader(ContentStream(Broken())).read()


def test_it_says_that_it_can_be_read_and_not_written() -> None:
    stream = ContentStream(Pieces())
    assert stream.readable()
    assert not stream.writable()

"""The receive buffer: bytes come out as they went in, whole segments without a copy, and the work is linear."""

from hypothesis import given
from hypothesis import strategies as st

from pyhttp.wire.buffer import ReceiveBuffer


def test_a_segment_taken_whole_is_the_very_object() -> None:
    segment = bytes(1000)
    buffer = ReceiveBuffer()
    buffer.append(segment)
    assert buffer.take(1000) is segment
    assert len(buffer) == 0


def test_parts_of_a_segment() -> None:
    buffer = ReceiveBuffer()
    buffer.append(b"abcdef")
    assert (buffer.take(2), len(buffer)) == (b"ab", 4)
    buffer.skip(1)
    buffer.append(b"gh")
    assert buffer.take(5) == b"defgh"


def test_appending_moves_what_was_used_out_of_the_way() -> None:
    buffer = ReceiveBuffer()
    buffer.append(b"ab")
    buffer.append(b"cd")
    assert buffer.take(3) == b"abc"
    buffer.append(b"ef")
    assert bytes(buffer.data[buffer.start :]) == b"def"
    assert buffer.start == 0


def test_nothing_is_kept_once_all_is_used() -> None:
    buffer = ReceiveBuffer()
    buffer.append(b"ab")
    buffer.append(b"cd")
    buffer.skip(4)
    assert buffer.data == b""
    buffer.append(b"ef")
    buffer.clear()
    assert (len(buffer), buffer.data, buffer.take(0)) == (0, b"", b"")


@given(st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 30), st.booleans()), max_size=30))
def test_what_goes_in_comes_out(steps: list[tuple[bytes, int, bool]]) -> None:
    buffer = ReceiveBuffer()
    held = b""
    for segment, wanted, skipping in steps:
        if segment:
            buffer.append(segment)
            held += segment
        count = min(wanted, len(held))
        if skipping:
            buffer.skip(count)
        else:
            assert buffer.take(count) == held[:count]
        held = held[count:]
        assert len(buffer) == len(held)
        assert bytes(buffer.data[buffer.start :]) == held

"""Work is linear in the received bytes, counted in calls rather than seconds."""

import sys
from types import FrameType

from pyhttp.limits import Limits
from pyhttp.wire.events import Content, EndOfMessage, Signal
from pyhttp.wire.server_connection import ServerConnection

PIECE = 65536


def calls_for_chunks(count: int) -> int:
    """The calls of Python and C functions that content of `count` one-byte chunks costs, read as a server reads."""
    data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * count + b"0\r\n\r\n"
    connection = ServerConnection(Limits())
    calls = 0
    received = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        for start in range(0, len(data), PIECE):
            connection.receive_data(data[start : start + PIECE])
            while not isinstance(event := connection.next_event(), Signal):
                received += len(event.data) if isinstance(event, Content) else 0
                if isinstance(event, EndOfMessage):
                    break
    finally:
        sys.setprofile(None)
    assert received == count
    return calls


def test_L7_one_byte_chunks_cost_work_linear_in_their_number() -> None:
    calls_for_chunks(1)  # this compiles the patterns
    few, many = calls_for_chunks(16_384), calls_for_chunks(65_536)
    assert many < 4.2 * few
    assert many < 6 * 65_536

"""The octet that an error is about: the same one however the input was split."""

import pytest

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.semantics.fields import EMPTY
from pyhttp.wire.events import EndOfMessage, ResponseHead, Signal
from pyhttp.wire.server_connection import ServerConnection

GOOD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SMALL = Limits(request_line=40, field_line=30, field_lines=3, content=9, chunk_line=10)


def fault(data: bytes, size: int) -> int | None:
    """The offset of the refused octet, where octets come in segments of `size`, or None where no octet is refused."""
    connection = ServerConnection(SMALL)
    received = 0
    try:
        while received < len(data):
            segment = data[received : received + size]
            received += len(segment)
            connection.receive_data(segment)
            while (event := connection.next_event()) is not Signal.NEED_DATA:
                if event is Signal.PAUSED:
                    connection.send(ResponseHead(200, EMPTY, 0))
                    connection.send(EndOfMessage())
                    connection.start_next_cycle()
    except HTTPError:
        return received - connection.fault if connection.fault else None
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize(
    "marked",
    [
        "|\x16\x03\x01\x00\xa5",
        "GET / HTTP/1.1|\nHost: a\r\n\r\n",
        "GE|(T / HTTP/1.1\r\n\r\n",
        "GET / |HTTX/1.1\r\n\r\n",
        "GET / |HTTP/2.0\r\n\r\n",
        "GET /a|#b HTTP/1.1\r\n\r\n",
        "GET |a HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1| x\r\n\r\n",
        "GET /|\r\n\r\n",
        "\r\n|\r\n",
        "GET /" + "x" * 35 + "|x HTTP/1.1\r\n\r\n",
        GOOD + "GET / HTTP/1.1\r\nHost: a\r\n| b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon|\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n|: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX| : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX|{Y: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b|\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y" * 27 + "|y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nX:\r\n|X:\r\n\r\n",
        CHUNKED + "5|x\r\nhello\r\n0\r\n\r\n",
        CHUNKED + "|x\r\n",
        CHUNKED + "5\r\nhello|X\r\n",
        CHUNKED + "5\r\nhello\r|X\n",
        CHUNKED + "5\r\nhello\r\n|5\r\nhello\r\n",
        CHUNKED + "5;" + "x" * 8 + "|x\r\n",
        CHUNKED + "5\r\nhello\r\n0\r\nX| : y\r\n\r\n",
        GOOD + CHUNKED + "1\r\nh\r\n1|\x01\r\n",
    ],
)
def test_the_octet_at_fault(marked: str) -> None:
    before, _, behind = marked.partition("|")
    data = (before + behind).encode("latin-1")
    assert {fault(data, size) for size in (len(data), 1, 7)} == {len(before)}


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"])
def test_what_is_about_no_single_octet(data: bytes) -> None:
    assert fault(data, len(data)) is None


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", CHUNKED.encode() + b"5\r\nhe"])
def test_an_end_too_early_is_no_fault_of_an_octet(data: bytes) -> None:
    connection = ServerConnection(SMALL)
    connection.receive_data(data)
    while connection.next_event() is not Signal.NEED_DATA:
        pass
    connection.receive_eof()
    with pytest.raises(HTTPError):
        connection.next_event()
    assert connection.fault == 0

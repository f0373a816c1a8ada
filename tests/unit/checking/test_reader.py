"""The strict reader of responses, which judges other servers."""

import pytest

from pyhttp.checking.reader import BadReply, Ended, Framing, Reply, read_reply

HEAD = b"HTTP/1.1 200 OK\r\n"


class Octets:
    """A source of octets, one by one."""

    def __init__(self, data: bytes) -> None:
        self._left = [data[i : i + 1] for i in range(len(data))]

    def more(self) -> bytes:
        return self._left.pop(0) if self._left else b""


def read(data: bytes, method: str = "GET") -> Reply:
    return read_reply(Octets(data), bytearray(), method=method)


def test_a_response_as_a_value() -> None:
    head = b"HTTP/1.1 200 O K\r\nTransfer-Encoding: chunked\r\nX:\t \xe9\t\r\n"
    assert read(head + b"\r\nA\r\n0123456789\r\n0\r\nT: r\r\n\r\n") == Reply(
        "HTTP/1.1",
        200,
        "O K",
        (("Transfer-Encoding", "chunked"), ("X", "é")),
        Framing.CHUNKED,
        b"0123456789",
        (("T", "r"),),
        complete=True,
        head=head,
    )


@pytest.mark.parametrize(
    ("data", "method", "framing", "content", "complete"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nhi", "GET", Framing.LENGTH, b"hi", True),
        (HEAD + b"Content-Length: 3\r\n\r\nhi", "GET", Framing.LENGTH, b"hi", False),
        (HEAD + b"Content-Length: 3\r\n\r\n", "HEAD", Framing.NONE, b"", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhi", "GET", Framing.CHUNKED, b"hi", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "GET", Framing.CHUNKED, b"hi", False),
        (HEAD + b"\r\nhi", "GET", Framing.CLOSE, b"hi", True),
        (b"HTTP/1.1 199 x\r\n\r\n", "GET", Framing.NONE, b"", True),
        (b"HTTP/1.1 204 x\r\n\r\n", "GET", Framing.NONE, b"", True),
        (b"HTTP/1.1 304 x\r\nContent-Length: 2\r\n\r\n", "GET", Framing.NONE, b"", True),
    ],
)
def test_the_framing_of_content(data: bytes, method: str, framing: Framing, content: bytes, complete: bool) -> None:
    reply = read(data, method)
    assert (reply.framing, reply.content, reply.complete) == (framing, content, complete)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"HTTP/1.1 200 OK", "the stream ended within a head: b'HTTP/1.1 200 OK'"),
        (b"HTTP/1.1 600 OK\r\n\r\n", "not a status line: b'HTTP/1.1 600 OK'"),
        (b"x" * 90 + b"\r\n\r\n", f"not a status line: b'{'x' * 80}'"),
        (HEAD + b"A : b\r\n\r\n", "not a field line: b'A : b'"),
        (HEAD + b"A: b\nC: d\r\n\r\n", "a CR or LF on its own in the line b'A: b\\nC: d'"),
        (HEAD + b"A: b\rC: d\r\n\r\n", "a CR or LF on its own in the line b'A: b\\rC: d'"),
        (
            HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "both Transfer-Encoding and Content-Length (9112-6.2-2a)",
        ),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding: ['gzip']"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "Content-Length: ['1', '1']"),
        (HEAD + b"Content-Length: +1\r\n\r\n", "Content-Length: ['+1']"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\ng\r\n", "not a chunk line: b'g'"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "bytes between chunk data and its CRLF"),
    ],
)
def test_what_is_no_response(data: bytes, why: str) -> None:
    with pytest.raises(BadReply) as raised:
        read(data)
    assert str(raised.value) == why


def test_a_line_has_an_end() -> None:
    class Endless:
        def more(self) -> bytes:
            return b"x" * 65536

    held = bytearray()
    with pytest.raises(BadReply, match="a line without end"):
        read_reply(Endless(), held)
    assert len(held) == 5 * 65536


def test_a_stream_without_a_response() -> None:
    with pytest.raises(Ended):
        read(b"")


def test_the_fields_of_a_response() -> None:
    reply = read(HEAD + b"Connection: Close\r\nA: b\r\nconnection: x , y\r\n\r\n")
    assert reply.get_all("CONNECTION") == ("Close", "x , y")
    assert (reply.get("connection"), reply.get("B")) == ("Close, x , y", None)
    assert (reply.options, reply.says_close) == (("close", "x", "y"), True)
    assert not read(HEAD + b"\r\n").says_close

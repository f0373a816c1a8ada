"""Answers on a connection without a loop."""

from pyhttp.messages import Body, Response
from pyhttp.transport.answer import Answer
from tests.helpers.channels import FakeStream, Met, read_now
from tests.helpers.sockets import request

__all__ = ["answer_of", "answered", "behind", "content"]


def answer_of(
    made: Met, body: Body, *, headers: dict[str, str] | None = None, method: str = "GET", version: str = "1.1"
) -> Answer:
    """An answer that has not begun."""
    made.begin(request(method=method, version=version))
    response = Response(200, headers or {}, body)
    return Answer(made.conn, response, made.setting.limits, head_only=method == "HEAD")


def answered(made: Met, body: Body, *, method: str = "GET") -> bytes:
    """The content that a client receives at once. The answer is complete when this returns."""
    answer = answer_of(made, body, method=method)
    answer.begin()
    assert answer.complete
    answer.close()
    return content(made)


def content(made: Met) -> bytes:
    return read_now(made.peer).partition(b"\r\n\r\n")[2]


def behind(made: Met, *taking: int) -> FakeStream:
    """Let the client take only this many octets at once."""
    stream = FakeStream(taking)
    made.conn.stream.close(reset=False)
    made.conn.stream = stream
    return stream

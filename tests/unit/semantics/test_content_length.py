"""Content-Length: one rule, whoever has written it."""

from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.cgi.output import Document, OutputParser
from pyhttp.errors import BadGateway, MalformedRequest
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.request import Request
from pyhttp.semantics.content_length import parse_content_length
from pyhttp.semantics.fields import Headers
from pyhttp.wire.events import ResponseHead
from pyhttp.wire.framing import Sized, request_framing
from pyhttp.wire.sender import ResponseSender
from pyhttp.wsgi.starting import started
from tests.helpers.sockets import pair, request


def of_a_request(value: str) -> int | None:
    headers = Headers.parsed((("Content-Length", value),))
    framing = request_framing(RequestHead("POST", "/", "/", "", "a", "HTTP/1.1", headers))
    return framing.length if isinstance(framing, Sized) else 0


def of_a_script(value: str) -> int | None:
    parser = OutputParser(Limits())
    head = parser.receive(f"Content-Type: a/b\nContent-Length: {value}\n\n".encode("latin-1"))
    assert isinstance(head, Document)
    return head.length


def of_a_handler(value: str) -> int | None:
    return Response(200, {"Content-Length": value}, iter([b"hello"])).length


def of_an_application(value: str) -> int | None:
    return started("200 OK", [("Content-Length", value)]).length


def of_what_is_sent(value: str) -> int | None:
    head = ResponseHead(200, Headers({"Content-Length": value}), None)
    framing = ResponseSender(head, "GET", "HTTP/1.1").framing
    return framing.length if isinstance(framing, Sized) else 0


READERS: Final = (of_a_request, of_a_script, of_a_handler, of_an_application, of_what_is_sent)
LENGTHS: Final = {
    "0": 0,
    "5": 5,
    "007": 7,
    "0" * 19 + "5": 5,
    "0" * 4400 + "5": 5,
    str(2**63 - 1): 2**63 - 1,
    "0" + str(2**63 - 1): 2**63 - 1,
}
NO_NUMBERS: Final = ("", "-1", "+1", "1_0", "0x1", "1 0", "5, 5", "\xb2")
TOO_LARGE: Final = (str(2**63), "9" * 19, "0" * 9 + "9" * 19, "1" * 5000)


@pytest.mark.clause("9110-8.6-10b")
@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", LENGTHS, ids=lambda value: value[-30:])
def test_F3_whoever_states_a_length_states_the_same(read: Callable[[str], int | None], value: str) -> None:
    """F3: leading zeros are digits, however many there are."""
    assert read(value) == parse_content_length((value,)) == LENGTHS[value]


@pytest.mark.clause("9110-8.6-10b", "9110-8.6-13a")
@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", [*NO_NUMBERS, *TOO_LARGE], ids=lambda value: value[-30:])
def test_F3_what_is_no_length_is_none_for_anybody(read: Callable[[str], int | None], value: str) -> None:
    """F3: each reader says why in the same words."""
    with pytest.raises(ValueError, match=r"^Content-Length: ") as why:
        parse_content_length((value,))
    with pytest.raises((MalformedRequest, BadGateway, ValueError)) as failed:
        read(value)
    assert str(why.value) in str(failed.value)


@pytest.mark.clause("9110-8.6-13a.2")
@pytest.mark.parametrize("lines", [("5", "5"), ("5", "6"), ()])
def test_F2_it_comes_on_one_line(lines: tuple[str, ...]) -> None:
    """F2: two lines are refused, whether or not they are equal."""
    with pytest.raises(ValueError, match="more than one line"):
        parse_content_length(lines)


def test_F3_a_handler_that_takes_content_reads_it_likewise() -> None:
    """F3: the head of a request has room for more zeros than `int` takes."""
    with pair() as (ours, theirs):
        theirs.sendall(request("/", f"Content-Length: {'0' * 4400}5", method="POST") + b"hello")
        assert Request(ours).content(5) == b"hello"

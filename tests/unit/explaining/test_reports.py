"""The report on octets, as a whole and as a reader sees it."""

import pytest

from pyhttp.explaining.model import Field, Framing, Reading, Refusal, Request, Response
from pyhttp.explaining.refusals import located
from pyhttp.explaining.requests import read_requests
from pyhttp.explaining.responses import read_responses
from pyhttp.explaining.text import told

NO_CONTENT = "  framing    none: neither Transfer-Encoding nor Content-Length (RFC 9112 §6.3 item 7)\n"

REQUESTS = {
    "each form of a target, and what comes behind the last request": (
        (
            b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
            b"\r\nOPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            b"GET http://x:80/ HTTP/1.0\r\nHost: y\r\n\r\n\0"
        ),
        f"""\
request 1: octets 0 to 29
  line       GET /a?b HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /a, query b
  for        h (RFC 9110 §7.2)
  fields     Host: h
{NO_CONTENT}\
  connection goes on: HTTP/1.1 without Connection: close (RFC 9112 §9.3)

request 2: octets 32 to 77
  before it  an empty line, passed over (9112-2.2-6a)
  line       OPTIONS * HTTP/1.0
  target     asterisk form (RFC 9112 §3.2.4): path *, query none
  for        no host (RFC 9110 §7.2)
  fields     Connection: keep-alive
{NO_CONTENT}\
  connection goes on: HTTP/1.0 with Connection: keep-alive (RFC 9112 §9.3)

request 3: octets 78 to 115
  line       GET http://x:80/ HTTP/1.0
  target     absolute form (RFC 9112 §3.2.2): path /, query none
  for        x:80 (RFC 9110 §7.2)
  fields     Host: y
{NO_CONTENT}\
  connection ends: HTTP/1.0 without Connection: keep-alive (RFC 9112 §9.3)

never read: octets behind that, 1 in all
""",
    ),
    "chunks and trailers": (
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1\r\na\r\n2\r\n\tb\r\n0\r\nX: \xe9\r\nY: \\\r\n\r\n"
        ),
        r"""request 1: octets 0 to 85
  line       POST / HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /, query none
  for        h (RFC 9110 §7.2)
  fields     Host: h
             Transfer-Encoding: chunked
  framing    chunked: Transfer-Encoding: chunked (RFC 9112 §6.3 item 4)
  content    3 octets: a\tb
  trailers   X: \xe9
             Y: \\
  connection goes on: HTTP/1.1 without Connection: close (RFC 9112 §9.3)
""",
    ),
    "a client that waits for 100": (
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        """\
request 1: octets 0 to 68
  line       POST / HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /, query none
  for        h (RFC 9110 §7.2)
  fields     Host: h
             Content-Length: 3
             Expect: 100-continue
  framing    length: Content-Length: 3 (RFC 9112 §6.3 item 6)
  expects    100 (Continue), which is sent (RFC 9110 §10.1.1)
  content    0 octets, incomplete

refused at the end of the octets
  rule       the peer ended within the content of its request
  clause     RFC 9112 §8
  answer     400 Bad Request; then the connection ends
""",
    ),
    "no content by its length, and a wish to end": (
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        """\
request 1: octets 0 to 65
  line       POST / HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /, query none
  for        h (RFC 9110 §7.2)
  fields     Host: h
             Content-Length: 0
             Connection: close
  framing    none: Content-Length: 0 (RFC 9112 §6.3 item 6)
  connection ends: Connection: close (RFC 9112 §9.3)
""",
    ),
    "lines of more than 100 columns": (
        b"PUT /" + b"y" * 77 + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" + b"x" * 101,
        f"""\
request 1: octets 0 to 225
  line       PUT /{"y" * 77} H...
  target     origin form (RFC 9112 §3.2.1): path /{"y" * 47}...
  for        h (RFC 9110 §7.2)
  fields     Host: h
             Content-Length: 101
  framing    length: Content-Length: 101 (RFC 9112 §6.3 item 6)
  content    101 octets: {"x" * 72}...
  connection goes on: HTTP/1.1 without Connection: close (RFC 9112 §9.3)
""",
    ),
    "a line of 100 columns": (
        b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 84 + b"\r\n\r\n",
        f"""\
request 1: octets 0 to 115
  line       GET / HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /, query none
  for        h (RFC 9110 §7.2)
  fields     Host: h
             X: {"x" * 84}
{NO_CONTENT}\
  connection goes on: HTTP/1.1 without Connection: close (RFC 9112 §9.3)
""",
    ),
    "an octet at fault behind a request": (
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nX: \t\\\0\r\n\r\n",
        (
            rf"""request 1: octets 0 to 26
  line       GET / HTTP/1.1
  target     origin form (RFC 9112 §3.2.1): path /, query none
  for        h (RFC 9110 §7.2)
  fields     Host: h
{NO_CONTENT}"""
            r"""  connection goes on: HTTP/1.1 without Connection: close (RFC 9112 §9.3)

refused at octet 57 of 62
  rule       field line: NUL at offset 5
  clause     RFC 9112 §2.2
  there      X: \t\\\x00\r\n
                    ^
  answer     400 Bad Request; then the connection ends
never read: the octet at fault and those behind it, 5 in all
"""
        ),
    ),
    "a field that is not there": (
        b"GET / HTTP/1.1\r\n\r\n",
        r"""refused at octet 16 of 18
  rule       Host: missing
  clause     RFC 9112 §3.2
  there      \r\n
             ^
  answer     400 Bad Request; then the connection ends
never read: the octet at fault and those behind it, 2 in all
""",
    ),
    "the end within a head": (
        b"GET / HTTP/1.1\r\nHo",
        """\
refused at the end of the octets
  rule       the peer ended within a request head
  clause     RFC 9112 §8
  there      Ho
  answer     400 Bad Request; then the connection ends
""",
    ),
}


@pytest.mark.parametrize(("data", "report"), REQUESTS.values(), ids=REQUESTS)
def test_the_report_on_what_a_client_sent(data: bytes, report: str) -> None:
    assert told(read_requests(data)) == report


RESPONSES = {
    "each framing": (
        (
            b"HTTP/1.1 100 Continue\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
            b"HTTP/1.1 204 No Content\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
            b"HTTP/1.0 200 OK\r\n\r\nall"
        ),
        ("GET", "GET", "GET", "HEAD"),
        """\
response 1: octets 0 to 24
  line       HTTP/1.1 100 Continue
  framing    none: status 100 (RFC 9112 §6.3 item 1)

response 2: octets 25 to 64
  line       HTTP/1.1 200 OK
  fields     Content-Length: 2
  framing    length: Content-Length: 2 (RFC 9112 §6.3 item 6)
  content    2 octets: hi

response 3: octets 65 to 91
  line       HTTP/1.1 204 No Content
  framing    none: status 204 (RFC 9112 §6.3 item 1)

response 4: octets 92 to 156
  line       HTTP/1.1 200 OK
  fields     Transfer-Encoding: chunked
  framing    chunked: Transfer-Encoding: chunked (RFC 9112 §6.3 item 4)
  content    2 octets: hi
  trailers   X: 1

response 5: octets 157 to 194
  line       HTTP/1.1 200 OK
  fields     Content-Length: 5
  framing    none: the answer to HEAD (RFC 9112 §6.3 item 1)

response 6: octets 195 to 216
  line       HTTP/1.0 200 OK
  framing    until the end of the connection: neither Transfer-Encoding nor Content-Length (RFC 9...
  content    3 octets: all
""",
    ),
    "content that is cut off": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
        (),
        """\
response 1: octets 0 to 39
  line       HTTP/1.1 200 OK
  fields     Content-Length: 5
  framing    length: Content-Length: 5 (RFC 9112 §6.3 item 6)
  content    2 octets, incomplete: hi

refused behind what was read
  rule       the content is cut off
  clause     RFC 9112 §8
""",
    ),
    "two lengths behind a response": (
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        (),
        r"""response 1: octets 0 to 39
  line       HTTP/1.1 200 OK
  fields     Content-Length: 2
  framing    length: Content-Length: 2 (RFC 9112 §6.3 item 6)
  content    2 octets: hi

refused behind what was read
  rule       both Transfer-Encoding and Content-Length
  clause     9112-6.2-2a
  there      HTTP/1.1 200 OK\r
never read: octets behind that, 66 in all
""",
    ),
    "no response": (
        b"x" * 85 + b"\r\n\r\n",
        (),
        f"""\
refused behind what was read
  rule       not a status line: b'{"x" * 63}...
  clause     none
  there      {"x" * 84}
never read: octets behind that, 89 in all
""",
    ),
}


@pytest.mark.parametrize(("data", "methods", "report"), RESPONSES.values(), ids=RESPONSES)
def test_the_report_on_what_a_server_sent(data: bytes, methods: tuple[str, ...], report: str) -> None:
    assert told(read_responses(data, methods)) == report


def test_a_request_as_a_value() -> None:
    data = b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
    request = Request(
        offset=0,
        end=30,
        version="HTTP/1.1",
        fields=(Field("Host", "h"),),
        framing=Framing("none", "neither Transfer-Encoding nor Content-Length", "RFC 9112 §6.3 item 7"),
        content=b"",
        trailers=(),
        complete=True,
        method="GET",
        target="/a?b",
        form="origin form (RFC 9112 §3.2.1)",
        authority="h",
        path="/a",
        query="b",
        empty_line=False,
        continued=False,
        persistent=True,
        persistence="HTTP/1.1 without Connection: close (RFC 9112 §9.3)",
    )
    assert read_requests(data) == Reading(30, (request,), None, 0)
    cut = read_requests(data + b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n")
    assert (cut.octets, cut.unread, cut.messages[0], cut.messages[1].complete) == (76, 0, request, False)
    assert cut.refusal == Refusal(
        None, "the peer ended within the content of its request", "RFC 9112 §8", 400, "Bad Request", b"", 76
    )


def test_responses_and_their_refusal_as_values() -> None:
    response = Response(
        offset=0,
        end=40,
        version="HTTP/1.1",
        fields=(Field("Content-Length", "3"),),
        framing=Framing("length", "Content-Length: 3", "RFC 9112 §6.3 item 6"),
        content=b"hi",
        trailers=(),
        complete=False,
        status=200,
        reason="OK",
    )
    refusal = Refusal(None, "the content is cut off", "RFC 9112 §8", 0, "", b"", 40)
    assert read_responses(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi") == Reading(40, (response,), refusal, 0)
    refusal = Refusal(None, "not a field line: b'\\x00'", "", 0, "", b"HTTP/1.1 200 OK\r", 0)
    assert read_responses(b"HTTP/1.1 200 OK\r\n\0\r\n\r\n") == Reading(22, (), refusal, 22)


def test_a_long_line_is_shown_from_60_octets_before_the_one_at_fault() -> None:
    data = b"GET /" + b"x" * 5000 + b"\x01" + b"y" * 5000 + b" HTTP/1.1\r\n\r\n"
    refusal = read_requests(data).refusal
    assert refusal is not None
    assert (refusal.offset, refusal.line_offset) == (5005, 4945)
    assert refusal.line == b"x" * 60 + b"\x01" + b"y" * 23


@pytest.mark.parametrize(
    ("detail", "there"),
    [
        ("request-target: bad", b"/ HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"),
        ("A: twice", b"a: 3\r\n\r\n"),
        ("B: bad", b"B: 2\r\na: 3\r\n\r\n"),
        ("Host: missing", b"\r\n"),
        ("no such method", b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"),
    ],
)
def test_the_place_that_an_error_is_about(detail: str, there: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"
    assert head[located(detail, head) :] == there

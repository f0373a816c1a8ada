"""The operator's log line about a refused request."""

import logging
import socket
from typing import Final

import pytest

from pyhttp import BaseServer, Limits, NotFound, Request, Response, Timeouts, function_handler
from pyhttp.telling import report
from tests.helpers.sockets import read_until_end


def refuse(request: Request) -> Response:
    raise NotFound("not\nhere")


TLS: Final = (
    "request line: octet 0x16 at offset 0 (RFC 9112 §2.2), which looks like a TLS handshake:"
    " https:// was used on this http:// port"
)


def serving(limits: Limits, timeouts: Timeouts) -> BaseServer:
    return BaseServer("127.0.0.1", 0, function_handler(refuse), limits=limits, timeouts=timeouts)


def connected(server: BaseServer) -> socket.socket:
    return socket.create_connection(server.addresses[0], timeout=30)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", r'"GET /a": 404 not\x0ahere'),
        (
            b"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            '"GET /a HTTP/1.1": 400 Host: more than one line (RFC 9112 §3.2)',
        ),
        (
            b"GET /a HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
            '"GET /a HTTP/1.1": 400 field line: white space before the colon (RFC 9112 §5.1)',
        ),
        (
            b"GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n",
            "\"GET /a%zz HTTP/1.1\": 400 request-target: '%' at offset 2 (RFC 9112 §3.2.1)",
        ),
        (
            b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nsecret",
            '"POST /a HTTP/1.1": 400 Transfer-Encoding beside Content-Length (RFC 9112 §6.1)',
        ),
        (
            b"GET /a\x1b\xff HTTP/1.1\r\n\r\n",
            '"GET /a\\x1b\xff HTTP/1.1": 400 request line: octet 0x1b at offset 6 (RFC 9112 §2.2)',
        ),
        (b"GET /slow HTT", '"GET /slow HTT": 408 the request did not arrive in time'),
        (
            b"\x16\x03\x01",
            rf'"\x16\x03\x01": 400 {TLS}',
        ),
        (
            b"GET /" + b"a" * 1000 + b" HTTP/1.1\r\n",
            f'"GET /{"a" * 195}...": 414 request line: longer than 500 octets (9112-3-4c)',
        ),
    ],
)
def test_a_refusal_is_told_with_client_request_and_reason(
    sent: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pyhttp.error")
    limits, timeouts = Limits(request_line=500), Timeouts(head=0.05)
    with serving(limits=limits, timeouts=timeouts) as server, connected(server) as client:
        client.sendall(sent)
        assert read_until_end(client).startswith(b"HTTP/1.1 4")
    assert [record.getMessage() for record in caplog.records if record.name == "pyhttp.error"] == [f"127.0.0.1 {told}"]


def test_nobody_is_told_who_does_not_ask(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "pyhttp.error")
    with serving(Limits(), Timeouts()) as server, connected(server) as client:
        client.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        read_until_end(client)
    assert not [record for record in caplog.records if record.name == "pyhttp.error"]


def test_a_line_of_the_log_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has written it has not looked for octets of a client. A fault has its own traceback below it."""
    log = logging.getLogger("pyhttp.error")
    report(log, "a\nb", None, logging.WARNING)
    report(log, "the loop failed: %s", error := ValueError("x"), logging.WARNING)
    told = [(record.levelno, record.getMessage(), record.exc_info and record.exc_info[1]) for record in caplog.records]
    assert told == [(logging.WARNING, r"a\x0ab", None), (logging.ERROR, "the loop failed: %s", error)]

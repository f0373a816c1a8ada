"""Requests as a browser sends them, and answers that are read whole and judged before any timing."""

import http.client
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Address", "Ask", "Got", "WrongAnswer", "connect", "first_answer", "head", "judged", "read_answer"]

Address = tuple[str, int]
PATIENCE: Final = 30.0
"""The seconds for an answer."""

HEAD: Final = """\
{method} {target} HTTP/1.1\r
Host: 127.0.0.1:{port}\r
Connection: {connection}\r
sec-ch-ua: "Not/A)Brand";v="8", "Chromium";v="126", "Google Chrome";v="126"\r
sec-ch-ua-mobile: ?0\r
sec-ch-ua-platform: "Linux"\r
Upgrade-Insecure-Requests: 1\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
Sec-Fetch-Site: same-origin\r
Sec-Fetch-Mode: navigate\r
Sec-Fetch-User: ?1\r
Sec-Fetch-Dest: document\r
Accept-Encoding: gzip, deflate, br, zstd\r
Accept-Language: en-GB,en;q=0.9\r
"""
"""The head that Chrome sends; about 650 octets."""


class WrongAnswer(Exception):
    """The answer of a server is not the one that is to be timed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, with its right answer.

    Attributes:
        length: The number of octets of the content; None where servers differ.
        contains: Octets that the content has at least `times` times.
        conditional: Whether it is sent with the validator of a first answer.
        varied: The number of further targets, asked in turn, each with a cookie of its own; 0 for none.
    """

    target: str
    status: int = 200
    length: int | None = None
    contains: bytes = b""
    times: int = 1
    close: bool = False
    conditional: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    varied: int = 0


@dataclass(frozen=True, slots=True)
class Got:
    """An answer that was read to its end."""

    status: int
    fields: Mapping[str, str]
    content: bytes
    closes: bool


def head(ask: Ask, port: int, *, method: str = "GET", target: str = "", more: Mapping[str, str] | None = None) -> bytes:
    """The request's head, with `more` fields."""
    connection = "close" if ask.close else "keep-alive"
    text = HEAD.format(method=method, target=target or ask.target, port=port, connection=connection)
    text += "".join(f"{name}: {value}\r\n" for name, value in {**ask.fields, **(more or {})}.items())
    return (text + "\r\n").encode("ascii")


def connect(address: Address) -> socket.socket:
    """A connection without delays."""
    client = socket.create_connection(address, timeout=PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_answer(client: socket.socket, *, keep: bool = True) -> Got:
    """The next answer on a connection on which nothing is pipelined; its content only if `keep`."""
    response = http.client.HTTPResponse(client)
    try:
        response.begin()
        if keep:
            content = response.read()
        else:
            content, buffer = b"", bytearray(1 << 20)
            while response.readinto(buffer):
                pass
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, fields, content, response.will_close)
    finally:
        response.close()


def first_answer(address: Address, request: bytes, patience: float = PATIENCE, pause: float = 0.02) -> Got:
    """The answer of a server that may still be starting.

    Raises:
        OSError: No answer comes.
    """
    end = time.monotonic() + patience
    while True:
        try:
            with connect(address) as client:
                client.sendall(request)
                return read_answer(client)
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > end:
                raise OSError(f"no answer: {error!r}") from error
            time.sleep(pause)


def judged(ask: Ask, address: Address) -> bytes:
    """The request that is to be timed, after its answer was found right.

    Raises:
        WrongAnswer: The status or the content is wrong, or a connection that should stay is closed.
    """
    request = head(ask, address[1])
    got = first_answer(address, request)
    if ask.conditional:
        tag, date = got.fields.get("etag"), got.fields.get("last-modified")
        if not (tag or date):
            raise WrongAnswer("no validator")
        request = head(ask, address[1], more={"If-None-Match": tag} if tag else {"If-Modified-Since": str(date)})
        got = first_answer(address, request)
    if got.status != ask.status:
        raise WrongAnswer(f"status {got.status} instead of {ask.status}")
    if ask.length is not None and len(got.content) != ask.length:
        raise WrongAnswer(f"{len(got.content)} octets instead of {ask.length}")
    if got.content.count(ask.contains) < ask.times:
        raise WrongAnswer(f"the content has {ask.contains!r} less than {ask.times} times")
    if ask.close and not got.closes:
        raise WrongAnswer("the connection stays")
    return request

"""Whether a connection goes on after a request."""

import pytest

from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.persistence import connection_line, persists


def ask(version: str, *options: str) -> bool:
    fields = Headers([("Connection", option) for option in options])
    return persists(RequestHead("GET", "/", "/", "", "a", version, fields))


@pytest.mark.clause("9112-9.3-1b", "9112-9.6-6a", "9110-7.6.1-10b")
@pytest.mark.parametrize(
    ("options", "in_1_0", "in_1_1"),
    [
        ((), False, True),
        (("keep-alive",), True, True),
        (("Keep-Alive",), True, True),
        (("close",), False, False),
        (("CLOSE",), False, False),
        (("keep-alive, close",), False, False),
        (("close, keep-alive",), False, False),
        (("keep-alive", "close"), False, False),
        (("TE, close",), False, False),
        (("TE", "keep-alive"), True, True),
        (("upgrade",), False, True),
        ((",,keep-alive,",), True, True),
        (("",), False, True),
        (("closed",), False, True),
        (("no token at all!",), False, True),
        (('"close"',), False, True),
        (('"x', "close"), False, False),
        (('"x, close',), False, True),
    ],
)
def test_what_the_options_say(options: tuple[str, ...], in_1_0: bool, in_1_1: bool) -> None:
    assert ask("HTTP/1.0", *options) == in_1_0
    assert ask("HTTP/1.1", *options) == in_1_1
    assert ask("HTTP/1.5", *options) == in_1_1


@pytest.mark.clause("9112-9.6-1b", "9112-9.6-6b", "9110-7.6.1-9a", "9110-7.8-14a")
@pytest.mark.parametrize(
    ("version", "keep", "upgrade", "line"),
    [
        ("HTTP/1.1", True, False, b""),
        ("HTTP/1.1", True, True, b"Connection: upgrade\r\n"),
        ("HTTP/1.0", True, False, b"Connection: keep-alive\r\n"),
        ("HTTP/1.1", False, True, b"Connection: close, upgrade\r\n"),
        ("", False, False, b"Connection: close\r\n"),
    ],
)
def test_what_is_said_of_the_connection(version: str, *, keep: bool, upgrade: bool, line: bytes) -> None:
    assert connection_line(version, keep=keep, upgrade=upgrade) == line

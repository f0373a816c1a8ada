"""Whether a connection goes on after a request."""

import pytest

from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.wire.persistence import persists


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

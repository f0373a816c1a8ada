"""RFC 9110 §17.5, RFC 3875 §8.1: each element has a limit of its own, and its documented effect happens."""

import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits
from pyhttp.servers.base import BaseServer
from tests.helpers.cgi_site import CgiSite
from tests.helpers.wire_client import WireClient

WRITTEN: Final[dict[str, str]] = dict(
    re.findall(
        r'^    (\w+): int = [^\n]*\n    """(?:(?!""").)*?Over\s+it: ([0-9]{3})',
        inspect.getsource(Limits),
        re.MULTILINE | re.DOTALL,
    )
)
"""The status that each limit of `Limits` has beside it."""


def head(*lines: str, query: str = "", method: str = "POST", script: str = "x") -> bytes:
    return "\r\n".join((f"{method} /cgi-bin/{script}{query} HTTP/1.1", "Host: a", *lines, "", "")).encode()


def chunked(body: str, trailers: str = "") -> bytes:
    return head("Transfer-Encoding: chunked") + f"{body}0\r\n{trailers}\r\n".encode()


def lines_of(octets: int) -> list[str]:
    """Field lines of `octets` octets in all, with their ends. No line is long."""
    lines = ["X: " + "x" * 15] * (octets // 20)
    return [*lines[1:], lines[0] + "x" * (octets % 20)]


def ended(lines: list[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


CASES: Final[tuple[tuple[str, str, int, Callable[[int], bytes]], ...]] = (
    ("request_line", "target", 100, lambda size: head(query="?" + "q" * (size - len("POST /cgi-bin/x? HTTP/1.1")))),
    ("field_line", "value", 100, lambda size: head("X: " + "x" * (size - 3))),
    ("field_line", "name", 100, lambda size: head("X" * (size - 3) + ": x")),
    ("field_line", "trailer", 100, lambda size: chunked("", ended(["X: " + "x" * (size - 3)]))),
    ("field_lines", "header", 9, lambda size: head(*["X: y"] * (size - 1))),
    ("field_lines", "trailer", 9, lambda size: chunked("", ended(["X: y"] * size))),
    ("field_section", "header", 200, lambda size: head(*lines_of(size - len("Host: a\r\n")))),
    ("field_section", "trailer", 200, lambda size: chunked("", ended(lines_of(size)))),
    ("content", "stated", 100, lambda size: head(f"Content-Length: {size}") + bytes(size)),
    ("content", "chunked", 100, lambda size: chunked(f"5\r\nhello\r\n{size - 5:x}\r\n{'x' * (size - 5)}\r\n")),
    ("chunk_line", "extension", 100, lambda size: chunked(f"5;{'x' * (size - 2)}\r\nhello\r\n")),
    ("chunk_extensions", "of two", 100, lambda size: chunked(f"1;{'x' * (size - 51)}\r\nh\r\n1;{'x' * 49}\r\ni\r\n")),
    ("spool", "content", 100, lambda size: head(f"Content-Length: {size}") + bytes(size)),
    ("script_fields", "section", 100, lambda size: head(query="?" + "q" * (size - len("Content-Type: a/b\nX: -\n\n")))),
    ("script_field_lines", "section", 9, lambda size: head(query=f"?{size - 1}", script="lines")),
)
"""The name of each limit, the thing that it bounds, a value, and a request with a thing of a given size."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = CgiSite(tmp_path_factory.mktemp("www"))
    site.sh("x", "printf 'Content-Type: a/b\\nX: -%s\\n\\n' \"$QUERY_STRING\"")
    site.sh(
        "lines", "echo 'Content-Type: a/b'", 'for each in $(seq "$QUERY_STRING"); do echo "X-$each: y"; done', "echo"
    )
    return site.root


@pytest.mark.clause("9110-17.5-4a", "3875-8.1-1b")
@pytest.mark.parametrize(
    ("name", "limit", "request_of"), [pytest.param(name, *rest, id=f"{name}-{of}") for name, of, *rest in CASES]
)
def test_what_is_written_beside_a_limit_happens_beyond_it(
    root: Path, name: str, limit: int, request_of: Callable[[int], bytes]
) -> None:
    """All other limits are far away, so that the request meets this one."""
    handler = partial(BaseHttpRequestHandler, directory=root)
    with BaseServer("127.0.0.1", 0, handler, limits=Limits(**{name: limit})) as server:
        statuses: list[int] = []
        for size in (limit, limit + 1):
            with WireClient(*server.addresses[0]) as client:
                client.send(request_of(size))
                statuses.append(client.reply("POST").status)
    assert statuses == [200, int(WRITTEN[name])]


@pytest.mark.clause("9110-17.5-4a")
@pytest.mark.parametrize(
    ("request_of", "statuses"),
    [
        pytest.param(lambda size: head(method="X" * size), {63: 200, 64: 400}, id="method"),
        pytest.param(lambda size: head(f"Content-Length: {'9' * size}"), {18: 413, 19: 400}, id="Content-Length"),
        pytest.param(lambda size: chunked(f"{'f' * size}\r\n"), {16: 413, 17: 400}, id="chunk-size"),
    ],
)
def test_what_nobody_sets_has_a_limit_too(
    root: Path, request_of: Callable[[int], bytes], statuses: dict[int, int]
) -> None:
    """The limits are those of a method and of numbers, in octets or digits. Each has its answer."""
    with BaseServer("127.0.0.1", 0, partial(BaseHttpRequestHandler, directory=root)) as server:
        found: dict[int, int] = {}
        for size in statuses:
            with WireClient(*server.addresses[0]) as client:
                client.send(request_of(size))
                found[size] = client.reply("POST").status
    assert found == statuses


@pytest.mark.clause("3875-8.1-1b")
def test_every_limit_with_a_status_beside_it_is_put_to_the_test() -> None:
    assert WRITTEN.keys() == {name for name, *_ in CASES}

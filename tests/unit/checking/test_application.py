"""The application of the rows: its answers, as docs/conformance-application.md describes them."""

import json

import pytest

from pyhttp.checking.application import Asked, Reads, Told, reads, respond
from pyhttp.checking.apps import asked_of, wsgi

TEXT = (("Content-Type", "text/plain"),)
ANSWERS = {
    "/": Told(200, TEXT, b"root\n"),
    "/ignore": Told(200, TEXT, b"ignored\n"),
    "/some": Told(200, TEXT, b"read h\n"),
    "/late": Told(200, TEXT, pieces=(b"first\n",)),
    "/stream": Told(200, TEXT, pieces=(b"one\n", b"two\n", b"three\n")),
    "/file": Told(200, TEXT, b"0123456789abcdef" * 6400),
    "/empty": Told(200, TEXT),
    "/unchanged": Told(304, (("ETag", '"x"'),)),
    "/fail": Told(200, fails=True),
    "/fail-late": Told(200, TEXT, pieces=(b"begun\n",), fails=True),
    "/short": Told(200, (*TEXT, ("Content-Length", "10")), pieces=(b"12345",)),
    "/split": Told(200, (("X-Split", "a\r\nX-Injected: b"),), b"split\n"),
    "/status/204": Told(204),
    "/status/205": Told(205),
    "/status/304": Told(304),
    "/status/410": Told(410, TEXT, b"Gone\n"),
    "/status/299": Told(299, TEXT, b"unregistered\n"),
    "/status/41": Told(404, TEXT, b"no such path\n"),
    "/status/4x0": Told(404, TEXT, b"no such path\n"),
    "/nowhere": Told(404, TEXT, b"no such path\n"),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_the_answer_of_a_path(path: str) -> None:
    assert respond(Asked("GET", path, path, "", "HTTP/1.1", "a", (), b"hello")) == ANSWERS[path]


def test_how_much_is_read_before_the_answer() -> None:
    special = {"/some": Reads.SOME, "/late": Reads.LATE, "/echo": Reads.ALL, "*": Reads.ALL}
    assert {path: reads(path) for path in (*ANSWERS, *special)} == {**dict.fromkeys(ANSWERS, Reads.NONE), **special}


@pytest.mark.parametrize("path", ["/echo", "*"])
def test_the_report_of_a_request(path: str) -> None:
    told = respond(
        Asked("PUT", "t", path, "q", "HTTP/1.1", "a", (("A", "b"),), b"c\xff", (("T", "r"),), host="h", client="x")
    )
    assert (told.status, told.fields) == (200, (("Content-Type", "application/json"),))
    assert json.loads(told.content) == {
        "method": "PUT",
        "target": "t",
        "path": path,
        "query": "q",
        "version": "HTTP/1.1",
        "authority": "a",
        "fields": [["A", "b"]],
        "content": "cÿ",
        "trailers": [["T", "r"]],
        "host": "h",
        "client": "x",
    }


@pytest.mark.parametrize(
    ("target", "path", "query", "authority"),
    [("/a?b?c", "/a", "b?c", "h, i"), ("http://x:1/a", "/a", "", "x:1"), ("http://x?b", "/", "b", "x")],
)
def test_a_request_as_a_gateway_describes_it(target: str, path: str, query: str, authority: str) -> None:
    fields = (("Host", "h"), ("HOST", "i"), ("A", "b"))
    asked = asked_of("GET", target, "HTTP/1.0", iter(fields), b"x")
    assert asked == Asked("GET", target, path, query, "HTTP/1.0", authority, fields, b"x")


@pytest.mark.parametrize(
    ("path", "status", "length"),
    [
        ("/", "200 OK", ["5"]),
        ("/stream", "200 OK", []),
        ("/status/204", "204 No Content", []),
        ("/unchanged", "304 Not Modified", []),
        ("/status/299", "299 Unregistered", ["13"]),
    ],
)
def test_the_head_of_a_wsgi_answer(path: str, status: str, length: list[str]) -> None:
    came: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_PROTOCOL": "HTTP/1.1"}
    wsgi(environ, lambda line, fields: came.append((line, fields)))
    assert came == [(status, [*ANSWERS[path].fields, *(("Content-Length", one) for one in length)])]

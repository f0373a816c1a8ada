"""The application of the rows, for WSGI and for ASGI: both answer by its description."""

import asyncio
import io
import json

import pytest

from pyhttp.checking.application import Asked, respond
from pyhttp.checking.apps import AskedToFail, Message, Scope, asgi, cgi_fields, wsgi
from pyhttp.checking.dialling import Server
from pyhttp.checking.register import Level
from pyhttp.checking.results import Outcome
from pyhttp.checking.running import Plan, check, named_rows
from pyhttp.servers.pooled import PooledServer
from pyhttp.wsgi import wsgi_handler

PATHS = ("/", "/ignore", "/stream", "/file", "/empty", "/unchanged", "/status/404", "/status/299", "/nowhere")


def test_every_row_holds_by_wsgi_but_those_that_it_cannot_show() -> None:
    with PooledServer("127.0.0.1", 0, wsgi_handler(wsgi)) as server:
        report = check(Plan(Server("127.0.0.1", server.addresses[0][1]), named_rows(), patience=5))
    assert [(one.name, one.why) for one in report.results if one.outcome is Outcome.FAILED] == []
    assert not report.failed(Level.SHOULD)
    lacking = {one.why for one in report.results if one.outcome is Outcome.SKIPPED}
    assert "the application is not told the trailer section" in lacking
    assert not [why for why in lacking if why.startswith("the server has no")]


@pytest.mark.parametrize(("given", "target"), [({"RAW_URI": "/echo?b"}, "/echo?b"), ({}, "/echo?a=1")])
def test_wsgi_puts_the_target_together_where_the_server_does_not_give_it(given: dict[str, object], target: str) -> None:
    environ: dict[str, object] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/echo",
        "QUERY_STRING": "a=1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "a",
        "CONTENT_LENGTH": "",
        "wsgi.input": io.BytesIO(),
        **given,
    }
    content = b"".join(wsgi(environ, lambda status, fields: None))
    assert json.loads(content)["query"] == target.partition("?")[2]
    assert list(wsgi({**environ, "REQUEST_METHOD": "HEAD"}, lambda status, fields: None)) == []


def converse(path: str, content: tuple[bytes, ...] = (b"",), method: str = "GET", query: bytes = b"") -> list[Message]:
    """What an ASGI server is told of a request, whose content comes in pieces."""
    scope: Scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": query,
        "http_version": "1.1",
        "headers": [(b"host", b"a")],
    }
    coming: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in content]
    coming[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(asgi(scope, receive, send))
    return sent


def body(sent: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", PATHS)
def test_asgi_answers_as_written_down(path: str) -> None:
    told = respond(Asked("GET", path, path, "", "HTTP/1.1", "a", ()))
    sent = converse(path)
    assert sent[0].get("status") == told.status
    assert body(sent) == (told.content if told.pieces is None else b"".join(told.pieces))
    stated = [value for name, value in sent[0].get("headers", []) if name == b"content-length"]
    known = told.pieces is None and told.status not in {204, 304}
    assert stated == ([b"%d" % len(told.content)] if known else [])


def test_asgi_reports_what_it_saw() -> None:
    report = json.loads(body(converse("/echo", (b"he", b"llo"), "PUT", b"x=1")))
    assert (report["method"], report["target"], report["content"]) == ("PUT", "/echo?x=1", "hello")
    assert report["authority"] == "a"


def test_asgi_reads_one_octet_or_late() -> None:
    assert body(converse("/some", (b"hello",))) == b"read h\n"
    assert body(converse("/some", (b"hello",), query=b"x")) == b"read h\n"
    assert body(converse("/late", (b"he", b"llo"))) == b"first\n5\n"


def test_asgi_fails_as_asked_and_where_content_is_cut_off() -> None:
    for path in ("/fail", "/fail-late"):
        with pytest.raises(AskedToFail):
            converse(path)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "raw_path": b"/echo",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    with pytest.raises(AskedToFail):
        asyncio.run(asgi(scope, gone, send))
    with pytest.raises(AskedToFail):
        asyncio.run(asgi({**scope, "type": "lifespan"}, gone, send))


@pytest.mark.parametrize(
    ("path", "framing", "said", "left"),
    [
        ("/some", {"CONTENT_LENGTH": "5"}, b"read h\n", b"ello"),
        ("/some", {"HTTP_TRANSFER_ENCODING": "chunked"}, b"read h\n", b"ello"),
        ("/late", {"CONTENT_LENGTH": "5"}, b"first\n5\n", b""),
        ("/late", {"HTTP_TRANSFER_ENCODING": "chunked"}, b"first\n5\n", b""),
        ("/late", {"CONTENT_LENGTH": "3"}, b"first\n3\n", b"lo"),
        ("/late", {}, b"first\n0\n", b"hello"),
        ("/ignore", {"CONTENT_LENGTH": "5"}, b"ignored\n", b"hello"),
    ],
)
def test_wsgi_reads_one_octet_or_late(path: str, framing: dict[str, object], said: bytes, left: bytes) -> None:
    source = io.BytesIO(b"hello")
    environ: dict[str, object] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": source,
        **framing,
    }
    assert b"".join(wsgi(environ, lambda status, fields: None)) == said
    assert source.read() == left


@pytest.mark.parametrize("given", [{"CONTENT_LENGTH": "6"}, {"CONTENT_LENGTH": "5", "wsgi.input": None}])
def test_wsgi_fails_where_content_is_cut_off(given: dict[str, object]) -> None:
    environ: dict[str, object] = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/echo",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(b"hello"),
        **given,
    }
    with pytest.raises(AskedToFail):
        wsgi(environ, lambda status, fields: None)


def test_the_fields_of_cgi() -> None:
    environ = {"HTTP_X_Y": "1", "CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "", "CONTENT": "no"}
    assert list(cgi_fields(environ)) == [("X-Y", "1"), ("Content-Type", "a/b")]
    assert list(cgi_fields({"CONTENT_TYPE": "", "CONTENT_LENGTH": "2"})) == [("Content-Length", "2")]

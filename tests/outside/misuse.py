"""Errors that users make, line by line, with the message that each type checker has to give there."""

import socket
from collections.abc import Iterator

from pyhttp import (
    AccessEntry,
    Address,
    BaseHttpRequestHandler,
    BaseServer,
    BasicAuth,
    FileSlice,
    Limits,
    MethodNotAllowed,
    NotFound,
    PooledServer,
    ProcessServer,
    Proxies,
    Request,
    Response,
    Site,
    ThreadedServer,
    Timeouts,
    function_handler,
    listen,
)
from pyhttp.testing import RecordingServer
from pyhttp.wsgi import wsgi_handler


class Pages(BaseHttpRequestHandler):
    def get_path(self, path: str) -> bytes:  # expect: mypy[override] basedpyright[reportIncompatibleMethodOverride]
        return path.encode()

    def do_file(self) -> None:  # expect: mypy[override] basedpyright[reportIncompatibleMethodOverride]
        pass

    def handle(self) -> None:
        self.respond("text")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
        self.respond(Response(200), True)  # expect: mypy[call-arg] basedpyright[reportCallIssue]
        self.request.method = 1  # expect: mypy[assignment] basedpyright[reportAttributeAccessIssue]
        self.request.headers["a"] = "b"  # expect: mypy[index] basedpyright[reportIndexIssue]
        self.respond(self.request.answer())  # expect: mypy[attr-defined] basedpyright[reportAttributeAccessIssue]


def hello(request: Request) -> Response:
    return Response(200, {}, request.body.read())


def text(request: Request) -> str:
    return request.path


async def later(request: Request) -> Response:
    return Response(200)


def of_threads(conn: socket.socket, addr: Address, server: ThreadedServer) -> None:
    pass


def of_names(conn: socket.socket, addr: str, server: BaseServer) -> None:
    pass


def lines() -> Iterator[str]:
    yield "line"


def log_line(line: str) -> None:
    pass


def log_entry(entry: AccessEntry) -> int:
    return entry.statsu  # expect: mypy[attr-defined] basedpyright[reportAttributeAccessIssue]


Response("200")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Response(200, {}, "text")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Response(200, {}, lines())  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Response(200, {"Content-Length": 5})  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Response(200).status = 404  # expect: mypy[misc] basedpyright[reportAttributeAccessIssue]
FileSlice("name.txt", 0, 10)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
NotFound(404)  # expect: mypy[arg-type] basedpyright[reportArgumentType]

function_handler(text)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
function_handler(later)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
function_handler(hello, content="later")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
ThreadedServer("localhost", 0, hello)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
ThreadedServer(("localhost", 0), Pages)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
ThreadedServer("localhost", "8888")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
PooledServer(workers=1.5)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
BaseServer(port=0, acess_log=log_entry)  # expect: mypy[call-arg] basedpyright[reportCallIssue]
BaseServer(port=0, access_log=log_line)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
BaseServer(port=0, tls="cert.pem")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
BaseServer(port=0).url = "http://localhost/"  # expect: mypy[misc] basedpyright[reportAttributeAccessIssue]

Site(lisitng=False)  # expect: mypy[call-arg] basedpyright[reportCallIssue]
Site(index="index.html")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Site(index=["index.html"]).index.append("a")  # expect: mypy[attr-defined] basedpyright[reportAttributeAccessIssue]
Proxies(headers="unix")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
BasicAuth("users.txt")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
MethodNotAllowed(allow="GET")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
listen(b"localhost", 0)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
BaseServer(port=0, allowed_hosts="a.example")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Site(headers={"X-Robots-Tag": "noindex"})  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Site().listing = False  # expect: mypy[misc] basedpyright[reportAttributeAccessIssue]
Limits(content="1k")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
Timeouts(30)  # expect: mypy[call-arg] basedpyright[reportCallIssue]

BaseServer(port=0, request_handler=of_threads)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
ProcessServer(port=0, request_handler=of_threads)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
PooledServer(port=0, request_handler=of_names)  # expect: mypy[arg-type] basedpyright[reportArgumentType]

wsgi_handler(hello)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
wsgi_handler(Pages, script_name=None)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
ThreadedServer(handler=wsgi_handler)  # expect: mypy[arg-type] basedpyright[reportArgumentType]

RecordingServer(Pages)  # expect: mypy[arg-type] basedpyright[reportArgumentType]
with RecordingServer(hello) as server:
    server.respond_with("/", b"text")  # expect: mypy[arg-type] basedpyright[reportArgumentType]
    server.assert_requested("/")  # expect: mypy[call-arg] basedpyright[reportCallIssue]
    server.assert_requested("GET", "/", 1)  # expect: mypy[call-arg] basedpyright[reportCallIssue]
    server.requests.clear()  # expect: mypy[attr-defined] basedpyright[reportAttributeAccessIssue]
    server.requests[0].status = 200  # expect: mypy[misc] basedpyright[reportAttributeAccessIssue]

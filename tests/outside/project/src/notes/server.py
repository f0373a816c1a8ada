"""The notes as pages for people, and as an interface for programs."""

import json
import os
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from functools import partial

from pyhttp import (
    AccessEntry,
    AccessLog,
    Address,
    BadRequest,
    BaseHttpRequestHandler,
    BaseServer,
    FileSlice,
    HandlerFactory,
    Headers,
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
)


class Pages(BaseHttpRequestHandler):
    """A handler for the folder. A client may ask for a note without its ending; browsers never keep a note."""

    def get_path(self, path: str) -> str:
        located = super().get_path(path)
        return f"{located}.txt" if os.path.isfile(f"{located}.txt") else located

    def list_dir(self, path: str) -> str:
        names = sorted(entry.name for entry in os.scandir(path))
        return f"<!doctype html><title>Notes</title><p>{len(names)} notes"

    def respond(self, response: Response, *, wait: bool = False) -> None:
        headers = [(name, value) for name, value in response.headers.lines if name != "Cache-Control"]
        stamped = Response(response.status, [*headers, ("Cache-Control", "no-store")], response.body)
        super().respond(stamped, wait=wait)


class Interface:
    """A function from request to response, with a folder that it knows."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, request: Request) -> Response:
        match request.method:
            case "POST":
                return self.add(request)
            case "GET" | "HEAD":
                return self.show(request.path.removeprefix("/"))
            case _:
                raise MethodNotAllowed("notes are added and read", allow=["GET", "HEAD", "POST"])

    def add(self, request: Request) -> Response:
        try:
            note = request.body.read().decode()
        except UnicodeDecodeError as error:
            raise BadRequest("a note is text") from error
        name = f"{len(os.listdir(self.folder)) + 1}.txt"
        with open(os.path.join(self.folder, name), "x", encoding="utf-8") as file:
            file.write(note)
        fields = {"Location": f"/{name}", "Content-Type": "application/json"}
        return Response(201, fields, json.dumps({"name": name, "from": request.client[0]}).encode())

    def show(self, name: str) -> Response:
        if not name:
            return Response(200, Headers({"Content-Type": "text/plain"}), self.lines())
        try:
            file = open(os.path.join(self.folder, os.path.basename(name)), "rb")  # noqa: SIM115 - the response closes it
        except OSError as error:
            raise NotFound("no such note") from error
        return Response(200, {}, FileSlice(file, 0, os.stat(file.fileno()).st_size))

    def lines(self) -> Iterator[bytes]:
        for name in sorted(os.listdir(self.folder)):
            yield f"{name}\n".encode()


class Counting(ThreadedServer):
    """A server that knows how many requests its handlers have had."""

    requests = 0


class Counted(Pages):
    """Pages of any server. They need to know the server."""

    def __init__(self, conn: socket.socket, addr: Address, server: BaseServer) -> None:
        super().__init__(conn, addr, server, site=Site(listing=not server.closing))


def counted(conn: socket.socket, addr: Address, server: Counting) -> None:
    """Pages of a server that counts."""
    server.requests += 1
    Pages(conn, addr, server)


def greeting(conn: socket.socket, addr: Address, server: object) -> Request:
    """A handler that needs no server of its own."""
    return Request(conn)


def servers() -> Iterator[BaseServer | ProcessServer]:
    """Each server takes what is made for it, and what is made for every server."""
    yield Counting(port=0, request_handler=counted)
    yield Counting(port=0, request_handler=Counted)
    yield BaseServer(port=0, request_handler=Counted)
    yield PooledServer(port=0, request_handler=partial(Pages, directory="."))
    yield PooledServer(port=0, request_handler=greeting)
    yield ProcessServer(port=0, request_handler=Counted, server_factory=Counting)
    yield ProcessServer(port=0, request_handler="notes.server:Counted", server_factory=partial(PooledServer, workers=2))


class Tally:
    """An access log that counts statuses."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def __call__(self, entry: AccessEntry) -> None:
        self.counts[entry.status] += 1


def interface(folder: str) -> HandlerFactory:
    """The handler that a server calls for programs."""
    return function_handler(Interface(folder), content="spooled")


def pages_server(folder: str, log: AccessLog | None = None, *, tls: ssl.SSLContext | None = None) -> BaseServer:
    """A server for people."""
    site = Site(cors=True, index=["index.html"], headers=[("X-Robots-Tag", "noindex")])
    return ThreadedServer("127.0.0.1", 0, partial(Pages, directory=folder, site=site), access_log=log, tls=tls)


def interface_server(folder: str) -> PooledServer:
    """A server for programs, behind a proxy."""
    return PooledServer(
        port=0,
        request_handler=interface(folder),
        workers=4,
        limits=Limits(content=64 * 1024),
        timeouts=Timeouts(stop=1.0),
        proxies=Proxies(headers=["127.0.0.1"]),
        allowed_hosts=["127.0.0.1"],
    )

"""The notes as an application of WSGI, which a server of any kind can serve; here it is one of pyhttp's."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyhttp import PooledServer
from pyhttp.wsgi import wsgi_handler

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Application:
    """An application that lists the notes of a folder, each on a line of its own."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD")])
            return []
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return (f"{name}\n".encode() for name in sorted(os.listdir(self.folder)))


def application_server(folder: str) -> PooledServer:
    """A server for the application, mounted below ``/notes``."""
    return PooledServer(port=0, request_handler=wsgi_handler(Application(folder), script_name="/notes"))

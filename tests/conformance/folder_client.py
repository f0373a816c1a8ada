"""A folder on real servers, and a client that sends one request on each connection."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits
from pyhttp.servers.base import BaseServer
from pyhttp.site import Site
from tests.helpers.wire_client import Reply, WireClient

__all__ = ["FolderClient", "serving"]


class FolderClient:
    """A client that asks a server for things. Another request follows each reply on the same connection."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)

    def raw(self, *heads: bytes, methods: tuple[str, ...] = ()) -> list[Reply]:
        """The replies to requests sent at once, in order."""
        with WireClient(*self.address) as client:
            client.send(b"".join(heads))
            return [client.reply(method) for method in methods or ("GET",) * len(heads)]

    def ask(self, target: str = "/", method: str = "GET", **fields: str) -> Reply:
        """The reply to one request. A second request checks that the connection is in order behind it."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode("latin-1")
        reply, after = self.raw(head, b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", methods=(method, "OPTIONS"))
        assert after.status == 204
        assert reply.complete
        return reply


@contextmanager
def serving(
    kind: type[BaseServer], root: Path, site: Site | None = None, limits: Limits | None = None
) -> Iterator[FolderClient]:
    """A server of `kind` for the folder `root`."""
    handler = partial(BaseHttpRequestHandler, directory=root, site=site or Site())
    with kind("127.0.0.1", 0, handler, limits=limits or Limits()) as server:
        host, port = server.addresses[0][:2]
        assert re.fullmatch(r"[0-9.]+", host)
        yield FolderClient(host, port)

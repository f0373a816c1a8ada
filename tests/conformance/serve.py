"""Serves the application of the rows with one of our servers: `python -m tests.conformance.serve KIND PORT`."""

import sys
from typing import Final

from pyhttp.answering import function_handler
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer
from tests.conformance.served import application

__all__ = ["SERVERS", "main"]

SERVERS: Final[dict[str, type[BaseServer]]] = {
    "base": BaseServer,
    "threaded": ThreadedServer,
    "pooled": PooledServer,
}


def main(kind: str, port: int) -> None:
    """Serve until the process is ended."""
    SERVERS[kind]("127.0.0.1", port, function_handler(application)).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

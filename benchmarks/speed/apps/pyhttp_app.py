"""The same hello and counting of an upload for pyhttp's servers: KIND PORT; access lines go to standard error."""

import logging
import sys
from typing import Final

from benchmarks.speed.apps.answers import HELLO, PIECE
from pyhttp import BaseServer, PooledServer, Request, Response, ThreadedServer, function_handler

KINDS: Final = {"single": BaseServer, "threaded": ThreadedServer, "pooled": PooledServer}


def answer(request: Request) -> Response:
    """Answer one request."""
    if request.path == "/hello":
        return Response(200, {"Content-Type": "text/plain"}, HELLO)
    octets = 0
    while data := request.body.read(PIECE):
        octets += len(data)
    return Response(200, {"Content-Type": "text/plain"}, b"%d" % octets)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    KINDS[sys.argv[1]]("127.0.0.1", int(sys.argv[2]), function_handler(answer)).serve_forever()

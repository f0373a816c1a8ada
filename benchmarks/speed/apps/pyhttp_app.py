"""The same hello and counting of an upload for pyhttp's servers: KIND PORT LOG."""

import sys
from typing import Final

from benchmarks.speed.apps.answers import HELLO, PIECE
from pyhttp import AccessFile, BaseServer, PooledServer, Request, Response, ThreadedServer

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
    _, kind, port, log = sys.argv
    KINDS[kind]("127.0.0.1", int(port), handler=answer, access_log=AccessFile(log)).serve_forever()

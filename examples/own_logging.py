"""Your own logs: a line of JSON for each request, and the reasons of errors, both on standard error."""

import json
import logging
import sys

from pyhttp import AccessEntry, PooledServer, Request, Response, run


def write(entry: AccessEntry) -> None:
    """Called at the end of an exchange, on any thread."""
    line = {
        "client": entry.client,
        "request": f"{entry.method} {entry.target}",
        "status": entry.status,
        "ms": round(entry.duration * 1000, 1),
    }
    sys.stderr.write(json.dumps(line) + "\n")


def answer(request: Request) -> Response:
    return Response.text(f"hello {1 // len(request.query)}\n")  # without a query it fails


logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
logging.getLogger("pyhttp.error").setLevel(logging.INFO)  # the reasons of refusals, too
run(PooledServer("localhost", 8888, handler=answer, access_log=write))

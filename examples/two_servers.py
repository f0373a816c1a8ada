"""Two servers in one process: files for everybody, and a page for the operator, on a port of its own."""

from pyhttp import BaseHttpRequestHandler, PooledServer, Request, Response, ThreadedServer, run

files = PooledServer("localhost", 8888, BaseHttpRequestHandler)


def state(_: Request) -> Response:
    return Response.json({"url": files.url, "stopping": files.closing, "scripts": files.scripts.running})


with ThreadedServer("127.0.0.1", 8889, handler=state) as own:  # it serves in a thread of its own
    print(f"State at {own.url}", flush=True)
    run(files)

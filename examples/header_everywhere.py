"""A header in every answer: a file, a listing, 304, an error, or the 400 to a malformed request."""

from dataclasses import replace
from functools import partial
from uuid import uuid4

from pyhttp import BaseHttpRequestHandler, PooledServer, Response, Site, run


class Handler(BaseHttpRequestHandler):
    """A handler that sets a header of its own in each answer, at the place that every answer passes."""

    def respond(self, response: Response, *, wait: bool = False) -> None:
        response = replace(response, headers=response.headers.plus("X-Request-Id", str(uuid4())))
        super().respond(response, wait=wait)


# A header that is always the same needs no code.
site = Site(headers=(("X-Frame-Options", "DENY"),))
run(PooledServer("localhost", 8888, partial(Handler, site=site)))

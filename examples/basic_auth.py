"""A folder behind a password. Over plain HTTP anyone on the way can read it: put a proxy that speaks TLS before it."""

import base64
import binascii
import os
from hmac import compare_digest

from pyhttp import BaseHttpRequestHandler, PooledServer, Unauthorized, run

USER, PASSWORD = "ann", os.environ["PASSWORD"]


def is_known(authorization: str) -> bool:
    scheme, _, credentials = authorization.partition(" ")
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and compare_digest(given, f"{USER}:{PASSWORD}".encode())


class Handler(BaseHttpRequestHandler):
    def handle(self) -> None:
        if not is_known(self.request.headers.get("Authorization", "")):
            raise Unauthorized(challenge='Basic realm="files", charset="UTF-8"')
        super().handle()


run(PooledServer("localhost", 8888, Handler))

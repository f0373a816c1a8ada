"""Uploads: PUT /NAME keeps the content as a file, however large it is; GET /NAME sends it. Try `curl -T FILE URL`."""

import re
import shutil
import tempfile
from pathlib import Path

from pyhttp import BadRequest, MethodNotAllowed, PooledServer, Request, Response, run

FOLDER = Path("uploads")


def answer(request: Request) -> Response:
    name = request.decoded_path.removeprefix("/")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name):  # neither a path nor hidden
        raise BadRequest("a name has letters, digits, dots, hyphens and underscores")
    if request.method in {"GET", "HEAD"}:
        return Response.file(FOLDER / name, request)
    if request.method == "PUT":
        was_there = (FOLDER / name).exists()
        with tempfile.TemporaryDirectory(dir=FOLDER) as place:  # no client sees a part of a file, or an incomplete one
            with open(Path(place, name), "wb") as file:
                shutil.copyfileobj(request.body, file)
            Path(place, name).replace(FOLDER / name)
        return Response(204 if was_there else 201)
    raise MethodNotAllowed(allow=("GET", "HEAD", "PUT"))


FOLDER.mkdir(exist_ok=True)
run(PooledServer("localhost", 8888, handler=answer))

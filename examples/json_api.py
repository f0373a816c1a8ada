"""An API of JSON: notes are added by POST /notes, and read by GET /notes and GET /notes/NUMBER."""

import json
from threading import Lock

import pyhttp
from pyhttp import Request, Response

notes, adding = list[object](), Lock()  # handlers run at the same time


def answer(request: Request) -> Response:
    match request.method, request.path.split("/")[1:]:
        case "GET" | "HEAD", ["notes"]:
            return Response.json(notes)
        case "GET" | "HEAD", ["notes", number] if number.isdecimal() and int(number) < len(notes):
            return Response.json(notes[int(number)])
        case "POST", ["notes"]:
            note = note_of(request)
            with adding:
                notes.append(note)
                return Response.json(note, 201, {"Location": f"/notes/{len(notes) - 1}"})
        case _, ["notes"]:
            raise pyhttp.MethodNotAllowed(allow=("GET", "HEAD", "POST"))
        case _:
            raise pyhttp.NotFound


def note_of(request: Request) -> object:
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise pyhttp.UnsupportedMediaType(accept="application/json")
    try:
        return json.loads(request.content(10_000))
    except ValueError as error:
        raise pyhttp.UnprocessableContent(f"not JSON: {error}") from error


pyhttp.run(pyhttp.PooledServer("localhost", 8888, handler=answer))

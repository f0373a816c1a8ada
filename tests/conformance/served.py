"""The application of the rows as a handler of pyhttp."""

from collections.abc import Iterator
from typing import assert_never

from pyhttp.checking.application import Asked, Reads, Told, reads, respond
from pyhttp.messages import Response
from pyhttp.request import Request

__all__ = ["application"]


def application(request: Request) -> Response:
    """Answer a request as docs/conformance-application.md has it."""
    plan = reads(request.path)
    match plan:
        case Reads.ALL:
            content = request.body.read()
        case Reads.SOME:
            content = request.body.read(1)
        case Reads.NONE | Reads.LATE:
            content = b""
        case unexpected:
            assert_never(unexpected)
    told = respond(
        Asked(
            method=request.method,
            target=request.target,
            path=request.path,
            query=request.query,
            version=request.version,
            authority=request.authority,
            fields=request.headers.lines,
            content=content,
            trailers=request.trailers.lines,
            host=request.host,
            client=request.client[0],
        )
    )
    if told.pieces is None:
        if told.fails:
            raise RuntimeError("the application fails, as asked")
        return Response(told.status, told.fields, told.content)
    return Response(told.status, told.fields, _pieces(told, request if plan is Reads.LATE else None))


def _pieces(told: Told, late: Request | None) -> Iterator[bytes]:
    yield from told.pieces or ()
    if told.fails:
        raise RuntimeError("the application fails in the middle, as asked")
    if late is not None:
        yield f"{len(late.body.read())}\n".encode()

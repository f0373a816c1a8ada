"""The application of the ASGI servers: files of $BENCH_ROOT, a hello, and the counting of an upload.

Files are read on the loop's thread. Frameworks hand each read to a pool of threads instead, which costs far more: this
favours the servers.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypedDict

from benchmarks.speed.apps.answers import HELLO, PIECE, find

__all__ = ["application"]

ROOT: Final = os.environ["BENCH_ROOT"]
Fields = Iterable[tuple[bytes, bytes]]
_TEXT: Final = (b"content-type", b"text/plain")


class Scope(TypedDict):
    """The used part of a connection's scope."""

    type: str
    path: str
    headers: Fields
    extensions: Mapping[str, object] | None


class Message(TypedDict, total=False):
    """A message in either direction."""

    type: str
    status: int
    headers: Fields
    body: bytes
    more_body: bool
    path: str


Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/hello":
        await whole(send, HELLO)
    elif scope["path"] == "/upload":
        await whole(send, b"%d" % await count(receive))
    else:
        await file(scope, send)


async def whole(send: Send, content: bytes) -> None:
    """Answer 200 with some text."""
    fields = [_TEXT, (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def count(receive: Receive) -> int:
    """The number of octets that come."""
    octets, more = 0, True
    while more:
        message = await receive()
        octets += len(message.get("body", b""))
        more = message.get("more_body", False)
    return octets


async def file(scope: Scope, send: Send) -> None:
    """Answer with a file, with a part of it, or with 304."""
    asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    answer = find(ROOT, scope["path"], asked)
    fields = [(name.lower().encode(), value.encode()) for name, value in answer.fields]
    await send({"type": "http.response.start", "status": int(answer.status[:3]), "headers": fields})
    if answer.file is None:
        await send({"type": "http.response.body"})
        return
    with answer.file:
        whole_file = answer.large and answer.status.startswith("200")
        if whole_file and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send({"type": "http.response.pathsend", "path": answer.file.name})
            return
        left = answer.length
        while left:
            data = answer.file.read(min(left, PIECE))
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": left > 0})

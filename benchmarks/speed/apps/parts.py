"""The least work of pyhttp for a request, in a loop that does nothing else: PORT LOG ROOT for files, PORT LOG without.

The head is read, the file is opened and described, and conditions are judged, or a function is called; the answer is
framed and sent, and its line is written; answers of one round leave together. It is no server: it has no deadlines, no
limit of connections, no handler that could be overridden, no orderly stop, no way for a client that reads slowly, and
no reports of errors. So pyhttp cannot cost less, unless requests that arrive together are for the same file.
"""

import select
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.speed.apps.answers import HELLO
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.files import file_response
from pyhttp.resources.opened_file import open_file
from pyhttp.resources.paths import locate
from pyhttp.semantics.dates import date_line
from pyhttp.site import Site
from pyhttp.transport.access_file import AccessFile
from pyhttp.transport.access_log import AccessEntry
from pyhttp.wire.server_connection import ServerConnection

LIMITS: Final = Limits()
SITE: Final = Site()
BACKLOG: Final = 4096
Respond = Callable[[RequestHead], Response]


def hello(_: RequestHead) -> Response:
    """The answer of a function."""
    return Response(200, {"Content-Type": "text/plain"}, HELLO)


def file_of(root: str, head: RequestHead) -> Response:
    """The answer of a file."""
    path = locate(root, head.path)
    return file_response(head, path, root=root, site=SITE, limits=LIMITS, file=open_file(path, root, SITE))


def answer(client: socket.socket, address: str, core: ServerConnection, respond: Respond, log: AccessFile) -> bytes:
    """Return the answer to one request that has arrived whole; nothing where there was none."""
    data = client.recv(16 * 1024)
    began = time.monotonic()
    head = core.receive_whole(data)
    if head is None:
        return b""
    response = respond(head)
    body = response.body if isinstance(response.body, bytes) else b""
    date = date_line(int(time.time()))
    framed = core.send_whole(response.status, response.headers, len(body), date=date, close=False)
    if framed is None:
        return b""
    fields = head.headers.by_name
    told = (head.method, head.target, head.version, response.status, len(body))
    named = (fields.get("referer", ""), fields.get("user-agent", ""))
    log(AccessEntry(address, time.time(), time.monotonic() - began, *told, *named))
    if core.persistent:
        core.start_next_cycle()
    return framed + body


def main(port: int, respond: Respond, log: AccessFile) -> None:
    """Wait, and answer, for ever."""
    clients: dict[int, tuple[socket.socket, str, ServerConnection]] = {}
    poller = select.epoll()
    with socket.create_server(("127.0.0.1", port), backlog=BACKLOG) as listener:
        poller.register(listener, select.EPOLLIN)
        while True:
            answers = []
            for number, _ in poller.poll():
                if number == listener.fileno():
                    client, (address, _) = listener.accept()
                    clients[client.fileno()] = client, address, ServerConnection(LIMITS)
                    poller.register(client, select.EPOLLIN)
                    continue
                client, address, core = clients[number]
                try:
                    answers.append((client, core, answer(client, address, core, respond, log)))
                except OSError:
                    answers.append((client, core, b""))
            for client, core, made in answers:
                if made:
                    client.send(made)
                if not made or not core.persistent:
                    del clients[client.fileno()]
                    client.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), partial(file_of, sys.argv[3]) if sys.argv[3:] else hello, AccessFile(sys.argv[2]))

"""The least work of pyhttp for a request for a file, in a loop that does nothing else: PORT ROOT LOG.

The head is read, the file is opened and described, conditions are judged, the answer is framed and sent, and its line
is written; answers of one round leave together. It is no server: it has no deadlines, no limit of connections, no
handler that could be overridden, no orderly stop, no way for a client that reads slowly, and no reports of errors. So
pyhttp cannot cost less.
"""

import select
import socket
import sys
import time
from typing import Final

from pyhttp.limits import Limits
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


def answer(client: socket.socket, address: str, core: ServerConnection, root: str, log: AccessFile) -> bytes:
    """Return the answer to one request that has arrived whole; nothing where there was none."""
    data = client.recv(16 * 1024)
    began = time.monotonic()
    head = core.receive_whole(data)
    if head is None:
        return b""
    path = locate(root, head.path)
    response = file_response(head, path, root=root, site=SITE, limits=LIMITS, file=open_file(path, root, SITE))
    body = response.body if isinstance(response.body, bytes) else b""
    date = date_line(int(time.time()))
    framed = core.send_whole(response.status, response.headers, len(body), date=date, close=False)
    if framed is None:
        return b""
    fields = head.headers.by_name
    told = (head.method, head.target, head.version, response.status, len(body))
    named = (fields.get("referer", ""), fields.get("user-agent", ""))
    log(AccessEntry(address, time.time(), time.monotonic() - began, *told, *named))
    core.start_next_cycle()
    return framed + body


def main(port: int, root: str, log: AccessFile) -> None:
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
                    answers.append((client, answer(client, address, core, root, log)))
                except OSError:
                    answers.append((client, b""))
            for client, made in answers:
                if made:
                    client.send(made)
                else:
                    del clients[client.fileno()]
                    client.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], AccessFile(sys.argv[3]))

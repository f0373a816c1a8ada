"""The least work of a server in Python: a loop of recv and one canned send, of sendfile, of recv alone, or of scripts.

PORT canned STATUS LENGTH close|keep, PORT sendfile FILE, PORT upload, or PORT script FILE. It does not parse requests,
and so it is no server: it shows the cost of the interpreter and the kernel by themselves.
"""

import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Final

Serve = Callable[[socket.socket, bytes], bool]
"""A function that acts on received octets; it returns whether the connection stays."""
BACKLOG: Final = 4096
END: Final = b"\r\n\r\n"
VARIABLES: Final = 34
"""The number of variables that a script gets for a browser's request."""


def canned(status: str, length: int, *, keep: bool) -> Serve:
    """Send the same answer to each request."""
    head = f"HTTP/1.1 {status} Canned\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    head += 'Server: bare\r\nETag: "1"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n'
    head += f"Content-Length: {length}\r\n" if status != "304" else ""
    answer = (head + ("\r\n" if keep else "Connection: close\r\n\r\n")).encode() + b"x" * length

    def serve(client: socket.socket, data: bytes) -> bool:
        client.sendall(answer * data.count(END))
        return keep

    return serve


def sendfile(path: str) -> Serve:
    """Send a file, by sendfile from a descriptor that stays open."""
    file = os.open(path, os.O_RDONLY)
    size = os.fstat(file).st_size
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    sent: dict[socket.socket, int] = {}

    def serve(client: socket.socket, data: bytes) -> bool:
        if data:
            client.sendall(head)
            sent[client] = 0
        try:
            while sent[client] < size:
                sent[client] += os.sendfile(client.fileno(), file, sent[client], size - sent[client])
        except BlockingIOError:
            poller.modify(client.fileno(), select.EPOLLOUT)
            return True
        poller.modify(client.fileno(), select.EPOLLIN)
        return True

    return serve


def upload(client: socket.socket, data: bytes) -> bool:
    """Read and drop content of a stated length, then answer with its length."""
    if client not in unread:
        size = re.search(rb"Content-Length: (\d+)", data)
        lengths[client] = int(size[1]) if size else 0
        unread[client] = data.index(END) + len(END) + lengths[client]
    unread[client] -= len(data)
    if not unread[client]:
        del unread[client]
        number = b"%d" % lengths.pop(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(number), number))
    return True


def script(path: str) -> Serve:
    """Run a script as CGI wants it run, and send its output."""
    directory = os.path.dirname(path)
    environment = {f"VARIABLE_{number}": "a value of some length" for number in range(VARIABLES)}

    def serve(client: socket.socket, data: bytes) -> bool:
        ours, theirs = os.pipe()
        errors, their_errors = os.pipe()
        process = subprocess.Popen(
            (path,),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=their_errors,
            cwd=directory,
            env=environment,
            process_group=0,
        )
        os.close(theirs)
        os.close(their_errors)
        output = b""
        while piece := os.read(ours, 1 << 16):
            output += piece
        os.close(ours)
        os.close(errors)
        process.wait()
        head, _, content = output.partition(b"\n\n")
        length = b"Content-Length: %d" % len(content)
        client.sendall(b"\r\n".join((b"HTTP/1.1 200 OK", head, length, b"", content)))
        return bool(data)

    return serve


def loop(listener: socket.socket, serve: Serve, *, blocking: bool) -> None:
    """Wait, receive, and serve, for ever."""
    clients: dict[int, socket.socket] = {}
    while True:
        for number, event in poller.poll():
            if number == listener.fileno():
                client, _ = listener.accept()
                client.setblocking(blocking)
                clients[client.fileno()] = client
                poller.register(client, select.EPOLLIN)
                continue
            client = clients[number]
            try:
                data = client.recv(1 << 16) if event & ~select.EPOLLOUT else b""
                stays = serve(client, data) if data or event & select.EPOLLOUT else False
            except OSError:
                stays = False
            if not stays:
                del clients[number]
                client.close()


poller: Final = select.epoll()
unread: Final[dict[socket.socket, int]] = {}
lengths: Final[dict[socket.socket, int]] = {}

if __name__ == "__main__":
    port, kind, *words = sys.argv[1:]
    with socket.create_server(("127.0.0.1", int(port)), backlog=BACKLOG) as listener:
        poller.register(listener, select.EPOLLIN)
        match kind, words:
            case "canned", [status, length, connection]:
                loop(listener, canned(status, int(length), keep=connection == "keep"), blocking=True)
            case "sendfile", [path]:
                loop(listener, sendfile(path), blocking=False)
            case "script", [path]:
                loop(listener, script(path), blocking=True)
            case "upload", []:
                loop(listener, upload, blocking=True)
            case _:
                sys.exit(__doc__)

"""A server that answers every request with the same octets, for tests of code that judges servers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ALWAYS", "careless_server"]

ALWAYS = b"HTTP/1.1 200 OK\r\nServer: careless/1\r\nContent-Length: 2\r\n\r\nhi"


@contextmanager
def careless_server(answer: bytes = ALWAYS, *, one_by_one: bool = False) -> Iterator[int]:
    """The port of a server on 127.0.0.1. It keeps each connection, and sends the answer to everything that arrives.

    `one_by_one`: The server serves a connection to its end before the next connection.
    """

    def serve(listener: socket.socket) -> None:
        with _joined() as threads:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if one_by_one:
                    converse(connection)
                    continue
                threads.append(threading.Thread(target=converse, args=(connection,), daemon=True))
                threads[-1].start()

    def converse(connection: socket.socket) -> None:
        with connection:
            try:
                while connection.recv(65536):
                    connection.sendall(answer)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        port: int = listener.getsockname()[1]
        yield port
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def _joined() -> Iterator[list[threading.Thread]]:
    """A list of threads that are joined at the end."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join()

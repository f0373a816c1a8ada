"""The server of the standard library: a thread for each connection, by TLS: PORT FOLDER CERTIFICATE."""

import ssl
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class Handler(SimpleHTTPRequestHandler):
    """A handler that keeps connections, and does not wait 40 ms for the client to confirm the head."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


class Server(ThreadingHTTPServer):
    """A server with the same backlog as the others."""

    request_queue_size = 128


def main(port: str, folder: str, certificate: str) -> None:
    """Serve until Ctrl+C."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", int(port)), partial(Handler, directory=folder)) as server:
        # The thread of a connection shakes hands at its first read; otherwise one client would delay all.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

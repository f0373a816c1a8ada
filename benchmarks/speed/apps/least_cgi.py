"""The least server of CGI scripts: PORT LOG ROOT. It does what a script must be given, and no more.

It reads the head by one expression, looks at folder and file, makes the variables of RFC 3875, starts the script with
two pipes, in a process group and a folder of its own, waits for its end by a descriptor, takes the output apart,
answers, and writes a line. It is no server: it has no limits, no deadlines, no queue, no content, no errors, and no
orderly stop. So a server in Python that keeps these promises cannot cost less.
"""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Final, NamedTuple

BACKLOG: Final = 128
MOST: Final = 64 * 1024
HEAD: Final = re.compile(
    rb"([A-Z]+) ([^ ?]*)\??([^ ]*) (HTTP/1\.[01])\r\n((?:[!#-'*+.0-9A-Z^-z|~-]+:[^\r\n]*\r\n)*)\r\n"
)
FIELD: Final = re.compile(rb"([^:]+):[ \t]*([^\r\n]*)\r\n")
END: Final = re.compile(rb"(?:^|\n)\r?\n")
USUAL: Final = {
    b"PATH": b"/usr/local/bin:/usr/bin:/bin",
    b"REQUEST_SCHEME": b"http",
    b"GATEWAY_INTERFACE": b"CGI/1.1",
    b"REMOTE_ADDR": b"127.0.0.1",
    b"REMOTE_HOST": b"127.0.0.1",
    b"SERVER_ADDR": b"127.0.0.1",
    b"SERVER_SOFTWARE": b"least",
    b"REDIRECT_STATUS": b"200",
}


class Run(NamedTuple):
    """A script that runs, for a client."""

    client: int
    child: subprocess.Popen[bytes]
    output: int
    errors: int
    line: bytes


class Least:
    """The server: its clients by descriptor, and its scripts by the descriptor that tells of their end."""

    def __init__(self, listener: socket.socket, log: str, root: str) -> None:
        self.listener = listener
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.root = root
        self.port = b"%d" % listener.getsockname()[1]
        self.clients: dict[int, tuple[socket.socket, bytes]] = {}
        self.runs: dict[int, Run] = {}
        self.names: dict[bytes, bytes] = {}
        self.poller = select.epoll()
        self.poller.register(listener, select.EPOLLIN)

    def round(self) -> None:
        """Wait, and serve, once."""
        for number, _ in self.poller.poll():
            run = self.runs.pop(number, None)
            if run is not None:
                self.answer(number, run)
            elif number == self.listener.fileno():
                client, (_, port) = self.listener.accept()
                client.setblocking(False)
                self.clients[client.fileno()] = client, b"%d" % port
                self.poller.register(client, select.EPOLLIN)
            elif data := os.read(number, MOST):
                self.start(number, data)
            else:
                self.poller.unregister(number)
                self.clients.pop(number)[0].close()

    def start(self, number: int, data: bytes) -> None:
        """Start the script that a request asks for."""
        match = HEAD.fullmatch(data)
        if match is None:
            raise ValueError(data)
        method, path, query, version, lines = match.groups()
        environment, names = USUAL.copy(), self.names
        for name, value in FIELD.findall(lines):
            variable = names.get(name) or names.setdefault(name, b"HTTP_" + name.upper().replace(b"-", b"_"))
            environment[variable] = value
        script = self.root + os.fsdecode(path)
        folder = script.rpartition("/")[0]
        environment[b"QUERY_STRING"] = query
        environment[b"REQUEST_METHOD"] = method
        environment[b"REQUEST_URI"] = path
        environment[b"SERVER_NAME"] = environment[b"HTTP_HOST"].partition(b":")[0]
        environment[b"SERVER_PORT"] = self.port
        environment[b"SERVER_PROTOCOL"] = version
        environment[b"REMOTE_PORT"] = self.clients[number][1]
        environment[b"SCRIPT_NAME"] = path
        environment[b"SCRIPT_FILENAME"] = os.fsencode(script)
        environment[b"DOCUMENT_ROOT"] = os.fsencode(self.root)
        os.lstat(folder)
        os.lstat(script)
        if not os.access(script, os.X_OK):
            raise ValueError(script)
        output, theirs = os.pipe()
        errors, their_errors = os.pipe()
        os.set_blocking(output, False)
        os.set_blocking(errors, False)
        child = subprocess.Popen(
            (script,),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=their_errors,
            cwd=folder,
            env=environment,
            process_group=0,
        )
        os.close(theirs)
        os.close(their_errors)
        end = os.pidfd_open(child.pid)
        self.poller.register(end, select.EPOLLIN)
        self.poller.modify(number, 0)
        self.runs[end] = Run(number, child, output, errors, data[: data.index(b"\r")])

    def answer(self, end: int, run: Run) -> None:
        """Answer with the output of a script that has ended."""
        status = run.child.poll()
        data, errors = os.read(run.output, MOST), os.read(run.errors, MOST)
        if os.read(run.output, MOST) or errors or status:
            raise ValueError(errors)
        self.poller.unregister(end)
        for descriptor in (end, run.output, run.errors):
            os.close(descriptor)
        match = END.search(data)
        if match is None:
            raise ValueError(data)
        fields = data[: match.start()].split(b"\n")
        if not all(field.partition(b":")[1] for field in fields):
            raise ValueError(fields)
        content, date = data[match.end() :], time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()).encode()
        head = (b"HTTP/1.1 200 OK", b"Date: " + date, *fields, b"Content-Length: %d" % len(content), b"")
        os.write(run.client, b"\r\n".join((*head, content)))
        os.write(self.log, b'127.0.0.1 - - [%b] "%b" 200 %d\n' % (date, run.line, len(content)))
        self.poller.modify(run.client, select.EPOLLIN)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=BACKLOG) as bound:
        least = Least(bound, sys.argv[2], sys.argv[3])
        while True:
            least.round()

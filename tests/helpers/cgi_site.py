"""A folder with CGI scripts, and calls of them without a server."""

import os
import select
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pyhttp.cgi import gateway, script_path
from pyhttp.cgi.output import LocalRedirect
from pyhttp.cgi.running import RunningScripts
from pyhttp.cgi.variables import Ends
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import RequestHead, Response, Source
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site
from pyhttp.transport.channel import Watched
from pyhttp.transport.spool import Budget, Spool

ENDS = Ends(local=("127.0.0.1", 8888), peer=("127.0.0.2", 50000), secure=False, software="pyhttp/test")
QUICK = Timeouts(script=5.0, script_run=5.0, script_kill=0.3)


def request_head(
    path: str = "/cgi-bin/x",
    *,
    method: str = "GET",
    query: str = "",
    fields: tuple[tuple[str, str], ...] = (),
    version: str = "HTTP/1.1",
    authority: str = "localhost:8888",
) -> RequestHead:
    """A head that asks for `path`, with Host unless `authority` is empty."""
    host = (("Host", authority),) if authority else ()
    target = f"{path}?{query}" if query else path
    return RequestHead(method, target, path, query, authority, version, Headers((*host, *fields)))


class CgiSite:
    """A folder to be served, its scripts, and what they logged."""

    def __init__(self, root: Path, *, limits: Limits | None = None, timeouts: Timeouts = QUICK) -> None:
        self.root = root
        self.bin = root / "cgi-bin"
        self.bin.mkdir()
        self.site = Site()
        self.logged: list[str] = []
        self.scripts = RunningScripts(limits or Limits(), timeouts)

    def write(self, name: str, text: str, *, mode: int = 0o755) -> Path:
        """A script in the CGI directory."""
        path = self.bin / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def sh(self, name: str, *lines: str) -> Path:
        """A shell script."""
        return self.write(name, "\n".join(("#!/bin/sh", *lines, "")))

    def python(self, name: str, *lines: str) -> Path:
        """A Python script, with the modules that most scripts need."""
        start = (f"#!{sys.executable} -SE", "import os, signal, sys, time", "out = sys.stdout.buffer")
        return self.write(name, "\n".join((*start, *lines, "")))

    def call(self, head: RequestHead) -> gateway.Call:
        """The call of the script that `head` asks for."""
        segments = tuple(segment for segment in head.path.split("/") if segment)
        found = script_path.find(str(self.root), segments, self.site, slash=head.path.endswith("/"))
        assert found is not None
        return gateway.Call(
            head=head,
            script=found,
            root=str(self.root),
            site=self.site,
            ends=ENDS,
            scripts=self.scripts,
            log=self.logged.append,
        )

    def start(self, head: RequestHead, content: bytes = b"") -> gateway.Run:
        """The run of a script that has just been started."""
        spool = Spool(self.scripts.limits, Budget(self.scripts.limits.spool))
        try:
            if content:
                spool.add(content)
            call = self.call(head)._replace(stdin=spool.descriptor(), length=len(content))
            return gateway.Run(call, self.scripts.reserve())
        finally:
            spool.close()

    def answer(self, head: RequestHead, content: bytes = b"") -> Response | LocalRedirect:
        """The answer of a script."""
        run = self.start(head, content)
        await_all(run)
        return run.outcome()

    def run(self, head: RequestHead, content: bytes = b"") -> Response:
        """The script's Response, whose body is to be closed."""
        answer = self.answer(head, content)
        assert isinstance(answer, Response)
        return answer

    def redirect(self, path: str) -> LocalRedirect:
        """The local redirect that a script answers with."""
        answer = self.answer(request_head(path))
        assert isinstance(answer, LocalRedirect)
        return answer

    def get(self, path: str, content: bytes = b"", **head: str) -> tuple[Response, bytes]:
        """A script's Response and its whole content.

        A Response with a stated length must have content of that length.
        """
        fields = (("Content-Length", str(len(content))),) if content else ()
        response = self.run(request_head(path, fields=fields, **head), content)
        return response, read_all(response)


def look(what: Watched) -> None:
    """Wait until it is time to look at `what`."""
    poll = select.poll()
    for descriptor in what.watched():
        poll.register(descriptor, select.POLLIN)
    poll.poll(min(10_000.0, max(0.0, (what.due() - time.monotonic()) * 1000)))


def await_all(run: gateway.Run) -> None:
    """Wait until the outcome of a run is there."""
    while not run.proceed():
        look(run)


def items(response: Response) -> Iterator[bytes]:
    """The content of a Response as it comes, where it is not there as a whole."""
    body = response.body
    assert isinstance(body, Source)
    while (piece := body.read()) != b"":
        if piece is None:
            look(body)
        else:
            yield piece


def read_all(response: Response) -> bytes:
    """The whole content; the Response is closed in any case."""
    try:
        return response.body if isinstance(response.body, bytes) else b"".join(items(response))
    finally:
        response.close()


def environment(text: bytes) -> dict[str, str]:
    """The output of `env -0`, or of a script that prints as it does."""
    return dict(line.split("=", 1) for line in text.decode().split("\0") if line)


def descriptors() -> int:
    """The number of descriptors that this process has open."""
    return len(os.listdir("/proc/self/fd"))


def has_children() -> bool:
    """Whether this process has children that run or have not been reaped."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def is_alive(process: int) -> bool:
    """Whether a process runs. A zombie does not run, whichever process its parent is."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def wait_until_dead(process: int) -> None:
    """Wait until a process that has been told to end has done so."""
    limit = time.monotonic() + 5
    while is_alive(process):
        assert time.monotonic() < limit
        select.select([], [], [], 0.01)


def buriers() -> list[threading.Thread]:
    """The threads that wait for the end of stubborn scripts."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("pyhttp-bury")]


def settled() -> None:
    """Wait until these threads have ended."""
    for thread in buriers():
        thread.join()

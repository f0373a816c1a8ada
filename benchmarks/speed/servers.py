"""The servers that are compared, each with its command line to serve a folder with a log line for each request.

Each has its own defaults, except for settings that make the comparison fair; a remark beside the server names these.
All have one process that answers, since pyhttp has one. More processes share the work of more processors, and cost no
less.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Final

__all__ = ["OTHER", "SEARCHED", "TOP", "Ability", "Job", "Server", "environment", "servers"]

TOP: Final = Path(__file__).parents[2]
APPS: Final = Path(__file__).parent / "apps"
SEARCHED: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
"""The path to search for programs: Debian keeps servers outside of users' paths."""
OTHER: Final = "@other"
"""The end of the name of a server that runs on the other interpreter."""

NGINX: Final = """
daemon off; {user} worker_processes 1; pid {work}/pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
  access_log {log} combined; sendfile on; default_type application/octet-stream; types {{ text/html html; }}
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; autoindex on; }}
}}
"""
LIGHTTPD: Final = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.max-fds = 8192
server.errorlog = "/dev/null"
server.max-keep-alive-idle = 30
server.modules = ("mod_accesslog", "mod_cgi", "mod_dirlisting", "mod_staticfile")
accesslog.filename = "{log}"
dir-listing.activate = "enable"
mimetype.assign = (".html" => "text/html")
$HTTP["url"] =~ "^/cgi-bin/" {{ cgi.assign = ("" => "") }}
"""
CHEROOT: Final = """
import sys
from cheroot import wsgi
from benchmarks.speed.apps.wsgi_app import application
server = wsgi.Server(("127.0.0.1", int(sys.argv[1])), application, request_queue_size=128)
server.keep_alive_conn_limit = 4096
server.timeout = 30
try:
    server.start()
except KeyboardInterrupt:
    server.stop()
"""
AIOHTTP: Final = """
import logging, os, sys
from aiohttp import web
from benchmarks.speed.apps.answers import HELLO
async def hello(request):
    return web.Response(body=HELLO, content_type="text/plain")
async def upload(request):
    octets = 0
    async for data in request.content.iter_any():
        octets += len(data)
    return web.Response(text=str(octets))
logging.basicConfig(level=logging.INFO, format="%(message)s")
app = web.Application()
app.router.add_get("/hello", hello)
app.router.add_post("/upload", upload)
app.router.add_static("/", os.environ["BENCH_ROOT"])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


class Ability(Enum):
    """An ability of a server that a workload needs."""

    FILES = auto()
    RANGES = auto()
    LISTINGS = auto()
    SCRIPTS = auto()
    FUNCTION = auto()
    """A handler that answers by itself."""
    UPLOADS = auto()
    """A handler that accepts an upload."""
    PERSISTENCE = auto()
    MANY = auto()
    """Thousands of connections at once; a server with a thread for each, or with a backlog of 5, is not meant for
    that."""
    FAREWELL = auto()
    """The server announces that it closes a connection: a client has to know whether it may ask there again."""


_FULL: Final = frozenset(Ability)
_APPLICATION: Final = _FULL - {Ability.LISTINGS, Ability.SCRIPTS}
_IN_C: Final = _FULL - {Ability.SCRIPTS, Ability.FUNCTION, Ability.UPLOADS}


@dataclass(frozen=True, slots=True)
class Job:
    """The setting of a server: its folders and port, and the needs of the workload.

    Attributes:
        needs: The abilities that the workload needs.
        bare: The words for the bare loop.
    """

    port: int
    root: Path
    work: Path
    log: Path
    needs: frozenset[Ability]
    bare: tuple[str, ...]

    def write(self, name: str, template: str) -> str:
        """Write a file into the working folder, made from a template."""
        path = self.work / name
        user = "user root;" if os.geteuid() == 0 else ""
        path.write_text(
            template.format(port=self.port, root=self.root, work=self.work, log=self.log, user=user), encoding="utf-8"
        )
        return str(path)


@dataclass(frozen=True, slots=True)
class Server:
    """A server.

    Attributes:
        program: A program that must be on PATH, or a package for Python, as `package:NAME`; "" for none.
        logs: Whether it writes a line for each request.
    """

    name: str
    command: Callable[[Job], list[str]]
    can: frozenset[Ability]
    program: str = ""
    logs: bool = True
    stop: signal.Signals = signal.SIGTERM
    remark: str = ""
    python: str = field(default=sys.executable)


def environment(root: Path) -> Mapping[str, str]:
    """The variables of a server's process, without those that change Python, for instance its use of bytecode."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {
        **kept,
        "PATH": SEARCHED,
        "PYTHONPATH": os.pathsep.join((str(TOP / "src"), str(TOP))),
        "BENCH_ROOT": str(root),
    }


def _pyhttp(kind: str, python: str, suffix: str) -> Server:
    def command(job: Job) -> list[str]:
        if job.needs & {Ability.FUNCTION, Ability.UPLOADS}:
            return [python, str(APPS / "pyhttp_app.py"), kind, str(job.port), str(job.log)]
        words = ["--host", "127.0.0.1", "--port", str(job.port), f"--{kind}", "--access-log", str(job.log)]
        return [python, "-m", "pyhttp", str(job.root), *words]

    return Server(f"pyhttp-{kind}{suffix}", command, _FULL, python=python)


def _parts(job: Job) -> list[str]:
    if Ability.SCRIPTS in job.needs:
        return [sys.executable, str(APPS / "least_cgi.py"), str(job.port), str(job.log), str(job.root)]
    root = [] if Ability.FUNCTION in job.needs else [str(job.root)]
    return [sys.executable, str(APPS / "parts.py"), str(job.port), str(job.log), *root]


def _pyhttp_wsgi(job: Job) -> list[str]:
    words = ["--host", "127.0.0.1", "--port", str(job.port), "--access-log", str(job.log)]
    return [sys.executable, "-m", "pyhttp", "wsgi", WSGI, *words]


def _http_server(version: str, python: str, suffix: str) -> Server:
    cgi = ["--cgi"] if version == "1.0" else []

    def command(job: Job) -> list[str]:
        words = ["--bind", "127.0.0.1", "--protocol", f"HTTP/{version}", "--directory", str(job.root)]
        used = cgi if Ability.SCRIPTS in job.needs else []
        return [python, "-m", "http.server", *used, *words, str(job.port)]

    more = {Ability.SCRIPTS, Ability.FAREWELL} if cgi else {Ability.PERSISTENCE}
    can = {Ability.FILES, Ability.LISTINGS, *more}
    remark = "its default: closes after each answer" if cgi else "`--protocol HTTP/1.1`"
    return Server(
        f"http.server-{version}{suffix}", command, frozenset(can), stop=signal.SIGINT, remark=remark, python=python
    )


def _module(package: str, *words: str) -> Callable[[Job], list[str]]:
    """The command line of a Python peer; {} is replaced by the port."""
    return lambda job: [sys.executable, "-m", package, *(word.replace("{}", str(job.port)) for word in words)]


def _program(text: str) -> Callable[[Job], list[str]]:
    return lambda job: [sys.executable, "-c", text, str(job.port)]


WSGI: Final = "benchmarks.speed.apps.wsgi_app:application"
ASGI: Final = "benchmarks.speed.apps.asgi_app:application"


def _uvicorn(parser: str) -> Server:
    words = ("--host", "127.0.0.1", "--port", "{}", "--http", parser, "--loop", "asyncio", "--timeout-keep-alive", "30")
    return Server(
        f"uvicorn-{parser}",
        _module("uvicorn", *words, ASGI),
        _APPLICATION,
        "package:uvicorn",
        remark="asyncio's own loop",
    )


def servers(other: str = "") -> Mapping[str, Server]:
    """All servers by their names; `other` is an interpreter on which pyhttp and http.server run as well."""
    listen, gunicorn = "127.0.0.1:{}", "gthread --workers 1 --threads 16 --keep-alive 30 --worker-connections 4096"
    found = [
        Server("bare", lambda job: [sys.executable, str(APPS / "bare.py"), str(job.port), *job.bare], _FULL, logs=False,
               remark="a loop of recv and one canned send, or sendfile: no server, the least that Python can cost"),
        Server("parts", _parts, frozenset({Ability.FILES, Ability.FUNCTION, Ability.FAREWELL, Ability.SCRIPTS}),
               remark="what a request needs of pyhttp at least, or a script of any server, in a bare loop: no server"),
        Server("nginx", lambda job: ["nginx", "-c", job.write("nginx.conf", NGINX)], _IN_C, "nginx",
               stop=signal.SIGQUIT, remark="one worker process"),
        Server("lighttpd", lambda job: ["lighttpd", "-D", "-f", job.write("lighttpd.conf", LIGHTTPD)],
               _IN_C | {Ability.SCRIPTS}, "lighttpd", stop=signal.SIGINT),
        *(_pyhttp(kind, sys.executable, "") for kind in ("pooled", "single", "threaded")),
        Server("pyhttp-wsgi", _pyhttp_wsgi, frozenset({Ability.FUNCTION, Ability.UPLOADS}),
               remark="`pyhttp wsgi`: the application of the other servers of WSGI"),
        Server("granian", _module("granian", "--interface", "asgi", "--loop", "asyncio", "--host", "127.0.0.1",
                                  "--port", "{}", "--access-log", "--backlog", "4096", ASGI), _APPLICATION,
               "package:granian",
               remark="ASGI; it sends whole files from Rust where the application may ask for that (`pathsend`)"),
        _uvicorn("httptools"),
        _uvicorn("h11"),
        Server("aiohttp", _program(AIOHTTP), _APPLICATION, "package:aiohttp", remark="its static route"),
        Server("cheroot", _program(CHEROOT), _APPLICATION, "package:cheroot", logs=False, stop=signal.SIGINT,
               remark="may keep more than 10 connections alive and let more than 5 wait; writes no access lines"),
        Server("waitress", _module("waitress", f"--listen={listen}", "--connection-limit=4096",
                                   "--asyncore-use-poll", WSGI), _APPLICATION, "package:waitress", logs=False,
               remark="may have more than 100 connections; writes no access lines"),
        Server("gunicorn", _module("gunicorn", "--bind", listen, "--access-logfile", "-", "--no-control-socket",
                                   "--worker-class", *gunicorn.split(), WSGI), _APPLICATION, "package:gunicorn",
               remark="gthread, 16 threads in one worker"),
        *(_http_server(version, sys.executable, "") for version in ("1.1", "1.0")),
    ]  # fmt: skip
    if other:
        found += [_pyhttp(kind, other, OTHER) for kind in ("pooled", "single", "threaded")]
        found += [_http_server(version, other, OTHER) for version in ("1.1", "1.0")]
    return {server.name: server for server in found}

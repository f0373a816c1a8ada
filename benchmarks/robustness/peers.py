"""The servers that are compared, each with the command line to serve a folder on a port of 127.0.0.1."""

import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PEERS", "SECURE", "Made", "Peer"]

NGINX: Final = """
daemon off; user root; worker_processes 1; pid {work}/pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port}{tls}; root {root}; }}
}}
"""
LIGHTTPD: Final = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "/dev/null"
server.max-fds = {descriptors}
server.graceful-shutdown-timeout = 10
server.modules = ("mod_staticfile")
"""
LIGHTTPD_CGI: Final = """
server.modules += ("mod_cgi")
server.upload-dirs = ("{work}")
$HTTP["url"] =~ "^/cgi-bin/" {{ cgi.assign = ("" => "") }}
"""
CHEROOT: Final = """
import itertools, os, sys
from cheroot import wsgi
def app(environ, start_response):
    path = os.path.join(sys.argv[2], environ["PATH_INFO"].strip("/"))
    if environ["REQUEST_METHOD"] != "GET":
        start_response("405 Method Not Allowed", [("Content-Length", "0")])
        return [b""]
    if environ["PATH_INFO"] == "/endless":
        start_response("200 OK", [])
        return itertools.repeat(bytes(65536))
    file = open(path, "rb")
    start_response("200 OK", [("Content-Length", str(os.fstat(file.fileno()).st_size))])
    return iter(lambda: file.read(65536), b"")
server = wsgi.Server(("127.0.0.1", int(sys.argv[1])), app)
try:
    server.start()
except KeyboardInterrupt:
    server.stop()
"""
PYHTTP: Final = """
import itertools, ssl, sys
from pyhttp import BaseServer, PooledServer, Response, ThreadedServer, function_handler
def answer(request):
    return Response(200, {}, itertools.repeat(bytes(65536)) if request.path == "/endless" else b"hello")
kinds = {"--single": BaseServer, "--threaded": ThreadedServer, "--pooled": PooledServer}
tls = None
if sys.argv[3:]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(sys.argv[3])
kinds[sys.argv[2]]("127.0.0.1", int(sys.argv[1]), function_handler(answer), tls=tls).serve_forever()
"""


NGINX_TLS: Final = """ ssl; ssl_certificate {work}/certificate.pem; ssl_certificate_key {work}/certificate.pem;
  ssl_protocols TLSv1.2 TLSv1.3"""


@dataclass(frozen=True, slots=True)
class Made:
    """The setting of a server: its port, its folders, its limit of descriptors, and the ability that is needed."""

    port: int
    root: str
    work: str
    descriptors: int
    ability: str = ""

    @property
    def certificate(self) -> str:
        """A file with a certificate and its key."""
        return str(Path(self.work, "certificate.pem"))

    def write(self, name: str, template: str, tls: str = "") -> str:
        """Write a file into the working folder, made from a template."""
        path = Path(self.work, name)
        told = {"port": self.port, "root": self.root, "work": self.work, "descriptors": self.descriptors}
        path.write_text(template.format(**told, tls=tls.format(**told)))
        return str(path)

    def program(self, text: str) -> list[str]:
        """The command line of a program in Python, which gets the port."""
        path = Path(self.work, "serve.py")
        path.write_text(text)
        return [sys.executable, str(path), str(self.port)]


@dataclass(frozen=True, slots=True)
class Peer:
    """A server: its command line, the signal that stops it gently, and its version.

    Attributes:
        abilities: Its abilities, of "ranges", "scripts" and "iterables".
        secure: Whether clients speak TLS to it.
    """

    command: Callable[[Made], list[str]]
    stop: signal.Signals
    version: Callable[[], str]
    abilities: frozenset[str] = frozenset()
    secure: bool = False


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()[0].split(" - ")[0].split("/")[-1].strip()


def _lighttpd(made: Made) -> list[str]:
    template = LIGHTTPD + (LIGHTTPD_CGI if made.ability == "scripts" else "")
    return ["lighttpd", "-D", "-f", made.write("lighttpd.conf", template)]


def _http_server(made: Made) -> list[str]:
    options = ["--bind", "127.0.0.1", "--protocol", "HTTP/1.1", "--directory", made.root]
    if made.ability == "scripts":
        options.append("--cgi")
    return [sys.executable, "-m", "http.server", *options, str(made.port)]


def _pyhttp(kind: str, *, secure: bool = False) -> Peer:
    def command(made: Made) -> list[str]:
        tls = [made.certificate] if secure else []
        if made.ability == "iterables":
            return [*made.program(PYHTTP), kind, *tls]
        return [
            sys.executable,
            "-m",
            "pyhttp",
            made.root,
            "--host",
            "127.0.0.1",
            "--port",
            str(made.port),
            "--allow-host",
            "*",
            kind,
            *(["--tls-cert", *tls] if tls else []),
        ]

    version = "import pyhttp; print(pyhttp.__version__)"
    abilities = frozenset({"ranges", "scripts", "iterables"})
    return Peer(command, signal.SIGTERM, lambda: _said(sys.executable, "-c", version), abilities, secure)


def _nginx(*, secure: bool = False) -> Peer:
    tls = NGINX_TLS if secure else ""
    return Peer(
        lambda made: ["nginx", "-c", made.write("nginx.conf", NGINX, tls)],
        signal.SIGQUIT,
        lambda: _said("nginx", "-v"),
        frozenset({"ranges"}),
        secure,
    )


PEERS: Final[Mapping[str, Peer]] = {
    "nginx": _nginx(),
    "lighttpd": Peer(
        _lighttpd,
        signal.SIGINT,
        lambda: _said("lighttpd", "-v"),
        frozenset({"ranges", "scripts"}),
    ),
    "cheroot": Peer(
        lambda made: [*made.program(CHEROOT), made.root],
        signal.SIGINT,
        lambda: _said(sys.executable, "-c", "from importlib.metadata import version; print(version('cheroot'))"),
        frozenset({"iterables"}),
    ),
    "http.server": Peer(_http_server, signal.SIGINT, platform.python_version, frozenset({"scripts"})),
    "pyhttp --single": _pyhttp("--single"),
    "pyhttp --threaded": _pyhttp("--threaded"),
    "pyhttp --pooled": _pyhttp("--pooled"),
}
SECURE: Final[Mapping[str, Peer]] = {
    "nginx": _nginx(secure=True),
    "pyhttp --single": _pyhttp("--single", secure=True),
    "pyhttp --threaded": _pyhttp("--threaded", secure=True),
    "pyhttp --pooled": _pyhttp("--pooled", secure=True),
}
"""The servers that speak TLS by themselves."""

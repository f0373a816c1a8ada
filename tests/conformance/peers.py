"""Plays the rows at other servers and writes docs/peers.md: `python -m tests.conformance.peers [NAME ...]`.

Each server runs the application of the rows, by `pyhttp.checking.apps` or the adapter in `peer_apps.py`, and is checked
as by `pyhttp check`. A server that is not installed is left out, and the page says so. A choice that the RFC leaves
open counts against no server.
"""

import argparse
import contextlib
import importlib.metadata
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyhttp.checking.dialling import Server
from pyhttp.checking.laws import LAWS
from pyhttp.checking.register import STATEMENTS, Level
from pyhttp.checking.results import Outcome, Report, Result
from pyhttp.checking.running import Plan, check, named_rows

__all__ = ["PEERS", "main"]

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "peers.md"
_APPS: Final = "tests.conformance.peer_apps"
_SHIPPED: Final = "pyhttp.checking.apps"
_STARTS_WITHIN: Final = 10.0

_NGINX: Final = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_timeout 5s; client_body_temp_path {folder}; scgi_temp_path {folder};
  proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location / {{
      scgi_pass 127.0.0.1:{app}; scgi_buffering off;
      scgi_param REQUEST_METHOD $request_method; scgi_param REQUEST_URI $request_uri;
      scgi_param SERVER_PROTOCOL $server_protocol; scgi_param CONTENT_LENGTH $content_length;
      scgi_param CONTENT_TYPE $content_type;
    }}
  }}
}}
"""
_APACHE: Final = """\
ServerName peer
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule cgid_module {modules}/mod_cgid.so
ScriptSock {folder}/cgid
ScriptAliasMatch "^/.*|^\\*" {folder}/app
<Location "/">
  Require all granted
</Location>
"""
_LIGHTTPD: Final = """\
server.document-root = "{folder}"
server.errorlog = "{folder}/error.log"
server.pid-file = "{folder}/pid"
server.upload-dirs = ("{folder}")
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ("mod_scgi")
scgi.server = ("/" => (("host" => "127.0.0.1", "port" => {app}, "check-local" => "disable")))
"""
_SCRIPT: Final = """\
#!/bin/sh
cd {root} && exec {python} -m {apps} cgi
"""
_APACHE_MODULES: Final = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True, slots=True)
class Peer:
    """A server at which the rows are played."""

    name: str
    distribution: str
    """What tells its version: a package of this environment, or a program with -v; "" for the interpreter."""
    command: Callable[[int, Path], Sequence[str]]
    """From a port and an empty folder, how to start it."""
    scgi: bool = False
    """Whether the application runs behind it, on the next port."""


def _module(*words: str) -> Callable[[int, Path], Sequence[str]]:
    return lambda port, _: (sys.executable, "-m", *(word.format(port=port) for word in words))


def _nginx(port: int, folder: Path) -> Sequence[str]:
    path = folder / "nginx.conf"
    path.write_text(_NGINX.format(folder=folder, port=port, app=port + 1))
    return ("nginx", "-e", str(folder / "error.log"), "-c", str(path))


def _apache(port: int, folder: Path) -> Sequence[str]:
    script = folder / "app"
    script.write_text(_SCRIPT.format(root=ROOT, python=sys.executable, apps=_APPS))
    script.chmod(0o755)
    folder.chmod(0o755)
    path = folder / "apache.conf"
    path.write_text(_APACHE.format(folder=folder, port=port, modules=_APACHE_MODULES))
    return ("apache2", "-X", "-f", str(path))


def _lighttpd(port: int, folder: Path) -> Sequence[str]:
    path = folder / "lighttpd.conf"
    path.write_text(_LIGHTTPD.format(folder=folder, port=port, app=port + 1))
    return ("lighttpd", "-D", "-f", str(path))


PEERS: Final = (
    Peer("pyhttp", "pyhttp-server", _module("tests.conformance.serve", "pooled", "{port}")),
    Peer("http.server", "", _module(_APPS, "http.server", "{port}")),
    Peer(
        "gunicorn",
        "gunicorn",
        _module("gunicorn", "-b", "127.0.0.1:{port}", "-k", "gthread", "--threads", "4", f"{_SHIPPED}:wsgi"),
    ),
    Peer(
        "uvicorn, h11",
        "uvicorn",
        _module("uvicorn", "--http", "h11", "--port", "{port}", "--log-level", "critical", f"{_SHIPPED}:asgi"),
    ),
    Peer(
        "uvicorn, httptools",
        "uvicorn",
        _module("uvicorn", "--http", "httptools", "--port", "{port}", "--log-level", "critical", f"{_SHIPPED}:asgi"),
    ),
    Peer("hypercorn", "hypercorn", _module("hypercorn", "-b", "127.0.0.1:{port}", f"{_SHIPPED}:asgi")),
    Peer("waitress", "waitress", _module(_APPS, "waitress", "{port}")),
    Peer("cheroot", "cheroot", _module(_APPS, "cheroot", "{port}")),
    Peer("aiohttp", "aiohttp", _module(_APPS, "aiohttp", "{port}")),
    Peer(
        "granian",
        "granian",
        _module("granian", "--interface", "asgi", "--port", "{port}", "--no-ws", f"{_SHIPPED}:asgi"),
    ),
    Peer("nginx", "nginx", _nginx, scgi=True),
    Peer("Apache", "apache2", _apache),
    Peer("lighttpd", "lighttpd", _lighttpd, scgi=True),
)


def _version(peer: Peer) -> str | None:
    """The version of a peer; None where the peer is not installed."""
    if not peer.distribution:
        return sys.version.split()[0]
    if peer.distribution in {"nginx", "apache2", "lighttpd"}:
        program = shutil.which(peer.distribution)
        if program is None:
            return None
        told = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
        return (told.stdout + told.stderr).partition("/")[2].split()[0]
    try:
        return importlib.metadata.version(peer.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _free_port() -> int:
    """A port that is free, and whose next port is free, too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", port + 1))
                return port


@contextlib.contextmanager
def _running(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """A process that listens on `port`.

    Raises:
        RuntimeError: The process does not listen in time.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        end = time.monotonic() + _STARTS_WITHIN
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{' '.join(command)} does not listen: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _play(peer: Peer) -> Report:
    port = _free_port()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if peer.scgi:
            behind = (sys.executable, "-m", _APPS, "scgi", str(port + 1))
            stack.enter_context(_running(behind, port + 1, folder / "app.log"))
        stack.enter_context(_running(peer.command(port, folder), port, folder / "server.log"))
        plan = Plan(Server("127.0.0.1", port), named_rows(), LAWS, longest=600)
        return check(plan)


def _row(peer: Peer, version: str, report: Report) -> str:
    levels = [report.count(Outcome.FAILED, [level]) for level in (Level.MUST, Level.SHOULD)]
    others = [report.count(outcome) for outcome in (Outcome.CHOICE, Outcome.SKIPPED)]
    cells = (peer.name, version, report.count(Outcome.HELD), *levels, *others, f"{report.seconds:.0f} s")
    return "| " + " | ".join(map(str, cells)) + " |"


def _details(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if result.outcome is Outcome.FAILED and result.level is Level.MUST:
            cites = ", ".join(
                cite for cite in result.cites if cite in STATEMENTS and STATEMENTS[cite].level is Level.MUST
            )
            yield f"* {result.name} ({cites}): {_escaped(result.why)}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")[:160]


def _reasons(results: Sequence[Result]) -> Iterator[str]:
    reasons = dict.fromkeys(result.why for result in results if result.outcome is Outcome.SKIPPED)
    yield from (f"* {_escaped(why)}" for why in reasons)


def _document(results: Sequence[tuple[Peer, str, Report]]) -> str:
    lines = [
        "# The same rows at other servers",
        "",
        "`nox -s peers` has written this page. It has the results of [`pyhttp check`](check.md) for each server. Each",
        "server ran [the application of the rows](conformance-application.md) behind the adapter that suits it, with",
        "its default settings. A row holds when its conversation takes place, or another one that the RFC allows as",
        "well. A failed row counts at the highest level among the statements that it cites, although the fault may be",
        "in the part of lower level. If the RFC leaves the answer open, another answer than that of pyhttp is a",
        "choice. Laws are about every response, and each counts as a row.",
        "",
        "nginx and lighttpd hand requests on by SCGI here, and Apache runs a CGI script.",
        "",
        "| server | version | held | failed on a MUST | on a SHOULD | choices | skipped | time |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(*result) for result in results),
        "",
        "## What failed on a MUST",
        "",
    ]
    for peer, _, report in results:
        details = [*_details(report.results)]
        if details:
            lines += [f"### {peer.name}", "", *details, ""]
    lines += ["## Why rows were skipped", ""]
    for peer, _, report in results:
        lines += [f"### {peer.name}", "", *_reasons(report.results), ""]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play at all servers, or at those named, and write the document."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="servers to play at; then nothing is written")
    chosen: list[str] = parser.parse_args(arguments).names
    results: list[tuple[Peer, str, Report]] = []
    for peer in PEERS:
        version = _version(peer)
        if version is None or (chosen and peer.name not in chosen):
            sys.stdout.write(f"{peer.name}: {'left out' if version else 'not installed'}\n")
            continue
        report = _play(peer)
        results.append((peer, version, report))
        sys.stdout.write(_row(peer, version, report) + "\n")
        sys.stdout.writelines(
            f"    {line}\n" for line in (*_details(report.results), *_reasons(report.results)) if chosen
        )
        sys.stdout.flush()
    if not chosen:
        DOCUMENT.write_text(_document(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

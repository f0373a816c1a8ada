"""The servers that are compared, each with its command line to serve a folder by the same certificate and ciphers."""

import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.speed.servers import Ability, Job, Server

__all__ = ["CERTIFICATE", "CONNECTIONS", "PYHTTP", "THREADS", "servers"]

CERTIFICATE: Final = "certificate.pem"
"""The file with a certificate and its key of the curve P-256, in the working folder."""
CONNECTIONS: Final = 12_000
"""The number of connections that each server may have."""
PYHTTP: Final = ("pyhttp-single", "pyhttp-pooled")
THREADS: Final = "http.server"

_NGINX: Final = """
daemon off; {user} worker_processes 1; worker_rlimit_nofile 16384; pid {work}/pid; error_log /dev/null;
events {{ worker_connections 16000; }}
http {{
  access_log {log} combined; sendfile on; types {{ text/html html; }} keepalive_timeout 600s;
  ssl_certificate {work}/certificate.pem; ssl_certificate_key {work}/certificate.pem;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519;
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port} ssl backlog=4096; root {root}; }}
}}
"""


def _pyhttp(name: str, job: Job) -> list[str]:
    kind = name.removeprefix("pyhttp-")
    words = ["--host", "127.0.0.1", "--port", str(job.port), f"--{kind}", "--access-log", str(job.log)]
    more = ["--tls-cert", str(job.work / CERTIFICATE), "--limit", f"connections={CONNECTIONS}", "--timeout", "idle=600"]
    return [sys.executable, "-m", "pyhttp", str(job.root), *words, *more]


def _threads(job: Job) -> list[str]:
    program = str(Path(__file__).with_name("threading_server.py"))
    return [sys.executable, program, str(job.port), str(job.root), str(job.work / CERTIFICATE)]


def servers() -> Mapping[str, Server]:
    """All servers by their names."""
    files = frozenset({Ability.FILES})
    found = [
        *(Server(name, partial(_pyhttp, name), files) for name in PYHTTP),
        Server(
            "nginx",
            lambda job: ["nginx", "-c", job.write("nginx.conf", _NGINX)],
            files,
            "nginx",
            stop=signal.SIGQUIT,
            remark="one worker process",
        ),
        Server(
            THREADS,
            _threads,
            files,
            stop=signal.SIGINT,
            remark="ThreadingHTTPServer with a socket of `ssl`: a thread for each connection, its handshake included;"
            " it ends connections without the alert of TLS, after which openssl resumes nothing",
        ),
    ]
    return {server.name: server for server in found}

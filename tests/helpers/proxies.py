"""nginx, HAProxy and Caddy, with the configurations of docs/proxies.md, and the options of pyhttp on that page."""

import contextlib
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.helpers.crowd import until
from tests.helpers.programs import need

__all__ = ["Setup", "caddy", "free_port", "haproxy", "nginx", "setup"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "proxies.md"
NGINX: Final = """
daemon off;
pid FOLDER/nginx.pid;
error_log FOLDER/nginx.log;
user root;
worker_processes 1;
events {}
http {
access_log off;
client_body_temp_path FOLDER/body;
proxy_temp_path FOLDER/proxy;
fastcgi_temp_path FOLDER/fastcgi;
uwsgi_temp_path FOLDER/uwsgi;
scgi_temp_path FOLDER/scgi;
CONFIGURATION
}
"""
CADDY: Final = """
{
    admin off
    storage file_system FOLDER/caddy
}
CONFIGURATION
"""
HAPROXY: Final = """
global
    stats socket FOLDER/haproxy.socket
CONFIGURATION
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up that a section of the page shows.

    Attributes:
        configuration: The configuration of the proxy.
        commands: The arguments of each pyhttp.
    """

    configuration: str
    commands: list[list[str]]

    def replaced(self, changes: Mapping[str, str]) -> "Setup":
        """The same set-up with other ports, addresses and folders. Each of the old texts must be somewhere in it."""
        configuration, commands = self.configuration, [shlex.join(command) for command in self.commands]
        for old, new in changes.items():
            assert any(old in text for text in (configuration, *commands)), old
            configuration = configuration.replace(old, new)
            commands = [command.replace(old, new) for command in commands]
        return Setup(configuration, [shlex.split(command) for command in commands])


def setup(heading: str) -> Setup:
    """The set-up that the page shows under `heading`."""
    _, found, section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert found, heading
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    shown = "".join(text for language, text in blocks if language == "sh")
    commands = [shlex.split(line) for line in shown.splitlines()]
    assert all(command[0] == "pyhttp" for command in commands)
    (configuration,) = (text for language, text in blocks if language != "sh")
    return Setup(configuration, [command[1:] for command in commands])


def free_port(host: str = "127.0.0.1") -> int:
    """A port that no program listens on."""
    with socket.create_server((host, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def nginx(configuration: str, folder: Path, port: int) -> Iterator[None]:
    """Nginx with `configuration`. It listens on `port`, and writes its files to `folder`."""
    path = folder / "nginx.conf"
    path.write_text(NGINX.replace("FOLDER", str(folder)).replace("CONFIGURATION", configuration))
    with _running([need("nginx"), "-c", str(path), "-p", str(folder)], folder / "nginx.out", port):
        yield


@contextlib.contextmanager
def haproxy(configuration: str, folder: Path, port: int) -> Iterator[None]:
    """HAProxy in the same way. The socket `haproxy.socket` answers questions about it."""
    path = folder / "haproxy.cfg"
    path.write_text(HAPROXY.replace("FOLDER", str(folder)).replace("CONFIGURATION", configuration))
    with _running([need("haproxy"), "-db", "-f", str(path)], folder / "haproxy.out", port):
        until((folder / "haproxy.socket").exists)
        yield


@contextlib.contextmanager
def caddy(configuration: str, folder: Path, port: int) -> Iterator[None]:
    """Caddy in the same way."""
    path = folder / "Caddyfile"
    path.write_text(CADDY.replace("FOLDER", str(folder)).replace("CONFIGURATION", configuration))
    # Caddy keeps its last configuration in a folder that only a variable names.
    command = ["env", f"XDG_CONFIG_HOME={folder}", need("caddy"), "run", "--config", str(path)]
    with _running(command, folder / "caddy.out", port):
        yield


@contextlib.contextmanager
def _running(command: list[str], said: Path, port: int) -> Iterator[None]:
    with said.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:

        def listens() -> bool:
            assert process.poll() is None, said.read_text()
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        try:
            until(listens)
            yield
        finally:
            process.terminate()

"""The image of the Containerfile, built from the wheel and run by docs/containers.md: `nox -s image`."""

import http.client
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
ENGINE: Final = shutil.which("podman") or shutil.which("docker") or ""
IMAGE: Final = "localhost/pyhttp-under-test"
BASE: Final = os.environ.get("IMAGE_BASE", "docker.io/library/python:3.13-slim")
BUILD_OPTIONS: Final = shlex.split(os.environ.get("IMAGE_BUILD_OPTIONS", ""))
RUN_OPTIONS: Final = shlex.split(os.environ.get("IMAGE_RUN_OPTIONS", ""))
PATIENCE: Final = 60.0

pytestmark = pytest.mark.skipif(not ENGINE, reason="no podman and no docker here")


def engine(*arguments: str) -> str:
    """What the engine prints, its errors included."""
    ran = subprocess.run(
        [ENGINE, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    engine("build", "--format", "docker", "--build-arg", f"BASE={BASE}", "--tag", IMAGE, *BUILD_OPTIONS, ".")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    served = tmp_path / "served"
    (served / "cgi-bin").mkdir(parents=True)
    (served / "a.txt").write_text("hello")
    script = served / "cgi-bin/who"
    script.write_text("#!/bin/sh\necho 'Content-Type: text/plain'\necho\nid -u\ncat > /dev/null\n")
    for place, mode in ((tmp_path, 0o755), (script, 0o755)):
        place.chmod(mode)
    return served


@pytest.fixture
def container(folder: Path) -> Iterator[str]:
    """The name of a container that answers, on the network of this machine."""
    name = f"pyhttp-{os.getpid()}"
    confined = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges")
    mounted = ("--network", "host", "--volume", f"{folder}:/srv:ro")
    engine("run", "--detach", "--rm", "--name", name, *confined, *mounted, *RUN_OPTIONS, IMAGE)
    try:
        _await_answer()
        yield name
    finally:
        subprocess.run([ENGINE, "rm", "--force", name], capture_output=True, check=False)


def _await_answer() -> None:
    """Ask the server until it listens, since the engine does not tell when it does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", 8888), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


def ask(method: str, path: str, content: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", 8888, timeout=PATIENCE)
    try:
        connection.request(method, path, content)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_serves_what_is_mounted(container: str) -> None:
    assert ask("GET", "/a.txt") == (200, b"hello")
    assert ask("GET", "/missing")[0] == 404


def test_nobody_is_root_and_nothing_can_be_written(container: str) -> None:
    assert ask("POST", "/cgi-bin/who", bytes(2_000_000)) == (200, b"65532\n")
    written = engine(
        "exec", container, "sh", "-c", "touch /x 2> /dev/null || touch /srv/x 2> /dev/null || echo nowhere"
    )
    assert written.endswith("nowhere\n")


def test_its_health_is_looked_at(container: str) -> None:
    engine("healthcheck", "run", container) if ENGINE.endswith("podman") else pytest.skip("docker looks by itself")


def test_it_ends_at_the_engines_first_signal(container: str) -> None:
    begun = time.monotonic()
    engine("stop", "--time", "50", container)
    assert time.monotonic() - begun < 40  # else it was killed


def test_what_is_said_behind_the_image_are_arguments(folder: Path) -> None:
    assert engine("run", "--rm", *RUN_OPTIONS, IMAGE, "--version").splitlines()[-1].startswith("pyhttp ")

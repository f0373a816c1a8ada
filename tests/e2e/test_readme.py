"""The commands of the README do what the README says."""

import http.client
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.helpers.command import running

TOP: Final = Path(__file__).parents[2]
README: Final = (TOP / "README.md").read_text(encoding="utf-8")
SERVING, TESTING = re.findall(r"^    (.*python3 .*)$", README, re.MULTILINE)
FOLDER, SUBCLASS, FUNCTION, APPLICATION, LOGGING, IN_TESTS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@contextmanager
def library(code: str) -> Iterator[str]:
    """The URL that a program of the README prints. A free port takes the place of 8888."""
    command = [sys.executable, "-W", "error", "-c", code.replace("8888", "0")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removeprefix("Serving at ")
            process.terminate()
            assert process.wait(15) == 0
        finally:
            process.kill()


def get(url: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_the_first_command_serves_the_current_folder(tmp_path: Path) -> None:
    command = [
        "sh",
        "-c",
        f'PATH={Path(sys.executable).parent}:$PATH; cd "$1"; exec env {SERVING} --port 0',
        "sh",
        str(TOP),
    ]
    with running(log=tmp_path / "log", command=command) as server:
        assert server.get("/README.md") == (200, README.encode())
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 0


def test_the_second_command_is_what_ci_runs() -> None:
    assert TESTING.endswith("-m nox")
    assert re.findall(r"grep .*README.md", (TOP / ".ci/run").read_text()) == ["grep -m 1 -- '-m nox$' README.md"]
    assert TESTING in (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_a_folder_in_ten_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with library(FOLDER.replace("/srv/www", str(tmp_path))) as url:
        assert get(url, "/a.txt") == (200, b"hello")
        assert get(url, "/")[0] == 403


def test_a_subclass_in_ten_lines(tmp_path: Path) -> None:
    (tmp_path / "app" / "users").mkdir(parents=True)
    (tmp_path / "app" / "index.html").write_bytes(b"the app")
    (tmp_path / "app" / "users" / "style.css").write_bytes(b"h1 {}")
    with library(f"import os; os.chdir({str(tmp_path)!r})\n{SUBCLASS}") as url:
        for page in ("/app/", "/app/some/page", "/app/users", "/app/users/", "/app/users/7?x=/", "/app/index.html"):
            assert get(url, page) == (200, b"the app")
        assert get(url, "/app/users/style.css") == (200, b"h1 {}")
        assert get(url, "/app")[0] == 301
        assert get(url, "/other")[0] == 404


def test_a_function_in_ten_lines() -> None:
    with library(FUNCTION) as url:
        assert get(url, "/a/b?c") == (200, b"GET /a/b\n")


def test_an_application_in_ten_lines() -> None:
    with library(APPLICATION) as url:
        assert get(url, "/a") == (200, b"hello\n")


def test_faults_and_requests_go_where_the_log_is_directed(tmp_path: Path) -> None:
    failing = FUNCTION.replace("return Response.text(", "raise ValueError(")
    for quiet in (False, True):
        log = tmp_path / str(quiet) / "server.log"
        log.parent.mkdir()
        code = LOGGING if quiet else LOGGING.replace("logging.getLogger", "# ")
        with library(f"import os; os.chdir({str(log.parent)!r})\n{code}\n{failing}") as url:
            assert get(url, "/a")[0] == 500
        logged = log.read_text()
        assert "ValueError: " in logged
        assert ('"GET /a HTTP/1.1" 500' in logged) != quiet


def test_ten_lines_are_ten_lines() -> None:
    for code in (FOLDER, SUBCLASS, FUNCTION, APPLICATION, LOGGING, IN_TESTS):
        assert len([line for line in code.splitlines() if line.strip()]) <= 10

"""The programs of `examples/`, run like their readers run them, on a free port; with requests like their users'."""

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
NAMES: Final = (
    "basic_auth",
    "event_stream",
    "form",
    "header_everywhere",
    "json_api",
    "own_logging",
    "two_servers",
    "upload",
)
JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    content: bytes


class Program:
    """A running example.

    Attributes:
        lines: The lines that it has printed before it served, with its URLs.
        folder: Its working directory.
    """

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        assert process.stdout is not None
        self.folder = folder
        self.lines: list[str] = []
        self._process = process
        while not self.lines or not self.lines[-1].startswith("Serving at "):
            line = process.stdout.readline()
            assert line, "it has ended"
            self.lines.append(line.strip())
        self.url = self.lines[-1].removeprefix("Serving at ")

    def ask(
        self, path: str, method: str = "GET", content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=15)
        try:
            connection.request(method, path, content, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()

    def stop(self) -> str:
        """Stop it as its user does, and return what it has said on standard error."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(15) == 0
        assert self._process.stderr is not None
        return self._process.stderr.read()


@contextmanager
def program(name: str, folder: Path) -> Iterator[Program]:
    """The example `name`, with free ports in the place of its own. The example ends with 0, and without a traceback."""
    code = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8").replace("8888", "0").replace("8889", "0")
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-W", "error", f"{name}.py"]
    env = {**os.environ, "PASSWORD": "secret"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["env", "--default-signal=INT", *command], stdout=pipe, stderr=pipe, text=True, cwd=folder, env=env
    ) as process:
        try:
            yield Program(process, folder)
        finally:
            process.kill()


def test_each_example_is_tested_and_short() -> None:
    files = [path for path in EXAMPLES.glob("*") if path.name != "__pycache__"]  # which an import may have left
    assert sorted(path.stem for path in files) == sorted(NAMES)
    for path in files:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40


def test_an_api_of_json(tmp_path: Path) -> None:
    with program("json_api", tmp_path) as api:
        assert api.ask("/notes").content == b"[]\n"
        added = api.ask("/notes", "POST", json.dumps("ü").encode(), JSON)
        assert (added.status, added.headers["Location"], added.content) == (201, "/notes/0", '"ü"\n'.encode())
        assert api.ask("/notes/0").content == added.content
        assert api.ask("/notes", "HEAD").headers["Content-Length"] == str(len('["ü"]\n'.encode()))
        for status, answer in {
            404: api.ask("/notes/1"),
            405: api.ask("/notes", "DELETE"),
            413: api.ask("/notes", "POST", bytes(20_000), JSON),
            415: api.ask("/notes", "POST", b"x"),
            422: api.ask("/notes", "POST", b"{", JSON),
        }.items():
            assert answer.status == status
        problem = api.ask("/lost", headers={"Accept": "application/json"})
        assert (problem.status, problem.headers["Content-Type"]) == (404, "application/problem+json")
        assert api.stop() == ""


def test_a_form(tmp_path: Path) -> None:
    with program("form", tmp_path) as form:
        assert b"Hello, you!" in form.ask("/").content
        typed = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = form.ask("/", "POST", b"name=%3Cb%3E+%C3%BC", typed)
        assert (sent.status, sent.headers["Location"]) == (303, "/")
        cookie = sent.headers["Set-Cookie"].partition(";")[0]
        assert "<p>Hello, &lt;b&gt; ü!</p>".encode() in form.ask("/", headers={"Cookie": cookie}).content
        assert form.ask("/", "PUT").status == 405
        assert form.ask("/", "POST", b"name=%ff\xff", typed).status == 303
        assert form.stop() == ""


def test_uploads(tmp_path: Path) -> None:
    with program("upload", tmp_path) as upload:
        content = os.urandom(3_000_000)
        assert upload.ask("/a.bin").status == 404
        assert upload.ask("/a.bin", "PUT", content).status == 201
        assert upload.ask("/a.bin", "PUT", content).status == 204
        assert upload.ask("/a.bin").content == content
        assert upload.ask("/a.bin", headers={"Range": "bytes=5-9"}).content == content[5:10]
        for name in ("", ".", "..", "../x", "a/b", "a%2Fb", ".hidden", "%00"):
            assert upload.ask(f"/{name}", "PUT", b"x").status == 400
        assert os.listdir(tmp_path / "uploads") == ["a.bin"]
        assert upload.ask("/a.bin", "POST").status == 405
        assert upload.stop() == ""


@pytest.mark.skipif(shutil.which("curl") is None and not os.environ.get("CI"), reason="there is no curl")
def test_uploads_by_curl(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"by curl")
    with program("upload", tmp_path) as upload:
        subprocess.run(["curl", "-fsST", "b.txt", upload.url], cwd=tmp_path, check=True, timeout=30)
        assert upload.ask("/b.txt").content == b"by curl"


def test_a_stream_of_events(tmp_path: Path) -> None:
    with program("event_stream", tmp_path) as stream:
        assert b"EventSource" in stream.ask("/").content
        connection = http.client.HTTPConnection(urlsplit(stream.url).netloc, timeout=15)
        connection.request("GET", "/events", headers={"Last-Event-ID": "0"})
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "text/event-stream"
        assert [response.readline() for _ in range(5)] == [
            b"retry: 1000\n",
            b"\n",
            b"id: 1\n",
            b"data: 1 seconds\n",
            b"\n",
        ]
        assert stream.stop() == ""  # the program ends, though the stream is still read
        connection.close()


def test_a_folder_behind_a_password(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with program("basic_auth", tmp_path) as files:
        refused = files.ask("/a.txt")
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Basic realm="files", charset="UTF-8"')
        for credentials in (b"ann:wrong", b"ann", b"", b"\xff"):
            coded = base64.b64encode(credentials).decode()
            assert files.ask("/a.txt", headers={"Authorization": f"Basic {coded}"}).status == 401
        for other in ("Basic", "Basic ***", "Bearer YW5uOnNlY3JldA==", "Basic \xff"):
            assert files.ask("/a.txt", headers={"Authorization": other}).status == 401
        known = {"Authorization": f"basic {base64.b64encode(b'ann:secret').decode()}"}
        assert files.ask("/a.txt", headers=known).content == b"hello"
        assert files.stop() == ""


def test_own_logs(tmp_path: Path) -> None:
    with program("own_logging", tmp_path) as logging:
        assert logging.ask("/?x").content == b"hello 1\n"
        assert logging.ask("/").status == 500
        said = logging.stop()
    entries: list[dict[str, object]] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [(entry["request"], entry["status"]) for entry in entries] == [("GET /?x", 200), ("GET /", 500)]
    assert "ERROR pyhttp.error: " in said
    assert "ZeroDivisionError" in said


def test_a_header_everywhere(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with program("header_everywhere", tmp_path) as files:
        seen = [files.ask("/a.txt"), files.ask("/"), files.ask("/lost"), files.ask("/", "BREW")]
        seen.append(files.ask("/a.txt", headers={"If-None-Match": seen[0].headers["ETag"]}))
        assert [answer.status for answer in seen] == [200, 200, 404, 501, 304]
        assert {answer.headers["X-Frame-Options"] for answer in seen} == {"DENY"}
        assert len({answer.headers["X-Request-Id"] for answer in seen}) == len(seen)
        assert files.stop() == ""


def test_two_servers(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with program("two_servers", tmp_path) as files:
        assert files.ask("/a.txt").content == b"hello"
        own = files.lines[0].removeprefix("State at ")
        files.url, of_files = own, files.url
        state: dict[str, object] = json.loads(files.ask("/").content)
        assert state == {"url": of_files, "stopping": False, "scripts": 0}
        assert files.stop() == ""

"""`pyhttp passwd` and `--auth`, by curl."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.helpers.command import COMMAND, running
from tests.helpers.crowd import until
from tests.helpers.programs import need

PASSWORD = "pä:ss wörd"


def add_user(file: Path, name: str, password: str = PASSWORD) -> None:
    with file.open("a") as out:
        subprocess.run(
            [*COMMAND, "passwd", name], input=password + "\n", stdout=out, encoding="utf-8", check=True, timeout=30
        )


def status(url: str, user: str | None = None) -> str:
    said = [] if user is None else ["--user", user]
    command = [need("curl"), "-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", *said, url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.fixture
def users(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.txt").write_text("content")
    add_user(tmp_path / "users", "jö")
    return tmp_path / "users"


@pytest.mark.parametrize("kind", ["--pooled", "--threaded", "--single", "--processes=2"])
def test_a_folder_is_for_its_users_alone(kind: str, users: Path, tmp_path: Path) -> None:
    assert PASSWORD not in users.read_text()
    site = str(tmp_path / "site")
    with running(site, "--port", "0", kind, "--auth", str(users), log=tmp_path / "log") as server:
        assert "in the clear" not in server.announcement
        url = f"{server.urls[0]}a.txt"
        assert status(url) == "401"
        assert status(url, f"jö:{PASSWORD}!") == "401"
        assert status(url, f"jo:{PASSWORD}") == "401"
        assert status(url, f"jö:{PASSWORD}") == "200"
        assert status(f"{server.urls[0]}b.txt") == "401"
        assert status(f"{server.urls[0]}b.txt", f"jö:{PASSWORD}") == "404"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    lines = (tmp_path / "log").read_text()
    assert re.findall(r'^\S+ - (\S+) \[.*" (\d+) ', lines, re.MULTILINE) == [
        ("-", "401"),
        ("-", "401"),
        ("-", "401"),
        ("jö", "200"),
        ("-", "401"),
        ("jö", "404"),
    ]
    assert PASSWORD not in lines


def test_SIGHUP_reads_the_users_anew(users: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def hang_up(word: str) -> None:
        server.process.send_signal(signal.SIGHUP)
        while word not in log.read_text():
            assert server.process.poll() is None

    with running(str(tmp_path / "site"), "--port", "0", "--auth", str(users), log=log) as server:
        url = f"{server.urls[0]}a.txt"
        assert status(url, f"jö:{PASSWORD}") == "200"
        users.write_text("nonsense\n")
        hang_up("the users stay as they were")
        assert f"{users}, line 1: " in log.read_text()
        assert status(url, f"jö:{PASSWORD}") == "200"
        users.write_text("")
        add_user(users, "b", "c")
        hang_up("the users were read anew")
        assert status(url, f"jö:{PASSWORD}") == "401"
        assert status(url, "b:c") == "200"


def test_it_says_what_the_network_may_read_and_what_is_in_the_folder(users: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(str(tmp_path), "--port", "0", "--bind", "0.0.0.0", "--auth", str(users), log=log) as server:
        assert "\nPasswords travel in the clear: " in server.announcement
        assert "can read this folder" not in server.announcement
        assert f"pyhttp: {users} is in the folder that is served, where everybody can read it" in log.read_text()


def test_a_file_that_is_malformed_is_told_before_anything_is_served(users: Path, tmp_path: Path) -> None:
    users.write_text(users.read_text() + "b:secret\n")
    command = [*COMMAND, str(tmp_path / "site"), "--port", "0", "--auth", str(users)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"pyhttp: {users}, line 2: its hash is not one that pyhttp passwd writes\n"


APPLICATION = """
import os

def create_app():
    with open("made", "a") as file:
        file.write("x")
    def app(environ, start_response):
        start_response("200 OK", [("X-User", environ["REMOTE_USER"] + environ["AUTH_TYPE"])])
        return [b"hello"]
    return app
"""


@pytest.mark.parametrize("kind", ["--pooled", "--processes=2"])
def test_an_application_is_for_its_users_alone_and_SIGHUP_reads_them_anew(
    kind: str, users: Path, tmp_path: Path
) -> None:
    (tmp_path / "guarded_app.py").write_text(APPLICATION)
    command = ("env", "-C", str(tmp_path), *COMMAND)
    words = ("wsgi", "guarded_app:create_app()", "--port", "0", kind, "--auth", str(users), "--bind", "0.0.0.0")
    with running(*words, log=tmp_path / "log", command=command) as server:
        assert "\nPasswords travel in the clear: " in server.announcement
        assert "can ask for a password\n" in server.announcement
        url = f"http://127.0.0.1:{server.port}/a"
        assert [status(url), status(url, "jö:wrong"), status(url, f"jö:{PASSWORD}")] == ["401", "401", "200"]
        users.write_text("")
        add_user(users, "b", "c")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: status(url, "b:c") == "200" and status(url, f"jö:{PASSWORD}") == "401")
        made = len((tmp_path / "made").read_text())
        assert made == 1 if kind == "--pooled" else made in {3, 4}  # a new process makes its own application
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


@pytest.mark.parametrize("kind", ["--pooled", "--processes=2"])
def test_users_of_an_application_that_cannot_be_read_are_told_before_anything_is_served(
    kind: str, tmp_path: Path
) -> None:
    command = ["env", "-C", str(tmp_path), *COMMAND, "wsgi", "none:app", "--port", "0", kind, "--auth", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pyhttp: cannot read the users of none: No such file or directory\n"

"""The installed command with options from the environment and from a file."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.helpers.command import COMMAND, Running, running


def site(folder: Path) -> str:
    (folder / "site" / "cgi-bin").mkdir(parents=True)
    script = folder / "site" / "cgi-bin" / "env"
    script.write_text("#!/bin/sh\necho Content-Type: text/plain\necho\necho $PPID\nenv")
    script.chmod(0o755)
    return str(folder / "site")


def who(server: Running) -> str:
    """The process that answers."""
    return server.get("/cgi-bin/env")[1].decode().split()[0]


def test_environment_and_file_are_read_once_and_scripts_see_nothing_of_it(tmp_path: Path) -> None:
    """Each of several processes has the options of the first process, after SIGHUP, too."""
    file, log = tmp_path / "options.toml", tmp_path / "log"
    file.write_text("cgi-env = ['A=first']\nport = 1\n")
    variables = (f"PYHTTP_CONFIG={file}", "PYHTTP_PORT=0", "PYHTTP_QUIET=1", "PYHTTP_PROT=1", "PYHTTP_PROCESSES=1")
    with running(site(tmp_path), log=log, command=("env", *variables, *COMMAND)) as server:
        first = who(server)
        file.write_text("port = yes")
        server.process.send_signal(signal.SIGHUP)
        for _ in range(10_000):
            if who(server) != first:
                break
        else:
            pytest.fail("the process stays")
        words = server.get("/cgi-bin/env")[1].decode().split()
        assert "A=first" in words
        assert [word for word in words if word.startswith("PYHTTP_")] == []
        assert int(words[0]) != server.process.pid
    assert log.read_text() == "pyhttp: PYHTTP_PROT: pyhttp has no such option; did you mean PYHTTP_PORT?\n"


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        ("PYHTTP_PORT=http", "PYHTTP_PORT: 'http' is not a port number from 0 to 65535"),
        ("PYHTTP_CONFIG=/", "PYHTTP_CONFIG: cannot read /: Is a directory"),
    ],
)
def test_what_cannot_be_understood_ends_it_with_2(variable: str, error: str) -> None:
    done = subprocess.run(["env", variable, *COMMAND], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"pyhttp: error: {error}"

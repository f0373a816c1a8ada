"""A Python that is too old gets one line about it, from a file that it can read."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import pyhttp

SOURCE: Final = Path(pyhttp.__file__).parents[1]
PACKAGE: Final = (SOURCE / "pyhttp" / "__init__.py").read_text(encoding="utf-8")

AS_OLD: Final = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
sys.version_info, sys.version = (3, 10, 13, "final", 0), "3.10.13 (main)"
"""

PYENV: Final = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
OLD: Final = [
    *filter(None, (shutil.which(f"python3.{minor}") for minor in range(11))),
    *map(str, sorted(PYENV.glob("versions/3.[0-9].*/bin/python"))),
    *map(str, sorted(PYENV.glob("versions/3.10.*/bin/python"))),
]
"""The interpreters that are on this machine."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)


def test_the_first_file_can_be_read_by_old_interpreters() -> None:
    """Python 2 takes a file for ASCII."""
    assert PACKAGE.isascii()
    ast.parse(PACKAGE, feature_version=(3, 4))


@pytest.mark.parametrize("arguments", [["-m"], ["-m", "folder"]])
def test_the_command_says_it_in_one_line_and_exits_1(arguments: list[str]) -> None:
    done = run(sys.executable, "-c", f"{AS_OLD}sys.argv = {arguments}\nimport pyhttp")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pyhttp needs Python 3.11 or newer; this is 3.10.13\n"


def test_a_program_that_imports_it_gets_an_ImportError() -> None:
    done = run(sys.executable, "-c", f"{AS_OLD}try:\n    import pyhttp\nexcept ImportError as error:\n    print(error)")
    assert (done.returncode, done.stdout) == (0, "pyhttp needs Python 3.11 or newer; this is 3.10.13\n")


@pytest.mark.parametrize("python", OLD)
def test_a_real_one(python: str) -> None:
    """The test runs where the machine has such an interpreter."""
    version = run(python, "-c", "import sys; print(sys.version.split()[0])")
    if version.returncode or not version.stdout.startswith("3."):  # a pyenv shim of a version that is not chosen
        return
    done = run(python, "-m", "pyhttp")
    assert (done.returncode, done.stdout) == (1, "")
    expected = f"pyhttp needs Python 3.11 or newer; this is {version.stdout}"
    assert done.stderr == expected

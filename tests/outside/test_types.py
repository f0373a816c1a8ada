"""The messages of users' type checkers, with only the installed package of pyhttp, which is typed (PEP 561)."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.outside.conftest import HERE, PYTHON

TOOLS: Final = Path(sys.executable).parent
EXPECTED: Final = re.compile(r"(\w+)\[([\w-]+)\]")


class Finding(NamedTuple):
    """An error: its place, and the checker's name for it."""

    file: str
    line: int
    code: str


def mypy(folder: Path) -> Iterator[Finding]:
    """What `mypy --strict` finds in `folder`."""
    options = ["--config-file=", "--strict", "--cache-dir=cache", "--no-error-summary", "--no-pretty"]
    said = run("mypy", *options, f"--python-executable={PYTHON}", *map(str, folder.rglob("*.py")), folder=folder)
    for file, line, code in re.findall(r"^(.*?):(\d+): error: .*\[([\w-]+)\]$", said, re.MULTILINE):
        yield Finding(file, int(line), code)


def basedpyright(folder: Path) -> Iterator[Finding]:
    """What basedpyright finds by the strict mode of pyright."""
    settings = {"typeCheckingMode": "strict", "include": ["."], "extraPaths": ["project/src"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    said: dict[str, list[dict[str, dict[str, dict[str, int]]]]] = json.loads(
        run("basedpyright", "--outputjson", f"--pythonpath={PYTHON}", folder=folder)
    )
    for found in said["generalDiagnostics"]:
        file, code = str(found["file"]), str(found.get("rule", "none"))
        yield Finding(str(Path(file).relative_to(folder.resolve())), found["range"]["start"]["line"] + 1, code)


def run(tool: str, *arguments: str, folder: Path) -> str:
    """What a tool prints. The exit codes 0 and 1 are its verdicts; every other code says that it has failed."""
    command = [str(TOOLS / tool), *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("checker", [mypy, basedpyright])
def test_the_code_of_a_user_is_accepted(tmp_path: Path, checker: Callable[[Path], Iterator[Finding]]) -> None:
    shutil.copytree(HERE / "project", tmp_path / "project")
    assert list(checker(tmp_path)) == []


@pytest.mark.parametrize("checker", [mypy, basedpyright])
def test_each_misuse_is_refused_and_nothing_else(tmp_path: Path, checker: Callable[[Path], Iterator[Finding]]) -> None:
    shutil.copy(HERE / "misuse.py", tmp_path)
    lines = enumerate((tmp_path / "misuse.py").read_text().splitlines(), 1)
    marked = {number: dict(EXPECTED.findall(text)) for number, text in lines if "# expect: " in text}
    found: dict[int, set[str]] = {}
    for finding in checker(tmp_path):
        found.setdefault(finding.line, set()).add(finding.code)
    assert found.keys() == marked.keys()
    name = checker.__name__
    assert {line: codes for line, codes in found.items() if marked[line][name] not in codes} == {}

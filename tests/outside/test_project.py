"""A project of others runs its tests with the plugin that pyhttp has brought into its environment."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.outside.conftest import HERE, PYTHON

PLUGINS = """
from importlib.metadata import distribution
print([entry.value for entry in distribution("pyhttp-server").entry_points if entry.group == "pytest11"])
"""


def run(*arguments: str, folder: Path) -> str:
    """What the interpreter says, without anything of ours on its path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    ran = subprocess.run(
        [PYTHON, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_what_is_installed_names_the_plugin(tmp_path: Path) -> None:
    assert run("-c", PLUGINS, folder=tmp_path) == "['pytest_pyhttp']\n"


def test_the_tests_of_the_project_pass(tmp_path: Path) -> None:
    project = Path(shutil.copytree(HERE / "project", tmp_path / "project"))
    written = sum(len(re.findall(r"def test_", file.read_text())) for file in project.glob("tests/*.py"))
    assert f"{written} passed" in run("-m", "pytest", "-p", "no:cacheprovider", folder=project)

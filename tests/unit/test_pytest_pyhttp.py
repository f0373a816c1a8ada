"""The plugin of pytest, in a pytest of its own: its fixtures, and its cost for tests that do not use them."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from textwrap import indent
from typing import Final

import pytest

from pyhttp.testing import RecordingServer

TOP: Final = Path(__file__).parents[2]
PAGE: Final = (TOP / "docs" / "testing.md").read_text(encoding="utf-8")
README: Final = (TOP / "README.md").read_text(encoding="utf-8")
EXAMPLES: Final = [code for code in re.findall(r"```python\n(.*?)```", PAGE + README, re.DOTALL) if "def test_" in code]

PLAIN = """
import sys

def test_nothing_of_pyhttp_is_loaded() -> None:
    assert "pytest_pyhttp" in sys.modules
    assert not {name for name in sys.modules if name.partition(".")[0] == "pyhttp"}
"""
USING = """
import urllib.request

served = []

def test_a_server_for_this_test(pyhttp_server) -> None:
    served.append(pyhttp_server)
    (pyhttp_server.directory / "a.txt").write_text("content")
    with urllib.request.urlopen(pyhttp_server.url_for("/a.txt")) as answer:
        assert answer.read() == b"content"
    pyhttp_server.assert_requested("GET", "/a.txt", times=1)

def test_another_one_for_another_test(pyhttp_server) -> None:
    assert pyhttp_server is not served[0]
    assert pyhttp_server.requests == ()
    assert not served[0].directory.exists()
"""
FAILING = """
def test_it(pyhttp_server) -> None:
    pyhttp_server.assert_requested("GET", "/a")  # the line of the test
"""


def outcome(folder: Path, code: str, *options: str) -> tuple[int, str]:
    """The exit code and the words of pytest with the plugin."""
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "-p", "pytest_pyhttp"]
    ran = subprocess.run(
        [*command, *options, str(folder / "test_it.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_pytest_that_does_not_use_it_does_not_load_the_library(tmp_path: Path) -> None:
    status, said = outcome(tmp_path, PLAIN)
    assert status == 0, said


def test_each_test_has_a_server_of_its_own(tmp_path: Path) -> None:
    status, said = outcome(tmp_path, USING, "-W", "error")
    assert status == 0, said


def test_a_failure_is_shown_at_the_line_of_the_test(tmp_path: Path) -> None:
    status, said = outcome(tmp_path, FAILING)
    assert status == 1
    assert "GET /a: requested 0 times, not at least once. What came: nothing" in said
    assert "# the line of the test" in said
    assert "def assert_requested" not in said


def test_the_fixtures_are_listed_with_what_they_are(tmp_path: Path) -> None:
    _, said = outcome(tmp_path, "", "--fixtures")
    assert "A `pyhttp.testing.RecordingServer` for one test" in said
    assert "Override this by a context for servers" in said


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: re.findall(r"def (test_\w+)", code)[0])
def test_the_examples_of_the_documents_are_tests_that_pass(tmp_path: Path, code: str) -> None:
    status, said = outcome(tmp_path, code, "-W", "error")
    assert status == 0, said
    assert f"{len(re.findall('def test_', code))} passed" in said


def test_the_documents_show_the_message_as_it_is() -> None:
    with RecordingServer() as server:
        for method, path, content in (("GET", "/names", None), ("POST", "/name", b"Ada")):
            request = urllib.request.Request(server.url_for(path), content, method=method)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            refused.value.close()
        with pytest.raises(AssertionError) as told:
            server.assert_requested("POST", "/names", times=1)
    assert indent(f"AssertionError: {told.value}", "    ") in PAGE


def test_the_documents_have_an_example_of_each_kind() -> None:
    assert len(EXAMPLES) == 5

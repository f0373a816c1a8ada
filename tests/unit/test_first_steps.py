"""The command starts without `inspect` and `gettext`; a program that needs them has them; a library changes nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import pyhttp
from pyhttp import first_steps
from tests.unit.test_importing import SERVE, loaded_by

COMMAND: Final = 'sys.orig_argv[1:] = ["-m", "pyhttp"]\n'
SCRIPT: Final = 'sys.orig_argv[1:] = ["/usr/bin/pyhttp", "folder"]\n'
"""What the interpreter was started with, by `python -m pyhttp` and by the script that an installer writes."""
OTHERS: Final = ["", 'sys.orig_argv[1:] = ["-m", "other", "pyhttp"]\n', "sys.orig_argv[:] = []\n"]

SPARED: Final = {"ast", "dis", "gettext", "inspect", "locale"}
LOADED: Final = {"ast", "dis", "inspect"} if sys.version_info >= (3, 12) else set[str]()
"""Those of the spared modules that the command loads all the same."""

BEHAVES: Final = """
import dataclasses, sys
@dataclasses.dataclass
class Undocumented:
    number: int
assert Undocumented.__doc__ == "Undocumented(number: int)", Undocumented.__doc__
import inspect
from inspect import *
assert inspect is sys.modules["inspect"] and inspect.__spec__.origin.endswith("inspect.py")
assert isclass is inspect.isclass and dataclasses.inspect.signature is inspect.signature
"""


def ran(code: str) -> str:
    """The standard output of a fresh interpreter, which `code` may make believe that it runs the command."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("started", [COMMAND, SCRIPT])
def test_the_command_answers_without_inspect(started: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content")
    loaded = loaded_by(f"{started}{SERVE}", str(tmp_path))
    assert loaded & SPARED == LOADED


def test_python_m_starts_so() -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(pyhttp.__file__).parents[1]), "PYTHONPROFILEIMPORTTIME": "1"}
    command = [sys.executable, "-m", "pyhttp", "--version"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "pyhttp.first_steps" in loaded
    assert loaded & SPARED == LOADED


@pytest.mark.parametrize("started", [COMMAND, SCRIPT, *OTHERS])
def test_who_needs_inspect_has_the_true_one(started: str) -> None:
    ran(f"{started}import pyhttp{BEHAVES}")


@pytest.mark.parametrize("started", [COMMAND, SCRIPT, *OTHERS])
def test_who_needs_gettext_has_the_true_one(started: str) -> None:
    ran(f"{started}import pyhttp.command.cli, gettext; assert gettext.__spec__.origin.endswith('gettext.py')")


@pytest.mark.parametrize("before", ["gettext", "argparse"])
def test_where_one_of_them_is_loaded_already_nothing_changes(before: str) -> None:
    code = (
        f"{COMMAND}import {before}, gettext as true; import pyhttp, argparse; assert argparse.ngettext is true.ngettext"
    )
    ran(code)


def test_the_messages_about_arguments_are_those_of_argparse() -> None:
    code = "import pyhttp, argparse; print(argparse._('usage: '), argparse.ngettext('one', 'more', 1), end=' ')"
    code += "; print(argparse.ngettext('one', 'more', 2))"
    assert ran(COMMAND + code) == ran(code) == "usage:  one more\n"


@pytest.mark.parametrize("before", ["inspect", "dataclasses"])
def test_a_module_that_is_loaded_already_stays(before: str) -> None:
    ran(f"{COMMAND}import {before}, inspect as true; import pyhttp, dataclasses; assert dataclasses.inspect is true")


@pytest.mark.parametrize("started", OTHERS)
def test_a_program_that_imports_pyhttp_gets_none_of_this(started: str) -> None:
    found = ran(
        f"{started}import pyhttp, gc, dataclasses; print(gc.isenabled(), dataclasses.inspect is sys.modules['inspect'])"
    )
    assert found == "True True\n"


@pytest.mark.parametrize(("started", "collects"), [(COMMAND, False), (SCRIPT, True)])
def test_the_collector_rests_only_where_the_command_is_sure_to_follow(started: str, collects: bool) -> None:
    assert ran(f"{started}import pyhttp, gc; print(gc.isenabled())") == f"{collects}\n"


def test_a_failure_leaves_no_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> object:
        assert "inspect" in sys.modules
        raise ImportError("no descriptor is left")

    with monkeypatch.context() as patched:
        patched.setattr(first_steps, "import_module", fail)
        patched.setattr(sys, "version_info", (3, 11))
        for name in ("dataclasses", "inspect"):
            patched.delitem(sys.modules, name)
        with pytest.raises(ImportError, match="no descriptor"):
            first_steps.take()
        assert "inspect" not in sys.modules


def test_a_failure_without_translations_leaves_no_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> object:
        raise ImportError(name)

    with monkeypatch.context() as patched:
        patched.setattr(first_steps, "import_module", fail)
        for name in ("argparse", "gettext"):
            patched.delitem(sys.modules, name, raising=False)
        with pytest.raises(ImportError, match="argparse"):
            first_steps.take()
        assert "gettext" not in sys.modules


def test_a_later_python_loads_it_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(first_steps, "import_module", loaded.append)
        patched.setattr(sys, "version_info", (3, 12))
        for name in ("dataclasses", "inspect"):
            patched.delitem(sys.modules, name)
        first_steps.take()
    assert not loaded


def test_a_name_that_inspect_has_not_is_refused() -> None:
    ran(
        f"{COMMAND}import pyhttp, dataclasses\n"
        "try: dataclasses.inspect.nothing\n"
        "except AttributeError as error: assert error.name == 'nothing'\n"
        "else: sys.exit(1)"
    )

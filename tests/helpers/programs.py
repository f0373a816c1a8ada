"""Programs and packages of others, which a machine may lack."""

import os
import shutil
from importlib.util import find_spec
from typing import NoReturn

import pytest


def need(program: str) -> str:
    """The path of `program`. Without the program, the test fails where CI is set, and is skipped elsewhere."""
    path = shutil.which(program)
    if path is None:
        _lack(program)
    return path


def need_package(package: str) -> None:
    """Check that `package` can be imported. Without it the test fails where CI is set, and is skipped elsewhere."""
    if find_spec(package) is None:
        _lack(package)


def _lack(what: str) -> NoReturn:
    missing = f"{what} is not installed"
    if "CI" in os.environ:
        pytest.fail(missing)
    pytest.skip(missing)

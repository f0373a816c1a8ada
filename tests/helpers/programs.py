"""Other people's programs, which a machine may lack."""

import os
import shutil

import pytest


def need(program: str) -> str:
    """The path of `program`; without it the test fails where CI is set, and is skipped elsewhere."""
    path = shutil.which(program)
    if path is None:
        missing = f"{program} is not installed"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    return path

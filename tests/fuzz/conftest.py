"""A fuzz target is a property that is tried with new random input until its time is over.

FUZZ_SECONDS is this time; without it each target runs once, like any test.
"""

import inspect
import os
import time
from typing import Final

import pytest
from hypothesis import is_hypothesis_test, settings

SECONDS: Final = float(os.environ.get("FUZZ_SECONDS", "0"))

if SECONDS:
    # No input comes again. A round has many examples, since every round pays for its start.
    settings.register_profile(
        "fuzz", deadline=None, derandomize=False, database=None, print_blob=True, max_examples=300
    )
    settings.load_profile("fuzz")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a property again and again while there is time. Other tests run as usual."""
    if not is_hypothesis_test(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    end = time.monotonic() + SECONDS
    pyfuncitem.obj(**arguments)
    while time.monotonic() < end:
        pyfuncitem.obj(**arguments)
    return True

"""No test of the command leaves anything behind."""

import logging
from collections.abc import Iterator

import pytest

from pyhttp.transport import access_log


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command has a log of its own for its process, and an application may set up `logging`; later tests do not."""
    before = list(access_log._given)
    yield
    access_log._given[:] = before
    for name in ("pyhttp.access", "pyhttp.error"):
        logging.getLogger(name).disabled = False

"""Fixtures for every test."""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from pyhttp.transport import access_log
from tests.helpers import bounded
from tests.helpers.bounded import pytest_runtest_protocol, pytest_sessionfinish

__all__ = ["pytest_configure", "pytest_runtest_protocol", "pytest_sessionfinish"]

# A shared machine stalls at times, so no example has a deadline. CI must not fail by chance, so it draws the same
# examples.
settings.register_profile("pyhttp", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("pyhttp")


def pytest_configure(config: pytest.Config) -> None:
    bounded.pytest_configure(config)
    if path := os.environ.get("PYTHONPATH"):  # a program that is started in another folder has to find the same modules
        os.environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, path.split(os.pathsep)))
    config.addinivalue_line("markers", "clause(*ids): the normative statements of the RFCs that this test shows")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """The command has a log of its own for its process, and an application may set up `logging`; later tests do not."""
    before = list(access_log._given)
    yield
    access_log._given[:] = before
    for name in ("pyhttp.access", "pyhttp.error"):
        logging.getLogger(name).disabled = False

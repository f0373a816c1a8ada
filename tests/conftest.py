"""Fixtures for every test."""

import os

import pytest
from hypothesis import settings

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

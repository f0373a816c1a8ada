"""What every test may use."""

import os
import signal

import pytest
from hypothesis import settings

# A job in the background may have been started with it ignored, and every server that a test starts inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine stalls at times, so no example has a deadline; CI must not fail by chance, so it draws the same ones.
settings.register_profile("pyhttp", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("pyhttp")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the normative statements of the RFCs that this test shows")

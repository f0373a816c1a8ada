"""pytest's fixtures of pyhttp; `pyhttp.testing` has what they give.

A package of its own: pytest loads its plugins at every start, and `import pyhttp` is for those who use a fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyhttp.testing import RecordingServer

__all__ = ["pyhttp_server"]


@pytest.fixture
def pyhttp_server() -> "Iterator[RecordingServer]":
    """A `pyhttp.testing.RecordingServer` for one test; it serves a temporary folder until it is told otherwise."""
    from pyhttp.testing import RecordingServer  # noqa: PLC0415 - see above

    with RecordingServer() as server:
        yield server

"""Fixtures of pyhttp for pytest; their values are described in `pyhttp.testing`.

This is a package of its own: pytest loads its plugins at every start, and only tests with a fixture need `import
pyhttp`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl

    from pyhttp.testing import RecordingServer

__all__ = ["pyhttp_server", "pyhttp_tls"]


@pytest.fixture(scope="session")
def pyhttp_tls() -> "ssl.SSLContext | None":
    """Override this by a context for servers, with a certificate for 127.0.0.1: then `pyhttp_server` speaks TLS."""
    return None


@pytest.fixture
def pyhttp_server(pyhttp_tls: "ssl.SSLContext | None") -> "Iterator[RecordingServer]":
    """A `pyhttp.testing.RecordingServer` for one test; it serves a temporary folder unless it gets other orders."""
    from pyhttp.testing import RecordingServer  # noqa: PLC0415 - see above

    with RecordingServer(tls=pyhttp_tls) as server:
        yield server

"""Each kind of server, and a check that nothing is left of it."""

from collections.abc import Iterator

import pytest

from tests.helpers.servers import nothing_left, server_class

__all__ = ["server_class"]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield

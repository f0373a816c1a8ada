"""Each kind of server, room for many connections, and a check that nothing is left of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.crowd import raise_descriptor_limit
from tests.helpers.servers import nothing_left, server_class
from tests.helpers.tls import PLAIN, SECURE, Transport
from tests.robustness.slowness import write_scripts

__all__ = ["server_class"]


@pytest.fixture(params=[PLAIN, SECURE], ids=["plain", "tls"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """The transport between clients and server."""
    made: Transport = request.param
    return made


@pytest.fixture(scope="session", autouse=True)
def _room() -> None:
    raise_descriptor_limit(8192)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small file, and a large one without blocks on the disk."""
    made = tmp_path / "folder"
    made.mkdir()
    with (made / "large").open("wb") as file:
        file.truncate(64 << 20)
    (made / "small").write_text("hello")
    return made


@pytest.fixture
def busy_folder(folder: Path) -> Path:
    """The same folder with the scripts that slow clients ask for."""
    write_scripts(folder)
    return folder


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that no traceback was logged, since nothing here is a fault of the server."""
    yield
    assert not [record for record in caplog.get_records("call") if record.exc_info]

"""Fixtures for tests with real scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.cgi_site import CgiSite, descriptors, has_children, settled


@pytest.fixture
def cgi(tmp_path: Path) -> Iterator[CgiSite]:
    """A folder with a CGI directory. C11: after each test no process, no zombie, no descriptor and no spool is left."""
    root = tmp_path / "www"
    root.mkdir()
    site = CgiSite(root)
    before = descriptors()
    yield site
    settled()
    running = site.scripts.running
    site.scripts.close()  # otherwise one failure would make other tests fail, too
    assert running == 0
    assert not has_children()
    assert descriptors() == before

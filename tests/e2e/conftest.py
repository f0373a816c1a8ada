"""A folder like those of real users, served by the installed command."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.command import Running, running

LARGE: Final = "large file.bin"
ODD_NAMES: Final = (
    "with space.txt",
    "naïve — 日本語 🐍.txt",
    '<b>bold & "quoted"<b>.txt',
    "<script>alert(1)<script>.html.txt",
    "100% #1?.txt",
    "javascript:alert(1);x.txt",
    "back\\slash.txt",
    "it's;a=b&c.txt",
    "&amp;.txt",
    "%41.txt",
)
UNSERVED: Final = "new\nline.txt"
"""A name with a control character cannot be asked for (safety line T4), and so is not listed."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 1,000 small files, a subfolder, and a file of 100 MB; some of the files have odd names."""
    top = tmp_path_factory.mktemp("site")
    plain = [f"file-{number:04}.txt" for number in range(1000 - len(ODD_NAMES))]
    for number, name in enumerate([*plain, *ODD_NAMES]):
        (top / name).write_text(f"{number}: {name}\n" * (number % 50))
    (top / UNSERVED).touch()
    (top / "sub folder").mkdir()
    (top / "sub folder" / "inner.txt").write_text("inner\n")
    (top / "sub folder" / "page.html").write_text("<!doctype html><title>A page</title><p>Hello\n")
    generator = random.Random(20)
    with (top / LARGE).open("wb") as large:
        for _ in range(100):
            large.write(generator.randbytes(1_000_000))
    return top


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[Running]:
    """The command serving the folder on a free port."""
    with running(str(folder), "--port", "0", log=tmp_path / "log") as started:
        yield started

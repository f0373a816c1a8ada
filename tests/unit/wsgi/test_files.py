"""PEP 3333: `wsgi.file_wrapper`."""

import gzip
import io
import os
from pathlib import Path

import pytest

from pyhttp.wsgi.files import FileWrapper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def test_it_has_the_blocks_of_what_it_wraps() -> None:
    wrapper = FileWrapper(io.BytesIO(b"abcde"), 2)
    assert list(wrapper) == [b"ab", b"cd", b"e"]


def test_a_file_is_a_slice_from_where_it_stands(path: Path) -> None:
    for file in (path.open("rb"), path.open("rb", buffering=0)):
        assert file.read(3) == b"012"
        wrapper = FileWrapper(file)
        part = wrapper.as_slice(None)
        assert part is not None
        assert (part.offset, part.length) == (3, 7)
        assert part.file.fileno() == file.fileno()
        shorter = wrapper.as_slice(4)
        assert shorter is not None
        assert shorter.length == 4
        longer = wrapper.as_slice(100)
        assert longer is not None
        assert longer.length == 7
        part.close()
        assert file.closed
        part.close()


def test_a_file_beyond_its_end_is_empty(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(20)
        part = FileWrapper(file).as_slice(None)
        assert part is not None
        assert part.length == 0


def test_what_is_no_regular_file_is_read(path: Path) -> None:
    with gzip.open(path, "wb") as made:
        made.write(b"zipped")
    reading, writing = os.pipe()
    with gzip.open(path, "rb") as zipped, os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb"):
        for filelike in (zipped, io.BufferedReader(zipped), pipe, io.BytesIO(b"abc")):
            assert FileWrapper(filelike).as_slice(None) is None
        with pytest.raises(io.UnsupportedOperation):
            FileWrapper(zipped).fileno()


def test_what_cannot_be_closed_is_not() -> None:
    class Endless:
        def read(self, size: int, /) -> bytes:
            return b"x" * size

    wrapper = FileWrapper(Endless())
    assert next(iter(wrapper)) == b"x" * 65536
    wrapper.close()

"""multipart/byteranges, taken apart by a parser of its own. G5."""

import os
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import InternalError
from pyhttp.resources.byteranges import ByteRanges
from pyhttp.resources.opened import OpenedFile, open_file
from pyhttp.semantics.ranges import Span
from pyhttp.site import Site
from tests.helpers.folder import write

SITE = Site()


def opened(path: Path) -> OpenedFile:
    return open_file(str(path), str(path.parent), SITE)


def parts(data: bytes, media_type: str) -> list[tuple[dict[str, str], bytes]]:
    """The parts of a multipart body by RFC 2046 §5.1.1."""
    boundary = media_type.removeprefix("multipart/byteranges; boundary=").encode()
    assert re.fullmatch(rb"[0-9A-Za-z'()+_,\-./:=? ]{1,70}", boundary)
    assert data.endswith(b"\r\n--" + boundary + b"--\r\n")
    pieces = (b"\r\n" + data).removesuffix(b"\r\n--" + boundary + b"--\r\n").split(b"\r\n--" + boundary + b"\r\n")
    assert pieces[0] == b""
    found = []
    for piece in pieces[1:]:
        head, _, content = piece.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n"))
        found.append((fields, content))
    return found


@pytest.fixture(scope="module")
def alphabet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("byteranges") / "alphabet", b"abcdefghijklmnopqrstuvwxyz")


@pytest.mark.clause("9110-8.3.3-1c", "9110-15.3.7.2-2a", "9110-15.3.7.2-2b", "9110-15.3.7.2-6a")
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted), min_size=2, max_size=10))
def test_every_part_has_its_range_its_type_and_its_bytes(alphabet: Path, pairs: list[list[int]]) -> None:
    spans = tuple(Span(first, last + 1 - first) for first, last in pairs)
    body = ByteRanges(opened(alphabet), spans, 26, "text/x")
    data = b"".join(body)
    body.close()
    assert len(data) == body.length
    assert parts(data, body.media_type) == [
        (
            {"Content-Type": "text/x", "Content-Range": f"bytes {span.start}-{span.last}/26"},
            alphabet.read_bytes()[span.start : span.last + 1],
        )
        for span in spans
    ]


def test_G5_boundaries_are_long_and_never_the_same(alphabet: Path) -> None:
    file = opened(alphabet)
    types = {ByteRanges(file, (Span(0, 1), Span(2, 1)), 26, "text/x").media_type for _ in range(1000)}
    file.close()
    assert len(types) == 1000
    assert all(len(name) >= len("multipart/byteranges; boundary=") + 32 for name in types)


def test_G5_memory_does_not_grow_with_the_ranges(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    spans = tuple(Span(place * 8 * 1024 * 1024, 8 * 1024 * 1024) for place in range(8))
    body = ByteRanges(opened(path), spans, 64 * 1024 * 1024, "text/x")
    tracemalloc.start()
    total = sum(map(len, body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    body.close()
    assert total == body.length > 64 * 1024 * 1024
    assert peak < 1024 * 1024


def test_W2_a_file_that_shrinks_cuts_the_body(tmp_path: Path) -> None:
    path = write(tmp_path / "shrinking", b"0123456789")
    body = ByteRanges(opened(path), (Span(0, 2), Span(8, 2)), 10, "text/x")
    os.truncate(path, 9)
    with pytest.raises(InternalError):
        list(body)
    body.close()
    body.close()

"""RFC 3875 §4.2: content is received whole, in bounded memory. C5, D22."""

import errno
import io
import os
import tempfile
from pathlib import Path

import pytest

from pyhttp.cgi.spool import Budget, Spool, SpoolFull
from pyhttp.errors import IncompleteRequest
from pyhttp.limits import Limits
from tests.helpers.cgi_site import descriptors

LIMITS = Limits(spool_memory=1000)


class Pieces:
    """Content that arrives in given pieces, and may fail."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = list(pieces)

    def read(self, size: int, /) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        assert len(piece) <= size
        return piece


def stored(spool: Spool) -> bytes:
    descriptor = spool.descriptor()
    return b"" if descriptor is None else os.read(descriptor, 10_000)


def place(spool: Spool) -> str:
    descriptor = spool.descriptor()
    assert descriptor is not None
    return Path(f"/proc/self/fd/{descriptor}").readlink().name


def test_no_content_needs_no_file() -> None:
    spool = Spool(Pieces(), LIMITS, Budget(1))
    assert (spool.length, spool.descriptor()) == (0, None)
    spool.close()


@pytest.mark.parametrize("sizes", [(1,), (1000,), (999, 1), (1001,), (1000, 1), (600, 600, 600), (1, 5000)])
def test_C5_content_is_what_arrived_and_stands_at_its_beginning(sizes: tuple[int, ...]) -> None:
    pieces = [bytes((65 + index,)) * size for index, size in enumerate(sizes)]
    spool = Spool(Pieces(*pieces), LIMITS, Budget(10_000))
    assert (spool.length, stored(spool), stored(spool)) == (sum(sizes), b"".join(pieces), b"".join(pieces))
    assert place(spool).startswith("memfd:") == (sum(sizes) <= 1000)
    spool.close()


@pytest.mark.parametrize("size", [1000, 1001])
def test_C5_the_file_is_its_owners_alone_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    spool = Spool(Pieces(b"x" * size), LIMITS, Budget(10_000))
    descriptor = spool.descriptor()
    assert descriptor is not None
    status = os.fstat(descriptor)
    assert status.st_nlink == 0
    assert size <= 1000 or status.st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []
    spool.close()
    spool.close()
    assert descriptors() == before


def test_C5_where_there_is_no_file_in_memory_a_temporary_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    spool = Spool(Pieces(b"some"), LIMITS, Budget(10_000))
    assert stored(spool) == b"some"
    assert not place(spool).startswith("memfd:")
    spool.close()


def test_D22_all_spools_share_a_budget() -> None:
    budget = Budget(100)
    first = Spool(Pieces(b"x" * 60), LIMITS, budget)
    with pytest.raises(SpoolFull) as raised:
        Spool(Pieces(b"x" * 30, b"x" * 11), LIMITS, budget)
    assert (raised.value.status, raised.value.must_close) == (503, True)
    assert raised.value.fields == (("Retry-After", "1"),)
    second = Spool(Pieces(b"x" * 40), LIMITS, budget)  # what failed has given everything back
    first.close()
    third = Spool(Pieces(b"x" * 60), LIMITS, budget)
    second.close()
    third.close()
    third.close()
    Spool(Pieces(b"x" * 100), LIMITS, budget).close()
    with pytest.raises(SpoolFull):
        Spool(Pieces(b"x" * 101), LIMITS, budget)


@pytest.mark.parametrize("size", [10, 2000])
def test_F10_content_that_fails_is_not_kept(size: int) -> None:
    before, budget = descriptors(), Budget(10_000)
    with pytest.raises(IncompleteRequest):
        Spool(Pieces(b"x" * size, IncompleteRequest()), LIMITS, budget)
    assert descriptors() == before
    budget.take(10_000)


class FullDisk(io.FileIO):
    """A disk that takes 700 more bytes, three at a time."""

    left = 700

    def write(self, data: object, /) -> int:
        assert isinstance(data, memoryview)
        count = min(3, len(data), self.left)
        if count == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left -= count
        return super().write(data[:count])


def test_D22_a_full_disk_is_a_full_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FullDisk(tmp_path / "disk", "w+b"))
    before, budget = descriptors(), Budget(10_000)
    limits = Limits(spool_memory=10)
    spool = Spool(Pieces(b"x" * 700), limits, budget)
    assert stored(spool) == b"x" * 700
    spool.close()
    with pytest.raises(SpoolFull):
        Spool(Pieces(b"x" * 5, b"x" * 700), limits, budget)
    assert descriptors() == before
    budget.take(10_000)


class Interrupt(BaseException):
    """As a KeyboardInterrupt would."""


def test_whatever_interrupts_it_gives_everything_back() -> None:
    class Interrupted:
        def __init__(self) -> None:
            self.first = True

        def read(self, size: int, /) -> bytes:
            if self.first:
                self.first = False
                return b"x"
            raise Interrupt

    before = descriptors()
    with pytest.raises(Interrupt):
        Spool(Interrupted(), LIMITS, Budget(10))
    assert descriptors() == before

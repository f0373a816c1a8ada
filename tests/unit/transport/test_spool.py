"""RFC 9112 §6, RFC 3875 §4.2: content is kept whole, in bounded memory. C5, D22."""

import errno
import io
import os
import tempfile
import threading
from pathlib import Path

import pytest

from pyhttp.limits import Limits
from pyhttp.transport.spool import Budget, Spool, SpoolFull
from tests.helpers.sockets import descriptors

LIMITS = Limits(spool_memory=1000)


def spooled(*pieces: bytes, limits: Limits = LIMITS, budget: Budget | None = None) -> Spool:
    spool = Spool(limits, budget or Budget(10_000))
    for piece in pieces:
        spool.add(piece)
    return spool


def stored(spool: Spool) -> bytes:
    descriptor = spool.descriptor()
    return b"" if descriptor is None else os.read(descriptor, 10_000)


def read(spool: Spool) -> bytes:
    data = b""
    while piece := spool.read():
        data += piece
    return data


def place(spool: Spool) -> str:
    descriptor = spool.descriptor()
    assert descriptor is not None
    return Path(f"/proc/self/fd/{descriptor}").readlink().name


SIZES = pytest.mark.parametrize(
    "sizes", [(1,), (1000,), (999, 1), (1001,), (1000, 1), (600, 600, 600), (1, 5000), (70_000, 70_000)]
)


def test_no_content_needs_no_file() -> None:
    spool = spooled()
    assert (spool.length, spool.descriptor(), spool.read()) == (0, None, b"")
    spool.close()


@SIZES
def test_C5_content_is_what_arrived_and_stands_at_its_beginning(sizes: tuple[int, ...]) -> None:
    pieces = [bytes((65 + index,)) * size for index, size in enumerate(sizes)]
    spool = spooled(*pieces, budget=Budget(200_000))
    whole = b"".join(pieces)
    assert (spool.length, stored(spool), stored(spool)) == (sum(sizes), whole[:10_000], whole[:10_000])
    assert place(spool).startswith("memfd:") == (sum(sizes) <= 1000)
    spool.rewind()
    assert read(spool) == whole
    spool.close()


@SIZES
def test_content_is_read_once_from_the_beginning_wherever_it_is_kept(sizes: tuple[int, ...]) -> None:
    pieces = [bytes((65 + index,)) * size for index, size in enumerate(sizes)]
    before = descriptors()
    spool = spooled(*pieces, budget=Budget(200_000))
    assert descriptors() - before == (sum(sizes) > 1000)  # content in memory costs no descriptor
    spool.rewind()
    assert read(spool) == b"".join(pieces)
    assert spool.read() == b""
    assert spool.length == sum(sizes)
    spool.close()
    assert descriptors() == before


def test_a_read_gives_a_bounded_piece() -> None:
    spool = spooled(b"x" * 200_000, budget=Budget(200_000))
    spool.rewind()
    assert len(spool.read()) == 65536
    spool.close()


@pytest.mark.parametrize("size", [1000, 1001])
def test_C5_the_file_is_its_owners_alone_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    spool = spooled(b"x" * size)
    descriptor = spool.descriptor()
    assert descriptor is not None
    status = os.fstat(descriptor)
    assert status.st_nlink == 0
    assert size <= 1000 or status.st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []
    spool.close()
    spool.close()
    assert descriptors() == before


def test_nothing_is_read_of_what_was_given_back() -> None:
    spool = spooled(b"x" * 10)
    spool.close()
    assert spool.read() == b""


def test_C5_where_there_is_no_file_in_memory_a_temporary_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    spool = spooled(b"some")
    assert stored(spool) == b"some"
    assert not place(spool).startswith("memfd:")
    spool.close()


def test_D22_all_spools_share_a_budget() -> None:
    budget = Budget(100)
    first = spooled(b"x" * 60, budget=budget)
    failed = spooled(b"x" * 30, budget=budget)
    with pytest.raises(SpoolFull) as raised:
        failed.add(b"x" * 11)
    assert (raised.value.status, raised.value.must_close) == (503, True)
    assert raised.value.headers == (("Retry-After", "1"),)
    assert failed.length == 30  # octets that there was no room for are not counted
    failed.close()
    second = spooled(b"x" * 40, budget=budget)
    first.close()
    third = spooled(b"x" * 60, budget=budget)
    second.close()
    third.close()
    third.close()
    assert third.length == 0
    spooled(b"x" * 100, budget=budget).close()
    with pytest.raises(SpoolFull):
        spooled(b"x" * 101, budget=budget)


def test_D22_a_budget_is_counted_right_from_many_threads() -> None:
    budget = Budget(4000)

    def work() -> None:
        for _ in range(500):
            budget.take(1000)
            budget.give(1000)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    budget.take(4000)
    with pytest.raises(SpoolFull):
        budget.take(1)


@pytest.mark.parametrize("size", [10, 2000])
def test_F10_content_that_fails_is_not_kept(size: int) -> None:
    """Code that finds that the rest will not come closes the spool. That gives everything back."""
    before, budget = descriptors(), Budget(10_000)
    spooled(b"x" * size, budget=budget).close()
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
    spool = spooled(b"x" * 700, limits=limits, budget=budget)
    assert stored(spool) == b"x" * 700
    spool.close()
    spool = spooled(b"x" * 5, limits=limits, budget=budget)
    with pytest.raises(SpoolFull, match="No space"):
        spool.add(b"x" * 700)
    spool.close()
    assert descriptors() == before
    budget.take(10_000)


def test_D22_without_a_descriptor_for_it_a_script_gets_no_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "memfd_create", refuse)
    budget = Budget(10)
    spool = spooled(b"some", budget=budget)
    with pytest.raises(SpoolFull, match="Too many open files"):
        spool.descriptor()
    spool.close()
    budget.take(10)

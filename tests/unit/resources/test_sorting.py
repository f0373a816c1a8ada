"""The order of a directory that is too long for one page. W5."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pyhttp.resources.entries import Candidate, Directory, Entry
from pyhttp.resources.order import Order
from pyhttp.resources.sorting import Sorting, part_of
from pyhttp.site import Site
from tests.helpers.folder import write

COUNT = 40
QUERIES = ["", "order=desc", "sort=size", "sort=size&order=desc", "sort=date", "sort=date&order=desc"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    numbers = random.Random(4).sample(range(COUNT), COUNT)
    for number in numbers:
        write(tmp_path / f"File {number}", b"x" * (number % 7), modified_ns=number % 5 * 10**9)
    for number in range(3):
        (tmp_path / f"sub{number}").mkdir()
    return tmp_path


@pytest.fixture
def directory(root: Path) -> Iterator[Directory]:
    opened = Directory(str(root), str(root), Site())
    yield opened
    opened.close()


def in_order(root: Path, query: str) -> list[str]:
    opened = Directory(str(root), str(root), Site())
    found = opened.entries(opened.block(1000))
    opened.close()
    return [entry.name for entry in Order.of(query).sorted(found)]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("block", [1, 5, 100])
@pytest.mark.parametrize("keep", [0, 6, 100])
def test_names_added_by_blocks_are_sorted_as_all_together(
    directory: Directory, root: Path, query: str, block: int, keep: int
) -> None:
    sorting = Sorting(directory, Order.of(query), keep)
    while found := directory.block(block):
        sorting.add(found)
        assert not keep or len(sorting._records) <= 2 * keep
    assert sorting.count == COUNT + 3
    expected = in_order(root, query)
    assert sorting.names(2, 6) == expected[2:6]
    assert sorting.names(5, 1000) == expected[5 : keep or None]
    assert [name for block in sorting.take() for name in block] == expected[: keep or None]
    assert list(sorting.take()) == []


def test_no_names_at_all(directory: Directory) -> None:
    sorting = Sorting(directory, Order())
    sorting.add([])
    assert sorting.count == 0
    assert sorting.names(0, 9) == []
    assert list(sorting.take()) == []


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("size", [1, 10, 42, 43, 100])
def test_pages_together_are_the_whole(root: Path, query: str, size: int) -> None:
    order, seen = Order.of(query), list[str]()
    for number in range(1, 50):
        directory = Directory(str(root), str(root), Site())
        entries, total = part_of(directory, order, number, size)
        directory.close()
        assert total == COUNT + 3
        if size >= total:
            assert len(entries) == total
            return
        assert len(entries) == max(0, min(size, total - (number - 1) * size))
        seen += [entry.name for entry in order.sorted(entries)]
    assert seen == in_order(root, query)


@pytest.mark.parametrize(("query", "looked"), [("", 5), ("order=desc", 5), ("sort=size", COUNT + 3 + 5)])
def test_an_order_by_name_looks_at_the_entries_of_its_page_alone(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, query: str, looked: int
) -> None:
    names: list[str] = []
    look = Directory.entries

    def counted(directory: Directory, candidates: Iterable[Candidate]) -> list[Entry]:
        found = list(candidates)
        names.extend([candidate.name for candidate in found])
        return look(directory, found)

    monkeypatch.setattr(Directory, "entries", counted)
    entries, _ = part_of(directory, Order.of(query), 2, 5)
    assert len(entries) == 5
    assert len(names) == looked


def test_what_cannot_be_read_has_its_place_in_an_order_by_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a file is counted where the server looks at no file, and is shown nowhere."""
    monkeypatch.setattr("pyhttp.resources.entries.os.access", lambda *_, **__: False)
    (root / "File 3").chmod(0)

    def part(query: str, number: int, size: int = 5) -> tuple[int, int, bool]:
        directory = Directory(str(root), str(root), Site())
        entries, total = part_of(directory, Order.of(query), number, size)
        directory.close()
        return len(entries), total, "File 3" in {entry.name for entry in entries}

    assert part("", 1) == (5, COUNT + 3, False)
    assert part("", 2) == (4, COUNT + 3, False)
    assert part("sort=size", 2) == (5, COUNT + 2, False)
    assert part("", 1, 100) == (COUNT + 2, COUNT + 2, False)

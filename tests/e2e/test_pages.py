"""Every block of the pages is run like a reader runs it, or has a test of its own, or the page gives the reason."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.snippets import PAGES, TOP, Snippet, Walk, snippets

ELSEWHERE: Final = {
    "README.md": "tests/e2e/test_readme.py",
    "docs/check.md": "tests/helpers/consoles.py",
    "docs/explain.md": "tests/helpers/consoles.py",
    "docs/package.md": "tests/e2e/test_readme.py",  # the README's own program
    "docs/proxies.md": "tests/helpers/proxies.py",
    "docs/testing.md": "tests/unit/test_pytest_pyhttp.py",
    "docs/with-others.md": "tests/e2e/test_with_others.py",
}
"""Pages whose blocks have a test that asks more of them than that they run."""

NOT_RUN: Final = 3
"""How many blocks say that they are not run, and why; a further one is a decision."""

WALKED: Final = [page for page in PAGES if str(page.relative_to(TOP)) not in ELSEWHERE and snippets(page)]


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    walk = Walk(tmp_path)
    yield walk
    walk.close()


@pytest.mark.skipif(shutil.which("curl") is None and not os.environ.get("CI"), reason="there is no curl")
@pytest.mark.parametrize("page", WALKED, ids=lambda page: str(page.relative_to(TOP)))
def test_what_a_page_says_happens(page: Path, walk: Walk) -> None:
    for snippet in snippets(page):
        if not snippet.reason:
            walk.run(snippet)


def test_few_blocks_are_not_run() -> None:
    assert len([snippet for page in PAGES for snippet in snippets(page) if snippet.reason]) == NOT_RUN


@pytest.mark.parametrize("page", ELSEWHERE)
def test_the_test_of_a_page_reads_it(page: str) -> None:
    assert (TOP / page).name in (TOP / ELSEWHERE[page]).read_text(encoding="utf-8") or page == "docs/package.md"


@pytest.mark.parametrize(
    "wrong",
    [
        Snippet("console", "$ echo one\ntwo\n", ""),
        Snippet("console", "$ echo one\n", ""),
        Snippet("python", "raise ValueError\n", ""),
        Snippet("python", "run(print)\n", ""),
        Snippet("sh", "cat nothing\n", ""),
    ],
)
def test_a_block_that_does_something_else_fails(wrong: Snippet, walk: Walk) -> None:
    with pytest.raises(AssertionError):
        walk.run(wrong)

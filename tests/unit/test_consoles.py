"""The documents' blocks of a terminal show the real output; to change them: `python -m tests.helpers.consoles`."""

from pathlib import Path

import pytest

from tests.helpers.consoles import PAGES, filled, servers


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_comes(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with servers() as addresses:
        assert filled(text, addresses) == text


def test_output_that_is_wrong_is_noticed() -> None:
    page = "```console\n$ printf 'GET / HTTP/1.0\\r\\n\\r\\n' | pyhttp explain\nno message\n```\n"
    assert "request 1: octets 0 to 17" in filled(page, {})

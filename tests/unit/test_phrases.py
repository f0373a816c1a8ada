"""Reason phrases, the same on every Python version."""

from http import HTTPStatus
from typing import Final

import pytest

from pyhttp.phrases import reason_phrase

RENAMED: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Phrases of RFC 9110 that older Python versions do not know yet."""


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (100, "Continue"),
        (200, "OK"),
        (206, "Partial Content"),
        (304, "Not Modified"),
        (404, "Not Found"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (422, "Unprocessable Content"),
        (505, "HTTP Version Not Supported"),
        (299, ""),
        (599, ""),
    ],
)
def test_reason_phrase(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase


@pytest.mark.parametrize("status", list(HTTPStatus), ids=str)
def test_a_registered_status_has_a_phrase_that_can_be_sent(status: HTTPStatus) -> None:
    assert reason_phrase(status) == RENAMED.get(status, status.phrase)
    assert reason_phrase(status).isascii()
    assert reason_phrase(status).isprintable()
    assert reason_phrase(status)

"""Reason phrases and explanations, the same on every Python version."""

from http import HTTPStatus

import pytest

from pyhttp import errors
from pyhttp.semantics.statuses import explanation, reason_phrase


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
    assert reason_phrase(status).isascii()
    assert reason_phrase(status).isprintable()
    assert reason_phrase(status)


def error_classes() -> list[type[errors.HTTPError]]:
    return [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.HTTPError)]


@pytest.mark.clause("9110-15.5-1b", "9110-15.6-1b", "9110-15.6.6-1c")
@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_of_ours_is_explained(error: type[errors.HTTPError]) -> None:
    assert explanation(error.status).endswith(".")
    assert explanation(error.status) not in {explanation(499), explanation(599)}


def test_other_errors_are_explained_by_their_class() -> None:
    assert explanation(499) == "The server did not accept this request."
    assert explanation(599) == "The server could not answer this request."

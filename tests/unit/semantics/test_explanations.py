"""The meanings of errors."""

import pytest

from pyhttp import errors, refusals
from pyhttp.semantics.explanations import explanation


def error_classes() -> list[type[errors.HTTPError]]:
    found = [*vars(errors).values(), *vars(refusals).values()]
    return [error for error in found if isinstance(error, type) and issubclass(error, errors.HTTPError)]


@pytest.mark.clause("9110-15.5-1b", "9110-15.6-1b", "9110-15.6.6-1c")
@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_of_ours_is_explained(error: type[errors.HTTPError]) -> None:
    assert explanation(error.status).endswith(".")
    assert explanation(error.status) not in {explanation(499), explanation(599)}


def test_other_errors_are_explained_by_their_class() -> None:
    assert explanation(499) == "The server did not accept this request."
    assert explanation(599) == "The server could not answer this request."

"""The tree of errors: each has a status of its own and knows whether the connection can go on."""

from http import HTTPStatus
from typing import Final

import pytest

from pyhttp import errors
from pyhttp.errors import (
    HTTPError,
    IncompleteRequest,
    MalformedRequest,
    MethodNotAllowed,
    MissingRequest,
    Misuse,
    RangeNotSatisfiable,
    Unavailable,
)
from pyhttp.semantics.statuses import reason_phrase
from tests.helpers.untyped import untyped


def _descendants(base: type[HTTPError]) -> list[type[HTTPError]]:
    return [base, *(one for child in base.__subclasses__() for one in _descendants(child))]


TREE: Final = [one for one in _descendants(HTTPError) if one.__module__ == errors.__name__]


def make(kind: type[HTTPError]) -> HTTPError:
    if issubclass(kind, MethodNotAllowed):
        return kind("why", allow=())
    return kind("why", length=3) if issubclass(kind, RangeNotSatisfiable) else kind("why")


@pytest.mark.parametrize("kind", TREE)
def test_an_error_has_a_status_and_says_why(kind: type[HTTPError]) -> None:
    error = make(kind)
    assert isinstance(error.status, HTTPStatus)
    assert error.status >= 400
    assert (error.detail, str(error)) == ("why", "why")
    assert kind.__doc__
    assert kind is HTTPError or str(int(error.status)) in kind.__doc__


@pytest.mark.parametrize("kind", TREE)
def test_the_tree_in_the_documentation_is_the_tree(kind: type[HTTPError]) -> None:
    assert errors.__doc__ is not None
    (line,) = [line for line in errors.__doc__.splitlines() if kind.__name__ in line.split()]
    if kind is not HTTPError:
        assert f" {int(kind.status)}" in line
        assert ("closes" in line) == kind.must_close


@pytest.mark.parametrize("kind", TREE)
def test_an_error_without_a_detail_is_called_as_its_answer_is(kind: type[HTTPError]) -> None:
    """By RFC 9110, whatever the Python version has: Content Too Large, not Request Entity Too Large."""
    named: dict[str, object] = {"allow": ()} if issubclass(kind, MethodNotAllowed) else {}
    named |= {"length": 3} if issubclass(kind, RangeNotSatisfiable) else {}
    error = untyped(kind)(**named)
    assert str(error) == vars(error)["detail"] == reason_phrase(kind.status)


def test_the_detail_is_the_phrase_unless_told() -> None:
    assert MalformedRequest().detail == "Bad Request"
    assert HTTPError(fields=(("A", "b"),)).fields == (("A", "b"),)


def test_errors_that_carry_fields() -> None:
    assert MethodNotAllowed(allow=("GET", "HEAD")).fields == (("Allow", "GET, HEAD"),)
    assert MethodNotAllowed(allow=()).fields == (("Allow", ""),)
    assert Unavailable(retry_after=5).fields == (("Retry-After", "5"),)
    assert Unavailable("why").fields == (("Retry-After", "1"),)


def test_what_is_missing_is_incomplete_and_malformed() -> None:
    assert issubclass(MissingRequest, IncompleteRequest)
    assert issubclass(IncompleteRequest, MalformedRequest)


def test_misuse_is_no_http_error() -> None:
    assert not issubclass(Misuse, HTTPError)


def test_everything_public_is_listed() -> None:
    kinds = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__module__ == errors.__name__
    }
    assert kinds == set(errors.__all__)

"""The tree of errors: each has a status of its own and knows whether the connection can go on."""

from http import HTTPStatus
from types import ModuleType
from typing import Final

import pytest

from pyhttp import errors, refusals
from pyhttp.errors import (
    HTTPError,
    IncompleteRequest,
    MalformedRequest,
    MethodNotAllowed,
    MissingRequest,
    Misuse,
    NotFound,
    StatusError,
    Unavailable,
)
from pyhttp.phrases import reason_phrase
from pyhttp.refusals import Gone, TooManyRequests, Unauthorized, UnsupportedMediaType, UpgradeRequired
from tests.helpers.untyped import untyped


def _descendants(base: type[HTTPError]) -> list[type[HTTPError]]:
    return [base, *(one for child in base.__subclasses__() for one in _descendants(child))]


MODULES: Final = (errors, refusals)
TREE: Final = [one for one in _descendants(HTTPError) if one.__module__ in {module.__name__ for module in MODULES}]
NEEDED: Final[dict[str, dict[str, object]]] = {
    "MethodNotAllowed": {"allow": ()},
    "RangeNotSatisfiable": {"length": 3},
    "Unauthorized": {"challenge": "Basic"},
    "UpgradeRequired": {"upgrade": "websocket"},
}
"""The arguments that some classes need."""


def make(kind: type[HTTPError], *detail: str) -> HTTPError:
    status = (kind.status,) if kind is HTTPError else ()
    error: object = untyped(kind)(*status, *detail, **NEEDED.get(kind.__name__, {}))
    assert isinstance(error, HTTPError)
    return error


@pytest.mark.parametrize("kind", TREE)
def test_an_error_has_a_status_and_says_why(kind: type[HTTPError]) -> None:
    error = make(kind, "why")
    assert HTTPStatus(error.status) >= 400
    assert (error.detail, str(error)) == ("why", "why")
    assert kind.__doc__
    assert kind in {HTTPError, StatusError} or str(int(error.status)) in kind.__doc__


@pytest.mark.parametrize("kind", TREE)
def test_the_tree_in_the_documentation_is_the_tree(kind: type[HTTPError]) -> None:
    drawn = [line for module in MODULES for line in (module.__doc__ or "").splitlines() if "──" in line]
    lines = [line for line in drawn if kind.__name__ in line.split()]
    if kind not in {HTTPError, StatusError}:
        (line,) = lines
        assert f" {int(kind.status)}" in line
        assert ("closes" in line) == kind.must_close


def test_every_status_of_the_RFCs_that_an_origin_server_answers_with_has_a_class() -> None:
    """The statuses are those of RFC 9110 §15.5, §15.6 and RFC 6585.

    Statuses 418, 407 and 511 have no class: 418 is unused, and the others are not for origin servers.
    """
    client = {*range(400, 418), 421, 422, 426, 428, 429, 431} - {407}
    assert {int(kind.status) for kind in TREE} == client | set(range(500, 506))


@pytest.mark.parametrize("kind", TREE)
def test_an_error_without_a_detail_is_called_as_its_answer_is(kind: type[HTTPError]) -> None:
    """The names are those of RFC 9110 in every Python version: Content Too Large, not Request Entity Too Large."""
    error = make(kind)
    assert str(error) == error.detail == reason_phrase(kind.status)


def test_the_detail_is_the_phrase_unless_told() -> None:
    assert MalformedRequest().detail == "Bad Request"
    assert HTTPError(400, headers=(("A", "b"),)).headers == (("A", "b"),)


def test_errors_that_carry_fields() -> None:
    assert MethodNotAllowed(allow=("GET", "HEAD")).headers == (("Allow", "GET, HEAD"),)
    assert MethodNotAllowed(allow=()).headers == (("Allow", ""),)
    assert Unavailable(retry_after=5).headers == (("Retry-After", "5"),)
    assert Unavailable("why").headers == (("Retry-After", "1"),)
    assert TooManyRequests(retry_after=0).headers == (("Retry-After", "0"),)
    assert TooManyRequests().headers == UnsupportedMediaType().headers == Gone().headers == ()
    assert UnsupportedMediaType(accept="text/csv").headers == (("Accept", "text/csv"),)
    assert Unauthorized(challenge="Basic, Bearer").headers == (("WWW-Authenticate", "Basic, Bearer"),)
    assert UpgradeRequired(upgrade="websocket").headers == (("Upgrade", "websocket"),)


def test_what_a_status_cannot_do_without_is_demanded() -> None:
    with pytest.raises(ValueError, match="challenge: a 401 has at least one"):
        Unauthorized(challenge="")
    with pytest.raises(ValueError, match="upgrade: a 426 names at least one"):
        UpgradeRequired(upgrade="")


def test_an_error_of_any_status() -> None:
    error = HTTPError(418, "no coffee", headers={"X-Pot": "tea"})
    assert (error.status, error.detail, error.headers) == (418, "no coffee", (("X-Pot", "tea"),))
    assert HTTPError(410).detail == "Gone"
    assert HTTPError(499).detail == ""
    assert StatusError("why").status == 500


@pytest.mark.parametrize("status", [200, 399, 600, -1])
def test_a_status_that_is_no_errors_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match=f"status: an error has 400 to 599, not {status}"):
        HTTPError(status)


def test_a_status_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="status: int, not NoneType"):
        untyped(HTTPError)(None)


def test_a_subclass_has_a_status_of_its_own_or_that_of_what_it_refines() -> None:
    class Teapot(StatusError):
        status = 418

    class NoSuchUser(NotFound):
        def __init__(self, name: str) -> None:
            super().__init__(f"there is no user {name!r}")

    assert (Teapot("why").status, Teapot("why").detail, Teapot().detail) == (418, "why", "I'm a Teapot")
    assert (NoSuchUser("ann").status, NoSuchUser("ann").detail) == (404, "there is no user 'ann'")


def test_what_is_missing_is_incomplete_and_malformed() -> None:
    assert issubclass(MissingRequest, IncompleteRequest)
    assert issubclass(IncompleteRequest, MalformedRequest)


def test_misuse_is_no_http_error() -> None:
    assert not issubclass(Misuse, HTTPError)


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_listed(module: ModuleType) -> None:
    kinds = {name for name, kind in vars(module).items() if getattr(kind, "__module__", "") == module.__name__}
    assert kinds == set(module.__all__)

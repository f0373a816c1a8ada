"""The answer to a method that is not offered."""

import pytest

from pyhttp.errors import MethodNotAllowed, MethodUnknown
from pyhttp.semantics.methods import REFUSED, allow_value, check_method


@pytest.mark.clause("9110-9.1-9a")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_files_offer_reading(method: str) -> None:
    check_method(method)


@pytest.mark.clause("9110-9.1-10d", "9110-15.5.6-1b")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "CONNECT", "TRACE", "PATCH"])
def test_S3_a_known_method_is_not_allowed_and_told_what_is(method: str) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        check_method(method)
    assert caught.value.status == 405
    assert caught.value.headers == (("Allow", "GET, HEAD, OPTIONS"),)


@pytest.mark.clause("9110-9.1-10c")
@pytest.mark.parametrize("method", ["BREW", "get", "Head", "PROPFIND", "!"])
def test_S3_an_unknown_method_is_not_implemented(method: str) -> None:
    with pytest.raises(MethodUnknown) as caught:
        check_method(method)
    assert caught.value.status == 501


def test_a_resource_may_offer_others() -> None:
    check_method("POST", ("POST",))
    for method in ("GET", "HEAD", "OPTIONS"):
        with pytest.raises(MethodNotAllowed) as caught:
            check_method(method, ("POST", "PUT"))
        assert caught.value.headers == (("Allow", "POST, PUT"),)


@pytest.mark.clause("9110-9.3.7-4a")
def test_what_is_offered_is_told() -> None:
    assert allow_value(("GET", "OPTIONS")) == "GET, OPTIONS"


def test_S3_what_is_never_performed() -> None:
    assert sorted(REFUSED) == ["CONNECT", "TRACE"]

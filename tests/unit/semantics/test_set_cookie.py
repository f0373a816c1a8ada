"""Cookies, as browsers accept them."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from http.cookies import SimpleCookie

import pytest

from pyhttp.semantics.fields import Headers
from pyhttp.semantics.set_cookie import Cookie
from tests.helpers.untyped import untyped

NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("cookie", "line"),
    [
        (Cookie("a", "1"), "a=1; Path=/; HttpOnly; SameSite=Lax"),
        (Cookie("a", "", path="", http_only=False, same_site=None), "a="),
        (Cookie("a", '"x"', domain="example.org"), 'a="x"; Path=/; Domain=example.org; HttpOnly; SameSite=Lax'),
        (Cookie("a", "1", path="/b", max_age=60, http_only=False, same_site=None), "a=1; Path=/b; Max-Age=60"),
        (
            Cookie("a", "", max_age=0, http_only=False, same_site=None),
            "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        (
            Cookie("a", "1", path="", expires=NOON, same_site="Strict"),
            "a=1; Expires=Wed, 02 Jan 2030 10:00:00 GMT; HttpOnly; SameSite=Strict",
        ),
        (Cookie("a", "1", path="", expires=NOON, max_age=9, same_site=None), "a=1; Max-Age=9; HttpOnly"),
        (Cookie("a", "1", secure=True, same_site="None"), "a=1; Path=/; Secure; HttpOnly; SameSite=None"),
        (Cookie("__Host-a", "1", secure=True), "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        (
            Cookie("__Secure-a", "1", path="/x", domain="a.b", secure=True),
            "__Secure-a=1; Path=/x; Domain=a.b; Secure; HttpOnly; SameSite=Lax",
        ),
    ],
)
def test_what_is_sent_to_browsers(cookie: Cookie, line: str) -> None:
    assert str(cookie) == line
    assert Headers({"Set-Cookie": line})["Set-Cookie"] == line
    (read,) = SimpleCookie(line).values()
    assert (read.key, read["path"], bool(read["secure"])) == (cookie.name, cookie.path, cookie.secure)


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a=b"}, "name"),
        ({"name": "ü"}, "name"),
        ({"value": "a b"}, "value"),
        ({"value": "a;b"}, "value"),
        ({"value": "a,b"}, "value"),
        ({"value": 'a"b'}, "value"),
        ({"value": '"a'}, "value"),
        ({"value": "a\\b"}, "value"),
        ({"value": "a\r\nSet-Cookie: b=c"}, "value"),
        ({"value": "ü"}, "value"),
        ({"value": "x" * 4096}, "at most 4096"),
        ({"path": "a"}, "path"),
        ({"path": "/a;b"}, "path"),
        ({"path": "/\n"}, "path"),
        ({"path": "/" + "a" * 1024}, "path: at most"),
        ({"domain": ".example.org"}, "domain"),
        ({"domain": "example.org:80"}, "domain"),
        ({"domain": "a..b"}, "domain"),
        ({"domain": "a.b; Secure"}, "domain"),
        ({"domain": "a." * 600 + "a"}, "domain: at most"),
        ({"max_age": -1}, "max_age"),
        ({"expires": datetime(2030, 1, 1)}, "expires: needs a time zone"),
        ({"expires": datetime(1600, 12, 31, tzinfo=UTC)}, "expires"),
        ({"same_site": "lax"}, "same_site"),
        ({"same_site": "None"}, 'secure: same_site="None" needs secure=True$'),
        ({"name": "__Secure-a"}, "secure: the name __Secure-a needs secure=True$"),
        ({"name": "__host-a"}, "needs secure=True"),
        ({"name": "__Host-a", "secure": True, "path": "/x"}, "needs path"),
        ({"name": "__HOST-a", "secure": True, "path": ""}, "needs path"),
        ({"name": "__Host-a", "secure": True, "domain": "a.b"}, "no domain"),
    ],
)
def test_what_browsers_would_drop_or_misread_is_refused(named: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=rf"^Cookie.*{wrong}"):
        untyped(Cookie)(**{"name": "a", "value": "1", **named})


@pytest.mark.parametrize("part", ["name", "value", "path", "domain", "max_age", "expires"])
def test_parts_of_a_wrong_type_are_refused(part: str) -> None:
    with pytest.raises(TypeError, match=rf"^Cookie\.{part}: "):
        untyped(Cookie)(**{"name": "a", "value": "1", part: b"x"})


def test_name_and_value_may_be_as_long_as_browsers_take() -> None:
    assert len(Cookie("n", "x" * 4095).value) == 4095


def test_a_cookie_is_a_value() -> None:
    cookie = Cookie("a", "1")
    assert cookie == Cookie("a", "1")
    with pytest.raises(FrozenInstanceError):
        setattr(cookie, "value", "2")  # noqa: B010 - an assignment would not pass the type checker


@pytest.mark.parametrize(
    ("part", "text", "meant"),
    [
        ("name", "a b", "a token, such as letters and digits"),
        ("value", "a b", "a cookie-value; encode it, for instance by urllib.parse.quote or base64"),
        ("path", "a", "a path, which begins with a slash and has no semicolon"),
        ("domain", "a:1", "a host without a port"),
    ],
)
def test_a_refusal_says_what_was_given_and_what_is_meant(part: str, text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=r"^Cookie") as raised:
        untyped(Cookie)(**{"name": "a", "value": "1", part: text})
    assert str(raised.value) == f"Cookie.{part}: {text!r} is not {meant}"

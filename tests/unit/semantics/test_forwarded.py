"""RFC 7239: the client of a request, by the word of trusted proxies."""

import pytest

from pyhttp.proxies import Networks, Origin
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.forwarded import ForwardedError, origin

TRUSTED = Networks(("10.0.0.0/8", "2001:db8::/32", "unix"))


def found(*lines: tuple[str, str]) -> Origin | None:
    return origin(Headers(lines), TRUSTED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", Origin("192.0.2.60", 0, "http")),
        ('For="[2001:DB8:cafe::17]:4711"', Origin("2001:db8:cafe::17", 4711)),
        ('for="192.0.2.43:47011";proto=HTTPS;host=example.com', Origin("192.0.2.43", 47011, "https", "example.com")),
        ("for=_hidden", Origin("_hidden", 0)),
        ('for="_gazonk:_port"', Origin("_gazonk", 0)),
        ("for=unknown", Origin("unknown", 0)),
        ("for=Unknown", Origin("unknown", 0)),
        ("proto=https", Origin("unknown", 0, "https")),
        ("for=192.0.2.1, for=198.51.100.2", Origin("198.51.100.2", 0)),
        ("for=192.0.2.1, for=10.1.2.3", Origin("192.0.2.1", 0)),
        ("for=192.0.2.66;proto=gopher, for=192.0.2.1;proto=https, for=10.0.0.1", Origin("192.0.2.1", 0, "https")),
        ("for=10.0.0.7, for=10.0.0.8", Origin("10.0.0.7", 0)),
        ("; for=192.0.2.1 ; ext=x;", Origin("192.0.2.1", 0)),
        ('for=192.0.2.1;host="a\\:80"', Origin("192.0.2.1", 0, "", "a:80")),
        (",for=192.0.2.1,,", Origin("192.0.2.1", 0)),
        ('for="192.0.2.1:99999"', Origin("192.0.2.1", 0)),
    ],
)
def test_forwarded(value: str, expected: Origin) -> None:
    assert found(("Forwarded", value)) == expected


def test_several_lines_are_one_list() -> None:
    assert found(("Forwarded", "for=192.0.2.1"), ("Forwarded", "for=10.0.0.1")) == Origin("192.0.2.1", 0)


@pytest.mark.parametrize(
    "value",
    [
        "for",
        "for=",
        "for=[2001:db8::1]",  # brackets and colons are in no token: the value must be quoted
        'for="2001:db8::1"',
        "for=192.0.2.1:80",
        "for=192.0.2.256",
        "for=192.0.2.1 proto=http",
        "for=192.0.2.1;for=192.0.2.2",
        "for=192.0.2.1;proto=a/b",
        'for=192.0.2.1;host="a b"',
        'for=192.0.2.1;host="a,b"',
        'for=192.0.2.1;host=":80"',
        'for="192.0.2.1',
        "for=example.org",
    ],
)
def test_a_malformed_member_spoils_the_field(value: str) -> None:
    with pytest.raises(ForwardedError):
        found(("Forwarded", f"{value}, for=10.0.0.1"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({"X-Forwarded-For": "192.0.2.1"}, Origin("192.0.2.1", 0)),
        ({"X-Forwarded-For": "192.0.2.66, 192.0.2.1, 10.0.0.1"}, Origin("192.0.2.1", 0)),
        ({"X-Forwarded-For": "2001:db9::1"}, Origin("2001:db9::1", 0)),
        ({"X-Forwarded-For": "[2001:db9::1]:80"}, Origin("2001:db9::1", 80)),
        ({"X-Forwarded-For": "192.0.2.1:1234"}, Origin("192.0.2.1", 1234)),
        ({"X-Forwarded-For": "unknown"}, Origin("unknown", 0)),
        (
            {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "a.example:8443"},
            Origin("192.0.2.1", 0, "https", "a.example:8443"),
        ),
        (
            {"X-Forwarded-For": "192.0.2.1, 10.0.0.1", "X-Forwarded-Proto": "https, http"},
            Origin("192.0.2.1", 0, "https"),
        ),
        (
            {"X-Forwarded-For": "192.0.2.66, 192.0.2.1, 10.0.0.1", "X-Forwarded-Proto": "https"},
            Origin("192.0.2.1", 0, "https"),
        ),
        ({"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "gopher, https"}, Origin("192.0.2.1", 0, "https")),
        ({"X-Forwarded-Proto": "https"}, None),
        ({}, None),
    ],
)
def test_the_fields_of_before(lines: dict[str, str], expected: Origin | None) -> None:
    assert found(*lines.items()) == expected


@pytest.mark.parametrize("value", ["example.org", "192.0.2.1;x", "::1::", "'", "192.0.2.1 192.0.2.2"])
def test_a_malformed_client_spoils_x_forwarded_for(value: str) -> None:
    with pytest.raises(ForwardedError):
        found(("X-Forwarded-For", value))


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For"])
def test_what_a_client_has_invented_in_front_is_not_even_read(name: str) -> None:
    added = "192.0.2.1" if name.startswith("X") else "for=192.0.2.1"
    assert found((name, f"<nonsense>, {added}")) == Origin("192.0.2.1", 0)


@pytest.mark.parametrize("opened", ['"', '"a', 'for="', "'", "(", "\\"])
def test_a_quote_that_a_client_has_opened_does_not_swallow_what_the_proxy_adds(opened: str) -> None:
    assert found(("X-Forwarded-For", f"{opened}, 192.0.2.1")) == Origin("192.0.2.1", 0)


@pytest.mark.parametrize("lines", [{"X-Forwarded-Proto": "a/b"}, {"X-Forwarded-Host": "a b"}])
def test_what_is_malformed_beside_a_client_spoils_the_fields(lines: dict[str, str]) -> None:
    with pytest.raises(ForwardedError):
        found(("X-Forwarded-For", "192.0.2.1"), *lines.items())


BOTH = [("Forwarded", "for=192.0.2.1;proto=https;host=a.example"), ("X-Forwarded-For", "192.0.2.1")]


def test_fields_of_both_kinds_may_say_the_same() -> None:
    lines = [*BOTH, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "a.example")]
    assert found(*lines) == Origin("192.0.2.1", 0, "https", "a.example")


@pytest.mark.parametrize(
    "lines",
    [
        [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")],
        BOTH,
        [*BOTH, ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "a.example")],
        [*BOTH, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "b.example")],
    ],
)
def test_fields_of_both_kinds_must_agree_since_one_may_come_from_the_client(lines: list[tuple[str, str]]) -> None:
    with pytest.raises(ForwardedError, match="disagree"):
        found(*lines)

"""RFC 6265 §5.4: cookies, as browsers send them back."""

import pytest

from pyhttp.semantics.cookies import parse_cookies


@pytest.mark.parametrize(
    ("values", "cookies"),
    [
        ((), {}),
        (("",), {}),
        (("a=1",), {"a": "1"}),
        (("a=1; b=2;c=3 ;\td=4;",), {"a": "1", "b": "2", "c": "3", "d": "4"}),
        (("a=1; a=2", "a=3"), {"a": "1"}),
        (("a=x=y; b=", "c= d"), {"a": "x=y", "b": "", "c": "d"}),
        (('a="1 2"; b=%20+',), {"a": '"1 2"', "b": "%20+"}),
        (("lonely; =nameless; A=1; a=2",), {"A": "1", "a": "2"}),
        (("a=\xc3\xbc",), {"a": "\xc3\xbc"}),
    ],
)
def test_what_browsers_send(values: tuple[str, ...], cookies: dict[str, str]) -> None:
    assert parse_cookies(values) == cookies

"""URI references against the grammar of RFC 3986 Appendix A, written down once more. R2."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.references import ESCAPES, unescaped, uri_reference

PCHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
NAME: Final = PCHAR.replace(":@", "")
H16: Final = "[0-9A-Fa-f]{1,4}"
HOST: Final = rf"(?:\[(?:(?:{H16}:){{7}}{H16}|::(?:{H16}(?::{H16}){{0,6}})?|(?:{H16}:)+(?::{H16})+)\]|{NAME}*)"
AUTHORITY: Final = rf"//(?:{PCHAR.replace('@', '')}*@)?{HOST}(?::[0-9]*)?"
HIER_PART: Final = rf"(?:{AUTHORITY}(?:/{PCHAR}*)*|/(?:{PCHAR}+(?:/{PCHAR}*)*)?|{PCHAR}+(?:/{PCHAR}*)*|)"
RELATIVE_PART: Final = HIER_PART.replace(rf"|{PCHAR}+(", rf"|{PCHAR.replace(':@', '@')}+(")
END: Final = rf"(?:\?(?:{PCHAR}|[/?])*)?(?:#(?:{PCHAR}|[/?])*)?"
REFERENCE: Final = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+\-.]*:{HIER_PART}|{RELATIVE_PART}){END}")

octets = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])) | st.lists(
    st.sampled_from(["/", "//", ":", "?", "#", "%", "%41", "[", "]", "@", "a", "b", ".", "[::1]", "8", "http", '"'])
).map("".join)


@given(octets)
def test_whatever_is_given_a_reference_comes_out(text: str) -> None:
    found = uri_reference(text)
    assert REFERENCE.fullmatch(found), found
    assert uri_reference(found) == found
    if REFERENCE.fullmatch(text):
        assert found == text


@given(octets)
def test_it_means_the_same_octets(text: str) -> None:
    assert unquote_to_bytes(uri_reference(text)).removeprefix(b"./") == unquote_to_bytes(
        text.encode("latin-1")
    ).removeprefix(b"./")


@pytest.mark.parametrize(
    "text",
    ["", "a/", "./a:b/", "../../", "/", "//host/x", "http://u:p@host:80/a;b/c,d?e=f/?#g/?", "mailto:x@y", "http:",
     "http://[2001:db8::1]:8080/", "?a=%22b", "#x", "file:///x", "/a:b", "/%C3%BC"],
)  # fmt: skip
def test_a_reference_stays_as_it_is(text: str) -> None:
    assert uri_reference(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('/sub/?a="b"', "/sub/?a=%22b%22"),
        ("/a b", "/a%20b"),
        ("/\xc3\xbc?\xfc", "/%C3%BC?%FC"),
        ("/a?b[]=c", "/a?b%5B%5D=c"),
        ("/[a]", "/%5Ba%5D"),
        ("/100%", "/100%25"),
        ("/%zz%4", "/%25zz%254"),
        ("/a#b#c", "/a#b%23c"),
        ("/\\evil.example", "/%5Cevil.example"),
        ("\\\\evil.example", "%5C%5Cevil.example"),
        ("http://a b/", "http://a%20b/"),
        ("http://[a/", "http://%5Ba/"),
        ("http://a:b/", "http://a%3Ab/"),
        ("http://a@b@c/", "http://a%40b%40c/"),
        ("1http://x", "./1http://x"),
        ("a b:c", "./a%20b:c"),
        (":", "./:"),
        ("a\tb", "a%09b"),
        ("\x7f", "%7F"),
        ("a\n?b\r#\n", "a%0A?b%0D#%0A"),
    ],
)
def test_what_may_not_stand_there_is_escaped(text: str, expected: str) -> None:
    assert uri_reference(text) == expected


@pytest.mark.clause("3986-2.1-3c")
def test_escapes_that_we_write_have_upper_case_digits() -> None:
    assert [unescaped(escape.encode()) for escape in ESCAPES] == [bytes((octet,)) for octet in range(256)]
    assert all(len(escape) == 3 and escape == escape.upper() for escape in ESCAPES)


@pytest.mark.clause("3986-2.4-3b", "3986-6.2.2.1-1a")
@pytest.mark.parametrize(
    ("text", "octets"),
    [
        (b"", b""),
        (b"a+b", b"a+b"),
        (b"%2e%2E%C3%bc", b"..\xc3\xbc"),
        (b"%2541", b"%41"),
        (b"%25%32%35", b"%25"),
        (b"%", b"%"),
        (b"%4", b"%4"),
        (b"%zz%4g%%41", b"%zz%4g%A"),
        (b"a%0Ab", b"a\nb"),
    ],
)
def test_escapes_are_decoded_once(text: bytes, octets: bytes) -> None:
    assert unescaped(text) == octets == unquote_to_bytes(text)

"""The table of media types, compared with the standard library's. W6."""

import mimetypes
import re

import pytest

from pyhttp import abnf
from pyhttp.semantics.media_types import DEFAULT, TYPES, media_type

ON_PURPOSE = {
    "3gp": "a container of video, whatever it holds",
    "3gpp": "a container of video, whatever it holds",
    "dll": "the registered name",
    "exe": "the registered name",
    "js": "RFC 9239",
    "man": "RFC 4263",
    "mjs": "RFC 9239",
    "obj": "a model rather than what a compiler leaves",
    "p12": "RFC 7292",
    "pfx": "RFC 7292",
    "py": "text is shown rather than saved",
    "rdf": "RFC 3870",
    "roff": "RFC 4263",
    "rst": "text is shown rather than saved",
    "rtf": "the registered name that older versions say too",
    "sh": "text is shown rather than saved",
    "tex": "text is shown rather than saved",
    "tr": "RFC 4263",
    "vcf": "RFC 6350",
    "wav": "the name that browsers know",
    "xml": "application/xml leaves the charset to the document (RFC 7303)",
}
"""Where some version of the standard library says otherwise, and why it may."""


def standard() -> dict[str, str]:
    return mimetypes.MimeTypes(filenames=()).types_map[True]


@pytest.mark.parametrize("suffix", sorted(TYPES.keys() & {suffix[1:] for suffix in standard()}))
def test_where_the_standard_library_says_otherwise_there_is_a_reason(suffix: str) -> None:
    assert TYPES[suffix] == standard()[f".{suffix}"] or suffix in ON_PURPOSE


def test_there_are_about_150_types() -> None:
    assert 110 <= len(set(TYPES.values())) <= 190
    assert len(TYPES) >= 200


@pytest.mark.parametrize("suffix", sorted(TYPES))
def test_each_type_is_a_media_type_and_each_suffix_in_lower_case(suffix: str) -> None:
    assert re.fullmatch(abnf.text(abnf.MEDIA_TYPE), TYPES[suffix])
    assert suffix == suffix.lower()
    assert "." not in suffix


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("INDEX.HTML", "text/html; charset=utf-8"),
        ("/srv/www.old/page", DEFAULT),
        ("/srv/www/a.b/page.css", "text/css; charset=utf-8"),
        ("archive.tar.gz", "application/gzip"),
        ("data.json", "application/json"),
        ("picture.svg", "image/svg+xml"),
        ("README", DEFAULT),
        ("unknown.suffix", DEFAULT),
        (".html", DEFAULT),
        ("/srv/.css", DEFAULT),
        ("dot.", DEFAULT),
        ("", DEFAULT),
    ],
)
@pytest.mark.clause("9110-8.3-5a", "9110-8.3.1-4a")
def test_W6_the_name_alone_tells_the_type(name: str, expected: str) -> None:
    assert media_type(name) == expected


def test_the_operator_comes_first() -> None:
    further = (("html", "text/plain"), ("zz", "text/x-z; charset=latin1"), ("html", "application/x-h"))
    assert media_type("a.html", further=further) == "application/x-h"
    assert media_type("a.zz", further=further) == "text/x-z; charset=latin1"
    assert media_type("a.css", further=further) == "text/css; charset=utf-8"


def test_the_charset_is_the_operators() -> None:
    assert media_type("a.txt", charset="iso-8859-1") == "text/plain; charset=iso-8859-1"
    assert media_type("a.txt", charset="") == "text/plain"
    assert media_type("a.json", charset="iso-8859-1") == "application/json"

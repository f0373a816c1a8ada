"""The table of media types, compared with the standard library's, and the look at other files. W6."""

import mimetypes
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp import abnf
from pyhttp.semantics.media_types import DEFAULT, LOOK, TYPES, media_type, own_coding

ON_PURPOSE = {
    "3gp": "a container of video, whatever it holds",
    "3gpp": "a container of video, whatever it holds",
    "csh": "text is shown rather than saved",
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
    "tcl": "text is shown rather than saved",
    "tex": "text is shown rather than saved",
    "toml": "text is shown rather than saved",
    "tr": "RFC 4263",
    "vcf": "RFC 6350",
    "wav": "the name that browsers know",
    "yaml": "text is shown rather than saved",
    "yml": "text is shown rather than saved",
    "xml": "application/xml leaves the charset to the document (RFC 7303)",
}
"""The types for which some version of the standard library has another, with the reason."""


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
def test_W6_the_name_alone_tells_the_type_where_there_is_nothing_to_look_at(name: str, expected: str) -> None:
    assert media_type(name) == expected


def not_to_be_called() -> bytes:
    pytest.fail("the file was looked into")


SHOWN: Final = (
    *("yaml", "yml", "toml", "jsonl", "ndjson", "rs", "go", "java", "c", "h", "sh", "cfg", "ini", "conf", "log"),
    *("env", "sql", "tsx", "jsx", "vue", "kt", "swift", "rb", "pl", "lua", "r", "tex", "rst", "adoc", "diff"),
    *("lock", "patch", "srt", "py", "PY", "txt"),
)
"""The names of files in the folders of developers."""


@pytest.mark.parametrize("suffix", SHOWN)
def test_text_of_a_known_suffix_is_shown_without_a_look(suffix: str) -> None:
    assert media_type(f"a.{suffix}", beginning=not_to_be_called) == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.ipynb", "application/json"),
        ("a.vtt", "text/vtt; charset=utf-8"),
        ("a.md", "text/markdown; charset=utf-8"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.m2ts", "video/mp2t"),
        ("a.bin.gz", "application/gzip"),
    ],
)
def test_other_known_suffixes_are_not_looked_into(name: str, expected: str) -> None:
    assert media_type(name, beginning=not_to_be_called) == expected


UNKNOWN: Final = ("LICENSE", "/srv/a.b/Makefile", "Dockerfile", ".gitignore", ".env", "/srv/.html", "go.mod", "a.1", "")
E_ACUTE: Final = "é".encode()


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize(
    ("beginning", "text"),
    [
        (b"", True),
        (b"plain\n", True),
        (b"\t\n\x0c\r\x1b[1m\x7f", True),
        (E_ACUTE, True),
        ("\ufeffé€🐍\u0085".encode(), True),
        (b"x" * (LOOK - 1) + E_ACUTE[:1], True),
        (b"x" * (LOOK - 2) + E_ACUTE[:1], False),
        (E_ACUTE[:1] + b"x" * (LOOK - 1), False),
        (b"\xe9t\xe9", False),
        ("text".encode("utf-16"), False),
        (b"\xed\xa0\x80", False),
        *((b"text" + bytes((octet,)), False) for octet in (0, 1, 8, 0x0B, 0x0E, 0x1A, 0x1C, 0x1F, 0x80, 0xFF)),
        (b"<!DOCTYPE html><script>", True),
    ],
)
def test_W6_what_the_name_does_not_tell_the_beginning_does(name: str, beginning: bytes, text: bool) -> None:
    """The beginning tells only whether a file is text, however much the file looks like a page."""
    expected = "text/plain; charset=utf-8" if text else DEFAULT
    assert media_type(name, beginning=lambda: beginning) == expected
    assert media_type(name, beginning=lambda: beginning, charset="latin1") == expected


@given(st.binary(max_size=64))
def test_W6_a_look_never_finds_what_a_browser_runs(beginning: bytes) -> None:
    assert media_type("x", beginning=lambda: beginning) in {"text/plain; charset=utf-8", DEFAULT}


@pytest.mark.parametrize("name", ["main.ts", "index.MTS"])
def test_typescript_is_text_and_a_film_is_not(name: str) -> None:
    packet = b"\x47\x40\x00\x10\x00" + b"\xff" * 183
    assert media_type(name, beginning=lambda: b"export const G = 1;\n") == "text/plain; charset=utf-8"
    assert media_type(name, beginning=lambda: packet * 10) == "video/mp2t"
    assert media_type(name, default="a/b", beginning=lambda: packet * 10) == "video/mp2t"
    assert media_type(name) == "video/mp2t"


def test_the_operators_type_of_unknown_names_needs_no_look() -> None:
    assert media_type("LICENSE", default="text/x-l", beginning=not_to_be_called) == "text/x-l; charset=utf-8"
    assert media_type("a.zip", default="text/x-l") == "application/zip"


@pytest.mark.parametrize("name", ["a.svgz", "/x/A.SVGZ"])
def test_a_compressed_picture_has_a_coding_of_its_own(name: str) -> None:
    assert own_coding(name) == "gzip"
    assert media_type(name, coding="gzip") == "image/svg+xml"
    assert media_type(name) == "application/gzip"
    further = (("svgz", "application/octet-stream"),)
    assert own_coding(name, further) == ""
    assert media_type(name, further=further) == "application/octet-stream"


@pytest.mark.parametrize("name", ["a.tar.gz", "a.gz", "a.svg", ".svgz", "svgz", "a.tgz"])
def test_archives_have_none(name: str) -> None:
    assert own_coding(name) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.html", "application/x-h"),
        ("a.HTML", "application/x-h"),
        ("a.zz", "text/x-z; charset=latin1"),
        ("a.css", "text/css; charset=utf-8"),
        ("/srv/Makefile", "text/x-make; charset=utf-8"),
        ("makefile", "text/x-make; charset=utf-8"),
        ("GNUMakefile", DEFAULT),
        (".gitignore", "text/x-ignore; charset=utf-8"),
        ("a.tar.zz", "application/x-tar-zz"),
        ("tar.zz", "application/x-tar-zz"),
        ("/srv/zz.d/file", DEFAULT),
    ],
)
def test_the_operator_comes_first(name: str, expected: str) -> None:
    further = (
        ("html", "text/plain"),
        ("tar.zz", "application/x-tar-zz"),
        ("zz", "text/x-z; charset=latin1"),
        ("html", "application/x-h"),
        ("Makefile", "text/x-make"),
        ("gitignore", "text/x-ignore"),
    )
    assert media_type(name, further=further) == expected


def test_the_charset_is_the_operators() -> None:
    assert media_type("a.txt", charset="iso-8859-1") == "text/plain; charset=iso-8859-1"
    assert media_type("a.txt", charset="") == "text/plain"
    assert media_type("a.json", charset="iso-8859-1") == "application/json"


def test_the_usual_type_and_the_look_into_a_file() -> None:
    assert (DEFAULT, LOOK) == ("application/octet-stream", 8192)

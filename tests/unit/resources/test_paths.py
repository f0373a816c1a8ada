"""From request path to file-system path, and back."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.errors import BadRequest, NotFound
from pyhttp.resources.paths import decode, locate, only_file
from pyhttp.resources.relative_references import encode_segment
from pyhttp.site import is_hidden

names = st.binary(min_size=1, max_size=12).filter(
    lambda name: name not in {b".", b".."} and not any(octet < 0x20 or octet in b"/\x7f" for octet in name)
)


def spelled(segments: tuple[str, ...]) -> str:
    """The path that means these segments."""
    return "/" + "/".join(map(encode_segment, segments))


@pytest.mark.clause("3986-7.3-2a", "3986-7.3-2b", "3986-7.3-2c", "3986-2.4-2a", "3986-2.4-3b", "3986-6.2.2.2-1c")
@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("//", ()),
        ("/a", ("a",)),
        ("/a/", ("a",)),
        ("/a/b.html", ("a", "b.html")),
        ("//a///b//", ("a", "b")),
        ("/a%20b", ("a b",)),
        ("/%61", ("a",)),
        ("/%C3%BC", ("ü",)),
        ("/%c3%bc", ("ü",)),
        ("/%FF", ("\udcff",)),
        ("/%252e%252e", ("%2e%2e",)),
        ("/%25", ("%",)),
        ("/%252F%252f", ("%2F%2f",)),
        ("/10%20", ("10 ",)),
        ("/...", ("...",)),
        ("/..a", ("..a",)),
        ("/a%5Cb", ("a\\b",)),
        ("/a\\b", ("a\\b",)),
        ("/a;b=c", ("a;b=c",)),
        ("/a+b", ("a+b",)),
        ("/a?b=/../c", ("a",)),
        ("/a?", ("a",)),
    ],
)
def test_T3_decoded_exactly_once(path: str, segments: tuple[str, ...]) -> None:
    assert decode(path) == segments


@pytest.mark.clause("3986-7.3-2d")
@pytest.mark.parametrize("escape", [f"%{octet:02X}" for octet in [*range(0x20), 0x7F]])
def test_T4_an_encoded_control_character_is_a_bad_request(escape: str) -> None:
    with pytest.raises(BadRequest):
        decode(f"/a{escape}b")


@pytest.mark.parametrize("path", ["/a%2Fb", "/a%2fb", "/%2F", "/%2F%00", "/..%2f..%2f"])
def test_T4_an_encoded_slash_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        decode(path)


@pytest.mark.clause("3875-9.8-1a", "3875-9.8-1b", "3986-5.2.4-1", "3986-6.2.2.3-1c", "3986-7.3-3a")
@pytest.mark.parametrize(
    "path", ["/.", "/..", "/../etc", "/a/../b", "/a/./b", "/%2e", "/%2E%2e/", "/.%2e", "/%2e./a", "//..//", "/a/.."]
)
def test_T5_a_dot_segment_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        decode(path)


@pytest.mark.parametrize("path", ["", "a", "*", "http://a/b", "/a b", "/ü", "/a%", "/a%2", "/a%zz", "/a#b", "/a\x00"])
def test_what_is_no_path_is_a_bad_request(path: str) -> None:
    with pytest.raises(BadRequest):
        decode(path)


@pytest.mark.clause("3986-2.4-3a", "3986-2.4-3b", "3986-7.2-3a")
@given(st.lists(names))
def test_R2_what_is_encoded_is_decoded(raw: list[bytes]) -> None:
    segments = tuple(map(os.fsdecode, raw))
    path = spelled(segments)
    assert decode(path) == segments
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path


@pytest.mark.parametrize(
    ("segments", "hidden"),
    [
        ((), False),
        (("a", "b.c"), False),
        ((".git",), True),
        (("a", ".env"), True),
        ((".well-known", "x"), False),
        ((".well-known", ".x"), True),
        (("...",), True),
    ],
)
def test_W8_hidden_names(segments: tuple[str, ...], hidden: bool) -> None:
    assert is_hidden(segments) is hidden
    path = spelled(segments)
    if hidden:
        with pytest.raises(NotFound):
            locate("/srv", path, hide_dotfiles=True)
    assert locate("/srv", path) == "/".join(("/srv", *segments))


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/srv", "/", "/srv"),
        ("/srv", "//", "/srv"),
        ("/srv", "/a/b/", "/srv/a/b"),
        ("/srv", "/a%20b?x=/..", "/srv/a b"),
        ("/", "/", "/"),
        ("/", "/a", "/a"),
        ("/box/", "/a", "/box/a"),
    ],
)
def test_locate(root: str, path: str, expected: str) -> None:
    assert locate(root, path) == expected


def test_a_located_name_reaches_its_file(tmp_path: Path) -> None:
    for raw in (b"a b", b"%2e", b"\xff", "ü".encode(), b"a\\b", b"#?"):
        name = os.fsdecode(raw)
        (tmp_path / name).write_bytes(raw)
        located = locate(str(tmp_path), spelled((name,)))
        assert Path(located).read_bytes() == raw


@pytest.mark.parametrize(
    ("segments", "slash", "found"),
    [
        ((), True, True),
        (("a",), False, True),
        (("a",), True, False),
        (("b",), False, False),
        (("b",), True, False),
        (("a", "a"), False, False),
    ],
)
def test_a_site_of_one_file_has_no_other_name(segments: tuple[str, ...], slash: bool, found: bool) -> None:
    if found:
        assert only_file("/srv", segments, "a", slash=slash) == "/srv/a"
    else:
        with pytest.raises(NotFound):
            only_file("/srv", segments, "a", slash=slash)

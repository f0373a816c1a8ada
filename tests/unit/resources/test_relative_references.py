"""References that hold wherever the site is mounted."""

import pytest

from pyhttp.resources.relative_references import directory_reference, encode_segment, home_reference


@pytest.mark.parametrize(
    ("path", "home"),
    [("/", "./"), ("/a", "./"), ("/a/", "../"), ("/a/b/c", "../../"), ("//a", "../"), ("/%2e%2E/a", "../")],
)
def test_R1_home_is_as_many_steps_up_as_there_are_slashes(path: str, home: str) -> None:
    assert home_reference(path) == home


@pytest.mark.parametrize(
    ("path", "segments", "expected"),
    [
        ("/a", ("a",), "a/"),
        ("/x//a%20b", ("x", "a b"), "a%20b/"),
        ("/\\c", ("\\c",), "%5Cc/"),
        ("//evil", ("evil",), "evil/"),
        ("/javascript:x", ("javascript:x",), "./javascript%3Ax/"),
        ("/x/a:b", ("x", "a:b"), "./a%3Ab/"),
        ("/a:b/x", ("a:b", "x"), "x/"),
        ("/cgi-bin/s", ("a:b", "c d"), "../a%3Ab/c%20d/"),
        ("/s.php", ("a:b",), "./a%3Ab/"),
    ],
)
def test_R1_a_directory_is_where_it_is_behind_any_prefix(path: str, segments: tuple[str, ...], expected: str) -> None:
    assert directory_reference(path, segments) == expected


@pytest.mark.clause("3986-2.1-3c", "3986-2.4-3a")
def test_encode_segment_leaves_unreserved_characters() -> None:
    assert encode_segment("aZ09-._~") == "aZ09-._~"
    assert encode_segment("ü\udcff/?#%") == "%C3%BC%FF%2F%3F%23%25"

"""What names and paths of a folder mean by themselves."""

import pytest

from pyhttp.names import cgi_directories_like, in_cgi_directory, is_inside


@pytest.mark.parametrize(
    ("path", "root", "inside"),
    [
        ("/srv/www", "/srv/www", True),
        ("/srv/www/a", "/srv/www", True),
        ("/srv/www-old", "/srv/www", False),
        ("/srv/www-old/a", "/srv/www", False),
        ("/srv", "/srv/www", False),
        ("/", "/", True),
        ("/a", "/", True),
    ],
)
def test_T6_inside_is_compared_by_components(path: str, root: str, inside: bool) -> None:
    assert is_inside(path, root) is inside


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("cgi-bin", ("cgi-bin",)),
        ("CGI-Bin", ("cgi-bin",)),
        ("\uff43gi-bin", ("cgi-bin",)),
        ("caf\xe9", ("caf\xe9", "CAFE\u0301")),
        ("cafe\u0301", ("caf\xe9", "CAFE\u0301")),
        ("CAF\xc9", ("caf\xe9", "CAFE\u0301")),
        ("cafe", ()),
        ("cgi-bin2", ()),
        ("gi-bin", ()),
        ("", ()),
    ],
)
def test_C8_a_name_that_some_file_system_takes_for_a_cgi_directory(name: str, like: tuple[str, ...]) -> None:
    """C8: a file system may take two names for one, by letter case or by Unicode composition."""
    directories = ("cgi-bin", "caf\xe9", "CAFE\u0301")
    assert cgi_directories_like(name, directories) == like
    for root in ("/srv/www", "/"):
        top = root.rstrip("/")
        for path in (f"{top}/{name}", f"{top}/{name}/", f"{top}/{name}/a/b"):
            assert in_cgi_directory(path, root, directories) is (like != ())
        assert not in_cgi_directory(f"{top}/docs/{name}", root, directories)

"""The settings of a folder's server are checked when the value is built."""

import dataclasses
import inspect
import re

import pytest

from pyhttp.site import Site
from tests.helpers.untyped import untyped


def test_the_defaults() -> None:
    assert {each.name: getattr(Site(), each.name) for each in dataclasses.fields(Site) if each.init} == {
        "index": ("index.html", "index.htm"),
        "listing": True,
        "cgi_directories": ("cgi-bin",),
        "cgi_suffixes": (),
        "cgi_env": (),
        "cgi_auth": False,
        "follow_symlinks": False,
        "hide_dotfiles": False,
        "only": "",
        "clean_urls": False,
        "spa": "",
        "not_found": "404.html",
        "max_age": None,
        "cors": False,
        "headers": (),
        "media_types": (),
        "default_type": "",
        "charset": "utf-8",
        "codings": (),
        "compress": False,
        "auth": None,
    }


def test_a_site_shows_its_parameters_alone() -> None:
    assert repr(Site()).endswith(", compress=False, auth=None)")


def test_what_may_be_said() -> None:
    Site(
        max_age=0,
        not_found="",
        charset="",
        headers=(("X-A", ""), ("Vary", "Origin")),
        cgi_suffixes=((".php", "/usr/bin/php-cgi"),),
        cgi_env=("LANG",),
        media_types=(("x", "text/x; charset=utf-8"), ("y", 'a/b;c="d e"'), ("Makefile", "a/b"), ("tar.x", "a/b")),
        default_type="text/plain; charset=utf-8",
        codings=(),
        index=(),
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "nul\0"])
def test_names_are_plain_names(name: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.index: "):
        Site(index=("index.html", name))
    with pytest.raises(ValueError, match=r"^Site\.cgi_directories: "):
        Site(cgi_directories=(name,))
    if name:
        with pytest.raises(ValueError, match=r"^Site\.not_found: "):
            Site(not_found=name)
        with pytest.raises(ValueError, match=r"^Site\.only: "):
            Site(only=name)
        with pytest.raises(ValueError, match=r"^Site\.spa: "):
            Site(spa=name)


def test_an_application_beside_the_one_file_there_is_could_not_be_reached() -> None:
    with pytest.raises(ValueError, match=r"Site\.spa: 'b\.html' is not the only file of the site, 'a\.html'"):
        Site(only="a.html", spa="b.html")
    assert Site(only="a.html", spa="a.html").spa == "a.html"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"index": "index.html"}, r"Site.index: a tuple or a list of texts, not str: write \('index.html',\)"),
        ({"cgi_directories": "cgi-bin"}, r"Site.cgi_directories: .*, not str: write \('cgi-bin',\)"),
        ({"headers": {"X": "y"}}, r"Site.headers: .* pairs, not dict: write \(\('X', 'y'\),\)"),
        ({"codings": {"gzip"}}, "Site.codings: a tuple or a list of texts, not set"),
        ({"listing": "no"}, "Site.listing: bool, not str"),
        ({"max_age": "60"}, "Site.max_age: int or NoneType, not str"),
        ({"auth": "users"}, "Site.auth: BasicAuth or NoneType, not str"),
        ({"max_age": True}, "Site.max_age: int or NoneType, not bool"),
        ({"not_found": None}, "Site.not_found: str, not NoneType"),
        ({"spa": True}, "Site.spa: str, not bool"),
        ({"compress": "gzip"}, "Site.compress: bool, not str"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_named(named: dict[str, object], message: str) -> None:
    """A text is a sequence of names of one letter each, and an operator never means that."""
    with pytest.raises(TypeError, match=message):
        untyped(Site)(**named)


def test_max_age_is_not_negative() -> None:
    with pytest.raises(ValueError, match=r"^Site\.max_age must not be negative: -1$"):
        Site(max_age=-1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"),
        ("a b", "x"),
        ("X-A", "a\r\nb"),
        ("X-A", " a"),
        ("X-A", "a\t"),
        ("X-A", "\u0100"),
        ("Content-Length", "1"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("Content-Type", "text/html"),
        ("ETag", '"x"'),
        ("Location", "/"),
    ],
)
def test_headers_are_field_lines_that_the_server_does_not_know_better(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.headers: "):
        Site(headers=((name, value),))


@pytest.mark.parametrize(
    "name",
    [
        *("Accept-Ranges", "Allow", "Connection", "Content-Encoding", "Content-Length", "Content-Range"),
        *("Content-Type", "Date", "ETag", "Keep-Alive", "Last-Modified", "Location", "Proxy-Connection"),
        *("Retry-After", "TE", "Trailer", "Transfer-Encoding", "Upgrade"),
    ],
)
def test_what_only_the_server_can_state_is_not_the_operators(name: str) -> None:
    for written in (name, name.lower(), name.upper()):
        with pytest.raises(ValueError, match=rf"^Site\.headers: {written} may not be set: the server states it"):
            Site(headers=[(written, "x")])


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [
        ("", "a/b"),
        (".x", "a/b"),
        ("a/b", "a/b"),
        ("x", "text"),
        ("x", "a/b; c"),
        ("x", "a/b\r\nc"),
    ],
)
def test_media_types(suffix: str, media_type: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.media_types: "):
        Site(media_types=((suffix, media_type),))


@pytest.mark.parametrize("media_type", ["text", "a/b\r\nc", " a/b"])
def test_the_default_type_is_a_media_type(media_type: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.default_type: "):
        Site(default_type=media_type)


def test_charset_is_a_token() -> None:
    with pytest.raises(ValueError, match=r"^Site\.charset: "):
        Site(charset="utf 8")


def test_codings_are_known() -> None:
    with pytest.raises(ValueError, match=r"^Site\.codings: "):
        Site(codings=("deflate",))


@pytest.mark.parametrize(
    ("suffix", "program"),
    [("php", "/p"), (".", "/p"), (".a/b", "/p"), (".a\0", "/p"), (".php", "php"), (".php", "/p\0")],
)
def test_cgi_suffixes(suffix: str, program: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.cgi_suffixes: "):
        Site(cgi_suffixes=((suffix, program),))


@pytest.mark.parametrize(
    "entry",
    ["", "1A", "A-B", "=x", "A=\0", "HTTP_HOST", "HTTP_HOST=x", "PATH_INFO", "PATH_INFO=/x", "SERVER_PORT=443"],
)
def test_cgi_env(entry: str) -> None:
    with pytest.raises(ValueError, match=r"^Site\.cgi_env: "):
        Site(cgi_env=(entry,))


@pytest.mark.parametrize(
    "name",
    [
        *("CONTENT_LENGTH", "CONTENT_TYPE", "DOCUMENT_ROOT", "GATEWAY_INTERFACE", "PATH_INFO", "PATH_TRANSLATED"),
        *("QUERY_STRING", "REDIRECT_STATUS", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT", "REQUEST_METHOD"),
        *("REQUEST_URI", "SCRIPT_FILENAME", "SCRIPT_NAME", "SERVER_ADDR", "SERVER_NAME", "SERVER_PORT"),
        *("SERVER_PROTOCOL", "SERVER_SOFTWARE", "HTTP_X"),
    ],
)
def test_what_comes_from_the_request_is_not_the_operators(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^Site\.cgi_env: {name} is set from the request, and cannot be given$"):
        Site(cgi_env=[f"{name}=x"])


@pytest.mark.parametrize("entry", ["LANG", "HTTPS=on", "A=", "A=b=c \xe9", "REMOTE_USER=x", "_a1=x"])
def test_cgi_env_names_a_variable_or_sets_one(entry: str) -> None:
    assert Site(cgi_env=(entry,)).cgi_env == (entry,)


def test_each_field_says_why_its_default_is_what_it_is() -> None:
    documented = dict(
        re.findall(r'^    (\w+): [^\n]* = [^\n]*\n    """(.*?)"""', inspect.getsource(Site), re.MULTILINE | re.DOTALL)
    )
    assert list(documented) == [field.name for field in dataclasses.fields(Site) if field.init]
    assert [name for name, said in documented.items() if not re.search(r"Reason\b.*: \w", " ".join(said.split()))] == []

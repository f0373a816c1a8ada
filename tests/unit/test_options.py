"""The arguments of the command line."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from pyhttp.options import Kind, LogFormat, Options, parse
from pyhttp.site import Site

DEFAULT: Final = Options(
    directory=str(Path.cwd()),
    host="localhost",
    port=8888,
    kind=Kind.POOLED,
    workers=32,
    quiet=False,
    log_format=LogFormat.COMMON,
    access_log="",
    site=Site(),
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", DEFAULT),
        ("serve", DEFAULT),
        ("/srv", replace(DEFAULT, directory="/srv")),
        ("serve /srv", replace(DEFAULT, directory="/srv")),
        ("serve serve", replace(DEFAULT, directory=str(Path.cwd() / "serve"))),
        ("./serve", replace(DEFAULT, directory=str(Path.cwd() / "serve"))),
        ("-d /srv", replace(DEFAULT, directory="/srv")),
        ("serve --port 80 --directory /srv", replace(DEFAULT, directory="/srv", port=80)),
        ("serve -p 0 /srv --single", replace(DEFAULT, directory="/srv", port=0, kind=Kind.SINGLE)),
        ("--host ::", replace(DEFAULT, host="::")),
        ("--bind 0.0.0.0", replace(DEFAULT, host="0.0.0.0")),
        ("-b 127.0.0.1", replace(DEFAULT, host="127.0.0.1")),
        ("--threaded --quiet", replace(DEFAULT, kind=Kind.THREADED, quiet=True)),
        ("--pooled --workers 4", replace(DEFAULT, workers=4)),
        ("--log-format json --access-log /l", replace(DEFAULT, log_format=LogFormat.JSON, access_log="/l")),
        ("--cgi-dir a --cgi-dir b", replace(DEFAULT, site=Site(cgi_directories=("a", "b")))),
        (
            "--cgi-suffix .php=/usr/bin/php-cgi --cgi-env HOME --cgi-auth",
            replace(
                DEFAULT,
                site=Site(
                    index=("index.html", "index.htm", "index.php"),
                    cgi_suffixes=((".php", "/usr/bin/php-cgi"),),
                    cgi_env=("HOME",),
                    cgi_auth=True,
                ),
            ),
        ),
        ("--follow-symlinks --hide-dotfiles", replace(DEFAULT, site=Site(follow_symlinks=True, hide_dotfiles=True))),
        ("--cache 60 --cors", replace(DEFAULT, site=Site(max_age=60, cors=True))),
        ("--header X-A:b:c --header X-D:", replace(DEFAULT, site=Site(headers=(("X-A", "b:c"), ("X-D", ""))))),
        ("--mime .X=a/b --mime y=c/d", replace(DEFAULT, site=Site(media_types=(("x", "a/b"), ("y", "c/d"))))),
        ("--cgi-dir scripts", replace(DEFAULT, site=Site(cgi_directories=("scripts",)))),
        ("--no-cgi --no-listing", replace(DEFAULT, site=Site(cgi_directories=(), listing=False))),
    ],
)
def test_arguments_and_what_they_mean(arguments: str, expected: Options) -> None:
    assert parse(arguments.split()) == expected


def test_L11_the_default_is_this_machine_only() -> None:
    assert parse([]).host == "localhost"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("/srv /var", "one folder at a time"),
        ("/srv --directory /var", "one folder at a time"),
        ("--port 65536", "not a port number"),
        ("--port -1", "--port"),
        ("--port http", "not a port number"),
        ("--port ٨٠", "not a port number"),
        ("--port " + "9" * 5000, "not a port number"),
        ("--threaded --single", "not allowed with"),
        ("--cgi-dir bin --no-cgi", "not allowed with"),
        ("--cgi-dir a/b", "cgi_directories"),
        ("--workers 0", "--workers"),
        ("--workers x", "--workers"),
        ("--cache -1", "--cache"),
        ("--header X-A", "--header"),
        ("--header :x", "--header"),
        ("--header Content-Length:1", "Site.headers"),
        ("--mime x", "--mime"),
        ("--mime x=y", "Site.media_types"),
        ("--cgi-suffix php=/x", "Site.cgi_suffixes"),
        ("--cgi-env A=B", "Site.cgi_env"),
        ("--log-format xml", "--log-format"),
        ("--thr", "--thr"),
        ("--wat", "--wat"),
    ],
)
def test_a_usage_error_is_one_line_after_the_usage_and_exits_2(
    arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(arguments.split())
    assert exit_.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: pyhttp [serve] [DIR] [options]"
    assert complaint in error


def test_help_names_every_option_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    text = capsys.readouterr().out
    for word in (
        *("--directory", "--bind", "--host", "--port", "--pooled", "--threaded", "--single", "--workers", "32"),
        *("--no-listing", "--hide-dotfiles", "--follow-symlinks", "--cache", "--cors", "--header", "--mime"),
        *("--cgi-dir", "--no-cgi", "--cgi-suffix", "--cgi-env", "--cgi-auth"),
        *("--quiet", "--log-format", "--access-log", "--version", "8888", "localhost", "cgi-bin", "common"),
    ):
        assert word in text

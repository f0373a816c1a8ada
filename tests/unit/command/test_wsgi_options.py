"""The arguments of `pyhttp wsgi`."""

import re

import pytest

from pyhttp.command.folder_options import parse_folder
from pyhttp.command.options import Options
from pyhttp.command.values import Kind
from pyhttp.command.wsgi_options import WsgiOptions, parse_wsgi


def common() -> Options:
    return parse_folder([]).common


@pytest.mark.parametrize("name", ["hello:app", "a.b:c.d", "shop:create_app()", "_a:_b"])
def test_an_application_and_the_options_of_every_command(name: str) -> None:
    assert parse_wsgi([name]) == WsgiOptions(common=common(), application=name)
    told = common()._replace(hosts=("::",), port=0, kind=Kind.SINGLE, quiet=True)
    assert parse_wsgi(["--host", "::", name, "--port=0", "--single", "--quiet"]).common == told


@pytest.mark.parametrize("name", ["hello", "hello:", ":app", "a b:c", "hello:app(1)", "hello:f()()", ""])
def test_a_name_that_is_none(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_wsgi([name])
    assert exit_.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: pyhttp wsgi MODULE:APP [options]"
    assert f"argument MODULE:APP: {name!r} is not of the form MODULE:APP, such as hello:app" in error


@pytest.mark.parametrize("arguments", [[], ["a:b", "c:d"], ["a:b", "--no-cgi"], ["a:b", "--cors"]])
def test_one_application_and_no_options_of_folders(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_wsgi(arguments)
    assert exit_.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_both_commands_have_the_same_options_of_listeners(capsys: pytest.CaptureFixture[str]) -> None:
    sections = []
    for parse in (parse_folder, parse_wsgi):
        with pytest.raises(SystemExit):
            parse(["--help"])
        text = capsys.readouterr().out
        options = set(re.findall(r"(?<!\S)--?[a-z][-a-z]*\b", text))
        sections.append(options)
    folder, wsgi = sections
    assert folder - wsgi == {
        *(
            "-d",
            "--directory",
            "--no-listing",
            "--hide-dotfiles",
            "--follow-symlinks",
            "--cache",
            "--precompressed",
        ),
        *("--cors", "--header", "--mime", "--default-type", "--cgi-dir", "--no-cgi", "--cgi-suffix", "--cgi-env"),
        *("--cgi-auth", "--compress", "--clean-urls", "--spa", "--spa-file"),
    }
    assert wsgi < folder

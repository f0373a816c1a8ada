"""The arguments of the command line of a folder, with those that every command has."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

from pyhttp.command.folder_options import FolderOptions, parse_folder
from pyhttp.command.options import Options
from pyhttp.command.values import CertificateFiles, Kind, LogFormat
from pyhttp.limits import Limits, Timeouts
from pyhttp.proxies import Proxies
from pyhttp.site import Site

COMMON: Final = Options(
    hosts=(),
    port=None,
    unix=(),
    unix_mode=0o660,
    descriptors=(),
    kind=Kind.POOLED,
    workers=32,
    processes=None,
    limits=Limits(),
    timeouts=Timeouts(),
    quiet=False,
    verbose=False,
    log_format=LogFormat.COMMON,
    access_log="",
    tls=None,
    proxies=None,
    qr=False,
    browser=False,
    allowed_hosts=frozenset(),
    auth="",
)
DEFAULT: Final = FolderOptions(common=COMMON, directory=str(Path.cwd()), site=Site())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", DEFAULT),
        ("serve", DEFAULT),
        ("--qr --open", DEFAULT._replace(common=COMMON._replace(qr=True, browser=True))),
        ("--compress --clean-urls", DEFAULT._replace(site=Site(compress=True, clean_urls=True))),
        ("--spa", DEFAULT._replace(site=Site(spa="index.html"))),
        ("--spa-file app.html", DEFAULT._replace(site=Site(spa="app.html"))),
        ("--spa --spa-file app.html", DEFAULT._replace(site=Site(spa="app.html"))),
        ("--spa /srv", DEFAULT._replace(directory="/srv", site=Site(spa="index.html"))),
        ("/srv", DEFAULT._replace(directory="/srv")),
        ("serve /srv", DEFAULT._replace(directory="/srv")),
        ("serve serve", DEFAULT._replace(directory=str(Path.cwd() / "serve"))),
        ("-- serve", DEFAULT._replace(directory=str(Path.cwd() / "serve"))),
        ("-- -lead", DEFAULT._replace(directory=str(Path.cwd() / "-lead"))),
        ("serve -p 0 -- -p", DEFAULT._replace(directory=str(Path.cwd() / "-p"), common=COMMON._replace(port=0))),
        ("--directory=-lead", DEFAULT._replace(directory=str(Path.cwd() / "-lead"))),
        ("-v", DEFAULT._replace(common=COMMON._replace(verbose=True))),
        ("--verbose --quiet", DEFAULT._replace(common=COMMON._replace(verbose=True, quiet=True))),
        (
            "--limit field_line=16k --limit ranges=3",
            DEFAULT._replace(common=COMMON._replace(limits=Limits(field_line=16384, ranges=3))),
        ),
        ("--limit ranges=3 --limit ranges=4", DEFAULT._replace(common=COMMON._replace(limits=Limits(ranges=4)))),
        (
            "--timeout idle=2m --timeout hold=0.1",
            DEFAULT._replace(common=COMMON._replace(timeouts=Timeouts(idle=120.0, hold=0.1))),
        ),
        ("./serve", DEFAULT._replace(directory=str(Path.cwd() / "serve"))),
        ("-d /srv", DEFAULT._replace(directory="/srv")),
        (
            "--tls-cert c --tls-key k --tls-password-file p",
            DEFAULT._replace(
                common=COMMON._replace(tls=CertificateFiles(certificate="c", key="k", password_file="p")),
            ),
        ),
        ("serve --port 80 --directory /srv", DEFAULT._replace(directory="/srv", common=COMMON._replace(port=80))),
        (
            "serve -p 0 /srv --single",
            DEFAULT._replace(directory="/srv", common=COMMON._replace(port=0, kind=Kind.SINGLE)),
        ),
        ("--host ::", DEFAULT._replace(common=COMMON._replace(hosts=("::",)))),
        ("--bind 0.0.0.0", DEFAULT._replace(common=COMMON._replace(hosts=("0.0.0.0",)))),
        ("-b ::1 --host 10.0.0.1", DEFAULT._replace(common=COMMON._replace(hosts=("::1", "10.0.0.1")))),
        ("-b 127.0.0.1", DEFAULT._replace(common=COMMON._replace(hosts=("127.0.0.1",)))),
        ("--unix /run/a --unix b", DEFAULT._replace(common=COMMON._replace(unix=("/run/a", "b")))),
        ("--unix a --port 80", DEFAULT._replace(common=COMMON._replace(port=80, unix=("a",)))),
        ("--unix a -b ::1", DEFAULT._replace(common=COMMON._replace(hosts=("::1",), unix=("a",)))),
        ("--unix a --unix-mode 0600", DEFAULT._replace(common=COMMON._replace(unix=("a",), unix_mode=0o600))),
        ("--fd 3 --fd 4", DEFAULT._replace(common=COMMON._replace(descriptors=(3, 4)))),
        ("--processes 3", DEFAULT._replace(common=COMMON._replace(processes=3))),
        ("--processes auto", DEFAULT._replace(common=COMMON._replace(processes=len(os.sched_getaffinity(0))))),
        ("--threaded --quiet", DEFAULT._replace(common=COMMON._replace(kind=Kind.THREADED, quiet=True))),
        ("--pooled --workers 4", DEFAULT._replace(common=COMMON._replace(workers=4))),
        (
            "--log-format json --access-log /l",
            DEFAULT._replace(common=COMMON._replace(log_format=LogFormat.JSON, access_log="/l")),
        ),
        ("--cgi-dir a --cgi-dir b", DEFAULT._replace(site=Site(cgi_directories=("a", "b")))),
        (
            "--cgi-suffix .php=/usr/bin/php-cgi --cgi-env HOME --cgi-auth",
            DEFAULT._replace(
                site=Site(
                    index=("index.html", "index.htm", "index.php"),
                    cgi_suffixes=((".php", "/usr/bin/php-cgi"),),
                    cgi_env=("HOME",),
                    cgi_auth=True,
                ),
            ),
        ),
        (
            "--allow-host A.example. --allow-host *.b --allow-host [::1] --allow-host *",
            DEFAULT._replace(common=COMMON._replace(allowed_hosts=frozenset({"A.example.", "*.b", "[::1]", "*"}))),
        ),
        (
            "--proxy-headers ::1,unix",
            DEFAULT._replace(common=COMMON._replace(proxies=Proxies(headers=("::1", "unix")))),
        ),
        (
            "--proxy-protocol 10.0.0.0/8 --proxy-headers=::1 --proxy-protocol 127.0.0.1,unix",
            DEFAULT._replace(
                common=COMMON._replace(proxies=Proxies(headers=("::1",), protocol=("10.0.0.0/8", "127.0.0.1", "unix"))),
            ),
        ),
        ("--follow-symlinks --hide-dotfiles", DEFAULT._replace(site=Site(follow_symlinks=True, hide_dotfiles=True))),
        ("--cache 60 --cors", DEFAULT._replace(site=Site(max_age=60, cors=True))),
        ("--header X-A:b:c --header X-D:", DEFAULT._replace(site=Site(headers=(("X-A", "b:c"), ("X-D", ""))))),
        ("--mime .X=a/b --mime y=c/d", DEFAULT._replace(site=Site(media_types=(("X", "a/b"), ("y", "c/d"))))),
        ("--mime Makefile=a/b", DEFAULT._replace(site=Site(media_types=(("Makefile", "a/b"),)))),
        ("--default-type a/b", DEFAULT._replace(site=Site(default_type="a/b"))),
        ("--auth users", DEFAULT._replace(common=COMMON._replace(auth="users"))),
        ("--cgi-dir scripts", DEFAULT._replace(site=Site(cgi_directories=("scripts",)))),
        ("--no-cgi --no-listing", DEFAULT._replace(site=Site(cgi_directories=(), listing=False))),
    ],
)
def test_arguments_and_what_they_mean(arguments: str, expected: FolderOptions) -> None:
    assert parse_folder(arguments.split()) == expected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("/srv|/var", "one folder at a time, not 2: /srv /var"),
        ("/srv|--directory|/var", "one folder at a time, not 2: /srv /var"),
        ("/srv|--|/var", "one folder at a time, not 2: /srv /var"),
        ("", "the name of the folder is empty"),
        ("-d|", "the name of the folder is empty"),
        ("9000", "there is no folder 9000; to listen on port 9000, write --port 9000"),
        ("9000|/srv", "there is no folder 9000; to listen on port 9000, write --port 9000"),
        ("-b|", "argument -b/--bind/--host: the value is empty"),
        ("--port|65536", "argument -p/--port: '65536' is not a port number from 0 to 65535"),
        ("--port|-1", "argument -p/--port: '-1' is not a port number from 0 to 65535"),
        ("--unix|", "argument --unix: the value is empty"),
        ("--unix-mode|rw", "argument --unix-mode: 'rw' is not a mode of octal digits, such as 660"),
        ("--unix-mode|680", "argument --unix-mode: '680' is not a mode of octal digits, such as 660"),
        (
            "--allow-host|a:80",
            "argument --allow-host: 'a:80' is neither a host name without a port, nor *.NAME, nor an address, nor *",
        ),
        ("--fd|-1", "argument --fd: '-1' is not a whole number from 0 to 999999999"),
        ("--port|http", "argument -p/--port: 'http' is not a port number from 0 to 65535"),
        ("--port|٨٠", "argument -p/--port: '٨٠' is not a port number from 0 to 65535"),
        ("--port|" + "9" * 5000, f"argument -p/--port: '{'9' * 5000}' is not a port number from 0 to 65535"),
        ("--port", "argument -p/--port: expected one argument"),
        ("--threaded|--single", "argument --single: not allowed with argument --threaded"),
        ("--cgi-dir|bin|--no-cgi", "argument --no-cgi: not allowed with argument --cgi-dir"),
        ("--cgi-dir|a/b", "argument --cgi-dir: 'a/b' is not a plain file name"),
        ("--cgi-dir|", "argument --cgi-dir: '' is not a plain file name"),
        ("--workers|0", "argument --workers: '0' is not a whole number from 1 to 999999999"),
        ("--workers|x", "argument --workers: 'x' is not a whole number from 1 to 999999999"),
        ("--processes|0", "argument --processes: '0' is neither a number from 1 on nor auto"),
        ("--processes|all", "argument --processes: 'all' is neither a number from 1 on nor auto"),
        ("--cache|-1", "argument --cache: '-1' is not a whole number from 0 to 999999999"),
        ("--cache|1h", "argument --cache: '1h' is not a whole number from 0 to 999999999"),
        ("--header|X-A", "argument --header: 'X-A' has no ':'; write 'NAME: VALUE'"),
        ("--header|:x", "argument --header: ':x' has nothing before its ':'; write 'NAME: VALUE'"),
        ("--header|X A: x", "argument --header: 'X A' is not a field name"),
        ("--header|X-A: a\nb", "argument --header: the value of X-A is not a field value: 'a\\nb'"),
        (
            "--header|Content-Length: 5",
            "argument --header: Content-Length may not be set: the server states it for each answer",
        ),
        ("--mime|x", "argument --mime: 'x' has no '='; write NAME=TYPE, such as wasm=application/wasm"),
        (
            "--mime|=text/plain",
            "argument --mime: '=text/plain' has nothing before its '='; write NAME=TYPE, such as wasm=application/wasm",
        ),
        ("--mime|x=y", "argument --mime: 'y' is not a media type, such as text/plain"),
        ("--mime|x=", "argument --mime: '' is not a media type, such as text/plain"),
        ("--mime|a/b=text/plain", "argument --mime: 'a/b' is not the ending of a name without its dot, such as html"),
        ("--default-type|x", "argument --default-type: 'x' is not a media type, such as text/plain"),
        (
            "--cgi-suffix|.php",
            "argument --cgi-suffix: '.php' has no '='; write .EXT=PROGRAM, such as .php=/usr/bin/php-cgi",
        ),
        (
            "--cgi-suffix|=/x",
            (
                "argument --cgi-suffix: '=/x' has nothing before its '=';"
                " write .EXT=PROGRAM, such as .php=/usr/bin/php-cgi"
            ),
        ),
        ("--cgi-suffix|php=/x", "argument --cgi-suffix: 'php' is not a suffix with its dot, such as .php"),
        (
            "--cgi-suffix|.php=php-cgi",
            "argument --cgi-suffix: 'php-cgi' is not an absolute path, such as /usr/bin/php-cgi",
        ),
        ("--cgi-env|A-B", "argument --cgi-env: 'A-B' is neither NAME nor NAME=VALUE"),
        ("--log-format|xml", "argument --log-format: 'xml' is none of common, combined, json"),
        ("--access-log|", "argument --access-log: the value is empty"),
        ("--limit|field_line", "argument --limit: 'field_line' has no '='; write NAME=VALUE, such as field_line=16k"),
        ("--limit|=1", "argument --limit: '=1' has nothing before its '='; write NAME=VALUE, such as field_line=16k"),
        (
            "--limit|feild_line=1",
            "argument --limit: there is no limit 'feild_line'; did you mean field_line or field_lines or log_line?",
        ),
        ("--limit|wat=1", "argument --limit: there is no limit 'wat'; --help lists them"),
        ("--limit|idle=30", "argument --limit: idle is a timeout; write --timeout idle=30"),
        (
            "--limit|content=30s",
            "argument --limit: content: '30s' is not a size in bytes, such as 65536, 64k, 1M or 2G",
        ),
        ("--limit|content=0", "argument --limit: content: '0' is not a size in bytes, such as 65536, 64k, 1M or 2G"),
        ("--limit|threads=1k", "argument --limit: threads: '1k' is not a whole number from 1 to 999999999"),
        (
            "--limit|unordered_ranges=1k",
            "argument --limit: unordered_ranges: '1k' is not a whole number from 1 to 999999999",
        ),
        ("--timeout|ranges=3", "argument --timeout: ranges is a limit; write --limit ranges=3"),
        ("--timeout|idel=3", "argument --timeout: there is no timeout 'idel'; did you mean idle?"),
        ("--timeout|idle=0", "argument --timeout: idle: '0' is not a time, such as 30, 0.5, 30s or 2m"),
        ("--timeout|idle=inf", "argument --timeout: idle: 'inf' is not a time, such as 30, 0.5, 30s or 2m"),
        ("--timeout|idle=-1", "argument --timeout: idle: '-1' is not a time, such as 30, 0.5, 30s or 2m"),
        ("--timeout|send_rate=1s", "argument --timeout: send_rate: '1s' is not a whole number from 1 to 999999999"),
        (
            "--proxy-headers|",
            "argument --proxy-headers: '' is neither a network such as 10.0.0.0/8, nor an address, nor unix",
        ),
        (
            "--proxy-headers|::1,localhost",
            "argument --proxy-headers: 'localhost' is neither a network such as 10.0.0.0/8, nor an address, nor unix",
        ),
        (
            "--proxy-protocol|10.0.0.1/8",
            "argument --proxy-protocol: '10.0.0.1/8' is neither a network such as 10.0.0.0/8, nor an address, nor unix",
        ),
        ("--thr", "unrecognized arguments: --thr"),
        ("--wat", "unrecognized arguments: --wat"),
    ],
)
def test_a_usage_error_is_one_line_after_the_usage_and_exits_2(
    arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_folder(arguments.split("|"))
    assert exit_.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: pyhttp [serve] [DIR] [options]"
    assert error == f"pyhttp: error: {complaint}"


def test_help_names_every_option_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_folder(["--help"])
    text = capsys.readouterr().out
    for word in (
        *("--directory", "--bind", "--host", "--port", "--pooled", "--threaded", "--single", "--workers", "32"),
        *("--auth", "--no-listing", "--hide-dotfiles", "--follow-symlinks", "--cache", "--cors", "--header", "--mime"),
        "--default-type",
        *("--compress", "--clean-urls", "--spa", "--spa-file", "--qr", "--open"),
        *("--cgi-dir", "--no-cgi", "--cgi-suffix", "--cgi-env", "--cgi-auth"),
        *("--verbose", "--limit", "--timeout", "field_line=8k", "content=1G", "idle=15", "hold=0.05"),
        *("--quiet", "--log-format", "--access-log", "--version", "8888", "localhost", "cgi-bin", "common"),
    ):
        assert word in text


def test_every_option_that_takes_a_value_refuses_a_bad_one_by_its_own_name(capsys: pytest.CaptureFixture[str]) -> None:
    """No argument of a process can have a NUL, and no value can have one."""
    with pytest.raises(SystemExit):
        parse_folder(["--help"])
    taking = re.findall(r"^  (?:-\w(?: \S+)?, )?(--[-a-z]+) [^a-z\s]", capsys.readouterr().out, re.MULTILINE)
    # Any text that is not empty may be a name.
    free = {"--directory", "--bind", "--unix", "--auth", "--access-log"}
    free |= {"--tls-cert", "--tls-key", "--tls-password-file"}
    for option in taking:
        with pytest.raises(SystemExit):
            parse_folder([option, "" if option in free else "\0=\0"])
        error = capsys.readouterr().err.splitlines()[-1]
        assert option in error or option == "--directory"
        assert "Site." not in error
    assert set(taking) >= {"--port", "--workers", "--cache", "--header", "--mime", "--cgi-dir", "--cgi-suffix"}


def test_a_folder_whose_name_is_a_number_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "9000").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_folder(["9000"]).directory == str(tmp_path / "9000")


def test_a_working_directory_that_has_been_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit) as exit_:
        parse_folder([])
    assert exit_.value.code == 1
    assert capsys.readouterr().err == "pyhttp: cannot serve the working directory: it has been removed\n"
    assert parse_folder([str(tmp_path)]).directory == str(tmp_path)

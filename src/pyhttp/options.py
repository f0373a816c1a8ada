"""What the command line asks for: its arguments, checked, as one value."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from pyhttp import __version__, streams, values
from pyhttp.limits import Limits, Timeouts
from pyhttp.proxies import Proxies
from pyhttp.serving_options import add_serving, of
from pyhttp.site import CODINGS, Site
from pyhttp.values import CertificateFiles, Kind, LogFormat

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["Options", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    directory: str
    hosts: tuple[str, ...]
    """Hosts to listen on by TCP; empty where none was named."""
    port: int | None
    """None where none was named."""
    unix: tuple[str, ...]
    """Paths to listen at."""
    unix_mode: int
    descriptors: tuple[int, ...]
    """Listening sockets that the process was started with."""
    kind: Kind
    workers: int
    processes: int | None
    """None: this process serves, and no other."""
    limits: Limits
    timeouts: Timeouts
    quiet: bool
    verbose: bool
    log_format: LogFormat
    access_log: str
    """A file for the access log; "" for standard error."""
    tls: CertificateFiles | None
    site: Site
    proxies: Proxies


_SITE: Final = Site()
_OPTIONS: Final = {
    "cgi_directories": "--cgi-dir",
    "cgi_suffixes": "--cgi-suffix",
    "cgi_env": "--cgi-env",
    "headers": "--header",
    "media_types": "--mime",
    "default_type": "--default-type",
}
"""Where the fields of a Site that have rules come from."""


def parse(argv: Sequence[str]) -> Options:
    """The options that the arguments `argv` state.

    Raises:
        SystemExit: For --help and --version, with code 2 for arguments that cannot be understood, and with code 1 where
            the working directory is to be served and has been removed.
        OSError: The answer to --help or --version cannot be written.
    """
    parser = _parser()
    end = list(argv).index("--") if "--" in argv else len(argv)  # no option takes it for a value
    given = parser.parse_intermixed_args(argv[:end])
    words: list[str] = given.words[1:] if given.words[:1] == ["serve"] else given.words  # a folder "serve": ./serve
    try:
        tls = values.certificate(given.tls_cert, given.tls_key, given.tls_password_file)
        directory = values.folder([*words, *given.directory, *argv[end + 1 :]])
    except ValueError as error:
        parser.error(str(error))
    except FileNotFoundError:
        parser.exit(1, "pyhttp: cannot serve the working directory: it has been removed\n")
    try:
        site = Site(
            # Who has pages run by a program has it run the page of a folder, too.
            index=(*_SITE.index, *(f"index{suffix}" for suffix, _ in given.cgi_suffix)),
            listing=not given.no_listing,
            cgi_directories=() if given.no_cgi else tuple(given.cgi_dir) or _SITE.cgi_directories,
            cgi_suffixes=tuple(given.cgi_suffix),
            cgi_env=tuple(given.cgi_env),
            cgi_auth=given.cgi_auth,
            follow_symlinks=given.follow_symlinks,
            hide_dotfiles=given.hide_dotfiles,
            max_age=given.cache,
            cors=given.cors,
            headers=tuple(given.header),
            codings=CODINGS if given.precompressed else (),
            media_types=tuple((ending.removeprefix("."), kind) for ending, kind in given.mime),
            default_type=given.default_type,
        )
    except ValueError as error:
        parser.error(_by_option(str(error)))
    return Options(
        directory=directory,
        hosts=tuple(given.hosts),
        port=given.port,
        unix=tuple(given.unix),
        unix_mode=given.unix_mode,
        descriptors=tuple(given.fd),
        kind=given.kind,
        workers=given.workers,
        processes=given.processes,
        limits=Limits(**dict(given.limit)),
        timeouts=Timeouts(**dict(given.timeout)),
        quiet=given.quiet,
        verbose=given.verbose,
        log_format=given.log_format,
        access_log=given.access_log or "",
        tls=tls,
        site=site,
        proxies=Proxies(headers=tuple(given.proxy_headers), protocol=tuple(given.proxy_protocol)),
    )


def _by_option(message: str) -> str:
    """What a Site says is wrong with a field, said of the option that it comes from."""
    found = re.match(r"Site\.(\w+):? *", message)
    option = found and _OPTIONS.get(found[1])
    return f"argument {option}: {message[found.end() :]}" if found and option else message


class _Parser(argparse.ArgumentParser):
    """An argument parser whose answers to --help and --version are not lost without a word."""

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        if file is sys.stdout:
            streams.say(message)
        else:
            super()._print_message(message, file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pyhttp",
        usage="%(prog)s [serve] [DIR] [options]",
        description="Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin.",
        epilog="SIGINT (Ctrl+C) or SIGTERM stops it and lets answers in progress finish; a second one ends it at once."
        " SIGHUP opens the access log and reads the certificate anew, and replaces --processes one by one.",
        allow_abbrev=False,
        formatter_class=partial(argparse.HelpFormatter, width=80),
    )
    parser.add_argument("words", metavar="DIR", nargs="*", help="the folder to serve (default: the working directory)")
    parser.add_argument("--version", action="version", version=f"pyhttp {__version__}")
    add_serving(parser)
    _add_tls(parser)
    _add_files(parser)
    _add_scripts(parser)
    _add_logs(parser)
    _add_limits(parser)
    # Adding options calls for formatters too, and without a width they load `shutil` and its compressors.
    parser.formatter_class = argparse.HelpFormatter
    return parser


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add, file = parser.add_argument_group("TLS (https)").add_argument, of(values.not_empty)
    add("--tls-cert", metavar="FILE", type=file, help="speak TLS by the certificate in FILE, with its chain, in PEM")
    add("--tls-key", metavar="FILE", type=file, help="the key of the certificate, where it is in another file")
    add("--tls-password-file", metavar="FILE", type=file, help="a file with the password of the key")


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("--no-listing", action="store_true", help="answer 403 for a folder without an index.html")
    add("--hide-dotfiles", action="store_true", help="neither list nor serve names that begin with a dot")
    add("--follow-symlinks", action="store_true", help="let symbolic links lead out of the folder")
    add(
        "--cache",
        metavar="SECONDS",
        type=of(values.natural),
        help="how long browsers may keep an answer (default: ask each time)",
    )
    add("--precompressed", action="store_true", help="let FILE.br, FILE.zst and FILE.gz answer for FILE where accepted")
    add("--cors", action="store_true", help="let pages of any origin read the answers; preflights are answered")
    add(
        "--header",
        metavar="'NAME: VALUE'",
        type=of(values.pair(":", "'NAME: VALUE'")),
        action="append",
        default=[],
        help="add a header field",
    )
    add(
        "--mime",
        metavar="NAME=TYPE",
        type=of(values.pair("=", "NAME=TYPE, such as wasm=application/wasm")),
        action="append",
        default=[],
        help="media type of an extension, or of a whole name such as Makefile",
    )
    add(
        *("--default-type",),
        metavar="TYPE",
        default="",
        help="media type of names that tell none (default: a look into the file, text or not)",
    )


def _add_scripts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("CGI scripts")
    folders = group.add_mutually_exclusive_group()
    folders.add_argument(
        *("--cgi-dir",),
        metavar="NAME",
        action="append",
        default=[],
        help=f"a folder of scripts; may be repeated (default: {', '.join(_SITE.cgi_directories)})",
    )
    folders.add_argument("--no-cgi", action="store_true", help="run no scripts; cgi-bin is a folder like others")
    add = group.add_argument
    add(
        *("--cgi-suffix",),
        metavar=".EXT=PROGRAM",
        type=of(values.pair("=", ".EXT=PROGRAM, such as .php=/usr/bin/php-cgi")),
        action="append",
        default=[],
        help="run files of a suffix by a program, such as .php=/usr/bin/php-cgi; index.EXT then answers for a folder",
    )
    add(
        *("--cgi-env",),
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="pass a variable of this environment to scripts, or set one: HTTPS=on behind a proxy that speaks TLS",
    )
    add("--cgi-auth", action="store_true", help="pass the Authorization field to scripts")


def _add_logs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("logs").add_argument
    add("--quiet", action="store_true", help="no line for each request; errors stay")
    add("-v", "--verbose", action="store_true", help="say why each request was refused that was")
    add(
        *("--log-format",),
        type=of(values.log_format),
        default=LogFormat.COMMON,
        metavar="|".join(each.value for each in LogFormat),
        help="how a request is logged (default: common)",
    )
    add("--access-log", metavar="FILE", type=of(values.not_empty), help="append the line for each request to FILE")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("limits and timeouts", values.limits()).add_argument
    text = "set a limit, such as field_line=16k; may be repeated"
    add("--limit", metavar="NAME=VALUE", type=of(values.limit), action="append", default=[], help=text)
    text = "set a timeout, such as idle=30 or script_run=10m; may be repeated"
    add("--timeout", metavar="NAME=SECONDS", type=of(values.timeout), action="append", default=[], help=text)

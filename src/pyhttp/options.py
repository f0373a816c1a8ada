"""What the command line asks for: its arguments, checked, as one value."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from pyhttp import __version__
from pyhttp.site import CODINGS, Site

__all__ = ["Kind", "LogFormat", "Options", "parse"]


class Kind(Enum):
    """How handlers run."""

    POOLED = "pooled"
    THREADED = "threaded"
    SINGLE = "single"


class LogFormat(Enum):
    """How a request looks in the access log."""

    COMMON = "common"
    COMBINED = "combined"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    directory: str
    host: str
    port: int
    kind: Kind
    workers: int
    quiet: bool
    log_format: LogFormat
    access_log: str
    """A file for the access log; "" for standard error."""
    site: Site


_SITE: Final = Site()


def parse(argv: Sequence[str]) -> Options:
    """The options that the arguments `argv` state.

    Raises:
        SystemExit: For --help and --version, and with code 2 for arguments that cannot be understood.
    """
    parser = _parser()
    given = parser.parse_intermixed_args(argv)
    words: list[str] = given.words[1:] if given.words[:1] == ["serve"] else given.words  # a folder "serve": ./serve
    folders: list[str] = [*words, *given.directory]
    if len(folders) > 1:
        parser.error(f"one folder at a time, not {len(folders)}: {' '.join(folders)}")
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
            media_types=tuple((suffix.removeprefix(".").lower(), kind) for suffix, kind in given.mime),
        )
    except ValueError as error:  # a Site names its parameter; the option is called nearly the same
        parser.error(str(error))
    return Options(
        directory=os.path.abspath(folders[0] if folders else os.curdir),
        host=given.host,
        port=given.port,
        kind=given.kind,
        workers=given.workers,
        quiet=given.quiet,
        log_format=given.log_format,
        access_log=given.access_log,
        site=site,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyhttp",
        usage="%(prog)s [serve] [DIR] [options]",
        description="Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin.",
        epilog="SIGINT (Ctrl+C) or SIGTERM stops it and lets answers in progress finish; a second one ends it at once."
        " SIGHUP opens the access log anew.",
        allow_abbrev=False,
        formatter_class=partial(argparse.HelpFormatter, width=80),
    )
    parser.add_argument("words", metavar="DIR", nargs="*", help="the folder to serve (default: the working directory)")
    parser.add_argument("--version", action="version", version=f"pyhttp {__version__}")
    _add_serving(parser)
    _add_files(parser)
    _add_scripts(parser)
    _add_logs(parser)
    # Adding options calls for formatters too, and without a width they load `shutil` and its compressors.
    parser.formatter_class = argparse.HelpFormatter
    return parser


def _add_serving(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-d", "--directory", metavar="DIR", action="append", default=[], help="the folder, as an option")
    add(
        *("-b", "--bind", "--host"),
        dest="host",
        default="localhost",
        help="address or name to listen on (default: %(default)s, that is 127.0.0.1 and ::1); 0.0.0.0 or :: for all",
    )
    add("-p", "--port", type=_port, default=8888, help="TCP port (default: %(default)s); 0 picks a free one")
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in (
        (Kind.POOLED, "run handlers in a bounded pool of threads (default)"),
        (Kind.THREADED, "run handlers in a thread for each active connection"),
        (Kind.SINGLE, "run one handler at a time"),
    ):
        option = f"--{kind.value}"
        kinds.add_argument(option, dest="kind", action="store_const", const=kind, default=Kind.POOLED, help=text)
    add(
        "--workers", metavar="N", type=_positive, default=32, help="handlers at once of --pooled (default: %(default)s)"
    )


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("--no-listing", action="store_true", help="answer 403 for a folder without an index.html")
    add("--hide-dotfiles", action="store_true", help="neither list nor serve names that begin with a dot")
    add("--follow-symlinks", action="store_true", help="let symbolic links lead out of the folder")
    add(
        "--cache",
        metavar="SECONDS",
        type=_natural,
        help="how long browsers may keep an answer (default: ask each time)",
    )
    add("--precompressed", action="store_true", help="let FILE.br, FILE.zst and FILE.gz answer for FILE where accepted")
    add("--cors", action="store_true", help="let pages of any origin read the answers")
    add("--header", metavar="'NAME: VALUE'", type=_split(":"), action="append", default=[], help="add a header field")
    add("--mime", metavar="EXT=TYPE", type=_split("="), action="append", default=[], help="media type of an extension")


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
        type=_split("="),
        action="append",
        default=[],
        help="run files of a suffix by a program, such as .php=/usr/bin/php-cgi; index.EXT then answers for a folder",
    )
    add("--cgi-env", metavar="NAME", action="append", default=[], help="pass a variable of this environment to scripts")
    add("--cgi-auth", action="store_true", help="pass the Authorization field to scripts")


def _add_logs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("logs").add_argument
    add("--quiet", action="store_true", help="no line for each request; errors stay")
    add(
        *("--log-format",),
        type=LogFormat,
        choices=list(LogFormat),
        default=LogFormat.COMMON,
        metavar="|".join(each.value for each in LogFormat),
        help="how a request is logged (default: common)",
    )
    add("--access-log", metavar="FILE", default="", help="append the line for each request to FILE")


def _port(text: str) -> int:
    if not (_is_number(text) and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def _natural(text: str) -> int:
    if not _is_number(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at most nine digits")
    return int(text)


def _positive(text: str) -> int:
    if not (number := _natural(text)):
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _split(separator: str) -> Callable[[str], tuple[str, str]]:
    """A converter of `left SEPARATOR right`, white space round both taken away."""

    def split(text: str) -> tuple[str, str]:
        left, found, right = text.partition(separator)
        if not found or not left.strip():
            raise argparse.ArgumentTypeError(f"{text!r} has no {separator!r} between two parts")
        return left.strip(), right.strip()

    return split

"""`pyhttp [serve] [DIR]`: what it asks for, beside what every command does."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyhttp.command import values
from pyhttp.command.options import Options, add_options, common, new_parser
from pyhttp.command.serving_options import of
from pyhttp.site import CODINGS, Site

__all__ = ["FolderOptions", "parse_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOptions:
    """A folder, and how it is served."""

    common: Options
    directory: str
    site: Site
    auth: str
    """A file of the users who may see the folder; "" where everybody may."""


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


def parse_folder(argv: Sequence[str]) -> FolderOptions:
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
        directory = values.folder([*words, *given.directory, *argv[end + 1 :]])
    except ValueError as error:
        parser.error(str(error))
    except FileNotFoundError:
        parser.exit(1, "pyhttp: cannot serve the working directory: it has been removed\n")
    try:
        site = _site(given)
    except ValueError as error:
        parser.error(_by_option(str(error)))
    return FolderOptions(common=common(parser, given), directory=directory, site=site, auth=given.auth or "")


def _site(given: argparse.Namespace) -> Site:
    return Site(
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


def _by_option(message: str) -> str:
    """What a Site says is wrong with a field, said of the option that it comes from."""
    found = re.match(r"Site\.(\w+):? *", message)
    option = found and _OPTIONS.get(found[1])
    return f"argument {option}: {message[found.end() :]}" if found and option else message


def _parser() -> argparse.ArgumentParser:
    parser = new_parser(
        "pyhttp",
        "[serve] [DIR] [options]",
        "Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin."
        " Or a WSGI application: pyhttp wsgi --help.",
    )
    parser.add_argument("words", metavar="DIR", nargs="*", help="the folder to serve (default: the working directory)")
    parser.add_argument(
        "-d", "--directory", metavar="DIR", action="append", default=[], help="the folder, as an option"
    )
    add_options(parser, _add_files, _add_scripts)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    text = "let in the users in FILE alone, for each a line that pyhttp passwd NAME writes"
    add("--auth", metavar="FILE", type=of(values.not_empty), help=text)
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

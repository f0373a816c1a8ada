"""The options of `pyhttp [serve] [DIR]`, beside those of every command."""

import os
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pyhttp.command import values
from pyhttp.command.option import Command
from pyhttp.command.options import Options, common
from pyhttp.command.parsing import Given, Parser, settle
from pyhttp.site import CODINGS, Site

__all__ = ["FolderOptions", "folder_parser", "parse_folder"]


class FolderOptions(NamedTuple):
    """A folder, and the rules by which it is served."""

    common: Options
    directory: str
    """The folder, or one file."""
    site: Site


_SITE: Final = Site()
_SPA: Final = "index.html"
_FIELDS: Final = {
    "cgi_directories": "cgi_dir",
    "cgi_suffixes": "cgi_suffix",
    "cgi_env": "cgi_env",
    "headers": "header",
    "media_types": "mime",
    "default_type": "default_type",
    "spa": "spa_file",
}
"""The options from which those fields of a Site are made that have rules."""


def parse_folder(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> FolderOptions:
    """The options from the arguments `argv`; for missing ones, from `environment` and the file of --config.

    Raises:
        SystemExit: For --help and --version, with code 2 for a wrong command line, and with code 1 where the working
            directory is to be served and has been removed.
        OSError: The answer to --help or --version cannot be written.
    """
    parser = folder_parser()
    end = list(argv).index("--") if "--" in argv else len(argv)  # no option may take it for a value
    arguments = parser.parse_intermixed_args(argv[:end])
    words: list[str] = arguments.words[1:] if arguments.words[:1] == ["serve"] else arguments.words  # else: ./serve
    words += argv[end + 1 :]
    if words:
        arguments.directory = [*words, *getattr(arguments, "directory", ())]
    given = settle(parser, arguments, Command.FOLDER, environment)
    try:
        directory = _directory(given)
        return FolderOptions(common=common(given), directory=directory, site=_site(given))
    except ValueError as error:
        parser.error(str(error))
    except FileNotFoundError:
        parser.exit(1, "pyhttp: cannot serve the working directory: it has been removed\n")


def _directory(given: Given) -> str:
    origin = given.origins.get("directory")
    try:
        return values.folder(given.values.directory)
    except ValueError as error:
        raise ValueError(f"{origin}: {error}" if origin else str(error)) from error


def _site(given: Given) -> Site:
    found = given.values
    try:
        return Site(
            # A program that runs the files of a suffix also runs the index page of a folder.
            index=(*_SITE.index, *(f"index{suffix}" for suffix, _ in found.cgi_suffix)),
            listing=not found.no_listing,
            cgi_directories=tuple(found.cgi_dir),
            cgi_suffixes=tuple(found.cgi_suffix),
            cgi_env=tuple(found.cgi_env),
            cgi_auth=found.cgi_auth,
            follow_symlinks=found.follow_symlinks,
            hide_dotfiles=found.hide_dotfiles,
            max_age=found.cache,
            cors=found.cors,
            headers=tuple(found.header),
            codings=CODINGS if found.precompressed else (),
            media_types=tuple((ending.removeprefix("."), kind) for ending, kind in found.mime),
            default_type=found.default_type,
            compress=found.compress,
            clean_urls=found.clean_urls,
            spa=found.spa_file or (_SPA if found.spa else ""),
        )
    except ValueError as error:
        raise ValueError(_by_option(given, str(error))) from error


def _by_option(given: Given, message: str) -> str:
    """The message of a Site about a field, as a message about the option that the field comes from."""
    field, _, said = message.partition(": ")
    target = _FIELDS.get(field.removeprefix("Site."))
    return f"{given.name(target)}: {said}" if target else message


def folder_parser() -> Parser:
    """The parser of the command's arguments."""
    parser = Parser(
        Command.FOLDER,
        "[serve] [DIR] [options]",
        "Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin. Or one file alone."
        " Or a WSGI application: pyhttp wsgi --help.",
    )
    text = "the folder to serve, or the one file (default: the working directory)"
    parser.add_argument("words", metavar="DIR", nargs="*", default=[], help=text)
    return parser

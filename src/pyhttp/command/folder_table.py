"""The options of the table that concern a folder: its files and its scripts."""

from typing import Final

from pyhttp.command import values
from pyhttp.command.option import Command, Group, Option
from pyhttp.site import Site

__all__ = ["DIRECTORY", "FOLDER"]

_FOLDER: Final = (Command.FOLDER,)
_SITE: Final = Site()

DIRECTORY: Final = Option(
    Group.SERVING,
    "directory",
    "the folder, as an option",
    "DIR",
    repeats=True,  # so a second one can be reported
    shown="the working directory",
    short="-d",
    commands=_FOLDER,
)
FOLDER: Final = (
    Option(
        Group.FILES,
        "no-listing",
        "answer 403 for a folder without an `index.html`",
        shown="listings are shown",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "hide-dotfiles",
        "neither list nor serve names that begin with a dot, except `.well-known`, whatever link leads to them",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "follow-symlinks",
        "let symbolic links lead out of the folder",
        shown="they answer 404",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "cache",
        "how long browsers may keep an answer without asking",
        "SECONDS",
        values.natural,
        shown="they ask each time",
        number=True,
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "precompressed",
        "let `FILE.br`, `FILE.zst` and `FILE.gz` answer for `FILE` if a client accepts the coding and they can be that"
        " file: for folders that were prepared for it",
        shown="they are ordinary files",
        see="docs/choices.md#files",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "compress",
        "send text and other files that gain by it with gzip, or zstd where Python has it, if a client accepts that;"
        " the coding is made while they are sent",
        see="docs/choices.md#pages",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "clean-urls",
        "serve `about.html` at `/about`, and redirect the other way round",
        see="docs/choices.md#pages",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "spa",
        "answer with `index.html` where a browser goes to a page that does not exist, for applications that draw their"
        " pages themselves; the name of a file still gets 404",
        see="docs/choices.md#pages",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "spa-file",
        "as `--spa`, with FILE, directly below DIR",
        "FILE",
        values.not_empty,
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "cors",
        "let pages of any origin read the answers, and answer their preflights",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "header",
        "add a header field to every answer; may be repeated",
        "'NAME: VALUE'",
        values.pair(":", "'NAME: VALUE'"),
        repeats=True,
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "mime",
        "the media type of a file name extension, or of a whole name such as `Makefile`; may be repeated",
        "NAME=TYPE",
        values.pair("=", "NAME=TYPE, such as wasm=application/wasm"),
        repeats=True,
        shown="a table of our own",
        commands=_FOLDER,
    ),
    Option(
        Group.FILES,
        "default-type",
        "the media type of files whose name shows none",
        "TYPE",
        default="",
        shown="a look into the file: `text/plain` where it begins as UTF-8 text, else `application/octet-stream`",
        commands=_FOLDER,
    ),
    Option(
        Group.SCRIPTS,
        "cgi-dir",
        "a folder of scripts, directly below DIR; may be repeated",
        "NAME",
        repeats=True,
        default=_SITE.cgi_directories,
        shown="`cgi-bin`",
        dest="cgi_dir",
        commands=_FOLDER,
    ),
    Option(
        Group.SCRIPTS,
        "no-cgi",
        "run no scripts; `cgi-bin` is a folder like others",
        dest="cgi_dir",
        const=(),
        default=_SITE.cgi_directories,
        commands=_FOLDER,
    ),
    Option(
        Group.SCRIPTS,
        "cgi-suffix",
        "run files of a suffix by a program, such as `.php=/usr/bin/php-cgi`, and `index.EXT` for a folder; may be"
        " repeated",
        ".EXT=PROGRAM",
        values.pair("=", ".EXT=PROGRAM, such as .php=/usr/bin/php-cgi"),
        repeats=True,
        commands=_FOLDER,
    ),
    Option(
        Group.SCRIPTS,
        "cgi-env",
        "pass a variable of the server's environment to scripts, or set one: `HTTPS=on` behind a proxy that speaks TLS;"
        " may be repeated",
        "NAME[=VALUE]",
        repeats=True,
        shown="none",
        commands=_FOLDER,
    ),
    Option(
        Group.SCRIPTS,
        "cgi-auth",
        "pass the Authorization field to scripts",
        commands=_FOLDER,
    ),
)

"""`pyhttp wsgi MODULE:APP`: what it asks for, beside what every command does."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pyhttp.command.option import Command
from pyhttp.command.options import Options, common
from pyhttp.command.parsing import Parser, of, settle

__all__ = ["WsgiOptions", "parse_wsgi", "wsgi_parser"]


class WsgiOptions(NamedTuple):
    """An application, and how it is served."""

    common: Options
    application: str
    """As "module:name", or "module:name()" for a function that makes it."""


def parse_wsgi(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> WsgiOptions:
    """The options that the arguments `argv` state, and where those say nothing `environment` and the file of --config.

    Raises:
        SystemExit: For --help and --version, and with code 2 for what cannot be understood.
        OSError: The answer to --help or --version cannot be written.
    """
    parser = wsgi_parser()
    given = settle(parser, parser.parse_intermixed_args(argv), Command.APPLICATION, environment)
    try:
        return WsgiOptions(common=common(given), application=given.values.application)
    except ValueError as error:
        parser.error(str(error))


def wsgi_parser() -> Parser:
    """The parser of the command's arguments."""
    parser = Parser(
        Command.APPLICATION,
        "MODULE:APP [options]",
        "Serve a WSGI application (PEP 3333), such as one of Flask, Django or Bottle, over HTTP/1.1.",
    )
    parser.add_argument(
        "application",
        metavar="MODULE:APP",
        type=of(_application),
        help="the application APP of a module; MODULE:FACTORY() calls a function that returns it",
    )
    return parser


def _application(text: str) -> str:
    """The name of an application in its module: "module:name", or "module:name()".

    Raises:
        ValueError: It is not of that form.
    """
    module, _, name = text.removesuffix("()").partition(":")
    if not all(each.isidentifier() for each in [*module.split("."), *name.split(".")]):
        raise ValueError(f"{text!r} is not of the form MODULE:APP, such as hello:app, or 'shop:create_app()'")
    return text

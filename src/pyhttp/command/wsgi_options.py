"""The options of `pyhttp wsgi MODULE:APP`, beside those of every command."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pyhttp.command.option import Command
from pyhttp.command.options import Options, common
from pyhttp.command.parsing import Parser, of, settle

__all__ = ["WsgiOptions", "parse_wsgi", "wsgi_parser"]


class WsgiOptions(NamedTuple):
    """An application, and the options by which it is served."""

    common: Options
    application: str
    """The name "module:name", or "module:name()" for a function that makes the application."""


def parse_wsgi(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> WsgiOptions:
    """The options from the arguments `argv`; for missing ones, from `environment` and the file of --config.

    Raises:
        SystemExit: For --help and --version, and with code 2 for a wrong command line.
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
        ValueError: The text does not have that form.
    """
    module, _, name = text.removesuffix("()").partition(":")
    if not all(each.isidentifier() for each in [*module.split("."), *name.split(".")]):
        raise ValueError(f"{text!r} is not of the form MODULE:APP, such as hello:app, or 'shop:create_app()'")
    return text

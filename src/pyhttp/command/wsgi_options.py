"""`pyhttp wsgi MODULE:APP`: what it asks for, beside what every command does."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pyhttp.command.options import Options, add_options, common, new_parser
from pyhttp.command.serving_options import of

__all__ = ["WsgiOptions", "parse_wsgi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WsgiOptions:
    """An application, and how it is served."""

    common: Options
    application: str
    """As "module:name", or "module:name()" for a function that makes it."""


def parse_wsgi(argv: Sequence[str]) -> WsgiOptions:
    """The options that the arguments `argv` state.

    Raises:
        SystemExit: For --help and --version, and with code 2 for arguments that cannot be understood.
        OSError: The answer to --help or --version cannot be written.
    """
    parser = _parser()
    given = parser.parse_intermixed_args(argv)
    return WsgiOptions(common=common(parser, given), application=given.application)


def _parser() -> argparse.ArgumentParser:
    parser = new_parser(
        "pyhttp wsgi",
        "MODULE:APP [options]",
        "Serve a WSGI application (PEP 3333), such as one of Flask, Django or Bottle, over HTTP/1.1.",
    )
    parser.add_argument(
        "application",
        metavar="MODULE:APP",
        type=of(_application),
        help="the application APP of a module; MODULE:FACTORY() calls a function that returns it",
    )
    add_options(parser)
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

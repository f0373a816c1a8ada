"""The common part of the commands that serve nothing: their parser, and the way to write their output."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from pyhttp import __version__
from pyhttp.command import streams

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["FAILED", "Parser", "say"]

FAILED: Final = 2
"""The exit code of a command that could not do its work."""


class Parser(argparse.ArgumentParser):
    """A parser of arguments; a failure to write the answer to --help or --version is reported."""

    def __init__(self, name: str, usage: str, description: str) -> None:
        super().__init__(
            prog=f"pyhttp {name}",
            usage=f"%(prog)s {usage}",
            description=description,
            epilog=f"To serve a folder with the name {name}, write ./{name}.",
            allow_abbrev=False,
            formatter_class=partial(argparse.HelpFormatter, width=100),
        )
        self.add_argument(
            "--version", action="version", version=f"pyhttp {__version__}", help="show the version, and exit"
        )

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        if file is sys.stdout:
            say(message)
        else:
            super()._print_message(message, file)


def say(text: str) -> int:
    """Write to standard output; returns the exit code: 0, or `FAILED` where the text cannot be written."""
    try:
        streams.say(text)
    except OSError as error:
        streams.complain(f"cannot write to standard output: {error.strerror}")
        return FAILED
    return 0

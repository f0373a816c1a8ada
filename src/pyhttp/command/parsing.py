"""The arguments of a command, read by its options; missing ones come from environment, file and defaults."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from pyhttp import __version__
from pyhttp.command import streams, values
from pyhttp.command.option import Command, Group, Option
from pyhttp.command.table import CONFIG, by_argument, options_of

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["SIGNALS", "Given", "Parser", "of", "settle"]

Value = TypeVar("Value")

SIGNALS: Final = (
    "SIGINT (Ctrl+C) or SIGTERM stops it and lets answers in progress finish; a second one ends it at once."
    " SIGHUP opens the access log and reads certificate and users anew, and replaces --processes one by one."
)


class Parser(argparse.ArgumentParser):
    """An argument parser of a command with its options; an option that is not given leaves no attribute in its result.

    A failure to write the answer to --help or --version is reported.
    """

    def __init__(self, command: Command, usage: str, description: str) -> None:
        super().__init__(
            prog=command.value,
            usage=f"%(prog)s {usage}",
            description=description,
            epilog=SIGNALS,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            # Adding arguments calls for formatters too, and without a width they load `shutil` and its compressors.
            formatter_class=partial(argparse.HelpFormatter, width=80),
        )
        self._untold: list[tuple[argparse.Action, Option]] = []
        self._groups: dict[Group, argparse._ActionsContainer] = {Group.SERVING: self}
        self.add_argument(
            "--version", action="version", version=f"pyhttp {__version__}", help="show the version, and exit"
        )
        rivals: dict[str, argparse._ActionsContainer] = {}
        for option in options_of(command):
            group = self._groups.get(option.group)
            if group is None:
                group = self._groups[option.group] = self.add_argument_group(option.group)
            if option.dest:
                if option.dest not in rivals:
                    rivals[option.dest] = group.add_mutually_exclusive_group()
                group = rivals[option.dest]
            self._untold.append((_add(group, option), option))

    def tell(self) -> None:
        """Add the help texts, which a start without --help does not need."""
        for action, option in self._untold:
            action.help = option.text.replace("%", "%%")
        self._groups[Group.LIMITS].description = values.limits()
        self.formatter_class: argparse._FormatterClass = argparse.HelpFormatter  # as wide as the terminal is

    def format_help(self) -> str:
        """The text of --help."""
        self.tell()
        return super().format_help()

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        if file is sys.stdout:
            streams.say(message)
        else:
            super()._print_message(message, file)


def _add(group: "argparse._ActionsContainer", option: Option) -> argparse.Action:
    if not option.metavar:
        return group.add_argument(*option.names, dest=option.target, action="store_const", const=option.const)
    action, convert = "append" if option.repeats else "store", of(option.convert)
    return group.add_argument(*option.names, dest=option.target, action=action, type=convert, metavar=option.metavar)


class Given(NamedTuple):
    """The values of all options of a command.

    Attributes:
        values: The values by their keys.
        origins: The name of the origin of each value that was not given as an argument.
        warnings: Lines about variables of the environment that do not belong to an option.
    """

    values: argparse.Namespace
    origins: Mapping[str, str]
    warnings: Sequence[str]

    def name(self, target: str) -> str:
        """The name of the origin of a value, for a message about it."""
        return self.origins.get(target) or by_argument(target)


def settle(
    parser: argparse.ArgumentParser, given: argparse.Namespace, command: Command, environment: Mapping[str, str]
) -> Given:
    """Complete the arguments: missing values come from the environment, then from the file, then from the defaults.

    Raises:
        SystemExit: The environment or the file cannot be understood.
    """
    options, found = options_of(command), vars(given)
    origins: dict[str, str] = {}
    warnings: list[str] = []
    variables = {name: environment[name] for name in environment if name.startswith("PYHTTP_")}
    if variables or CONFIG.target in found:
        from pyhttp.command.sources import fill  # noqa: PLC0415 - most starts have neither variables nor a file

        try:
            warnings = fill(found, origins, command, options, variables)
        except ValueError as error:
            parser.error(str(error))
    for option in options:
        found.setdefault(option.target, option.fallback)
    return Given(given, origins, warnings)


def of(convert: Callable[[str], Value]) -> Callable[[str], Value]:
    """A converter for argparse, which would hide the message of a ValueError."""

    def converter(text: str) -> Value:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return converter

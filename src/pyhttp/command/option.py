"""An option: its name, its value, its text, and the commands that have it."""

from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Final, NamedTuple

__all__ = ["EVERY", "Command", "Group", "Option"]


class Command(Enum):
    """A command with options; the value is the typed command."""

    FOLDER = "pyhttp"
    APPLICATION = "pyhttp wsgi"


EVERY: Final = (Command.FOLDER, Command.APPLICATION)


class Group(StrEnum):
    """The subject of an option, as --help shows it."""

    SERVING = "options"
    TLS = "TLS (https)"
    FILES = "files"
    SCRIPTS = "CGI scripts"
    LOGS = "logs"
    LIMITS = "limits and timeouts"


class Option(NamedTuple):
    """An option. It is no dataclass, since each start makes all options: that would cost several times as much.

    Attributes:
        group: The subject of the option.
        name: The long name, without the hyphens in front; a file uses this name.
        help: The effect of the option: half a sentence, with code between backticks.
        metavar: The name of its value; "" for a flag.
        convert: Makes the value from a text, and raises ValueError with an explanation.
        repeats: Whether it may be repeated, and its value is a list.
        default: The value if none is stated; unless given, False for a flag, and an empty list for an option that
            repeats.
        shown: The text about the default; "" for none.
        number: Whether its value may be a number, which needs no quotes in a file.
        short: The short name; "" for none.
        alias: Another long name, beside a short one; "" for none.
        dest: The key of the value; unless given, the name. Options with the same key exclude each other.
        const: The value of a flag.
        see: A link to a longer text for the README.
        commands: The commands that have the option.
    """

    group: Group
    name: str
    help: str
    metavar: str = ""
    convert: Callable[[str], object] = str
    repeats: bool = False
    default: object = None
    shown: str = ""
    number: bool = False
    short: str = ""
    alias: str = ""
    dest: str = ""
    const: object = True
    see: str = ""
    commands: tuple[Command, ...] = EVERY

    @property
    def names(self) -> tuple[str, ...]:
        """The names as they are typed."""
        name = f"--{self.name}"
        return (self.short, name, self.alias) if self.alias else (self.short, name) if self.short else (name,)

    @property
    def variable(self) -> str:
        """The variable of the environment that states the value."""
        return "PYHTTP_" + self.name.upper().replace("-", "_")

    @property
    def target(self) -> str:
        """The key of the value."""
        return self.dest or self.name.replace("-", "_")

    @property
    def fallback(self) -> object:
        """The value if none is stated."""
        if self.default is not None:
            return self.default
        if self.repeats:
            return ()
        return None if self.metavar else False

    @property
    def text(self) -> str:
        """The help text with the default, without backticks."""
        return (f"{self.help} (default: {self.shown})" if self.shown else self.help).replace("`", "")

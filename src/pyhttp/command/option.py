"""What an option is: its name, its value, its text, and the commands that have it."""

from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Final, NamedTuple

__all__ = ["EVERY", "Command", "Group", "Option"]


class Command(Enum):
    """What has options, by what is typed for it."""

    FOLDER = "pyhttp"
    APPLICATION = "pyhttp wsgi"


EVERY: Final = (Command.FOLDER, Command.APPLICATION)


class Group(StrEnum):
    """What an option is about, as --help says it."""

    SERVING = "options"
    TLS = "TLS (https)"
    FILES = "files"
    SCRIPTS = "CGI scripts"
    LOGS = "logs"
    LIMITS = "limits and timeouts"


class Option(NamedTuple):
    """An option. It is no dataclass, since each start makes all of them: that would cost several times as much.

    Attributes:
        group: What it is about.
        name: Its long name, without the hyphens in front: a file calls it so.
        help: What it does: half a sentence, with code between backticks.
        metavar: What stands for its value; "" for a flag.
        convert: Makes the value of a text, and raises ValueError with what is wrong.
        repeats: Whether it may be repeated, and its value is a list.
        default: The value where nothing states one; False for a flag, and an empty list, unless given.
        shown: How the default is told; "" where there is nothing to tell.
        number: Whether its value may be a number, which needs no quotes in a file.
        short: Its short name; "" without.
        alias: Another long one, beside a short one; "" without.
        dest: What the value is kept as; its name, unless given. Options that give the same exclude each other.
        const: The value of a flag.
        see: Where the README says more: a link.
        commands: Those that have it.
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
        """As they are typed."""
        name = f"--{self.name}"
        return (self.short, name, self.alias) if self.alias else (self.short, name) if self.short else (name,)

    @property
    def variable(self) -> str:
        """The variable of the environment that states it."""
        return "PYHTTP_" + self.name.upper().replace("-", "_")

    @property
    def target(self) -> str:
        """What the value is kept as."""
        return self.dest or self.name.replace("-", "_")

    @property
    def fallback(self) -> object:
        """The value where nothing states one."""
        if self.default is not None:
            return self.default
        if self.repeats:
            return ()
        return None if self.metavar else False

    @property
    def text(self) -> str:
        """Its help, with the default, without backticks."""
        return (f"{self.help} (default: {self.shown})" if self.shown else self.help).replace("`", "")

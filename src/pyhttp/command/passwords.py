"""The file of users that the command reads, and `pyhttp passwd`, which writes a line of it."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from pyhttp.auth import BasicAuth, PasswordHash, checked_name, prepared
from pyhttp.command import streams
from pyhttp.command.tool import Parser

__all__ = ["load", "passwd"]

_SALT: Final = 16


def load(path: str) -> BasicAuth:
    """The users of a file: a line `name:hash` for each; empty lines and those that begin with "#" are ignored.

    Raises:
        ValueError: The file cannot be read or understood; the message is one line, which names the file and the line.
    """
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise ValueError(f"cannot read the users of {path}: {error.strerror}") from error
    users: dict[str, PasswordHash] = {}
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode().strip()
            if text and not text.startswith("#"):
                name, _, written = text.partition(":")
                users[checked_name(name, users)] = PasswordHash.parse(written)
        except UnicodeDecodeError:
            raise ValueError(f"{path}, line {number}: it is not UTF-8") from None
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not users:
        raise ValueError(f"{path} names no user; pyhttp passwd NAME writes a line for it")
    return BasicAuth(tuple([(name, str(written)) for name, written in users.items()]))


def passwd(arguments: Sequence[str]) -> int:
    """Read a password, twice from a terminal, else a line of standard input, and write the line of the user `NAME`.

    Returns:
        The exit code.

    Raises:
        SystemExit: For --help, and with code 2 for arguments that cannot be understood.
    """
    given: str = _parser().parse_args(arguments).name
    try:
        name = checked_name(given)
        password = _ask()
    except ValueError as error:
        streams.complain(str(error))
        return 1
    try:
        streams.say(f"{name}:{PasswordHash.of(password, os.urandom(_SALT))}\n")
    except OSError as error:
        streams.complain(f"cannot write to standard output: {error.strerror}")
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser("passwd", "NAME >> FILE", "Ask for a password, and write a line for the file of --auth.")
    text = "who is let in by the password, which is asked for twice, or is a line of standard input that is no terminal"
    parser.add_argument("name", metavar="NAME", help=text)
    return parser


def _ask() -> str:
    """The password.

    Raises:
        ValueError: No usable password was given.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass  # noqa: PLC0415 - only this needs it

        try:
            password = getpass("Password: ")
            if getpass("Again: ") != password:
                raise ValueError("the two passwords differ")
        except (EOFError, KeyboardInterrupt):
            raise ValueError("no password was given") from None
    else:
        try:
            password = os.fdopen(0, "rb", closefd=False).readline().rstrip(b"\r\n").decode()
        except UnicodeDecodeError:
            raise ValueError("the password is not UTF-8") from None
    if not password:
        raise ValueError("no password was given")
    if not password.isprintable():
        raise ValueError("a password has no control characters")
    return prepared(password)

"""RFC 3875 §7.2: the reason why a program cannot be started, for the operator's log.

The system reports a missing script and a missing interpreter alike: `No such file or directory`, with the name of the
script. The first line of the file shows the fault; only this module reads it.
"""

import errno
import os
from typing import Final

__all__ = ["why_not"]

_LOOKED_AT: Final = 256
"""The number of octets that are read; no system reads more of a first line."""
_MARK: Final = b"\xef\xbb\xbf"
_NO_INTERPRETER: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP})


def why_not(command: tuple[str, ...], error: OSError | ValueError) -> str:
    """The log line about `command`, which could not be started.

    Args:
        command: The program and, if that is a program for a suffix, the file that it should run.
        error: The error that `subprocess` has raised.
    """
    program = command[0]
    described = f"{program!r}, the program for {command[1]!r}," if len(command) > 1 else repr(program)
    found = _fault(program, error) if isinstance(error, OSError) and error.filename == program else ""
    return f"{described} cannot be started: {found or error}"


def _fault(program: str, error: OSError) -> str:
    """The fault of the file; empty where only the system's own words are known."""
    try:
        with open(program, "rb") as file:
            first = file.read(_LOOKED_AT).partition(b"\n")[0]
    except OSError:
        return ""  # then the system's own words are enough
    if error.errno == errno.ENOEXEC:
        if first.startswith(_MARK + b"#!"):
            return "a byte order mark stands before the #! of its first line"
        return (
            "" if first.startswith(b"#!") else "its first line names no interpreter by #!, and it is no program itself"
        )
    if error.errno not in _NO_INTERPRETER:
        return ""
    if first.startswith(b"\x7fELF"):
        return "a loader or library that it needs is missing" if error.errno == errno.ENOENT else ""
    return _fault_of_line(first[2:], error) if first.startswith(b"#!") else ""


def _fault_of_line(line: bytes, error: OSError) -> str:
    interpreter = os.fsdecode(line.strip(b" \t").replace(b"\t", b" ").partition(b" ")[0])
    if not interpreter:
        return "its first line names no interpreter behind #!"
    if interpreter.endswith("\r"):
        named = f"the interpreter {interpreter[:-1]!r} of its first line"
        return f"{named} is followed by a carriage return: the file has the line ends of Windows, CR before LF"
    return f"the interpreter {interpreter!r} of its first line: {error.strerror}"

"""RFC 3875 §7.2: why a program cannot be started, for the operator's log.

The system says the same of a script that is missing and of one whose interpreter is: `No such file or directory`, with
the name of the script. What is wrong stands in the first line of the file, which is looked at here, and only here.
"""

import errno
import os
from typing import Final

__all__ = ["why_not"]

_LOOKED_AT: Final = 256
"""Octets; no system reads more of a first line."""
_MARK: Final = b"\xef\xbb\xbf"
_NO_INTERPRETER: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP})


def why_not(command: tuple[str, ...], error: OSError | ValueError) -> str:
    """What to tell of `command`, which could not be started.

    Args:
        command: The program, and the file that it should run, if it is a program for a suffix.
        error: As `subprocess` has it.
    """
    program = command[0]
    described = f"{program!r}, the program for {command[1]!r}," if len(command) > 1 else repr(program)
    found = _fault(program, error) if isinstance(error, OSError) and error.filename == program else ""
    return f"{described} cannot be started: {found or error}"


def _fault(program: str, error: OSError) -> str:
    """What is wrong with the file; empty where what the system says is all that is known."""
    try:
        with open(program, "rb") as file:
            first = file.read(_LOOKED_AT).partition(b"\n")[0]
    except OSError:
        return ""  # then the system has said what was to be said
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

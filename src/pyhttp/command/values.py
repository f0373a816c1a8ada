"""The conversion of an option's text to a value; each message says what is wrong, and what to write."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from enum import Enum
from typing import Final, NamedTuple

from pyhttp.limits import Limits, Timeouts

__all__ = [
    "CertificateFiles",
    "Kind",
    "LogFormat",
    "folder",
    "limit",
    "limits",
    "log_format",
    "mode",
    "natural",
    "networks",
    "not_empty",
    "pair",
    "port",
    "positive",
    "processes",
    "timeout",
]


class Kind(Enum):
    """The way to run handlers."""

    POOLED = "pooled"
    THREADED = "threaded"
    SINGLE = "single"


class CertificateFiles(NamedTuple):
    """The files of a certificate for TLS."""

    certificate: str
    """The file of the certificate and of those that lead from it to one that clients know, all in PEM."""
    key: str
    """The file of its private key; "" where the key is in the file of the certificate."""
    password_file: str
    """The file with the password of an encrypted key; "" for a key without a password."""


class LogFormat(Enum):
    """The form of a request in the access log."""

    COMMON = "common"
    COMBINED = "combined"
    JSON = "json"


_COUNTS: Final = frozenset(
    {
        "field_lines",
        "requests_per_connection",
        "connections",
        "threads",
        "backlog",
        "scripts",
        "script_field_lines",
        "ranges",
        "unordered_ranges",
        "listing_entries",
    }
)
"""The fields of `Limits` that count things; the others are sizes."""
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE: Final = "([0-9]{1,15})([kKmMgG]?)"
_SECONDS: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([sm]?)"
_MOST: Final = 999_999_999


def folder(names: Sequence[str]) -> str:
    """The absolute path of the one folder that is named; the working directory where none is.

    Raises:
        ValueError: There are several names, or the name is empty, or a port.
        FileNotFoundError: The working directory is needed, and has been removed.
    """
    number = next((each for each in names if each.isdecimal() and not os.path.exists(each)), None)
    if number is not None:
        raise ValueError(f"there is no folder {number}; to listen on port {number}, write --port {number}")
    if len(names) > 1:
        raise ValueError(f"one folder at a time, not {len(names)}: {' '.join(names)}")
    if "" in names:
        raise ValueError("the name of the folder is empty")
    return os.path.abspath(names[0] if names else os.curdir)


def natural(text: str) -> int:
    """A whole number; 0 is one.

    Raises:
        ValueError: The text is none, or has more than nine digits.
    """
    if not _is_number(text):
        raise ValueError(f"{text!r} is not a whole number from 0 to {_MOST}")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        ValueError: As `natural`, or it is 0.
    """
    if not (_is_number(text) and int(text)):
        raise ValueError(f"{text!r} is not a whole number from 1 to {_MOST}")
    return int(text)


def networks(text: str) -> tuple[str, ...]:
    """Networks, addresses and "unix", with commas between them.

    Raises:
        ValueError: There is no name, or a name is something else.
    """
    from pyhttp.proxies import Networks  # noqa: PLC0415 - most servers have no proxy in front

    return Networks(tuple([name.strip() for name in text.split(",")])).names


def processes(text: str) -> int:
    """A number of processes; as many as there are processors for ``auto``.

    Raises:
        ValueError: The text is neither.
    """
    if text == "auto":
        from pyhttp.servers.processes import available  # noqa: PLC0415 - mostly one process serves

        return available()
    try:
        return positive(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number from 1 on nor auto") from None


def port(text: str) -> int:
    """A TCP port.

    Raises:
        ValueError: The text is no port.
    """
    if not (_is_number(text) and int(text) <= 65535):
        raise ValueError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def mode(text: str) -> int:
    """Permissions of a file, as octal digits.

    Raises:
        ValueError: The text is no such number.
    """
    if not re.fullmatch("[0-7]{3,4}", text):
        raise ValueError(f"{text!r} is not a mode of octal digits, such as 660")
    return int(text, 8)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def not_empty(text: str) -> str:
    """Return the text itself.

    Raises:
        ValueError: The text is empty, like a variable of the shell that was not set.
    """
    if not text:
        raise ValueError("the value is empty")
    return text


def pair(separator: str, form: str) -> Callable[[str], tuple[str, str]]:
    """A converter for two texts with a separator between them; white space round both is removed.

    Args:
        separator: The text that divides them; its first place counts.
        form: The correct form, for the message.
    """

    def split(text: str) -> tuple[str, str]:
        left, found, right = text.partition(separator)
        if not found:
            raise ValueError(f"{text!r} has no {separator!r}; write {form}")
        if not left.strip():
            raise ValueError(f"{text!r} has nothing before its {separator!r}; write {form}")
        return left.strip(), right.strip()

    return split


def log_format(text: str) -> LogFormat:
    """A format by its name.

    Raises:
        ValueError: There is no format of that name.
    """
    for each in LogFormat:
        if each.value == text:
            return each
    raise ValueError(f"{text!r} is none of {', '.join(each.value for each in LogFormat)}")


def limit(text: str) -> tuple[str, int]:
    """The name of a field of `Limits` and its value: a count, or a size, which may end in k, M or G.

    Raises:
        ValueError: There is no such limit, or the value is invalid.
    """
    name, value = _named(text, "limit", Limits, "NAME=VALUE, such as field_line=16k")
    if name in _COUNTS:
        return name, _of(name, positive, value)
    found = re.fullmatch(_SIZE, value)
    if found is None or not (size := int(found[1]) * _UNITS[found[2].lower()]):
        raise ValueError(f"{name}: {value!r} is not a size in bytes, such as 65536, 64k, 1M or 2G")
    return name, size


def timeout(text: str) -> tuple[str, float]:
    """The name of a field of `Timeouts` and its value: seconds, which may end in s, or minutes, which end in m.

    Raises:
        ValueError: There is no such deadline, or the value is invalid.
    """
    name, value = _named(text, "timeout", Timeouts, "NAME=SECONDS, such as idle=30")
    if name.endswith("_rate"):
        return name, float(_of(name, positive, value))
    found = re.fullmatch(_SECONDS, value)
    if found is None or not (seconds := float(found[1]) * (60 if found[2] == "m" else 1)):
        raise ValueError(f"{name}: {value!r} is not a time, such as 30, 0.5, 30s or 2m")
    return name, seconds


def _of(name: str, convert: Callable[[str], int], value: str) -> int:
    try:
        return convert(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _named(text: str, what: str, kind: type[Limits] | type[Timeouts], form: str) -> tuple[str, str]:
    """The name and value; the name is a field of `kind`, and may be written with hyphens."""
    name, value = pair("=", form)(text)
    name = name.replace("-", "_")
    known = [each.name for each in fields(kind)]
    if name in known:
        return name, value
    other, option = (Timeouts, "timeout") if kind is Limits else (Limits, "limit")
    if name in {each.name for each in fields(other)}:
        raise ValueError(f"{name} is a {option}; write --{option} {text}")
    import difflib  # noqa: PLC0415 - only needed after an error

    near = difflib.get_close_matches(name, known)
    meant = f"did you mean {' or '.join(near)}?" if near else "--help lists them"
    raise ValueError(f"there is no {what} {name!r}; {meant}")


def limits() -> str:
    """Every limit and every deadline with its default, in the form of arguments."""
    return f"Limits: {', '.join(_defaults(Limits))}. Timeouts in seconds: {', '.join(_defaults(Timeouts))}."


def _defaults(kind: type[Limits] | type[Timeouts]) -> Iterator[str]:
    for each in fields(kind):
        default: object = each.default
        shown = _short(default) if isinstance(default, int) and each.name not in _COUNTS else f"{default:g}"
        yield f"{each.name}={shown}"


def _short(size: int) -> str:
    for unit in ("g", "m", "k"):
        if not size % _UNITS[unit]:
            return f"{size // _UNITS[unit]}{unit if unit == 'k' else unit.upper()}"
    return str(size)

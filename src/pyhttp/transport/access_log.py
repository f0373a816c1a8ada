"""One line for each exchange; safe against any octets of the client (safety lines O1, O2).

There are three formats: common and combined, as log analysers know them, and JSON, one object a line.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pyhttp.log_escaping import in_quotes
from pyhttp.semantics.fields import EMPTY
from pyhttp.transport.client import Connection
from pyhttp.transport.exchange import Exchange

if TYPE_CHECKING:
    import logging

__all__ = [
    "AccessEntry",
    "AccessLog",
    "ErrorLog",
    "combined_format",
    "common_format",
    "entry_of",
    "json_format",
    "log_to",
    "loggers",
    "write_line",
]


INFO: Final = 20
"""`logging.INFO`, the level of an access line."""
WARNING: Final = 30
"""`logging.WARNING`, the level of facts that no access line has, and an operator may want to know."""

ERROR: Final = 40
"""`logging.ERROR`, the level of faults of this program."""


class ErrorLog(Protocol):
    """A log for errors, as servers use it: a `logging.Logger` is one."""

    def isEnabledFor(self, level: int, /) -> bool:  # noqa: N802 - its name in `logging`
        """Whether lines of this level are written."""
        ...

    def log(self, level: int, msg: str, /, *args: object, exc_info: BaseException | None = None) -> None:
        """Write a line, `msg` with `args` in the place of its "%s", and the traceback of `exc_info`."""
        ...


_given: Final[list[ErrorLog]] = []


def log_to(log: ErrorLog) -> None:
    """Have servers that this process makes from now on log errors to `log`, and nothing by way of `logging`."""
    _given[:] = [log]


def loggers() -> "tuple[ErrorLog, logging.Logger | None]":
    """The loggers "pyhttp.error" and "pyhttp.access", or the log that `log_to` was given, and None.

    The loggers have no handler of ours: level and sink are the operator's (safety line O3). Without any set-up, faults,
    which are warnings and errors, go to standard error by the last resort of `logging`. Access lines are neither, and
    are dropped.
    """
    if _given:
        return _given[0], None
    import logging  # noqa: PLC0415 - a tenth of all modules to load; the command needs none of them

    return logging.getLogger("pyhttp.error"), logging.getLogger("pyhttp.access")


def write_line(log: "logging.Logger", line: str) -> None:
    """Give `line` to `log`, which is enabled for this level.

    `Logger.info` would look through the stack for the calling line of code, which is always this one.
    """
    log.handle(log.makeRecord(log.name, INFO, __file__, 0, "%s", (line,), None))


class AccessEntry(NamedTuple):
    """The record of an exchange that has ended.

    A named tuple, like RequestHead, since a value is made for every request.
    """

    client: str
    """The address of the client, without its port; or the text that a trusted proxy gives in its place."""
    ended: float
    """When the exchange ended, in seconds since the beginning of 1970 (UTC)."""
    duration: float
    """Seconds from the complete head of the request to the last octet of its answer."""
    method: str
    """The method of the request; empty where it could not be parsed."""
    target: str
    """The request-target as it was received; empty where it could not be parsed."""
    version: str
    """The version, such as HTTP/1.1; empty where it could not be parsed."""
    status: int
    """The status of the answer; 0 where the server has sent none."""
    sent: int
    """The number of octets of content sent."""
    referer: str
    """The Referer of the request; empty where it has none."""
    user_agent: str
    """The User-Agent of the request; empty where it has none."""
    user: str = ""
    """The user whose password was right; empty where none was asked for, or where it was wrong."""


def entry_of(conn: Connection, exchange: Exchange) -> AccessEntry:
    """The record of an exchange that has just ended."""
    head, answer, unsent = exchange.head, exchange.answer, conn.outbox.unsent
    if head is None:
        (method, target, version), headers = _refused_line(conn), EMPTY
    else:
        method, target, _, _, _, version, headers = head
    fields = headers.by_name
    sent = exchange.octets if answer is None else answer.octets
    if unsent:
        sent = max(0, sent - unsent)
    return tuple.__new__(  # by the order of the fields, which takes half of the time of their names
        AccessEntry,
        (
            conn.addr[0],
            time.time(),
            time.monotonic() - exchange.started,
            method,
            target,
            version,
            exchange.status,
            sent,
            fields.get("referer", ""),
            fields.get("user-agent", ""),
            exchange.user,
        ),
    )


def _refused_line(conn: Connection) -> tuple[str, str, str]:
    """The texts in place of method, target and version in a complete head that was refused."""
    line = conn.core.head_bytes.partition(b"\r\n")[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    return method, target, version


AccessLog = Callable[[AccessEntry], None]
"""A sink for the entries: a fast callable that never raises, called on the thread that ends an exchange."""


def common_format(entry: AccessEntry, longest: int, tail: str = "") -> str:
    """`entry` in the common log format, at most `longest` characters: the request line is cut, and the cut is marked.

    Args:
        entry: The record of the exchange.
        longest: The largest number of characters of a line.
        tail: The text behind the line.
    """
    client, ended, _, method, target, version, status, sent, _, _, user = entry
    request = f"{method} {target} {version}" if method else "-"
    # Nearly every request is harmless; these tests find that sooner than the expression.
    if not request.isprintable() or '"' in request or "\\" in request:
        request = in_quotes(request)
    # A name is one column, so it may not hold the space that divides columns.
    user = _cut(in_quotes(user), longest // 8).replace(" ", "\\x20") if user else "-"
    line = f'{client} - {user} [{_clock(int(ended))}] "{request}" {status or "-"} {sent}{tail}'
    if len(line) <= longest:
        return line
    return line.replace(f'"{request}"', f'"{_cut(request, longest - len(line) + len(request))}"', 1)


def combined_format(entry: AccessEntry, longest: int) -> str:
    """The common log format with Referer and User-Agent behind it; these take at most half of the line."""
    fields = [_cut(in_quotes(value) or "-", longest // 4) for value in (entry.referer, entry.user_agent)]
    return common_format(entry, longest, f' "{fields[0]}" "{fields[1]}"')


def json_format(entry: AccessEntry, longest: int) -> str:
    """`entry` as a JSON object of ASCII characters; a target that is too long is cut, and the cut is marked."""
    import json  # noqa: PLC0415 - not every server needs it

    def written(room: int) -> str:
        return json.dumps(
            {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.ended)),
                "client": entry.client,
                "user": _cut(entry.user, room),
                "method": _cut(entry.method, room),
                "target": _cut(entry.target, room),
                "version": entry.version,
                "status": entry.status,
                "sent": entry.sent,
                "ms": round(entry.duration * 1000, 3),
                "referer": _cut(entry.referer, room),
                "user_agent": _cut(entry.user_agent, room),
            }
        )

    line = written(longest)
    # A character takes up to six characters in JSON, and five texts share the line.
    return line if len(line) <= longest else written(max(0, (longest - 256) // 30))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 3)] + "..."


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=2)
def _clock(second: int) -> str:
    """Local time in the form of the format, with English months in every locale."""
    now = time.localtime(second)
    return f"{now.tm_mday:02}/{_MONTHS[now.tm_mon - 1]}/{time.strftime('%Y:%H:%M:%S %z', now)}"

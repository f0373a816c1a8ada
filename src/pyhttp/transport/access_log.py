"""One line for each exchange, in the common log format; safe against whatever the client sent (safety lines O1, O2)."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["AccessEntry", "AccessLog", "common_format", "escape"]

_UNSAFE: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f]')


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """What is known when an exchange has ended.

    Attributes:
        client: The address of the client, without its port.
        ended: When the exchange ended, in seconds since the epoch.
        duration: Seconds from the complete head to the last byte.
        method, target, version: Of the request line; empty where it could not be parsed.
        status: Of the answer; 0 where there was none through the gate.
        sent: Octets of content sent.
    """

    client: str
    ended: float
    duration: float
    method: str
    target: str
    version: str
    status: int
    sent: int


AccessLog = Callable[[AccessEntry], None]
"""What takes the entries: a fast callable that never raises, called on whatever thread ends an exchange."""


def escape(text: str) -> str:
    r"""Write controls, ``"`` and ``\`` as ``\xNN``, which can be undone and cannot start a line of its own."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def common_format(entry: AccessEntry, longest: int) -> str:
    """`entry` in the common log format; the request line is cut, and marked, where the line would pass `longest`."""
    request = f"{entry.method} {entry.target} {entry.version}" if entry.method else "-"
    if _UNSAFE.search(request):
        request = escape(request)
    start = f"{entry.client} - - [{_clock(int(entry.ended))}] "
    end = f" {entry.status or '-'} {entry.sent}"
    room = longest - len(start) - len(end) - 2
    if len(request) > room:
        request = request[: max(0, room - 3)] + "..."
    return f'{start}"{request}"{end}'


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_last: tuple[int, str] = (0, "")
"""The last second written out. One tuple, replaced as a whole, so that threads see a pair that belongs together."""


def _clock(second: int) -> str:
    """Local time as the format has it, with English months whatever the locale."""
    global _last  # noqa: PLW0603 - a cache of one immutable value
    known, text = _last
    if known != second:
        now = time.localtime(second)
        text = f"{now.tm_mday:02}/{_MONTHS[now.tm_mon - 1]}/{time.strftime('%Y:%H:%M:%S %z', now)}"
        _last = (second, text)
    return text

"""One line for each exchange; safe against whatever the client sent (safety lines O1, O2).

Three formats: common and combined, as log analysers know them, and JSON, one object a line.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["AccessEntry", "AccessLog", "combined_format", "common_format", "escape", "json_format"]


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
        referer, user_agent: Of the request; empty where it has none.
    """

    client: str
    ended: float
    duration: float
    method: str
    target: str
    version: str
    status: int
    sent: int
    referer: str
    user_agent: str


AccessLog = Callable[[AccessEntry], None]
"""What takes the entries: a fast callable that never raises, called on whatever thread ends an exchange."""

_UNSAFE: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f]')


def escape(text: str) -> str:
    r"""Write controls, ``"`` and ``\`` as ``\xNN``, which can be undone and cannot start a line of its own."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found.group()):02x}", text) if _UNSAFE.search(text) else text


def common_format(entry: AccessEntry, longest: int) -> str:
    """`entry` in the common log format, `longest` characters at most: the request line is cut, and marked."""
    return _in_format(entry, longest, "")


def combined_format(entry: AccessEntry, longest: int) -> str:
    """The common log format with Referer and User-Agent behind it; these take half of the line at most."""
    fields = [_cut(escape(value) or "-", longest // 4) for value in (entry.referer, entry.user_agent)]
    return _in_format(entry, longest, f' "{fields[0]}" "{fields[1]}"')


def json_format(entry: AccessEntry, longest: int) -> str:
    """`entry` as a JSON object of ASCII characters; the target is cut, and marked, where it is too long."""
    import json  # noqa: PLC0415 - not every server needs it

    def written(room: int) -> str:
        return json.dumps(
            {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.ended)),
                "client": entry.client,
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
    # A character takes up to six in JSON, and four texts share the line.
    return line if len(line) <= longest else written(max(0, (longest - 256) // 24))


def _in_format(entry: AccessEntry, longest: int, tail: str) -> str:
    request = escape(f"{entry.method} {entry.target} {entry.version}") if entry.method else "-"
    start = f"{entry.client} - - [{_clock(int(entry.ended))}] "
    end = f" {entry.status or '-'} {entry.sent}{tail}"
    return f'{start}"{_cut(request, longest - len(start) - len(end) - 2)}"{end}'


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 3)] + "..."


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

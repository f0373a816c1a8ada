"""How much and how long: every bound on a peer, each with its reason (RFC 9110 §2.3, §17.5; RFC 9112 §3).

A peer may be hostile (9110-2.3-1a). Each element that it sends has a bound of its own (9110-17.5-4a). What happens at
each is written down here, beside it (3875-8.1-1b).
`Limits` counts bytes and things, `Timeouts` counts seconds. 0 and None never mean "unlimited": both are refused.
"""

from dataclasses import dataclass, fields
from typing import Final

__all__ = ["Limits", "Timeouts"]

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes and counts of things; all positive.

    By default what this server makes is within them, unless escapes have made it longer (9110-2.3-3a).

    Raises:
        ValueError: A limit is not a positive int; the message names it.
    """

    request_line: int = 8 * KIB
    """Bytes of a request line, D1: 9110-4.1-5a and 9112-3-5b ask for 8000 at least; the common servers take 4 to 8 KiB.
    Over it: 414."""
    field_line: int = 8 * KIB
    """Bytes of one field line, D2: as the common servers have it. Over it: 431."""
    field_section: int = 64 * KIB
    """Bytes of a header or trailer section, D3: this stays under the 128 KiB that Linux allows one environment string
    of a script. Over it: 431."""
    field_lines: int = 100
    """Lines of a header or trailer section, D4: the usual count. Over it: 431."""
    content: int = GIB
    """Bytes of a request's content, D5: it is streamed, so this bounds disk and time, not memory; a git push is easily
    100 MiB. Over it: 413."""
    chunk_line: int = KIB
    """Bytes of a line that begins a chunk, D6: a chunk-size has 16 digits at most, the rest is extensions that nobody
    reads. Over it: 400."""
    chunk_extensions: int = 16 * KIB
    """Bytes of all chunk extensions of one message, D6 (9112-7.1.1-4b). Over it: 400."""
    requests_per_connection: int = 1000
    """Requests, D11: the last answer says `Connection: close`."""
    connections: int = 10_000
    """Clients connected at once, D12: an idle connection costs a descriptor and a small buffer; the descriptor limit
    may lower this further."""
    threads: int = 128
    """Handlers at once in a `ThreadedServer`, D12; further complete requests wait in order."""
    backlog: int = 128
    """Connections the kernel holds before they are accepted, D13."""
    drain: int = 64 * KIB
    """Bytes of unread content read away to keep a connection, D15; beyond them the connection closes instead."""
    linger: int = 64 * KIB
    """Bytes read away after the last answer, D16, so that the client receives it (9112 §9.6)."""
    read_ahead: int = 64 * KIB
    """Bytes received ahead of what is being handled, F12: one read of the socket, and the content the loop awaits.
    Content of a stated length is no longer ahead once a handler reads it: that goes into the handler's buffer."""
    portion: int = MIB
    """Bytes read or sent for one connection before others get their turn, L4: disk reads and sendfile block. Of several
    ranges each counts as 64 KiB more, since a disk has to find it."""
    scripts: int = 16
    """CGI processes at once, D18: a process costs far more than a connection. Further ones wait in order."""
    script_fields: int = 64 * KIB
    """Bytes of the field section of a script's output, D19. Over it: 502."""
    script_field_lines: int = 100
    """Field lines of a script's output, D19. Over it: 502."""
    script_stderr: int = 64 * KIB
    """Bytes of a script's standard error kept in the log per run, D19."""
    ranges: int = 256
    """Byte ranges in one request, D20; over it Range is ignored. Ascending ones are read and sent in one pass: so many
    cost about as much processor time as a file of some MiB, and some 100 KiB of memory. Programs that patch what they
    have already (zsync) ask for dozens."""
    unordered_ranges: int = 10
    """The same where they are not in ascending order, D20, for which only a mistake or an attack has many."""
    log_line: int = 2 * KIB
    """Bytes of one access line, D21; longer ones are cut and marked."""
    spool_memory: int = MIB
    """Bytes of a request's content that are collected in memory, for a script (in a file of the system's memory) or by
    `content="spooled"`: longer content is in an unnamed file where temporary files are."""
    spool: int = 2 * GIB
    """Bytes spooled at once by all requests, D22. Over it: 503."""
    listing_entries: int = 10_000
    """Entries that one page of a listing shows, and is made of at once, W5; links lead to the other pages."""
    shown_file: int = MIB
    """Bytes of a file that `list_dir` shows as HTML; a larger file raises."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"Limits.{field.name} must be a positive int, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Deadlines in seconds on the monotonic clock, and the least rates in bytes per second; all positive.

    Raises:
        ValueError: A deadline is not a positive number; the message names it.
    """

    head: float = 20.0
    """D7: a whole head, from its first byte; one byte now and then does not renew it. Over it: 408. A PROXY header has
    as long, from the beginning of its connection; over it that is closed."""
    handshake: float = 15.0
    """X1: a whole TLS handshake, counted from the connection's beginning, so that a client which says nothing has no
    more time than without TLS, and a byte now and then does not renew it. Over it: closed."""
    idle: float = 15.0
    """D8: to the first byte of a connection, and between requests. Over it: closed without a word."""
    content: float = 20.0
    """D9: silence within a request's content. Over it: 408."""
    content_rate: float = 500.0
    """D9: bytes per second after the first `content` seconds; a silence limit alone lets a trickle go on for ever."""
    send: float = 30.0
    """D10: silence of a client that has octets of its answer to take. TCP tells of them by whole segments only: where
    such a step takes longer at the least rate, silence may last as long. Over it: closed."""
    send_rate: float = 500.0
    """D10: octets taken per second after the first `send` seconds, over the whole answer, while some wait."""
    stop: float = 10.0
    """D14: exchanges in progress may end within this time of a stop; most supervisors kill after 10 to 30 s."""
    drain: float = 2.0
    """D15: for reading away unread content."""
    close_notify: float = 2.0
    """X2: for a client to make room for the alert that ends TLS (RFC 9112 §9.8); over it the connection is closed."""
    linger: float = 2.0
    """D16: for the lingering close (9112 §9.6)."""
    hold: float = 0.05
    """D8: a thread of a `ThreadingMixin` server waits this long for its client's next request before the loop does."""
    script: float = 30.0
    """D17: silence of a script. Over it: 504, or the connection is cut."""
    script_run: float = 300.0
    """D17: a script's run until output flows."""
    script_wait: float = 10.0
    """D18: in the line for a place among the scripts that run. Over it: 503."""
    script_gather: float = 0.005
    """A script that is over this soon after its start, or after its head, is answered in one piece, with the length of
    its content; a longer wait would be felt where a script means to be read line by line."""
    script_kill: float = 2.0
    """C11: from SIGTERM to SIGKILL."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
                raise ValueError(f"Timeouts.{field.name} must be a positive number of seconds, not {value!r}")

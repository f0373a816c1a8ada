"""Sizes and times: every bound on a peer, each with its reason (RFC 9110 §2.3, §17.5; RFC 9112 §3).

A peer may be hostile (9110-2.3-1a). Each element that it sends has a bound of its own (9110-17.5-4a). The effect of
each bound is written beside it (3875-8.1-1b). `Limits` counts bytes and things, `Timeouts` counts seconds. 0 and None
never mean "unlimited": both are refused.
"""

from dataclasses import dataclass, fields
from typing import Final

from pyhttp.value import Value

__all__ = ["Limits", "Timeouts"]

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits(Value):
    """Sizes in bytes and counts of things; all positive.

    By default what this server makes is within them (9110-2.3-3a): a redirect that would lead beyond is a 414.

    Raises:
        ValueError: A limit is not a positive int; the message names it.
    """

    request_line: int = 8 * KIB
    """Bytes of a request line, D1. Over it: 414. Reason: RFC 9112 asks for 8000 at least (9110-4.1-5a, 9112-3-5b), and
    the common servers take 4 to 8 KiB."""
    field_line: int = 8 * KIB
    """Bytes of one field line, D2. Over it: 431. Reason: the common servers take as much."""
    field_section: int = 64 * KIB
    """Bytes of a header section, or of a trailer section, D3. Over it: 431. Reason: Linux allows 128 KiB for one
    environment string of a script, and this stays under it."""
    field_lines: int = 100
    """Lines of a header section, or of a trailer section, D4. Over it: 431. Reason: it is the usual count."""
    content: int = GIB
    """Bytes of a request's content, D5. Over it: 413. Reason: a git push is easily 100 MiB; content is streamed, so
    that this bounds disk and time, not memory."""
    chunk_line: int = KIB
    """Bytes of a line that begins a chunk, D6. Over it: 400. Reason: a chunk-size has 16 digits at most, and nothing
    reads the extensions behind it."""
    chunk_extensions: int = 16 * KIB
    """Bytes of all chunk extensions of one message, D6 (9112-7.1.1-4b). Over it: 400. Reason: many short lines must not
    cost what one long line may not."""
    requests_per_connection: int = 1000
    """Requests on one connection, D11. The last answer says `Connection: close`. Reason: no connection goes on for
    ever; nginx and lighttpd have the same count."""
    connections: int = 10_000
    """Clients connected at once, D12. Beyond it idle connections are closed for new clients, or these wait. Reason: an
    idle connection costs a descriptor and a small buffer; the system's limit of descriptors may lower this further."""
    threads: int = 128
    """Handlers at once in a `ThreadedServer`, D12. Further complete requests wait in order. Reason: each thread costs
    memory, and many of them only share one processor."""
    backlog: int = 128
    """Connections that the system holds before they are accepted, D13. Reason: a short queue, such as the 5 of
    `socketserver`, loses clients that come at the same moment."""
    drain: int = 64 * KIB
    """Bytes of unread content that are read and dropped to keep a connection, D15. For more, it is closed. Reason:
    up to so many, reading costs less than a new connection."""
    linger: int = 64 * KIB
    """Bytes that are read and dropped after the last answer, D16. Reason: the client then receives the answer, no reset
    (9112 §9.6)."""
    read_ahead: int = 64 * KIB
    """Bytes received ahead of what is being handled, F12: one read of the socket, and the content that the loop awaits.
    Content of a stated length is no longer ahead once a handler reads it: it goes into the handler's buffer. Reason: a
    client must not fill the memory faster than handlers use it."""
    portion: int = MIB
    """Bytes read or sent for one connection before others get their turn, L4. Of several ranges each counts as 64 KiB
    more, because a disk has to find it. Reason: reading a disk and sending a file hold the thread that serves
    everybody."""
    scripts: int = 16
    """CGI processes at once, D18. Further requests for scripts wait in order. Reason: a process costs far more than a
    connection."""
    script_fields: int = 64 * KIB
    """Bytes of the field section of a script's output, D19. Over it: 502. Reason: a script is not trusted: its fields
    may be no longer than those of a client."""
    script_field_lines: int = 100
    """Field lines of a script's output, D19. Over it: 502. Reason: as for `script_fields`."""
    script_stderr: int = 64 * KIB
    """Bytes of a script's standard error that the log keeps for each run, D19. Reason: a script that goes wrong must
    not fill the disk with its log."""
    ranges: int = 256
    """Byte ranges in one request, in ascending order, D20. Over it: Range is ignored. Reason: they are read and sent in
    one pass, so that this many cost about as much processor time as a file of some MiB, and some 100 KiB of memory;
    programs that complete an older copy of a file (zsync) ask for dozens."""
    unordered_ranges: int = 10
    """Byte ranges in one request that are not in ascending order, D20. Over it: Range is ignored. Reason: only a
    mistake or an attack has many of them."""
    log_line: int = 2 * KIB
    """Bytes of one access line, D21. Longer ones are cut and marked. Reason: a request-target of 8 KiB must not make a
    line of 8 KiB."""
    spool_memory: int = MIB
    """Bytes of a request's content that are collected in memory, for a script (in a file of the system's memory) or by
    `content="spooled"`. Longer content goes into an unnamed file in the folder for temporary files. Reason: most
    content is shorter, and memory is faster than a disk."""
    spool: int = 2 * GIB
    """Bytes of content that are collected at once for all requests, D22. Over it: 503. Reason: `content` for each of
    `scripts` would fill a disk."""
    listing_entries: int = 10_000
    """Entries that one page of a listing shows, W5. Links lead to the other pages. Reason: a page is made as a whole,
    in memory."""
    shown_file: int = MIB
    """Bytes of a file that `list_dir` shows as HTML; for a larger file it raises `Forbidden`. Reason: such a page is
    made in memory, too."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"Limits.{field.name} must be a positive int, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeouts(Value):
    """Deadlines in seconds on the monotonic clock, and the least rates in bytes per second; all positive.

    Raises:
        ValueError: A deadline is not a positive number; the message names it.
    """

    head: float = 20.0
    """D7: for a whole head, from its first byte; a byte now and then does not renew it. Over it: 408. A PROXY header
    has as long, from the beginning of its connection; over it the connection is closed. Reason: a browser's head
    arrives at once, and 20 s are enough for a bad line."""
    handshake: float = 15.0
    """X1: for a whole TLS handshake, from the beginning of the connection; a byte now and then does not renew it. Over
    it: closed. Reason: a client that says nothing must not have more time with TLS than without."""
    idle: float = 15.0
    """D8: to the first byte of a connection, and between requests. Over it: closed without an answer. Reason: a browser
    asks for the parts of a page within seconds, and an idle connection costs a descriptor and a buffer."""
    content: float = 20.0
    """D9: for silence within a request's content. Over it: 408. Reason: an upload that stops keeps its exchange, and
    the handler that waits for it."""
    content_rate: float = 500.0
    """D9: for content after the first `content` seconds. Over them, under this rate: 408. Reason: with a limit of
    silence alone, a byte now and then could go on for ever."""
    send: float = 30.0
    """D10: for silence of a client that has octets of its answer to take. TCP tells of them by whole segments only: if
    such a step takes longer at the least rate, silence may last as long. Over it: closed. Reason: a reader that stops
    must not hold the things that its answer needs, such as an open file."""
    send_rate: float = 500.0
    """D10: for an answer after the first `send` seconds, over the whole answer, while octets wait. Under this rate:
    closed. Reason: as for `content_rate`."""
    stop: float = 10.0
    """D14: for exchanges in progress after a stop was requested. Over it: cut. Reason: most supervisors kill a process
    10 to 30 s after they have asked it to end."""
    drain: float = 2.0
    """D15: for reading and dropping unread content. Over it: closed. Reason: after that, a new connection is the better
    way for both sides."""
    close_notify: float = 2.0
    """X2: for a client to make room for the alert that ends TLS (RFC 9112 §9.8). Over it: closed. Reason: the answer
    has left already, and only its end is awaited."""
    linger: float = 2.0
    """D16: for the lingering close (9112 §9.6). Over it: closed. Reason: a client that reads its answer ends the
    connection soon."""
    hold: float = 0.05
    """D8: for the next request of a client, which the thread of a `ThreadingMixin` server awaits itself before the loop
    does. Reason: the next request mostly follows at once, and passing the connection on and back costs more than this
    wait."""
    script: float = 30.0
    """D17: for silence of a script. Over it: 504, or the connection is cut if the answer has begun. Reason: a script
    that says nothing is most often stuck; Apache and nginx wait for 60 s."""
    script_run: float = 300.0
    """D17: for a script's run until its header section is complete. Over it: 504. Reason: with a limit of silence
    alone, a byte of it now and then could go on for ever; once content flows, a stream of events may last."""
    script_wait: float = 10.0
    """D18: for a place among the scripts that run. Over it: 503. Reason: a short crowd is served, and a long one learns
    when to come again."""
    script_gather: float = 0.005
    """For a script to end after its start, or after its head, so that it is answered in one piece, with the length of
    its content. Reason: a longer wait would be felt where a script is read line by line."""
    script_kill: float = 2.0
    """C11: from SIGTERM to SIGKILL, for a script that has to end. Reason: it is time to clean up, and not to go on."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
                raise ValueError(f"Timeouts.{field.name} must be a positive number of seconds, not {value!r}")

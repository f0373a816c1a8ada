"""What an exchange and its answer need of the connection they take place on, and what an exchange may await."""

from typing import Final, Protocol

from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.spool import Budget
from pyhttp.transport.stream import Stream
from pyhttp.wire.server_connection import ServerConnection

__all__ = ["UNIX_CLIENT", "Address", "Awaited", "Channel", "Sink", "Watched", "end_of"]

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket address of IPv4 or IPv6."""
UNIX_CLIENT: Final[Address] = ("unix:", 0)
"""What stands for the address of a client of a Unix socket, which has none."""


def end_of(address: object) -> tuple[str, int]:
    """Host and port of one end of a connection; a socket without them, such as a pair, is local."""
    match address:
        case (str() as host, int() as port, *_):
            return host, port
        case _:
            return "127.0.0.1", 0


class Sink(Protocol):
    """The connection that a response leaves by."""

    fate: Fate

    @property
    def core(self) -> ServerConnection:
        """What frames its output."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Its unsent output."""
        ...

    @property
    def stream(self) -> Stream:
        """The seam to its client."""
        ...

    def lower(self, fate: Fate) -> None:
        """Note something that speaks against going on."""
        ...

    def is_last(self) -> bool:
        """Whether no further request is taken, for a reason of the server."""
        ...

    def about_to_block(self) -> None:
        """The handler is about to wait for something."""
        ...

    def send_some(self) -> None:
        """Send what the client takes now."""
        ...


class Watched(Protocol):
    """Something outside that makes itself heard by descriptors."""

    def watched(self) -> tuple[int, ...]:
        """The descriptors; one of them becomes readable when there is something to look at."""
        ...

    def due(self) -> float:
        """When to look at the latest, on the monotonic clock; once it has passed, that look settles it, or it moves."""
        ...


class Awaited(Watched, Protocol):
    """What a pending exchange waits for."""

    def proceed(self) -> bool:
        """Look, without waiting; True when the next turn may go on."""
        ...

    def close(self) -> None:
        """Nobody waits any more; harmless when called twice."""
        ...


class Channel(Sink, Protocol):
    """The connection an exchange takes place on. What waits here holds the handler's thread, under deadlines."""

    @property
    def in_place(self) -> bool:
        """Whether there is no loop that could go on after a turn: everything is waited for at once."""
        ...

    @property
    def budget(self) -> Budget:
        """What kept content counts against."""
        ...

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        ...

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Host and port of the peer, and of this end; raises OSError where the connection has been closed."""
        ...

    def receive(self, into: memoryview | None = None) -> int:
        """Wait for input and give it to the core, or the end of it.

        Args:
            into: Where content may be put instead, which the core awaits as it is.

        Returns:
            How many octets have been put there.

        Raises:
            RequestTimeout: The peer was silent for too long, or too slow.
            OSError: The connection failed.
        """
        ...

    def input_complete(self) -> None:
        """The last octet of the request has been parsed; what the core holds beyond it is the next one's."""
        ...

    def send_all(self) -> None:
        """Send everything, waiting for the peer.

        Raises:
            OSError: The connection failed, or the peer does not read.
        """
        ...

    def wait_for(self, what: Watched) -> None:
        """Wait until it is time to look at `what`.

        Raises:
            OSError: The connection failed.
        """
        ...

"""The connection as an exchange and its answer see it, and the things that an exchange may await."""

from typing import Final, Protocol

from pyhttp.transport.fate import Fate
from pyhttp.transport.outbox import Outbox
from pyhttp.transport.spool import Budget
from pyhttp.transport.stream import Stream
from pyhttp.wire.server_connection import ServerConnection

__all__ = ["UNIX_CLIENT", "Address", "Awaited", "Channel", "Sink", "Watched", "end_of"]

Address = tuple[str, int] | tuple[str, int, int, int]
"""Where a client is, as `socket` has it: host and port, and of IPv6 flow and scope; `("unix:", 0)` of a Unix socket."""
UNIX_CLIENT: Final[Address] = ("unix:", 0)
"""The address for a client of a Unix socket, which has none."""


def end_of(address: object) -> tuple[str, int]:
    """The host and port of one end of a connection; a socket without them, such as a pair, is local."""
    match address:
        case (str() as host, int() as port, *_):
            return host, port
        case _:
            return "127.0.0.1", 0


class Sink(Protocol):
    """The connection by which a response leaves."""

    fate: Fate

    @property
    def core(self) -> ServerConnection:
        """The protocol state, which frames its output."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Its unsent output."""
        ...

    @property
    def stream(self) -> Stream:
        """The stream to its client."""
        ...

    def lower(self, fate: Fate) -> None:
        """Note a reason against going on: the fate becomes at most `fate`."""
        ...

    def is_last(self) -> bool:
        """Whether no further request is accepted, for a reason of the server."""
        ...

    def about_to_block(self) -> None:
        """Note that the handler is about to wait."""
        ...

    def send_some(self) -> None:
        """Send the octets that the client takes now."""
        ...


class Watched(Protocol):
    """An event source outside, which makes descriptors readable."""

    def watched(self) -> tuple[int, ...]:
        """The descriptors; one of them becomes readable when there is something to look at."""
        ...

    def due(self) -> float:
        """The latest time for a look, on the monotonic clock; a look after that settles the wait, or moves the time."""
        ...


class Awaited(Watched, Protocol):
    """The event that a pending exchange waits for."""

    def proceed(self) -> bool:
        """Look, without waiting; True when the next turn may go on."""
        ...

    def close(self) -> None:
        """Note that the wait is over; harmless when called twice."""
        ...


class Channel(Sink, Protocol):
    """The connection of an exchange. A wait here holds the handler's thread, under deadlines."""

    @property
    def in_place(self) -> bool:
        """Whether no loop can go on after a turn: the thread waits for everything at once."""
        ...

    @property
    def budget(self) -> Budget:
        """The budget for kept content."""
        ...

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        ...

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The host and port of the peer, and of this end; raises OSError where the connection has been closed."""
        ...

    def receive(self, into: memoryview | None = None) -> int:
        """Wait for input, or its end, and give it to the core.

        Args:
            into: A buffer that may get content instead, if the core awaits it without framing.

        Returns:
            The number of octets put into it.

        Raises:
            RequestTimeout: The peer was silent for too long, or too slow.
            OSError: The connection failed.
        """
        ...

    def input_complete(self) -> None:
        """Note that the last octet of the request was parsed; further octets in the core are of the next one."""
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

"""RFC 9112 §9: the life of a connection, as one table.

`TABLE` has the order of the phases. `FACTS` has the owner of a connection in each phase, the readiness it is armed for,
and its deadline. `Steps.enter` is the only place that changes a phase, and it changes it only along the table: a pair
that is missing there is a fault of ours, and raises. `docs/inside.md` is drawn from here.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar, Final, NamedTuple, Protocol

from pyhttp.limits import Timeouts
from pyhttp.transport.poller import READ, WRITE

__all__ = ["FACTS", "TABLE", "Facts", "Happening", "Owner", "Phase", "Phased", "Steps"]


class Phase(Enum):
    """The thing that a connection is waiting for."""

    PROXY = "proxy"
    """The word of a trusted proxy about its client, before all else."""
    HANDSHAKE = "handshake"
    """The client's part of a TLS handshake (safety line X1)."""
    IDLE = "idle"
    """The first byte of a head, or the client's end (9112-9.5-2b)."""
    HEAD = "head"
    """The rest of a head."""
    CONTENT = "content"
    """Content: as much as a handler is started with, or the whole content if a handler has asked for that."""
    QUEUED = "queued"
    """A thread for its turn; a waiting connection is not closed (9112-9.5-4a)."""
    TURN = "turn"
    """The end of a turn: Python code of a handler runs."""
    HELD = "held"
    """The next turn, for a moment, in the thread of the last one."""
    AWAIT = "await"
    """Something other than the client: a script's output or end, or a place for one."""
    SEND = "send"
    """The client, which has to take unsent octets."""
    DRAIN = "drain"
    """The rest of a request's content, which no handler will read: it is dropped up to a limit (9112-9.3-7b, safety
    line D15)."""
    NOTIFY = "notify"
    """The client, which has to take the alert that ends our side of TLS (RFC 9112 §9.8)."""
    LINGER = "linger"
    """The client's end of the connection, after ours; so it ends in order after a timeout, too (9112-9.5-2a, RFC 9112
    §9.6, safety line D16)."""
    CLOSED = "closed"
    """Nothing. A client may leave in any phase, and nobody is disturbed (9112-9.3.1-1b)."""

    __hash__: ClassVar[Callable[[object], int]] = object.__hash__  # members are unique objects; Enum's own hash is slow


class Happening(Enum):
    """An event that takes a connection from one phase to another."""

    PROXIED = "a trusted proxy has connected, and has to name its client"
    INTRODUCED = "the proxy has named its client"
    GREETED = "the proxy has named its client, which has to speak TLS"
    SECURED = "the handshake is complete"
    BEGUN = "a head has begun"
    HEADED = "a head is complete, content is awaited"
    READY = "a turn is due"
    QUEUED = "no thread is free"
    TAKEN = "a thread is free"
    HOLD = "the thread stays"
    COLLECT = "the handler wants the content first"
    AWAIT = "the exchange waits for something other than the client"
    SEND = "output is unsent, or has to be made in the next turn"
    DRAIN = "all is sent, content is unread"
    NEXT = "all is sent, the next request may come"
    NOTIFY = "all is sent but the end of TLS"
    LAST = "all is sent, no request may follow"
    OVER = "the connection has ended, or has to end"

    __hash__: ClassVar[Callable[[object], int]] = object.__hash__


class Owner(Enum):
    """The one part of the program that may touch a connection, and close it."""

    LOOP = "the loop"
    """The connection is armed, and has no owner until the leading thread takes it, for an event or its deadline."""
    QUEUE = "the queue"
    THREAD = "the thread of its turn"
    NOBODY = "nobody"


class Facts(NamedTuple):
    """The properties of a connection in a phase."""

    owner: Owner
    armed_for: int
    """The readiness of its client that is an event; errors and hang-ups always are."""
    seconds: Callable[[Timeouts], float] | None
    """Its deadline (9112-9.5-3a), counted from the beginning of the phase; None where there is none, or where
    `paced`."""
    paced: str
    """The thing that moves the deadline while the phase lasts; empty where nothing does."""
    promise: str
    """The safety line behind its deadline."""


FACTS: Final[Mapping[Phase, Facts]] = {
    Phase.PROXY: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.head, "", "D7"),
    Phase.HANDSHAKE: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.handshake, "", "X1"),
    Phase.IDLE: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.idle, "", "D8"),
    Phase.HEAD: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.head, "", "D7"),
    Phase.CONTENT: Facts(Owner.LOOP, READ, None, "content that arrives", "D9"),
    Phase.QUEUED: Facts(Owner.QUEUE, 0, None, "", "L2"),
    Phase.TURN: Facts(Owner.THREAD, 0, None, "", "D9, D10"),
    Phase.HELD: Facts(Owner.THREAD, READ, lambda timeouts: timeouts.hold, "", "D8"),
    Phase.AWAIT: Facts(Owner.LOOP, 0, None, "what is awaited", "D17, D18"),
    Phase.SEND: Facts(Owner.LOOP, WRITE, None, "octets that the client takes", "D10"),
    Phase.DRAIN: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.drain, "", "D15"),
    Phase.NOTIFY: Facts(Owner.LOOP, WRITE, lambda timeouts: timeouts.close_notify, "", "D10"),
    Phase.LINGER: Facts(Owner.LOOP, READ, lambda timeouts: timeouts.linger, "", "D16"),
    Phase.CLOSED: Facts(Owner.NOBODY, 0, None, "", ""),
}

_ENDED: Final = {Happening.NOTIFY: Phase.NOTIFY, Happening.LAST: Phase.LINGER, Happening.OVER: Phase.CLOSED}
"""The ways of a connection without a further request."""

_ANSWERED: Final = {
    Happening.SEND: Phase.SEND,
    Happening.DRAIN: Phase.DRAIN,
    Happening.NEXT: Phase.IDLE,
    **_ENDED,
}
"""The ways of a connection whose answer has been given."""

_ROWS: Final[Mapping[Phase, Mapping[Happening, Phase]]] = {
    Phase.PROXY: {
        Happening.INTRODUCED: Phase.IDLE,
        Happening.GREETED: Phase.HANDSHAKE,
        Happening.OVER: Phase.CLOSED,
    },
    Phase.HANDSHAKE: {
        Happening.PROXIED: Phase.PROXY,
        Happening.SECURED: Phase.IDLE,
        Happening.READY: Phase.TURN,  # a request without TLS is refused, without TLS
        Happening.OVER: Phase.CLOSED,
    },
    Phase.IDLE: {
        Happening.PROXIED: Phase.PROXY,
        Happening.BEGUN: Phase.HEAD,
        Happening.HEADED: Phase.CONTENT,
        Happening.READY: Phase.TURN,
        Happening.OVER: Phase.CLOSED,
    },
    Phase.HEAD: {Happening.HEADED: Phase.CONTENT, Happening.READY: Phase.TURN, Happening.OVER: Phase.CLOSED},
    Phase.CONTENT: {Happening.READY: Phase.TURN, Happening.OVER: Phase.CLOSED},
    Phase.QUEUED: {Happening.TAKEN: Phase.TURN},
    Phase.TURN: {
        Happening.QUEUED: Phase.QUEUED,
        Happening.HOLD: Phase.HELD,
        Happening.COLLECT: Phase.CONTENT,
        Happening.AWAIT: Phase.AWAIT,
        **_ANSWERED,
    },
    Phase.HELD: {
        Happening.BEGUN: Phase.HEAD,
        Happening.HEADED: Phase.CONTENT,
        Happening.READY: Phase.TURN,
        Happening.NEXT: Phase.IDLE,
        Happening.OVER: Phase.CLOSED,
    },
    Phase.AWAIT: {Happening.READY: Phase.TURN, **_ANSWERED},
    Phase.SEND: {
        Happening.READY: Phase.TURN,
        Happening.COLLECT: Phase.CONTENT,
        Happening.AWAIT: Phase.AWAIT,
        Happening.DRAIN: Phase.DRAIN,
        Happening.NEXT: Phase.IDLE,
        **_ENDED,
    },
    Phase.DRAIN: {Happening.NEXT: Phase.IDLE, **_ENDED},
    Phase.NOTIFY: {Happening.LAST: Phase.LINGER, Happening.OVER: Phase.CLOSED},
    Phase.LINGER: {Happening.OVER: Phase.CLOSED},
    Phase.CLOSED: {},
}

TABLE: Final[Mapping[tuple[Phase, Happening], Phase]] = {
    (phase, happening): following for phase, row in _ROWS.items() for happening, following in row.items()
}
"""The phase after each event that can happen in a phase."""


class Phased(Protocol):
    """An object with a phase, such as a Connection."""

    phase: Phase
    deadline: float


class Steps:
    """The table, with the seconds that each phase lasts at one server.

    Args:
        timeouts: The longest time of each phase.
        clock: Returns monotonic seconds.
    """

    def __init__(self, timeouts: Timeouts, clock: Callable[[], float]) -> None:
        seconds = {phase: facts.seconds and facts.seconds(timeouts) for phase, facts in FACTS.items()}
        self._rows = {
            before: {happening: (phase, seconds[phase]) for happening, phase in row.items()}
            for before, row in _ROWS.items()
        }
        self._clock = clock

    def enter(self, conn: Phased, happening: Happening) -> None:
        """Take `conn` to the next phase, and to the deadline of that phase.

        Args:
            conn: The connection; its owner calls this.
            happening: The event.

        Raises:
            KeyError: The event cannot happen in its phase.
        """
        conn.phase, seconds = self._rows[conn.phase][happening]
        if seconds is not None:
            conn.deadline = self._clock() + seconds

"""A conformance row: a conversation with a server, as data.

A row reads like a transcript: the octets to send, the answers that must come back, and the fate of the connection.
`or_else` has other conversations that the RFC allows just as well. They count for servers other than ours, which has
made its choice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = [
    "CANARY",
    "Answer",
    "Closed",
    "HalfClose",
    "Interim",
    "Kept",
    "Row",
    "Seen",
    "Send",
    "Step",
    "head",
    "refused",
    "row",
    "served",
]

CANARY: Final = b"GET /echo?canary HTTP/1.1\r\nHost: canary\r\n\r\n"
"""The request that shows where the server expects the beginning of the next one."""

_PATH: Final = re.compile(rb" (?:https?://[^/ ]*)?/([a-z-]+)(?=[ ?/])")
_ENDED: Final = frozenset(
    {"9112-2.2-9a", "9112-6.1-15b", "9112-6.1-16a", "9112-6.3-2.4.3a", "9112-6.3-2.5.1a", "9112-6.3-2.5.1b"}
)
"""Statements that ask for the end of the connection after their error."""
_STATUS_TOLD: Final = frozenset(
    {
        *("9110-5.4-2a", "9110-7.4-3b", "9112-2.2-9a", "9112-3-4c", "9112-3.2-4a", "9112-3.2-6a", "9112-5.1-2c"),
        *("9112-5.2-4a", "9112-6.1-11a", "9112-6.3-2.4.3a", "9112-6.3-2.5.1b"),
    }
)
"""Statements that name the status of their error. Under others any error is a refusal, and so is the end of the
connection without an answer."""
_ERRORS: Final = tuple(range(400, 600))


@dataclass(frozen=True, slots=True)
class Send:
    """The client sends these bytes, whole or in pieces."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HalfClose:
    """The client ends its sending side, and goes on reading."""


@dataclass(frozen=True, slots=True)
class Interim:
    """An interim response comes before the client sends anything else."""

    status: int = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """The report of `/echo` on the request; None is not compared."""

    method: str | None = None
    path: str | None = None
    query: str | None = None
    authority: str | None = None
    host: str | None = None
    """The authority, or the host that a trusted proxy was asked for."""
    client: str | None = None
    """The address of the client, possibly by the word of a trusted proxy."""
    content: bytes | None = None
    fields: tuple[tuple[str, str], ...] = ()
    """These fields have these values, repeated lines joined by a comma and a space."""
    lacks: tuple[str, ...] = ()
    """No field has one of these names."""
    trailers: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response comes."""

    status: int
    also: tuple[int, ...] = ()
    """Statuses that the RFC allows here just as well; our own server never sends them."""
    method: str = "GET"
    """The method of the answered request: HEAD changes how the response is read."""
    version: str = "HTTP/1.1"
    """The version of the answered request."""
    content: bytes | None = None
    fields: tuple[tuple[str, str], ...] = ()
    """These fields have exactly these values."""
    lacks: tuple[str, ...] = ()
    """No field has one of these names."""
    has: tuple[str, ...] = ()
    """The response has a field of each of these names."""
    seen: Seen | None = None
    close: bool | None = None
    """Whether the response says that the connection ends; None is not compared."""
    complete: bool = True
    """False: the response must be cut off before the end that its framing announces."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The server ends its side of the connection and sends nothing before that."""

    late: bool = False
    """Whether a deadline ends it, rather than a message."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The connection goes on: a canary sent now is answered, and no octet came before the answer."""


Step = Send | HalfClose | Interim | Answer | Closed | Kept


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation."""

    name: str
    cites: tuple[str, ...]
    """The ids of statements (9112-6.1-15b) and of safety lines (F1) that it shows."""
    steps: tuple[Step, ...]
    or_else: tuple[tuple[Step, ...], ...] = ()
    extra_needs: tuple[str, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        """The abilities that the application must have: the paths asked for, and those that `extra_needs` names.

        A request that every server refuses by itself reaches no application, and so needs none.
        """
        sent = b"".join(step.data for step in self.steps if isinstance(step, Send))
        paths = frozenset(match[1].decode() for match in _PATH.finditer(sent))
        if any(isinstance(step, Kept) for step in self.steps):
            paths |= {"echo"}
        if paths <= {"echo"} and self._only_refusals:
            paths = frozenset()
        return paths | frozenset(self.extra_needs)

    @property
    def _only_refusals(self) -> bool:
        """Whether each answer that may come is an error."""
        answers = [
            step for steps in (self.steps, *self.or_else) for step in steps if isinstance(step, Answer | Interim)
        ]
        return all(isinstance(step, Answer) and min((step.status, *step.also)) >= 400 for step in answers)


def row(
    name: str,
    cites: str,
    *steps: Step,
    or_else: Iterable[tuple[Step, ...]] = (),
    needs: str = "",
) -> Row:
    """A row; `cites` and `needs` are separated by spaces."""
    return Row(name, tuple(cites.split()), steps, tuple(or_else), tuple(needs.split()))


def head(*lines: str) -> bytes:
    """A request head: `lines`, each ended by CRLF, and the empty line."""
    return "".join(line + "\r\n" for line in (*lines, "")).encode("latin-1")


def served(
    name: str,
    cites: str,
    data: bytes,
    answer: Answer | None = None,
    *,
    needs: str = "",
    or_refused: tuple[int, ...] = (),
) -> Row:
    """A row for one valid request: it is answered, and the connection goes on.

    `or_refused`: statuses with which another server may refuse it.
    """
    steps = (Send(data), answer or Answer(200), Kept())
    return row(name, cites, *steps, or_else=[_refusal(data, status) for status in or_refused], needs=needs)


def refused(
    name: str,
    cites: str,
    data: bytes,
    status: int = 400,
    *,
    also: tuple[int, ...] = (),
    or_served: bool = False,
    or_awaited: bool = False,
    needs: str = "",
) -> Row:
    """A row for `data` that is answered with `status` before the connection ends; a later request is never answered.

    `also`: statuses that other servers may send; where no statement names one, any error. `or_served`: another server
    may serve the data, if it then goes on in step. `or_awaited`: another server may accept the data, and wait for
    content that never comes. Where no statement asks for the end of the connection, another server may also keep it.
    """
    others: list[tuple[Step, ...]] = []
    if _STATUS_TOLD.isdisjoint(cites.split()):
        also = _ERRORS
        others += [(Send(data + CANARY), Closed())]
    if _ENDED.isdisjoint(cites.split()):
        others += [(Send(data), Answer(status, also=also), Kept())]
    if or_served:
        others += [(Send(data), Answer(200), Kept()), (Send(data), Answer(200), Closed())]
    if or_awaited:
        others += [(Send(data), HalfClose(), Closed()), (Send(data), HalfClose(), Answer(400), Closed())]
    return row(name, cites, Send(data + CANARY), Answer(status, also=also), Closed(), or_else=others, needs=needs)


def _refusal(data: bytes, status: int) -> tuple[Step, ...]:
    return (Send(data), Answer(status), Closed())

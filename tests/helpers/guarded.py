"""Connections that know their owner, and fail a test in which other code touches them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

from pyhttp.request import Request
from pyhttp.transport import accepting
from pyhttp.transport.client import Connection
from pyhttp.transport.holding import hold
from tests.helpers.fakes import World

__all__ = ["Ending", "Owners", "end_turn", "guarded"]

Ending = Callable[[Request], object]
"""The last steps of a handler."""

_FREE: Final = {
    "leader": frozenset({"armed", "phase", "deadline", "serial", "addr", "stream", "core"}),
    "thread": frozenset({"serial", "addr"}),
}
"""The attributes that an actor may read without owning the connection: the leader finds what is due, and cuts."""


class Owners:
    """The owner of each connection. An armed connection has no owner, and the actor that takes it becomes its owner.

    Attributes:
        actor: The actor that acts now.
    """

    def __init__(self) -> None:
        self.actor = "leader"
        self._owners: dict[int, str | None] = {}
        self._arming: set[int] = set()

    def check(self, serial: int, what: str) -> None:
        """Check that the actor may touch `what` of a connection."""
        owner = self._owners.setdefault(serial, self.actor)
        assert owner == self.actor, f"{self.actor} touches {what} of a connection that is {owner or 'nobody'}'s"

    def give(self, conn: Connection) -> None:
        """Note that the actor has got `conn`, as it gets a turn."""
        self._owners[conn.serial] = self.actor

    def armed(self, serial: int, *, is_armed: bool) -> None:
        """Note that a connection has been armed or taken.

        Arming is one step, which ends when the lock is free again.
        """
        if is_armed:
            self.check(serial, "armed")
            self._arming.add(serial)
        else:
            self._owners[serial] = self.actor
            self._arming.discard(serial)

    def released(self) -> None:
        """Note that the lock of the registry is free again."""
        self._owners.update(dict.fromkeys(self._arming))
        self._arming.clear()

    @contextmanager
    def acting(self, actor: str) -> Iterator[None]:
        """Let `actor` act within the block."""
        before, self.actor = self.actor, actor
        try:
            yield
        finally:
            self.actor = before


@contextmanager
def guarded() -> Iterator[Owners]:
    """Guard the connections that are accepted within the block."""
    owners = Owners()

    class Guarded(Connection):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            value: object = super().__getattribute__(name)
            if name not in _FREE[owners.actor] and not name.startswith("__"):
                owners.check(super().__getattribute__("serial"), name) if _is_built(self) else None
            return value

        def __setattr__(self, name: str, value: object) -> None:
            if _is_built(self):
                serial = self.serial
                if name == "armed":
                    owners.armed(serial, is_armed=value is True)
                else:
                    owners.check(serial, name)
            super().__setattr__(name, value)

    with mock.patch.object(accepting, "Connection", Guarded):
        yield owners


def _is_built(conn: Connection) -> bool:
    """Whether the constructor of the connection has set the last attribute."""
    try:
        object.__getattribute__(conn, "_taken")
    except AttributeError:
        return False
    return True


def end_turn(made: World, owners: Owners, conn: Connection, ending: Ending, seconds: float | None = None) -> None:
    """End a turn that was left to the test, by a thread."""
    with owners.acting("thread"):
        owners.give(conn)
        made.employer.end(conn, ending)
        if seconds is None:
            made.keeper.settle(conn)
        elif hold(made.keeper, conn, seconds):
            made.employer.process_request(conn, conn.addr)

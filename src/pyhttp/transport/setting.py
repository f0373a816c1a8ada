"""The part of a server that its connections need."""

from typing import Protocol

from pyhttp.limits import Limits, Timeouts
from pyhttp.transport.spool import Budget

__all__ = ["Setting"]


class Setting(Protocol):
    """The server as its connections see it."""

    @property
    def limits(self) -> Limits:
        """The limits of the server."""
        ...

    @property
    def timeouts(self) -> Timeouts:
        """The deadlines of the server."""
        ...

    @property
    def budget(self) -> Budget:
        """The budget for content that is kept for handlers and scripts."""
        ...

    @property
    def closing(self) -> bool:
        """Whether the server is stopping."""
        ...

    def about_to_block(self) -> None:
        """Note that the calling handler is about to wait; another thread should take care of the other clients."""
        ...

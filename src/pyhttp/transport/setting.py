"""What a connection needs of the server it belongs to."""

from typing import Protocol

from pyhttp.limits import Limits, Timeouts
from pyhttp.transport.spool import Budget

__all__ = ["Setting"]


class Setting(Protocol):
    """What a connection needs of the server it belongs to."""

    @property
    def limits(self) -> Limits:
        """Its limits."""
        ...

    @property
    def timeouts(self) -> Timeouts:
        """Its deadlines."""
        ...

    @property
    def budget(self) -> Budget:
        """What the content that is kept for handlers and scripts counts against."""
        ...

    @property
    def closing(self) -> bool:
        """Whether it is stopping."""
        ...

    def about_to_block(self) -> None:
        """The calling handler is about to wait; somebody else should see to the other clients."""
        ...

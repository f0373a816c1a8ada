"""What the loop and those who help it ask of the server they work for."""

from typing import TYPE_CHECKING, Protocol

from pyhttp.transport.access_log import INFO
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.setting import Setting

if TYPE_CHECKING:
    from pyhttp.proxies import Proxies

__all__ = ["Employer"]


class Employer(Setting, Protocol):
    """What the connections are kept for."""

    @property
    def proxies(self) -> "Proxies | None":
        """Who is believed what they say of their clients."""
        ...

    def process_request(self, conn: Connection, addr: Address) -> None:
        """Have the turn of `conn` run, now or soon; `Keeper.settle` must follow exactly once."""
        ...

    def finish_request(self, conn: Connection, addr: Address) -> None:
        """Run the turn of `conn` to its end here and now; `Keeper.settle` included."""
        ...

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """An exchange is over, its last byte sent or its connection lost; never raises."""
        ...

    def hurry(self) -> None:
        """The grace period of a stop is nearly over: what can be told to end early is told now."""
        ...

    def report(self, message: str, error: BaseException | None = None, *, level: int = INFO) -> None:
        """Tell the operator, with a traceback where `error` is a fault of ours; never raises.

        Args:
            message: One line.
            error: A fault of ours.
            level: How urgent the line is where there is none, as `logging` has it.
        """
        ...

"""The server as the loop and its helpers see it."""

from typing import TYPE_CHECKING, Protocol

from pyhttp.transport.access_log import INFO
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.exchange import Exchange
from pyhttp.transport.setting import Setting

if TYPE_CHECKING:
    from pyhttp.proxies import Proxies

__all__ = ["Employer"]


class Employer(Setting, Protocol):
    """The server of the connections."""

    @property
    def proxies(self) -> "Proxies | None":
        """The proxies whose word about their clients is believed."""
        ...

    def process_request(self, conn: Connection, addr: Address) -> None:
        """Have the turn of `conn` run, now or soon; `Keeper.settle` must follow exactly once."""
        ...

    def finish_request(self, conn: Connection, addr: Address) -> None:
        """Run the turn of `conn` to its end here and now; `Keeper.settle` included."""
        ...

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """Note the end of an exchange: its last byte was sent, or its connection lost; never raises."""
        ...

    def hurry(self) -> None:
        """Note that the grace period of a stop is nearly over: work that can end early has to end now."""
        ...

    def report(self, message: str, error: BaseException | None = None, *, level: int = INFO) -> None:
        """Report to the operator, with a traceback where `error` is a fault of ours; never raises.

        Args:
            message: One line.
            error: A fault of ours.
            level: The level of a line without an error, as in `logging`.
        """
        ...

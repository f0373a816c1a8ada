"""What the loop and its keeper ask of the server they belong to."""

from typing import Protocol

from pyhttp.errors import HTTPError
from pyhttp.messages import Response
from pyhttp.transport.connection import Connection, Host
from pyhttp.transport.exchange import Exchange

__all__ = ["Service"]


class Service(Host, Protocol):
    """What the connections are kept for."""

    def dispatch(self, conn: Connection) -> None:
        """Have the request of `conn` handled, now or soon; `Keeper.settle` must follow exactly once."""
        ...

    def error_response(self, error: HTTPError) -> Response:
        """The answer to a request that no handler has seen."""
        ...

    def exchange_ended(self, conn: Connection, exchange: Exchange) -> None:
        """An exchange is over, its last byte sent or its connection lost."""
        ...

    def hurry(self) -> None:
        """The grace period of a stop is nearly over: what can be told to end early is told now."""
        ...

    def report(self, message: str, error: BaseException | None = None) -> None:
        """Tell the operator, with a traceback where `error` is a fault of ours."""
        ...

"""The work of each process of a `ProcessServer`, as one value that can be sent to it."""

import importlib
import io
import pickle
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from pyhttp.limits import Limits, Timeouts
from pyhttp.proxies import Proxies
from pyhttp.servers.base import BaseServer
from pyhttp.transport.access_log import AccessLog
from pyhttp.transport.client import Address

__all__ = ["Plan", "ServerFactory", "pickled"]


class ServerFactory(Protocol):
    """A callable that makes the server of a process: a class of servers, or a function with the same arguments."""

    def __call__(
        self,
        *,
        request_handler: Callable[[socket.socket, Address, BaseServer], object],
        limits: Limits | None,
        timeouts: Timeouts | None,
        sockets: Sequence[socket.socket],
        proxies: Proxies | None,
        allowed_hosts: frozenset[str] | None,
        access_log: AccessLog | None,
    ) -> BaseServer:
        """Make a server of `sockets`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The description of the server in each process."""

    factory: ServerFactory
    request_handler: Callable[[socket.socket, Address, BaseServer], object] | str
    limits: Limits | None
    timeouts: Timeouts | None
    proxies: Proxies | None
    allowed_hosts: frozenset[str] | None
    access_log: AccessLog | None

    def server(self, sockets: Sequence[socket.socket]) -> BaseServer:
        """The server of `sockets`, in the process that is to run it.

        Raises:
            ImportError: The module of the handler cannot be imported.
            AttributeError: The module has no such name.
            TypeError: The object of that name cannot be called.
        """
        return self.factory(
            request_handler=_handler(self.request_handler),
            limits=self.limits,
            timeouts=self.timeouts,
            sockets=sockets,
            proxies=self.proxies,
            allowed_hosts=self.allowed_hosts,
            access_log=self.access_log,
        )


def _handler(
    named: Callable[[socket.socket, Address, BaseServer], object] | str,
) -> Callable[[socket.socket, Address, BaseServer], object]:
    if not isinstance(named, str):
        return named
    module, _, name = named.partition(":")
    found: object = reduce(getattr, name.split("."), importlib.import_module(module))
    if not callable(found):
        raise TypeError(f"{named} cannot be called: it makes no handlers")
    return found


class _Pickler(pickle.Pickler):
    """A pickler that refuses objects that no other process finds."""

    def persistent_id(self, obj: object) -> None:
        """Look at an object, since this is called for each; no object gets an id of its own."""
        if getattr(obj, "__module__", None) == "__main__":
            raise pickle.PicklingError(f"{obj!r} belongs to the main program")


def pickled(plan: Plan) -> bytes:
    """The octets of `plan` for another process.

    Raises:
        ValueError: A handler by name is not "module:name", or another object cannot be sent to another process.
    """
    if isinstance(plan.request_handler, str):
        module, _, name = plan.request_handler.partition(":")
        if not all(each.isidentifier() for each in [*module.split("."), *name.split(".")]):
            raise ValueError(f"request_handler: {plan.request_handler!r} is not of the form module:name")
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(plan)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        # Each kind of object fails in its own way.
        raise ValueError(f"cannot be sent to another process, put it into a module: {error}") from error
    return buffer.getvalue()

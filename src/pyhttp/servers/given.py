"""The check of a server's arguments: each message says what to write."""

import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pyhttp.answering import Handler, function_handler
from pyhttp.arguments import check_callable, check_type, name_of, takes
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.transport.client import Address

if TYPE_CHECKING:
    from pyhttp.proxies import Proxies

_Server = TypeVar("_Server")

__all__ = ["check_given", "factory_of", "proxies_given", "serves_folder"]


def check_given(host: object, port: object, access_log: object) -> None:
    """Check that a server may be built of these; all are arguments of `BaseServer`.

    Raises:
        TypeError: An argument is of a wrong type.
    """
    check_type("host", host, str, hint="host and port are two arguments, as in ('localhost', 8888, handler)")
    check_type("port", port, int)
    check_callable("access_log", access_log, or_none=True)


def proxies_given(proxies: "Proxies | None") -> "Proxies | None":
    """The argument `proxies` of a server.

    Raises:
        TypeError: The argument is something else.
    """
    if proxies is not None:
        from pyhttp.proxies import Proxies  # noqa: PLC0415 - most servers have no proxy in front

        check_type("proxies", proxies, Proxies)
    return proxies


def factory_of(
    request_handler: Callable[[socket.socket, Address, _Server], object], handler: Handler | None
) -> Callable[[socket.socket, Address, _Server], object]:
    """The callable for each request, from the two arguments of which one may be given.

    Raises:
        TypeError: It cannot be called with the right arguments.
        ValueError: Both arguments are given.
    """
    if handler is not None:
        if request_handler is not BaseHttpRequestHandler:
            raise ValueError("request_handler and handler are two ways to answer requests: give one of them")
        return function_handler(handler)
    check_callable("request_handler", request_handler)
    if not _surely_takes_three(request_handler) and not takes(request_handler, 3):
        name = name_of(request_handler)
        hint = f"; a function from Request to Response is given as handler={name}" if takes(request_handler, 1) else ""
        raise TypeError(f"request_handler: called with (conn, addr, server), which {name} does not take{hint}")
    return request_handler


def _surely_takes_three(factory: object) -> bool:
    """Whether a factory is a folder's, as the command makes it: so it need not load `inspect`, as `takes` does."""
    return (
        isinstance(factory, partial)
        and factory.func is BaseHttpRequestHandler
        and not factory.args
        and factory.keywords.keys() <= {"directory", "site"}
    )


def serves_folder(factory: object) -> bool:
    """Whether the handler of a folder answers requests as it is, with no method overridden."""
    return (factory.func if isinstance(factory, partial) else factory) is BaseHttpRequestHandler

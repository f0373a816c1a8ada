"""pyhttp: an HTTP/1.1 origin server, strict and complete by RFC 9110, RFC 9112 and RFC 3875.

`with ThreadedServer() as server:` serves the working directory at `server.url`.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - older versions, too, have to be able to read this whole file
    _NEEDED = "pyhttp needs Python 3.11 or newer; this is " + sys.version.split()[0]
    if sys.argv[:1] == ["-m"]:  # `python -m` is still looking for the module: this is the command
        sys.exit(_NEEDED)
    raise ImportError(_NEEDED)

from typing import TYPE_CHECKING

if sys.orig_argv[1:3] == ["-m", "pyhttp"] or "".join(sys.orig_argv[1:2]).endswith("/pyhttp"):  # this is the command
    from pyhttp import first_steps as _first_steps

    _first_steps.take()

from pyhttp import messages as _messages
from pyhttp.answering import Handler, HandlerFactory, function_handler
from pyhttp.errors import (
    BadGateway,
    BadRequest,
    CodingUnknown,
    ContentTooLarge,
    Disconnected,
    ExpectationFailed,
    FieldsTooLarge,
    Forbidden,
    GatewayTimeout,
    HTTPError,
    IncompleteRequest,
    InternalError,
    LengthRequired,
    MalformedRequest,
    MethodNotAllowed,
    MethodUnknown,
    Misdirected,
    MissingRequest,
    Misuse,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    RequestTimeout,
    StatusError,
    TargetTooLong,
    Unavailable,
    VersionNotSupported,
)
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.late import late_names as _late_names
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.refusals import (
    Conflict,
    Gone,
    PaymentRequired,
    PreconditionRequired,
    TooManyRequests,
    Unauthorized,
    UnprocessableContent,
    UnsupportedMediaType,
    UpgradeRequired,
)
from pyhttp.request import Request
from pyhttp.resources import lone_file as _lone_file
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site
from pyhttp.transport.access_log import AccessEntry, AccessLog
from pyhttp.transport.client import Address, Connection
from pyhttp.transport.feed import Feed
from pyhttp.transport.listener import listen
from pyhttp.version import __version__ as __version__

if TYPE_CHECKING:
    from pyhttp.auth import BasicAuth
    from pyhttp.proxies import Proxies
    from pyhttp.semantics.set_cookie import Cookie
    from pyhttp.servers.base import BaseServer
    from pyhttp.servers.pooled import PooledServer
    from pyhttp.servers.processes import ProcessServer
    from pyhttp.servers.running import run
    from pyhttp.servers.threaded import ThreadedServer, ThreadingMixin
    from pyhttp.transport.access_file import AccessFile
    from pyhttp.transport.inherited import inherited_listeners
    from pyhttp.transport.unix import listen_unix

_messages.give_file_answer(_lone_file.file_answer)  # `Response.file` needs it, in a layer below all that opens files

__all__ = [
    "AccessEntry",
    "AccessFile",
    "AccessLog",
    "Address",
    "BadGateway",
    "BadRequest",
    "BaseHttpRequestHandler",
    "BaseServer",
    "BasicAuth",
    "CodingUnknown",
    "Conflict",
    "Connection",
    "ContentTooLarge",
    "Cookie",
    "Disconnected",
    "ExpectationFailed",
    "Feed",
    "FieldsTooLarge",
    "FileSlice",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "HTTPError",
    "Handler",
    "HandlerFactory",
    "Headers",
    "IncompleteRequest",
    "InternalError",
    "LengthRequired",
    "Limits",
    "MalformedRequest",
    "MethodNotAllowed",
    "MethodUnknown",
    "Misdirected",
    "MissingRequest",
    "Misuse",
    "NotAcceptable",
    "NotFound",
    "PaymentRequired",
    "PooledServer",
    "PreconditionFailed",
    "PreconditionRequired",
    "ProcessServer",
    "Proxies",
    "RangeNotSatisfiable",
    "Request",
    "RequestTimeout",
    "Response",
    "Site",
    "StatusError",
    "TargetTooLong",
    "ThreadedServer",
    "ThreadingMixin",
    "Timeouts",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "UnprocessableContent",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "VersionNotSupported",
    "function_handler",
    "inherited_listeners",
    "listen",
    "listen_unix",
    "run",
]

_LATE = {
    "AccessFile": "pyhttp.transport.access_file",
    "BaseServer": "pyhttp.servers.base",
    "BasicAuth": "pyhttp.auth",
    "Cookie": "pyhttp.semantics.set_cookie",
    "PooledServer": "pyhttp.servers.pooled",
    "ProcessServer": "pyhttp.servers.processes",
    "Proxies": "pyhttp.proxies",
    "ThreadedServer": "pyhttp.servers.threaded",
    "ThreadingMixin": "pyhttp.servers.threaded",
    "inherited_listeners": "pyhttp.transport.inherited",
    "listen_unix": "pyhttp.transport.unix",
    "run": "pyhttp.servers.running",
}
"""Public names that few programs use, with their modules. A module is loaded when its name is asked for."""

if not TYPE_CHECKING:  # type checkers would believe that every name exists
    __getattr__, __dir__ = _late_names(globals(), _LATE)

"""pyhttp: an HTTP/1.1 origin server, strict and complete by RFC 9110, RFC 9112 and RFC 3875.

`with ThreadedServer() as server:` serves the working directory at `server.url`.
"""

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
    TargetTooLong,
    Unavailable,
    VersionNotSupported,
)
from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.limits import Limits, Timeouts
from pyhttp.messages import FileSlice, Response
from pyhttp.request import Request
from pyhttp.semantics.fields import Headers
from pyhttp.servers.base import BaseServer
from pyhttp.servers.pooled import PooledServer
from pyhttp.servers.threaded import ThreadedServer, ThreadingMixin
from pyhttp.site import Site
from pyhttp.transport.access_log import AccessEntry, AccessLog
from pyhttp.transport.client import Connection
from pyhttp.version import __version__ as __version__

__all__ = [
    "AccessEntry",
    "AccessLog",
    "BadGateway",
    "BadRequest",
    "BaseHttpRequestHandler",
    "BaseServer",
    "CodingUnknown",
    "Connection",
    "ContentTooLarge",
    "Disconnected",
    "ExpectationFailed",
    "FieldsTooLarge",
    "FileSlice",
    "Forbidden",
    "GatewayTimeout",
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
    "PooledServer",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "Request",
    "RequestTimeout",
    "Response",
    "Site",
    "TargetTooLong",
    "ThreadedServer",
    "ThreadingMixin",
    "Timeouts",
    "Unavailable",
    "VersionNotSupported",
    "function_handler",
]

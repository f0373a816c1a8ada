"""The names that handlers import first: `Request`, `BaseHttpRequestHandler`, and `SocketWriter`."""

from pyhttp.handler import BaseHttpRequestHandler
from pyhttp.request import Request
from pyhttp.transport.writer import SocketWriter

__all__ = ["BaseHttpRequestHandler", "Request", "SocketWriter"]

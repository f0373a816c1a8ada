"""PEP 3333, "environ Variables": the description of a request for an application.

Variables that CGI has as well follow the same rules as there; the others are made here. Text is "bytes as unicode":
ISO-8859-1, one character per byte.
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pyhttp.cgi.variables import Ends, connection_variables, field_variables, request_variables
from pyhttp.errors import NotFound
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.references import unescaped
from pyhttp.servers.base import BaseServer
from pyhttp.wsgi.errors import ErrorLines
from pyhttp.wsgi.files import FileWrapper

if TYPE_CHECKING:
    from wsgiref.types import InputStream, WSGIEnvironment

__all__ = ["Common", "build_environ", "common", "runs_threads"]

_ERRORS = ErrorLines()


class Common(NamedTuple):
    """The part of the environ that requests share if they come with the same fields on one connection."""

    headers: Headers
    ends: Ends
    environ: "WSGIEnvironment"
    """The shared variables; a call gets a copy."""
    head: RequestHead | None = None
    """The request without content that `environ` describes completely, except for `wsgi.input`; None for none."""

    def fits(self, head: RequestHead) -> bool:
        """Whether it fits a further request of the connection: fields that are sent again are the same value."""
        return head.headers is self.headers

    def of(self, head: RequestHead) -> "Common":
        """The same value, ready for a request without content that comes again and again.

        Raises:
            NotFound: As for `build_environ`.
        """
        return self._replace(environ=build_environ(self, head, None, 0), head=head)


def common(
    head: RequestHead, ends: Ends, *, multithread: bool, multiprocess: bool = False, script_name: str = ""
) -> Common:
    """The part of a request's environ that other requests share.

    Args:
        head: The request.
        ends: The connection.
        multithread: Whether the application may be called by several threads at once.
        multiprocess: Whether the application may be called in several processes at once.
        script_name: The path where the application is mounted: the beginning of the path, decoded, that becomes
            SCRIPT_NAME.
    """
    environ = _of_connection(ends, multithread, multiprocess).copy()
    environ["SCRIPT_NAME"] = script_name
    environ.update(field_variables(head, authorization=not ends.user))  # else it has a password
    if ends.host:  # URLs are made of the host that a trusted proxy was asked for
        environ["HTTP_HOST"] = ends.host
    return Common(head.headers, ends, environ)


def build_environ(
    shared: Common, head: RequestHead, content: "InputStream | None", length: int | None
) -> "WSGIEnvironment":
    """The environ of one call of an application.

    Args:
        shared: The shared part that fits the request.
        head: The request.
        content: The content of the request; None for none.
        length: The number of octets of the content; None where only its end shows it.

    Raises:
        NotFound: The path is not below `script_name`.
    """
    environ = shared.environ.copy()
    if shared.head is not head:
        environ.update(request_variables(head, shared.ends, length))
        environ["PATH_INFO"] = _path_info(head.path, environ["SCRIPT_NAME"])
    environ["wsgi.input"] = content or io.BytesIO()
    return environ


def _path_info(path: str, script_name: str) -> str:
    """The path below `script_name`, decoded."""
    if "%" in path:
        path = unescaped(path.encode("latin-1")).decode("latin-1")
    return _below(path, script_name) if script_name else path


def _below(path: str, script_name: str) -> str:
    rest = path.removeprefix(script_name)
    if rest == path or rest[:1] not in {"", "/"}:
        raise NotFound(f"the application is mounted at {script_name}")
    return rest


@lru_cache(maxsize=256)
def _of_connection(ends: Ends, multithread: bool, multiprocess: bool) -> "WSGIEnvironment":
    """The variables that are the same for every request of a connection, and so are kept; a caller makes a copy."""
    return {
        **connection_variables(ends),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": ends.scheme or ("https" if ends.secure else "http"),
        "wsgi.errors": _ERRORS,
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
    }


def runs_threads(server: object) -> bool:
    """Whether `server` may run a handler while another one runs; a server that runs each in its own loop may not."""
    return getattr(type(server), "process_request", None) is not BaseServer.process_request

"""RFC 3875 §4.1: the meta-variables, built from nothing but the request and what the operator named.

A pure function of values. Text of the request is ISO-8859-1, one character per byte, and goes out as those bytes;
paths are in the file system's encoding (3875-4.1-7c).
"""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp import abnf
from pyhttp.cgi.script import Script
from pyhttp.messages import RequestHead

__all__ = ["Ends", "meta_variables", "operators_variables"]

_REPLACEABLE: Final[Mapping[bool, Mapping[bytes, bytes]]] = {
    False: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"http"},
    True: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"https", b"HTTPS": b"on"},
}
"""What an operator may know better, with and without TLS here: where programs are, and what a proxy in front speaks."""

_WITHHELD: Final = frozenset(
    {
        # in variables of their own (3875-4.1.18-3b)
        "content-length",
        "content-type",
        # about this connection only (3875-4.1.18-3c, C4)
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # secrets (3875-9.2-1a); Authorization is asked about separately
        "proxy-authorization",
        # HTTP_PROXY would tell a script's own HTTP client where to connect (C3)
        "proxy",
    }
)

_PLAIN_NAME: Final = re.compile(r"[0-9A-Za-z-]++")
"""Names that meet no other in one variable once "-" is "_" (C3)."""

_PORT: Final = re.compile(":" + abnf.text(abnf.PORT) + r"\Z")
_DEFAULT_PORT: Final = {"https": 443, "http": 80}
"""RFC 9110 §4.2."""


class Ends(NamedTuple):
    """The two ends of a connection, and what this end is.

    A named tuple, as RequestHead is: it is made for every run.
    """

    local: tuple[str, int]
    """Address and port on which the request arrived."""
    peer: tuple[str, int]
    """Address and port of the client."""
    secure: bool
    """Whether the connection is TLS at this server (safety line X4)."""
    software: str
    """Name and version of the server, as it reports itself in responses (3875-4.1.17-1b)."""
    scheme: str = ""
    """Of the URI that the client has asked for, where a trusted proxy says it; else it is that of the connection."""
    host: str = ""
    """Host and port of that URI, likewise; else they are that of the request, and that of the connection."""


def meta_variables(
    head: RequestHead,
    script: Script,
    *,
    root: str,
    ends: Ends,
    length: int,
    authorization: bool = False,
    inherited: Mapping[str, str] | None = None,
) -> dict[bytes, bytes]:
    """The whole environment of a script.

    Args:
        head: The request.
        script: What runs.
        root: The directory that is served.
        ends: The connection.
        length: Octets of content, all codings of the transfer removed.
        authorization: Whether the script gets Authorization (3875-9.2-1c).
        inherited: Variables that the operator gives; they never replace one of RFC 3875.
    """
    variables = dict(_REPLACEABLE[ends.secure])
    if ends.scheme:
        variables[b"REQUEST_SCHEME"] = ends.scheme.encode("latin-1")
    if inherited:
        variables.update((os.fsencode(name), os.fsencode(value)) for name, value in inherited.items())
    variables.update(_protocol_variables(head, authorization=authorization))
    variables.update(_request_variables(head, ends, length))
    variables.update(_connection_variables(ends))
    variables.update(_path_variables(script, root))
    return variables


def operators_variables(entries: tuple[str, ...], environ: Mapping[str, str]) -> Mapping[str, str]:
    """What `Site.cgi_env` gives to scripts: a value of its own, or that of the server's environment, if it has any."""
    given = {}
    for entry in entries:
        name, sets, value = entry.partition("=")
        if sets:
            given[name] = value
        elif name in environ:
            given[name] = environ[name]
    return given


@lru_cache(maxsize=256)
def _connection_variables(ends: Ends) -> Mapping[bytes, bytes]:
    """What is the same for every request of a connection, and so is kept."""
    peer = ends.peer[0].encode("latin-1")
    return {
        b"GATEWAY_INTERFACE": b"CGI/1.1",
        b"REDIRECT_STATUS": b"200",  # php-cgi runs only where a server says so
        b"REMOTE_ADDR": peer,
        b"REMOTE_HOST": peer,  # names are not looked up (3875-4.1.9-3b, C6)
        b"REMOTE_PORT": b"%d" % ends.peer[1],
        b"SERVER_ADDR": ends.local[0].encode("latin-1"),
        b"SERVER_PORT": b"%d" % _server_port(ends),
        b"SERVER_SOFTWARE": ends.software.encode("latin-1"),
    }


def _server_port(ends: Ends) -> int:
    """Where the request has arrived: here, or at the proxy that says what the client has asked for."""
    if not ends.host:
        return ends.local[1]
    port = _PORT.search(ends.host)
    return int(port[0][1:]) if port and port[0] != ":" else _DEFAULT_PORT.get(ends.scheme or "http", ends.local[1])


def _request_variables(head: RequestHead, ends: Ends, length: int) -> dict[bytes, bytes]:
    """What the request line and the framing say."""
    query = head.query.encode("latin-1")
    path = head.path.encode("latin-1")
    variables = {
        b"QUERY_STRING": query,  # still encoded, and always set (3875-4.1.7-6a)
        b"REQUEST_METHOD": head.method.encode("latin-1"),
        b"REQUEST_URI": b"%b?%b" % (path, query) if "?" in head.target else path,
        b"SERVER_NAME": _server_name(head, ends).encode("latin-1"),
        b"SERVER_PROTOCOL": head.version.encode("latin-1"),
    }
    if head.announces_content:  # 3875-4.1.2-3a
        variables[b"CONTENT_LENGTH"] = b"%d" % length
    content_type = head.headers.by_name.get("content-type")
    if content_type is not None:  # never guessed (3875-4.1.3-10b.2)
        variables[b"CONTENT_TYPE"] = content_type.encode("latin-1")
    return variables


def _server_name(head: RequestHead, ends: Ends) -> str:
    """The host the request is directed to, without port; where HTTP/1.0 does not say, the address it came to."""
    if host := ends.host or head.authority:
        return _PORT.sub("", host)
    address = ends.local[0]
    return f"[{address}]" if ":" in address else address


@lru_cache(maxsize=64)
def _path_variables(script: Script, root: str) -> Mapping[bytes, bytes]:
    """What names files; kept, since most scripts run again and again."""
    variables = {
        b"DOCUMENT_ROOT": os.fsencode(root),
        b"SCRIPT_FILENAME": os.fsencode(script.path),
        b"SCRIPT_NAME": os.fsencode(script.name),
    }
    if script.path_info:  # NULL is said by no variable at all, which programs take for "not there" (3875-4.1.5)
        variables[b"PATH_INFO"] = os.fsencode(script.path_info)
    if script.path_translated:
        variables[b"PATH_TRANSLATED"] = os.fsencode(script.path_translated)
    return variables


def _protocol_variables(head: RequestHead, *, authorization: bool) -> dict[bytes, bytes]:
    """HTTP_*: the header section, less what is withheld (3875-4.1.18-1a)."""
    headers = head.headers
    withheld = set() if authorization else {"authorization"}
    if "connection" in headers.by_name:
        withheld.update([option.lower() for option in headers.members("Connection")])
    variables = {
        variable: value.encode("latin-1")
        for name, value in headers.by_name.items()
        if name not in withheld and (variable := _variable(name))
    }
    if "cookie" in headers.repeated and b"HTTP_COOKIE" in variables:  # it separates by "; " (3875-4.1.18-2d)
        variables[b"HTTP_COOKIE"] = "; ".join(headers.get_all("Cookie")).encode("latin-1")
    if b"HTTP_HOST" in variables:  # the authority of an absolute form takes the place of Host (9112-3.2.2-8a)
        variables[b"HTTP_HOST"] = head.authority.encode("latin-1")
    return variables


@lru_cache(maxsize=256)
def _variable(name: str) -> bytes:
    """The variable of a field, its name in lower case; empty where no script gets it. Kept: names seldom are new."""
    if name in _WITHHELD or not _PLAIN_NAME.fullmatch(name):
        return b""
    return b"HTTP_" + name.upper().replace("-", "_").encode("ascii")

"""RFC 3875 §4.1: the meta-variables of a script, made only of the request and of the operator's settings.

The functions are pure. The variables from a request and its connection are ISO-8859-1 text, one character per byte: CGI
scripts get these bytes, and WSGI applications get the text as "bytes as unicode" (PEP 3333). Paths are in the file
system's encoding (3875-4.1-7c).
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp import abnf
from pyhttp.cgi.script_path import Script
from pyhttp.messages import RequestHead

__all__ = [
    "Ends",
    "connection_variables",
    "field_variables",
    "meta_variables",
    "operators_variables",
    "request_variables",
]

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

_NAMING_NONE: Final = frozenset({"keep-alive", "Keep-Alive"})
"""Usual values of Connection: they name no field that is not withheld anyway."""

_PLAIN_NAME: Final = re.compile(r"[0-9A-Za-z-]++")
"""Names that stay different once "-" is "_" (C3)."""

_PORT: Final = re.compile(":" + abnf.text(abnf.PORT) + r"\Z")
_DEFAULT_PORT: Final = {"https": 443, "http": 80}
"""The default ports (RFC 9110 §4.2)."""
_REPLACEABLE: Final[Mapping[bool, Mapping[bytes, bytes]]] = {
    False: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"http"},
    True: {b"PATH": b"/usr/local/bin:/usr/bin:/bin", b"REQUEST_SCHEME": b"https", b"HTTPS": b"on"},
}
"""Variables that an operator may know better, with and without TLS here: the place of programs, and the scheme of a
proxy in front. HTTPS is for TLS at this server (3875-4.1.18-1c)."""

_SAME: Final = {"GATEWAY_INTERFACE": "CGI/1.1", "REDIRECT_STATUS": "200"}
"""Variables that are the same in every run. The server speaks CGI/1.1 (3875-4.1.4-1a), with no zeros before its numbers
(3875-4.1.4-3c.2). php-cgi runs only where a server sets the second variable."""


class Ends(NamedTuple):
    """The two ends of a connection, with properties of this end.

    A named tuple, like RequestHead, since a value is made for every run.
    """

    local: tuple[str, int]
    """The address and port at which the request arrived."""
    peer: tuple[str, int]
    """The address and port of the client."""
    secure: bool
    """Whether the connection is TLS at this server (safety line X4)."""
    software: str
    """The name and version of the server (3875-4.1.17-1a), as it reports itself in responses (3875-4.1.17-1b)."""
    scheme: str = ""
    """The scheme of the URI that the client has asked for, where a trusted proxy names it; else that of the
    connection."""
    host: str = ""
    """The host and port of that URI, where a trusted proxy names them; else those of the request and the connection."""
    user: str = ""
    """The user whose credentials the request had and the server has checked; "" where the server asked for none."""


@lru_cache(maxsize=256)
def connection_variables(ends: Ends) -> Mapping[str, str]:
    """The variables that are the same for every request of a connection, and so are kept."""
    # 3875-4.1.1-2a, 3875-4.1.11-3a
    proved = {"AUTH_TYPE": "Basic", "REMOTE_USER": ends.user.encode().decode("latin-1")} if ends.user else {}
    return {
        **proved,
        "REMOTE_ADDR": ends.peer[0],  # 3875-4.1.8-1a
        "REMOTE_HOST": ends.peer[0],  # always set (3875-4.1.9-3a); names are not looked up (3875-4.1.9-3b, C6)
        "REMOTE_PORT": str(ends.peer[1]),
        "SERVER_ADDR": ends.local[0],
        "SERVER_PORT": str(_server_port(ends)),
        "SERVER_SOFTWARE": ends.software,
    }


def _server_port(ends: Ends) -> int:
    """The port at which the request has arrived (3875-4.1.15-1a): here, or at the proxy that names the client's URI.

    A default port is stated as well (3875-4.1.15-3a).
    """
    if not ends.host:
        return ends.local[1]
    port = _PORT.search(ends.host)
    return int(port[0][1:]) if port and port[0] != ":" else _DEFAULT_PORT.get(ends.scheme or "http", ends.local[1])


def request_variables(head: RequestHead, ends: Ends, length: int | None) -> dict[str, str]:
    """The variables of the request line and the framing.

    Args:
        head: The request.
        ends: The connection.
        length: The number of octets of content, all transfer codings removed (3875-4.1.2-3b); None where only its end
            will show it.
    """
    variables = {
        "QUERY_STRING": head.query,  # still encoded, and always set (3875-4.1.7-6a), to "" at least (3875-4.1.7-6a.2)
        "REQUEST_METHOD": head.method,  # 3875-4.1.12-1a
        # The spelling is the client's (3875-3.3-2b).
        "REQUEST_URI": f"{head.path}?{head.query}" if "?" in head.target else head.path,
        "SERVER_NAME": _server_name(head, ends),
        "SERVER_PROTOCOL": head.version,  # 3875-4.1.16-1a: that of the request (3875-4.1.16-1b)
    }
    if length is not None and head.announces_content:  # 3875-4.1.2-3a
        variables["CONTENT_LENGTH"] = str(length)
    content_type = head.headers.by_name.get("content-type")
    if content_type is not None:  # left out (3875-4.1.3-10b.2) rather than guessed (3875-4.1.3-10b)
        variables["CONTENT_TYPE"] = content_type  # 3875-4.1.3-10a
    return variables


def _server_name(head: RequestHead, ends: Ends) -> str:
    """The host asked for, without port (3875-4.1.14-1a); where HTTP/1.0 names none, the address of this end."""
    if host := ends.host or head.authority:
        return _PORT.sub("", host)
    address = ends.local[0]
    return f"[{address}]" if ":" in address else address


def field_variables(head: RequestHead, *, authorization: bool) -> dict[str, str]:
    """The variables HTTP_*: the header section without the withheld fields (3875-4.1.18-1a).

    Args:
        head: The request; values that were folded lines have been refused (3875-4.1.18-2e).
        authorization: Whether the program gets Authorization (3875-9.2-1c).
    """
    headers = head.headers
    fields = headers.by_name
    variables = {variable: value for name, value in fields.items() if (variable := _variable(name))}
    if "connection" in fields and fields["connection"] not in _NAMING_NONE:
        for option in headers.members("Connection"):
            variables.pop(_variable(option.lower()), None)
    if not authorization:
        variables.pop("HTTP_AUTHORIZATION", None)
    if "cookie" in headers.repeated and "HTTP_COOKIE" in variables:  # Cookie separates by "; " (3875-4.1.18-2d)
        variables["HTTP_COOKIE"] = "; ".join(headers.get_all("Cookie"))
    if "HTTP_HOST" in variables:  # the authority of an absolute form takes the place of Host (9112-3.2.2-8a)
        variables["HTTP_HOST"] = head.authority
    return variables


@lru_cache(maxsize=256)
def _variable(name: str) -> str:
    """The variable of a field, by its name in lower case; empty where no program gets it. Results are kept."""
    if name in _WITHHELD or not _PLAIN_NAME.fullmatch(name):
        return ""
    return f"HTTP_{name.upper().replace('-', '_')}"


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
    """The whole environment of a script: the request, translated from HTTP (3875-3.1-2a).

    Args:
        head: The request.
        script: The script that runs.
        root: The served directory.
        ends: The connection.
        length: The number of octets of content, all transfer codings removed.
        authorization: Whether the script gets Authorization (3875-9.2-1c).
        inherited: Variables from the operator; they never replace one of RFC 3875.
    """
    variables = dict(_REPLACEABLE[ends.secure])
    if ends.scheme:
        variables[b"REQUEST_SCHEME"] = ends.scheme.encode("latin-1")
    if inherited:
        variables.update((os.fsencode(name), os.fsencode(value)) for name, value in inherited.items())
    variables.update(
        _octets(
            {
                **_SAME,
                **field_variables(head, authorization=authorization),
                **request_variables(head, ends, length),
                **connection_variables(ends),
            }
        )
    )
    variables.update(_path_variables(script, root))
    return variables


def _octets(variables: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """The variables as octets (3875-4.1.18-2f), whose case is kept (3875-4.1-7b); one step converts all of them.

    Raises:
        ValueError: A variable has a NUL, which no environment can have.
    """
    octets = "\0".join([*variables, *variables.values()]).encode("latin-1").split(b"\0")
    return zip(octets[: len(variables)], octets[len(variables) :], strict=True)


def operators_variables(entries: tuple[str, ...], environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of `Site.cgi_env`: with a value there, or with that of the server's environment, if it has one."""
    given = {}
    for entry in entries:
        name, sets, value = entry.partition("=")
        if sets:
            given[name] = value
        elif name in environ:
            given[name] = environ[name]
    return given


@lru_cache(maxsize=64)
def _path_variables(script: Script, root: str) -> Mapping[bytes, bytes]:
    """The variables that name files; they are kept, since most scripts run again and again.

    Names that RFC 3875 does not have (3875-4.1-4a) are those of other servers, without "X_" (3875-4.1-4a.2).
    """
    variables = {
        b"DOCUMENT_ROOT": os.fsencode(root),
        b"SCRIPT_FILENAME": os.fsencode(script.path),
        b"SCRIPT_NAME": os.fsencode(script.name),  # always (3875-4.1.13-3b), and decoded (3875-4.1.13-1a)
    }
    if script.path_info:  # an unset variable means NULL, which programs read as "not there" (3875-4.1.5)
        variables[b"PATH_INFO"] = os.fsencode(script.path_info)
    if script.path_translated:  # where there is a PATH_INFO (3875-4.1.6-16a), and only there (3875-4.1.6-16b)
        variables[b"PATH_TRANSLATED"] = os.fsencode(script.path_translated)
    return variables

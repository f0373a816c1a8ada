"""RFC 3875 §4.1: the meta-variables, built from nothing but the request and what the operator named.

A pure function of values. Text of the request is ISO-8859-1, one character per byte, and goes out as those bytes;
paths are in the file system's encoding (3875-4.1-7c).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyhttp import abnf
from pyhttp.cgi.script import Script
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers

__all__ = ["Ends", "meta_variables"]

PATH: Final = b"/usr/local/bin:/usr/bin:/bin"
"""Where scripts look for programs; an operator who wants another lists PATH in `Site.cgi_env`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The two ends of a connection, and what this end is.

    Attributes:
        local: Address and port on which the request arrived.
        peer: Address and port of the client.
        secure: Whether the connection is TLS at this server (safety line X4).
        software: Name and version of the server, as it reports itself in responses (3875-4.1.17-1b).
    """

    local: tuple[str, int]
    peer: tuple[str, int]
    secure: bool
    software: str


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
        inherited: Variables that the operator passes on; they never replace one of this section.
    """
    text = _protocol_variables(head, authorization=authorization) | _request_variables(head, ends, length)
    paths = _path_variables(script, root)
    return (
        {b"PATH": PATH}
        | {os.fsencode(name): os.fsencode(value) for name, value in (inherited or {}).items()}
        | {name.encode("ascii"): value.encode("latin-1") for name, value in text.items()}
        | {name.encode("ascii"): os.fsencode(value) for name, value in paths.items()}
    )


def _request_variables(head: RequestHead, ends: Ends, length: int) -> dict[str, str]:
    """What the request line, the framing and the connection say."""
    variables = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "QUERY_STRING": head.query,  # still encoded, and always set (3875-4.1.7-6a)
        "REDIRECT_STATUS": "200",  # php-cgi runs only where a server says so
        "REMOTE_ADDR": ends.peer[0],
        "REMOTE_HOST": ends.peer[0],  # names are not looked up (3875-4.1.9-3b, C6)
        "REMOTE_PORT": str(ends.peer[1]),
        "REQUEST_METHOD": head.method,
        "REQUEST_SCHEME": "https" if ends.secure else "http",
        "REQUEST_URI": f"{head.path}?{head.query}" if "?" in head.target else head.path,
        "SERVER_NAME": _server_name(head, ends),
        "SERVER_PORT": str(ends.local[1]),
        "SERVER_PROTOCOL": head.version,
        "SERVER_SOFTWARE": ends.software,
    }
    if ends.secure:
        variables["HTTPS"] = "on"
    if "Content-Length" in head.headers or "Transfer-Encoding" in head.headers:  # 3875-4.1.2-3a, 9112-6-4
        variables["CONTENT_LENGTH"] = str(length)
    if "Content-Type" in head.headers:  # never guessed (3875-4.1.3-10b.2)
        variables["CONTENT_TYPE"] = head.headers["Content-Type"]
    return variables


def _server_name(head: RequestHead, ends: Ends) -> str:
    """The host the request is directed to, without port; where HTTP/1.0 does not say, the address it came to."""
    if head.authority:
        return _PORT.sub("", head.authority)
    address = ends.local[0]
    return f"[{address}]" if ":" in address else address


def _path_variables(script: Script, root: str) -> dict[str, str]:
    """What names files."""
    variables = {
        "DOCUMENT_ROOT": root,
        "PATH_INFO": script.path_info,
        "SCRIPT_FILENAME": script.path,
        "SCRIPT_NAME": script.name,
    }
    if script.path_translated:
        variables["PATH_TRANSLATED"] = script.path_translated
    return variables


def _protocol_variables(head: RequestHead, *, authorization: bool) -> dict[str, str]:
    """HTTP_*: the header section, less what is withheld (3875-4.1.18-1a)."""
    headers = head.headers
    withheld = _WITHHELD | {option.lower() for option in headers.members("Connection")}
    if not authorization:
        withheld |= {"authorization"}
    variables = {
        "HTTP_" + name.upper().replace("-", "_"): _merged(headers, name)
        for name in headers
        if name not in withheld and _PLAIN_NAME.fullmatch(name)
    }
    if "HTTP_HOST" in variables:  # the authority of an absolute form takes the place of Host (9112-3.2.2-8a)
        variables["HTTP_HOST"] = head.authority
    return variables


def _merged(headers: Headers, name: str) -> str:
    """All values of one name as one that means the same (3875-4.1.18-2d); Cookie separates by "; "."""
    return "; ".join(headers.get_all(name)) if name == "cookie" else headers[name]

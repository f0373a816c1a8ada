"""RFC 9112 §3.2 and RFC 9110 §7.1, §7.4: request-targets.

A target is divided while it is still encoded (3986-7.3-2b); a path is decoded where it gets a meaning (3986-2.4-2a).
"""

import functools
import re

from pyhttp import abnf
from pyhttp.errors import MalformedRequest, Misdirected
from pyhttp.wire.faults import at

__all__ = ["check_target", "scheme_of", "split_target"]


@functools.cache
def _target() -> re.Pattern[str]:
    return re.compile(abnf.text(abnf.REQUEST_TARGET))


@functools.cache
def _origin_chars() -> re.Pattern[str]:
    return re.compile(abnf.text(abnf.TARGET_CHARS))


def check_target(target: str) -> None:
    """Refuse a target that has none of the four forms.

    In http (9110-4.2.1-4b) and https (9110-4.2.2-4b) it has a host.

    Raises:
        MalformedRequest: The target breaks the grammar of RFC 9112 §3.2; the detail says where.
    """
    if _target().fullmatch(target) is not None:
        return
    if not target.startswith("/"):
        raise at(MalformedRequest("request-target: none of the four forms (RFC 9112 §3.2)"), 0)
    end = next(_origin_chars().finditer(target)).end()  # the first match is at the start; it may be empty
    raise at(MalformedRequest(f"request-target: {target[end]!r} at offset {end} (RFC 9112 §3.2.1)"), end)


def split_target(method: str, target: str, *, secure: bool = False) -> tuple[str, str, str | None]:
    """The path, query and authority of a request-target whose syntax was checked.

    The path of an empty absolute form is "/", or "*" for OPTIONS without a query (RFC 9112 §3.2.4). The authority is
    None in origin and asterisk form, which leave it to Host.

    Args:
        method: The method, which decides the forms that are allowed.
        target: The target in one of the four forms.
        secure: Whether the connection is TLS at this server.

    Raises:
        MalformedRequest: The form does not belong to the method (RFC 9112 §3.2.3, §3.2.4).
        Misdirected: The scheme is not served on this connection (9110-7.4-3a), for instance https without TLS
            (9110-7.4-3b).
    """
    if target[0] == "/" and method != "CONNECT":
        path, _, query = target.partition("?")
        return path, query, None
    if method == "CONNECT":
        return _split_authority_form(target)
    if target == "*":
        if method != "OPTIONS":
            raise MalformedRequest(f"request-target: asterisk form with {method} (RFC 9112 §3.2.4)")
        return "*", "", None
    return _split_absolute_form(method, target, secure=secure)


def _split_authority_form(target: str) -> tuple[str, str, str]:
    """Split the form of CONNECT: it has no other form, and the port has to be a port number (9110-9.3.6-4a)."""
    host, _, port = target.rpartition(":")
    if not host or "/" in target or not port.isdigit() or not 0 < int(port) < 65536:
        raise MalformedRequest("request-target: CONNECT needs host and port (RFC 9112 §3.2.3)")
    return "", "", target


def _split_absolute_form(method: str, target: str, *, secure: bool) -> tuple[str, str, str]:
    """Split the form of RFC 9112 §3.2.2; a server takes it even from clients that see no proxy here (9112-3.2.2-9a)."""
    parts = _after_scheme(target)
    if parts is None:
        raise MalformedRequest(f"request-target: authority form with {method} (RFC 9112 §3.2.3)")
    scheme, rest = parts
    if scheme not in {"http", "https"} or (scheme == "https" and not secure):
        raise Misdirected(f"request-target: scheme {scheme} is not served on this connection (RFC 9110 §7.4)")
    before_query, question, query = rest.partition("?")
    # A path begins with a slash (3986-3.3-2a) or is empty (3986-3.2-5a); an empty path means "/" as well
    # (3986-6.2.3-3a).
    authority, slash, path = before_query.partition("/")
    if slash or question or method != "OPTIONS":
        return "/" + path, query, authority
    return "*", "", authority


def _after_scheme(target: str) -> tuple[str, str] | None:
    """The scheme of an absolute form, and what is behind it; None for other forms that do not begin with a slash.

    Upper and lower case are one (3986-6.2.2.1-2a); those of a host are in `Hosts`, where hosts are compared.
    """
    scheme, separator, rest = target.partition("://")
    return (scheme.lower(), rest) if separator else None


def scheme_of(target: str, *, secure: bool) -> str:
    """The scheme of the target URI (RFC 9110 §7.1): that of the absolute form, else that of the connection.

    Args:
        target: An accepted target, in one of the four forms.
        secure: Whether the connection is TLS at this server.
    """
    parts = None if target.startswith("/") else _after_scheme(target)
    if parts is not None:
        return parts[0]
    return "https" if secure else "http"

"""RFC 9110 §7.2, §4.2, RFC 9112 §3.2: the valid values of Host and of an authority, and the authority of a request."""

import functools

from pyhttp import abnf
from pyhttp.errors import MalformedRequest
from pyhttp.semantics.fields import Headers

__all__ = ["authority_of", "is_host"]


@functools.lru_cache(maxsize=64)
def is_host(value: str) -> bool:
    """Whether `value` is ``uri-host [ ":" port ]`` with a host that is not empty (RFC 9110 §7.2).

    No user stands before a host, here and in an absolute form (9110-4.2.4-4a). An address of a kind that is not known
    yet is none (3986-3.2.2-7c).

    The latest results are kept: a server is asked for by few names.
    """
    rule = abnf.HOST if value.startswith("[") else abnf.NAMED_HOST
    return abnf.text_pattern(rule).fullmatch(value) is not None


def authority_of(version: str, headers: Headers, of_target: str | None) -> str:
    """The host and port that a request asks for; empty only in HTTP/1.0: the server makes up none (9112-3.3-13b).

    Host is checked even where the absolute form overrules it (9112-3.2.2-8a), since a proxy before this server may have
    used it.

    Raises:
        MalformedRequest: HTTP/1.1 has no Host; or Host has several lines, or is no host (9112-3.2-6a).
    """
    if "host" in headers.repeated:
        raise MalformedRequest("Host: more than one line (RFC 9112 §3.2)")
    host = headers.by_name.get("host")
    if host is None:
        if version != "HTTP/1.0":
            raise MalformedRequest("Host: missing (RFC 9112 §3.2)")
        return of_target or ""
    if not is_host(host):
        raise MalformedRequest("Host: not a host with an optional port (RFC 9110 §7.2)")
    return host if of_target is None else of_target

"""RFC 9110 §6.3, RFC 9111 §5.2: the field lines that every answer of a site carries, and the operator's own."""

from typing import Final

from pyhttp.messages import Response
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site

__all__ = ["Lines", "not_modified_fields", "not_modified_response", "with_site_fields", "without"]

Lines = tuple[tuple[str, str], ...]
"""Field lines that are known to be valid."""

_JOINED: Final = frozenset({"link", "vary"})
"""What the server says here stays true beside what the operator says."""

_OF_304: Final = frozenset(
    {
        "access-control-allow-origin",
        "access-control-expose-headers",
        "cache-control",
        "content-location",
        "etag",
        "expires",
        "vary",
    }
)
"""What 9110-15.4.5-2a names, Date aside, which the gate adds; and what lets a page of another origin see the 304."""


_EXPOSED: Final = (
    "*, Accept-Ranges, Allow, Content-Encoding, Content-Length, Content-Range, Date, ETag, Link, Location,"
    " Retry-After, Vary"
)
"""What a page of another origin may see beside the fields it always may; by name, too, since older browsers do not know
the asterisk."""


def with_site_fields(lines: Lines, site: Site, *, found: bool = True) -> Headers:
    """The field lines of an answer with what the site adds: caching, CORS, the operator's own.

    Args:
        lines: Of the answer.
        site: Whose headers were checked when it was built.
        found: Whether this is the resource, which `Site.max_age` is about; a note in its stead is not stored, since
            it has no validator by which a cache could ask again.
    """
    caching = "no-cache" if site.max_age is None else f"max-age={site.max_age}"
    if not found:
        caching = "no-store"
    lines = (*lines, ("Cache-Control", caching))
    if site.cors:
        lines = (*lines, ("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED))
    if site.headers:
        lines = (*without(lines, {name.lower() for name, _ in site.headers} - _JOINED), *site.headers)
    return Headers.parsed(lines)


def not_modified_fields(headers: Headers) -> Headers:
    """Of a 304: those fields of the 200 it stands for that a cache needs, and no others (9110-15.4.5-2a, -4a)."""
    return Headers.parsed([line for line in headers.lines if line[0].lower() in _OF_304])


def not_modified_response(headers: Headers) -> Response:
    """304 for the 200 that has `headers`."""
    return Response(304, not_modified_fields(headers))


def without(lines: Lines, names: set[str] | frozenset[str]) -> Lines:
    """The field lines with none of `names`, which are in lower case."""
    return tuple([line for line in lines if line[0].lower() not in names])

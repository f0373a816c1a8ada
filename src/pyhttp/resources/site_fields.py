"""RFC 9110 §6.3, RFC 9111 §5.2: the field lines that every answer of a site carries, and the operator's own."""

from functools import lru_cache
from typing import Final

from pyhttp.messages import Response
from pyhttp.semantics.fields import Headers
from pyhttp.site import Site

__all__ = ["Lines", "completed", "with_site_fields", "without"]

Lines = tuple[tuple[str, str], ...]
"""Field lines that are known to be valid."""

_JOINED: Final = frozenset({"link", "set-cookie", "vary"})
"""Fields where the answer's value stays true beside the operator's."""
_OF_REPRESENTATION: Final = frozenset({"content-language"})
"""Fields that an operator may set for the content; a client that has the content does not get them again."""


_EXPOSED: Final = (
    "*, Accept-Ranges, Allow, Content-Encoding, Content-Length, Content-Range, Date, ETag, Link, Location,"
    " Retry-After, Vary"
)
"""The fields that a page of another origin may read beside those that it always may. They are listed by name as well,
since older browsers do not know the asterisk."""


def with_site_fields(lines: Lines, site: Site, *, found: bool = True) -> Headers:
    """The field lines of an answer of the server's own, with its caching, and without those that the operator replaces.

    None of these lines is one that only a client may send (9110-2.2-5b).

    Args:
        lines: The field lines of the answer.
        site: The site; its headers were checked when it was built.
        found: Whether this is the resource, which `Site.max_age` is about. A note in its place is not stored, since it
            has no validator by which a cache could ask again.
    """
    caching = "no-cache" if site.max_age is None else f"max-age={site.max_age}"  # 9111-5.2.2.1-4b
    if not found:
        caching = "no-store"
    lines = (*lines, ("Cache-Control", caching))
    if site.headers:  # a field that is no list is sent once (9110-5.3-3a); one from a client: `request_head.interpret`
        lines = without(lines, {name.lower() for name, _ in site.headers} - _JOINED)
    return Headers.parsed(lines)


def completed(response: Response, site: Site, asked: Headers) -> Response:
    """`response` with the site's fields for every answer: CORS, and the operator's own field lines.

    A field that the answer has already, from a script or a handler, stays as it is: they know this answer.

    Args:
        response: An answer to any request, also to one that could not be parsed.
        site: The site; its headers were checked when it was built.
        asked: The fields of the request.
    """
    fields = response.headers.by_name
    said = {name for name in fields if name not in _JOINED}
    if "access-control-allow-origin" in said:
        said.add("access-control-expose-headers")
    if response.status == 304 or (response.status == 206 and "if-range" in asked.by_name):
        said |= _OF_REPRESENTATION
    added = [line for name, line in _further(site) if name not in said]
    if not added:
        return response
    lines = (*response.headers.lines, *added)
    return Response(response.status, Headers.parsed(lines), response.body, reason=response.reason)


@lru_cache(maxsize=64)
def _further(site: Site) -> tuple[tuple[str, tuple[str, str]], ...]:
    """The site's field lines for every answer: each with its name in lower case."""
    lines = site.headers
    own = {name.lower() for name, _ in lines}
    if site.cors and "access-control-allow-origin" not in own:
        lines = (("Access-Control-Allow-Origin", "*"), *lines)
    if site.cors and "access-control-expose-headers" not in own:
        lines = (("Access-Control-Expose-Headers", _EXPOSED), *lines)
    return tuple([(name.lower(), (name, value)) for name, value in lines])


def without(lines: Lines, names: set[str] | frozenset[str]) -> Lines:
    """The field lines with none of `names`, which are in lower case."""
    return tuple([line for line in lines if line[0].lower() not in names])

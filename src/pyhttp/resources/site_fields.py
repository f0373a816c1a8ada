"""RFC 9110 §6.3, RFC 9111 §5.2: the field lines that every answer of a site carries, and the operator's own."""

from pyhttp.semantics.fields import Headers
from pyhttp.site import Site

__all__ = ["with_site_fields"]

Lines = tuple[tuple[str, str], ...]


def with_site_fields(lines: Lines, site: Site, *, fresh: bool = True) -> Headers:
    """Field lines that are known to be valid, with what the site adds: caching, CORS, the operator's own.

    Args:
        lines: Of the answer; valid.
        site: Whose headers were checked when it was built.
        fresh: Whether `Site.max_age` applies; what is answered for lack of the resource is asked for anew each time.
    """
    caching = "no-cache" if site.max_age is None or not fresh else f"max-age={site.max_age}"
    lines = (*lines, ("Cache-Control", caching))
    if site.cors:
        lines = (
            *lines,
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "*"),
        )
    if site.headers:
        replaced = {name.lower() for name, _ in site.headers}
        lines = (*(line for line in lines if line[0].lower() not in replaced), *site.headers)
    return Headers.parsed(lines)

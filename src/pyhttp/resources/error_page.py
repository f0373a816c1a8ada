"""RFC 9110 §15.4, §15.5, §15.6: answers that are not the resource: errors, redirects, and what OPTIONS says."""

from http import HTTPStatus

from pyhttp.errors import HTTPError
from pyhttp.messages import Response
from pyhttp.resources.page import document, escape_text, page_fields
from pyhttp.resources.paths import encode
from pyhttp.resources.site_fields import with_site_fields
from pyhttp.semantics.methods import FILE_METHODS
from pyhttp.semantics.statuses import explanation, reason_phrase
from pyhttp.site import Site

__all__ = ["error_response", "options_response", "redirect_response"]

_PLAIN: Site = Site()


def error_response(error: HTTPError, *, site: Site = _PLAIN) -> Response:
    """The page that explains an error: nothing of the request, no path and no traceback (safety line R3).

    Args:
        error: Its status and fields; its detail stays in the log.
        site: Whose fields the answer carries.
    """
    status = error.status
    phrase = reason_phrase(status)
    body = f'<main class="note">\n<h1>{status:d} {phrase}</h1>\n<p>{explanation(status)}</p>\n</main>\n'
    return _page_response(status, f"{status:d} {phrase}", body, error.fields, site)


def redirect_response(segments: tuple[str, ...], query: str, *, site: Site = _PLAIN) -> Response:
    """301 to a directory's own URL, which ends in a slash (safety lines R1, R2).

    Args:
        segments: The decoded path, never empty: the root has its slash always.
        query: As received, without its question mark; kept unchanged.
        site: Whose fields the answer carries.
    """
    location = encode(segments, directory=True) + (f"?{query}" if query else "")
    status = HTTPStatus.MOVED_PERMANENTLY
    phrase = reason_phrase(status)
    link = escape_text(location)
    body = f'<main class="note">\n<h1>{phrase}</h1>\n<p>This folder is at <a href="{link}">{link}</a>.</p>\n</main>\n'
    return _page_response(status, f"{status:d} {phrase}", body, (("Location", location),), site)


def options_response(*, site: Site = _PLAIN, methods: tuple[str, ...] = FILE_METHODS) -> Response:
    """204 with what a resource offers (9110-9.3.7-4a), and the answer to a CORS preflight where the site has CORS."""
    lines = [("Allow", ", ".join(methods))]
    if site.cors:
        lines += [
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            ("Access-Control-Allow-Headers", "*"),
            ("Access-Control-Max-Age", "600"),
        ]
    return Response(204, with_site_fields(tuple(lines), site, fresh=False))


def _page_response(status: int, title: str, body: str, lines: tuple[tuple[str, str], ...], site: Site) -> Response:
    fields = with_site_fields((*page_fields(), *lines), site, fresh=False)
    return Response(status, fields, document(title, body).encode())

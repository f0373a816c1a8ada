"""RFC 9110 §15.4, §15.5, §15.6: answers that are not the resource: errors, redirects, and what OPTIONS says."""

from http import HTTPStatus
from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.messages import RequestHead, Response
from pyhttp.phrases import reason_phrase
from pyhttp.resources.page import document, escape_text, page_lines, plain_text
from pyhttp.resources.paths import directory_reference, encode_segment, home_reference, page_reference
from pyhttp.resources.site_fields import Lines, with_site_fields
from pyhttp.semantics import negotiation
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.semantics.methods import FILE_METHODS, check_method
from pyhttp.semantics.references import uri_reference
from pyhttp.semantics.statuses import explanation
from pyhttp.site import Site

__all__ = [
    "error_response",
    "is_preflight",
    "moved_response",
    "not_acceptable_response",
    "options_response",
    "redirect_response",
]

_PLAIN: Final = Site()
_ASKED_WITH: Final = (
    "*, Accept, Accept-Language, Cache-Control, Content-Language, Content-Type, If-Match, If-Modified-Since,"
    " If-None-Match, If-Range, If-Unmodified-Since, Pragma, Range"
)
"""Fields of a request that pages may set; by name, too, since older browsers do not know the asterisk.
Authorization is never meant by it."""


def error_response(error: HTTPError, *, headers: Headers = EMPTY, site: Site = _PLAIN, path: str = "") -> Response:
    """What explains an error: nothing of the request, no path and no traceback (safety line R3).

    It is a page, plain text, or a problem of RFC 9457, as the request accepts it: the same is said in each.

    Args:
        error: Its status and fields; its detail stays in the log.
        headers: Of the request; what they accept decides on the form.
        site: Whose fields the answer carries.
        path: Of the request, still encoded; tells where the start page is, which a page has a link to.

    Raises:
        ValueError: A field of the error breaks the grammar.
    """
    lines = (("Vary", "Accept"), *error.headers)
    title, meaning = _title(error.status), error.told or explanation(error.status)
    match negotiation.choose_note(headers):
        case negotiation.HTML:
            text = f"<p>{escape_text(meaning)}</p>\n"
            if path.startswith("/"):
                text += f'<p><a href="{home_reference(path)}">Go to the start page</a></p>\n'
            return _note(error.status, text, lines, site)
        case negotiation.PROBLEM:
            # Its type is about:blank: no more is known than what the status says.
            phrase = reason_phrase(error.status)
            problem = f'{{"status":{error.status:d},"title":"{phrase}","detail":{_quoted(meaning)}}}\n'
            return _plainly(error.status, negotiation.PROBLEM, problem, lines, site)
        case _:
            return _plainly(error.status, "text/plain; charset=utf-8", f"{title}\n{meaning}\n", lines, site)


def not_acceptable_response(names: tuple[str, ...], *, site: Site = _PLAIN) -> Response:
    """406 with links to what there is (9110-15.5.7-2a).

    Args:
        names: Decoded names beside the one that was asked for.
        site: Whose fields the answer carries.
    """
    status = HTTPStatus.NOT_ACCEPTABLE
    links = "".join([f'<li><a href="{encode_segment(name)}">{escape_text(name)}</a>\n' for name in names])
    text = f"<p>{explanation(status)} They are:</p>\n<ul>\n{links}</ul>\n"
    return _note(status, text, (("Vary", "Accept-Encoding"),), site)


def moved_response(
    head: RequestHead, path: str, segments: tuple[str, ...], *, site: Site = _PLAIN, page: bool = False
) -> Response:
    """What a request gets whose resource has another URL: a redirect there; a preflight has its own answer.

    Args:
        head: The request; its query is kept.
        path: As for `redirect_response`.
        segments: Likewise.
        site: Whose fields the answer carries.
        page: Likewise.

    Raises:
        HTTPError: 405 or 501.
    """
    check_method(head.method)
    if is_preflight(head.method, head.headers, site):
        return options_response(head.headers, site=site)
    return redirect_response(path, segments, head.query, site=site, page=page)


def redirect_response(
    path: str, segments: tuple[str, ...], query: str, *, site: Site = _PLAIN, page: bool = False
) -> Response:
    """301 to the URL that a directory or a page has: a directory's ends in a slash (safety lines R1, R2).

    Location has it (9110-15.4.2-2a): a relative reference, which is right behind any prefix that a proxy takes away.

    Args:
        path: Of the request, still encoded: what the client resolves the reference against.
        segments: The decoded path of the directory, never empty: the root has its slash always; or as for
            `page_reference`.
        query: As received, without its question mark; kept, but that what may not stand there is escaped.
        site: Whose fields the answer carries.
        page: Whether it leads to a page.
    """
    reference = page_reference(path, segments) if page else directory_reference(path, segments)
    location = uri_reference(reference + (f"?{query}" if query else ""))
    link = escape_text(location)
    text = f'<p>This {"page" if page else "folder"} is at <a href="{link}">{link}</a>.</p>\n'
    return _note(HTTPStatus.MOVED_PERMANENTLY, text, (("Location", location),), site)


def is_preflight(method: str, headers: Headers, site: Site) -> bool:
    """Whether a browser asks first if a page of another origin may ask, where the site lets it.

    It asks for a permission and not for the resource: any answer but a success would hide from the page what the
    resource answers, were it a 404.
    """
    return site.cors and method == "OPTIONS" and "Access-Control-Request-Method" in headers


def options_response(
    headers: Headers = EMPTY, *, site: Site = _PLAIN, methods: tuple[str, ...] = FILE_METHODS
) -> Response:
    """204 with what a resource offers (9110-9.3.7-4a), and the answer to a CORS preflight where the site has CORS.

    Max-Forwards counts for nothing: this server is the last one (9110-7.6.2-5a).

    Args:
        headers: Of the request; they tell a preflight.
        site: Whose fields the answer carries.
        methods: What the resource offers.
    """
    allow = ", ".join(methods)  # a list that we send has no empty member (9110-5.6.1.1-1a)
    lines: Lines = (("Allow", allow),)  # of what is no 405, this alone has it (9110-10.2.1-5b.2)
    if is_preflight("OPTIONS", headers, site):
        lines = (
            *lines,
            ("Access-Control-Allow-Methods", allow),
            ("Access-Control-Allow-Headers", _ASKED_WITH + (", Authorization" if site.auth else "")),
            ("Access-Control-Max-Age", "600"),
        )
    return Response(204, with_site_fields(lines, site, found=False))


def _note(status: int, text: str, lines: Lines, site: Site) -> Response:
    """A page with the status as its heading."""
    title = _title(status)
    body = f'<main class="note">\n<h1>{title}</h1>\n{text}</main>\n'
    return _checked(status, page_lines(), document(title, body), lines, site)


def _plainly(status: int, media_type: str, text: str, lines: Lines, site: Site) -> Response:
    return _checked(status, (("Content-Type", media_type), ("X-Content-Type-Options", "nosniff")), text, lines, site)


def _checked(status: int, own: Lines, text: str, lines: Lines, site: Site) -> Response:
    """What an error carries, `lines`, was written by whoever raised it: checked here (safety line S11)."""
    fields = (*with_site_fields(own, site, found=False).lines, *lines)
    return Response(status, Headers(fields), text.encode())


def _quoted(text: str) -> str:
    """A string of JSON; what cannot stand in one is told in escapes. Without `json`: see `escape_text`."""
    plain = plain_text(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join([char if char >= " " else f"\\u{ord(char):04x}" for char in plain]) + '"'


def _title(status: int) -> str:
    return f"{status:d} {reason_phrase(status)}".rstrip()

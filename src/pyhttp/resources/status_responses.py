"""RFC 9110 §15.4, §15.5, §15.6: answers that are not the resource: errors, redirects, and the answer to OPTIONS."""

from typing import Final

from pyhttp.errors import HTTPError, TargetTooLong
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.phrases import reason_phrase
from pyhttp.resources.page import document, escape_text, page_lines, plain_text
from pyhttp.resources.relative_references import (
    directory_reference,
    encode_segment,
    home_reference,
    page_reference,
)
from pyhttp.resources.site_fields import Lines, with_site_fields
from pyhttp.semantics import negotiation
from pyhttp.semantics.explanations import explanation
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.semantics.methods import FILE_METHODS, allow_value, check_method
from pyhttp.semantics.references import uri_reference
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
_DEFAULT_LIMITS: Final = Limits()
_LONGEST_METHOD: Final = max(FILE_METHODS, key=len)
"""The longest method with which a client may follow a redirect. A script that leads to a file makes a GET of others."""
_ASKED_WITH: Final = (
    "*, Accept, Accept-Language, Cache-Control, Content-Language, Content-Type, If-Match, If-Modified-Since,"
    " If-None-Match, If-Range, If-Unmodified-Since, Pragma, Range"
)
"""Fields of a request that pages may set. They are listed by name as well, since older browsers do not know the
asterisk. The asterisk never includes Authorization."""


def error_response(error: HTTPError, *, headers: Headers = EMPTY, site: Site = _PLAIN, path: str = "") -> Response:
    """The explanation of an error of the client's or of ours.

    It is without parts of the request, paths and tracebacks (safety line R3).

    It is a page, plain text, or a problem of RFC 9457, as the request accepts it; all have the same meaning.

    Args:
        error: The error with its status and fields; its detail stays in the log.
        headers: The fields of the request; they decide on the form.
        site: The site whose fields the answer carries.
        path: The path of the request, still encoded; it shows where the start page is, to which a page has a link.

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
            # The problem's type is about:blank: nothing is known beyond the status.
            phrase = reason_phrase(error.status)
            problem = f'{{"status":{error.status:d},"title":"{phrase}","detail":{_quoted(meaning)}}}\n'
            return _plainly(error.status, negotiation.PROBLEM, problem, lines, site)
        case _:
            return _plainly(error.status, "text/plain; charset=utf-8", f"{title}\n{meaning}\n", lines, site)


def not_acceptable_response(names: tuple[str, ...], *, site: Site = _PLAIN) -> Response:
    """A 406 with links to the available forms (9110-15.5.7-2a).

    Args:
        names: Decoded names beside the one that was asked for.
        site: The site whose fields the answer carries.
    """
    status = 406
    links = "".join([f'<li><a href="{encode_segment(name)}">{escape_text(name)}</a>\n' for name in names])
    text = f"<p>{explanation(status)} They are:</p>\n<ul>\n{links}</ul>\n"
    return _note(status, text, (("Vary", "Accept-Encoding"),), site)


def moved_response(
    head: RequestHead,
    path: str,
    segments: tuple[str, ...],
    *,
    site: Site = _PLAIN,
    page: bool = False,
    limits: Limits = _DEFAULT_LIMITS,
) -> Response:
    """The answer to a request whose resource has another URL: a redirect there; a preflight has its own answer.

    Args:
        head: The request; its query is kept.
        path: As for `redirect_response`.
        segments: As for `redirect_response`.
        site: The site whose fields the answer carries.
        page: As for `redirect_response`.
        limits: What the client may ask for.

    Raises:
        HTTPError: 405 or 501; 414 where the way there would be refused: escapes make it longer, and what this server
            says, it takes (9110-2.3-3a).
    """
    check_method(head.method)
    if is_preflight(head.method, head.headers, site):
        return options_response(head.headers, site=site)
    response = redirect_response(path, segments, head.query, site=site, page=page)
    target = _resolved(path, response.headers["Location"])
    if len(f"{_LONGEST_METHOD} {target} HTTP/1.1") > limits.request_line:
        raise TargetTooLong(f"the way to {target[:100]}... is longer than {limits.request_line} octets (9110-2.3-3a)")
    return response


def _resolved(path: str, reference: str) -> str:
    """The request-target that a client makes of one of our references; those that go up lead to the top."""
    base, rest = path[: path.rindex("/") + 1], reference.removeprefix("./")
    while rest.startswith("../"):
        base, rest = "/", rest[3:]
    return base + rest


def redirect_response(
    path: str, segments: tuple[str, ...], query: str, *, site: Site = _PLAIN, page: bool = False
) -> Response:
    """A 301 to the URL of a directory or a page: a directory's ends in a slash (safety lines R1, R2).

    Location has the URL (9110-15.4.2-2a): a relative reference, which is correct behind any prefix that a proxy
    removes.

    Args:
        path: The path of the request, still encoded, against which the client resolves the reference.
        segments: The decoded path of the directory, never empty, since the root always has its slash; or as for
            `page_reference`.
        query: The query as received, without its question mark; kept, with invalid characters escaped.
        site: The site whose fields the answer carries.
        page: Whether the redirect leads to a page.
    """
    reference = page_reference(path, segments) if page else directory_reference(path, segments)
    location = uri_reference(reference + (f"?{query}" if query else ""))
    link = escape_text(location)
    text = f'<p>This {"page" if page else "folder"} is at <a href="{link}">{link}</a>.</p>\n'
    return _note(301, text, (("Location", location),), site)


def is_preflight(method: str, headers: Headers, site: Site) -> bool:
    """Whether a browser asks for permission before a page of another origin sends its request, if the site allows that.

    A preflight asks for a permission and not for the resource. Any answer but a success would hide the answer of the
    resource from the page, even a 404.
    """
    return site.cors and method == "OPTIONS" and "Access-Control-Request-Method" in headers


def options_response(
    headers: Headers = EMPTY, *, site: Site = _PLAIN, methods: tuple[str, ...] = FILE_METHODS
) -> Response:
    """A 204 with the methods of a resource; for a CORS preflight its answer, where the site has CORS.

    Args:
        headers: The fields of the request; they show a preflight.
        site: The site whose fields the answer carries.
        methods: The methods that the resource offers.
    """
    allow = allow_value(methods)
    lines: Lines = (("Allow", allow),)
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
    """An answer with `lines`, which the author of an error has written: they are checked here (safety line S11)."""
    fields = (*with_site_fields(own, site, found=False).lines, *lines)
    return Response(status, Headers(fields), text.encode())


def _quoted(text: str) -> str:
    """A string of JSON, with escapes for characters that need them. Without `json`: see `escape_text`."""
    plain = plain_text(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join([char if char >= " " else f"\\u{ord(char):04x}" for char in plain]) + '"'


def _title(status: int) -> str:
    return f"{status:d} {reason_phrase(status)}".rstrip()

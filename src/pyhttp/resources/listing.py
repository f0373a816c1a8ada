"""RFC 9110 §3.2, §13: a directory as a resource: an HTML page that needs no script (safety lines W4, W5)."""

import os
from typing import Final

from pyhttp.errors import Forbidden
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.entries import Entry, Kind, read_directory
from pyhttp.resources.error_page import options_response
from pyhttp.resources.opened import open_file
from pyhttp.resources.page import document, escape_text, page_fields
from pyhttp.resources.paths import encode_segment
from pyhttp.resources.site_fields import with_site_fields
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.methods import check_method
from pyhttp.site import Site

__all__ = ["directory_page", "file_page", "listing_response"]

_DEFAULT_LIMITS: Final = Limits()


def directory_page(
    path: str,
    segments: tuple[str, ...],
    query: str = "",
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
) -> str:
    """The HTML page that lists a directory.

    Args:
        path: Absolute file-system path of the directory.
        segments: The decoded path of its URL, for title and breadcrumbs.
        query: Of the request; `sort` and `order` in it choose the order.
        root: Absolute path of the folder served.
        site: How it is served.
        limits: How many entries are shown.

    Raises:
        Forbidden: The site has no listings, or the directory may not be read.
        NotFound: It is not there, or leads out of the root.
    """
    if not site.listing:
        raise Forbidden("listings are switched off")
    entries, more = read_directory(path, root, site, limits.listing_entries)
    entries.sort(key=lambda entry: (entry.kind is Kind.FILE, entry.name))
    title = "/" + "".join(f"{segment}/" for segment in segments)
    rows = "".join(_row(entry) for entry in entries)
    notice = f"<p>Only the first {len(entries)} entries are shown.</p>\n" if more else ""
    body = (
        f"<h1>{escape_text(title)}</h1>\n<table>\n"
        f'<tr><th scope="col">Name<th scope="col">Size<th scope="col">Modified\n{rows}</table>\n{notice}'
    )
    return document(title, body)


def _row(entry: Entry) -> str:
    slash = "/" if entry.kind is Kind.DIRECTORY else ""
    size = "" if slash else str(entry.size)
    return (
        f'<tr><th scope="row"><a href="{encode_segment(entry.name)}{slash}">{escape_text(entry.name)}{slash}</a>'
        f"<td>{size}<td>{format_date(entry.modified)}\n"
    )


def file_page(path: str, *, root: str, site: Site, limits: Limits = _DEFAULT_LIMITS) -> str:
    """A file's contents as an HTML page, escaped (safety line W4).

    Raises:
        Forbidden: It is larger than `Limits.shown_file`, or may not be read.
        NotFound: It is not there, or must not be shown.
    """
    opened = open_file(path, root, site)
    try:
        if opened.size > limits.shown_file:
            raise Forbidden("too large to be shown as a page")
        text = os.pread(opened.fileno(), limits.shown_file, 0).decode("utf-8", "replace")
    finally:
        opened.close()
    name = os.path.basename(path)
    return document(name, f"<h1>{escape_text(name)}</h1>\n<pre>{escape_text(text)}</pre>\n")


def listing_response(head: RequestHead, page: str, *, site: Site) -> Response:
    """What a listing answers to a request.

    Args:
        head: The request.
        page: The HTML, of `directory_page` or of an overridden `list_dir`.
        site: Whose fields the answer carries.

    Raises:
        MethodNotAllowed, MethodUnknown: 405, 501.
    """
    check_method(head.method)
    if head.method == "OPTIONS":
        return options_response(site=site)
    return Response(200, with_site_fields(page_fields(), site), page.encode("utf-8", "replace"))

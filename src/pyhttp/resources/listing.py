"""RFC 9110 §3.2, §12.5.1: a directory as a resource: pages that need no script, or JSON (safety lines W4, W5)."""

import os
from typing import Final, NamedTuple

from pyhttp.errors import Forbidden, HTTPError
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.entries import Directory
from pyhttp.resources.files import is_directory
from pyhttp.resources.folder_page import folder_page
from pyhttp.resources.generated import generated_response
from pyhttp.resources.opened_file import open_file
from pyhttp.resources.order import parameters
from pyhttp.resources.page import document, escape_text, listing_lines, with_more
from pyhttp.resources.paging import Paging, page_number
from pyhttp.resources.sorting import part_of
from pyhttp.resources.view import view_of
from pyhttp.semantics.negotiation import choose_type
from pyhttp.site import Site

__all__ = ["VARY", "Page", "directory_page", "file_page", "listing_response", "open_listed", "page_of", "wants_json"]

_DEFAULT_LIMITS: Final = Limits()
VARY: Final = ("Vary", "Accept")
_ABOUT_SIZE: Final = 64 * 1024
"""The largest file, in bytes, that is shown below the listing of its folder: people do not read a book there."""


class Page(NamedTuple):
    """One page of a listing."""

    html: str
    link: str = ""
    """The value of a Link field that leads to the other pages, as in `Paging.link`; empty where there are none."""


def page_of(path: str, head: RequestHead, *, root: str, site: Site, limits: Limits) -> Page:
    """A directory or a file as an HTML page, by `directory_page` with the parameters of the request, or `file_page`."""
    if not is_directory(path):
        return Page(file_page(path, root=root, site=site, limits=limits))
    return directory_page(path, head.path, head.query, root=root, site=site, limits=limits)


def directory_page(
    path: str,
    asked: str,
    query: str = "",
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
) -> Page:
    """An HTML page that lists a directory, or a part of a long one.

    Args:
        path: Absolute file-system path of the directory.
        asked: The path of its URL, as requested, for title and breadcrumbs.
        query: The query of the request: `view_of` reads the view from it, and `page` chooses the part.
        root: Absolute path of the folder served; its name is on the page.
        site: The rules by which it is served.
        limits: The limits for the entries of a page, and for the size of a shown file.

    Raises:
        Forbidden: The site has no listings, or the directory may not be read.
        NotFound: The directory does not exist, leads out of the root, or has no such page.
    """
    view, number, size = view_of(query), page_number(query), limits.listing_entries
    directory = open_listed(path, root, site, wanted=view.wanted, unserved=True)
    try:
        entries, total = part_of(directory, view.order, number, size)
    finally:
        directory.close()
    paging = Paging(view, number, size, total)
    page = folder_page(tuple(entries), asked, root, paging)
    html = with_more(page.html, _about(path, page.about, root, site, limits)) if page.about else page.html
    return Page(html, paging.link)


def open_listed(path: str, root: str, site: Site, *, wanted: str = "", unserved: bool = False) -> Directory:
    """Open a directory of a site that has listings; the caller closes it.

    Args:
        path: Absolute file-system path of the directory.
        root: Absolute path of the folder served.
        site: The rules by which it is served.
        wanted: As for `Directory`.
        unserved: As for `Directory`.

    Raises:
        HTTPError: As `directory_page`.
    """
    if not site.listing:
        raise Forbidden("listings are switched off")
    return Directory(path, root, site, wanted=wanted, unserved=unserved)


def _about(directory: str, name: str, root: str, site: Site, limits: Limits) -> str:
    """The description of a folder from a file of it; empty where that may not be shown (C8), or is long."""
    try:
        text = _text_of(os.path.join(directory, name), root, site, min(limits.shown_file, _ABOUT_SIZE))
    except HTTPError:
        return ""
    heading = f'<h2 id="about">{escape_text(name)}</h2>'
    return f'<section aria-labelledby="about">\n{heading}\n<pre>\n{escape_text(text)}</pre>\n</section>\n'


def file_page(path: str, *, root: str, site: Site, limits: Limits = _DEFAULT_LIMITS) -> str:
    """A file's contents as an HTML page, escaped (safety line W4).

    Raises:
        Forbidden: The file is larger than `Limits.shown_file`, or may not be read.
        NotFound: The file does not exist, or must not be shown.
    """
    name, text = os.path.basename(path), _text_of(path, root, site, limits.shown_file)
    return document(name, f"<main>\n<h1>{escape_text(name)}</h1>\n<pre>\n{escape_text(text)}</pre>\n</main>\n")


def _text_of(path: str, root: str, site: Site, most: int) -> str:
    """The contents of a file of at most `most` octets.

    Raises:
        HTTPError: As `file_page`.
    """
    opened = open_file(path, root, site)
    try:
        if opened.size > most:
            raise Forbidden("too large to be shown as a page")
        octets = bytearray()
        for piece in opened:  # a file may be longer than its stated size
            octets += piece
            if len(octets) > most:
                raise Forbidden("too large to be shown as a page")
        return octets.decode("utf-8", "replace")
    finally:
        opened.close()


def wants_json(head: RequestHead) -> bool:
    """Whether the request asks for a listing as JSON: by ``?format=json``, or by Accept (RFC 9110 §12.5.1)."""
    asked = parameters(head.query).get("format")
    if asked is not None:
        return asked == "json"
    return (
        "Accept" in head.headers and choose_type(head.headers, ("text/html", "application/json")) == "application/json"
    )


def listing_response(head: RequestHead, page: str, link: str = "", *, site: Site) -> Response:
    """The answer of a listing to a request.

    Args:
        head: The request.
        page: The HTML, of `directory_page` or of an overridden `list_dir`.
        link: As `Page.link`.
        site: The site whose fields the answer carries.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    links = (("Link", link),) if link else ()
    lines = listing_lines(gallery=view_of(head.query).grid)
    return generated_response(head, page, (*lines, VARY, *links), site=site)

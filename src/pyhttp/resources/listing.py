"""RFC 9110 §3.2, §12.5.1: a directory as a resource: pages that need no script, or JSON (safety lines W4, W5)."""

import os
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.errors import Forbidden
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources import paths
from pyhttp.resources.entries import Directory, Entry
from pyhttp.resources.generated import generated_response
from pyhttp.resources.opened import open_file
from pyhttp.resources.order import Column, Order, parameters
from pyhttp.resources.page import document, escape_text, page_lines
from pyhttp.resources.paging import Paging, page_number
from pyhttp.resources.rows import drawings, human_size, table_rows
from pyhttp.resources.sorting import part_of
from pyhttp.semantics.negotiation import choose_type
from pyhttp.site import Site

__all__ = ["VARY", "Page", "directory_page", "file_page", "listing_response", "open_listed", "wants_json"]

_DEFAULT_LIMITS: Final = Limits()
VARY: Final = ("Vary", "Accept")


class Page(NamedTuple):
    """One page of a listing."""

    html: str
    link: str = ""
    """The value of a Link field that names the pages before and behind it; empty where there are none."""


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
        query: Of the request; `sort` and `order` in it choose the order, `page` the part.
        root: Absolute path of the folder served.
        site: How it is served.
        limits: How many entries a page shows.

    Raises:
        Forbidden: The site has no listings, or the directory may not be read.
        NotFound: It is not there, leads out of the root, or has no such page.
    """
    order, number, size = Order.of(query), page_number(query), limits.listing_entries
    directory = open_listed(path, root, site)
    try:
        entries, total = part_of(directory, order, number, size)
    finally:
        directory.close()
    paging = Paging(order, number, size, total)
    return Page(_page(tuple(entries), asked, paging), paging.link)


def open_listed(path: str, root: str, site: Site) -> Directory:
    """Open a directory of a site that has listings; the caller closes it.

    Raises:
        HTTPError: As `directory_page`.
    """
    if not site.listing:
        raise Forbidden("listings are switched off")
    return Directory(path, root, site)


@lru_cache(maxsize=1)
def _page(found: tuple[Entry, ...], asked: str, paging: Paging) -> str:
    """The page of entries that have just been read; the last one is kept, as it takes longer to write than to read."""
    order, segments = paging.order, paths.decode(asked)
    entries = order.sorted(found)
    rows, icons = table_rows(entries)
    top = (
        f"{drawings({'parent', *icons})}{_breadcrumbs(asked, segments)}<main>\n"
        f"<h1>{escape_text(segments[-1] if segments else 'Home')}</h1>\n{_pages(paging, 'Pages')}"
        f"<table>\n<caption>Contents of {escape_text(_title(segments))}</caption>\n"
        f"<thead>\n<tr>{_heading(order, Column.NAME, 'Name')}{_heading(order, Column.SIZE, 'Size')}"
        f"{_heading(order, Column.DATE, 'Modified')}\n<tbody>\n{_PARENT if segments else ''}"
    )
    end = f"</table>\n{_pages(paging, 'Pages, again')}</main>\n<footer>{_summary(entries, paging)}</footer>\n"
    return document(f"Index of {_title(segments)}", top, *rows, end)


def _title(segments: tuple[str, ...]) -> str:
    return "/" + "".join([f"{segment}/" for segment in segments])


def _breadcrumbs(asked: str, segments: tuple[str, ...]) -> str:
    """Links to the directories above, relative so that they hold wherever the site is mounted."""
    above = zip(paths.references_above(asked), ("Home", *segments)[: len(segments)], strict=True)
    links = [f'<li><a href="{reference}">{escape_text(name)}</a>\n' for reference, name in above]
    return f'<nav aria-label="Folders above">\n<ol>\n{"".join(links)}</ol>\n</nav>\n' if links else ""


def _heading(order: Order, column: Column, text: str) -> str:
    """A form and no link: a crawler would follow that, and read everything in each order."""
    direction = "descending" if order.descending else "ascending"
    state = f' aria-sort="{direction}"' if column is order.column else ""
    return (
        f'<th scope="col"{state}><form><input type="hidden" name="sort" value="{column.value}">'
        f'<button name="order" value="{order.direction_for(column)}">{text}</button></form>'
    )


def _pages(paging: Paging, label: str) -> str:
    """What this page shows, and links to those before and behind it; nothing where it is the only one."""
    if paging.count <= 1:
        return ""
    previous, following = escape_text(paging.previous), escape_text(paging.next)
    before = f'<a rel="prev" href="{previous}">Previous page</a>\n' if previous else ""
    behind = f'<a rel="next" href="{following}">Next page</a>\n' if following else ""
    shown = f"<span>Entries {paging.first:,} to {paging.last:,} of {paging.total:,}</span>\n"
    return f'<nav class="pages" aria-label="{label}">\n{shown}{before}{behind}</nav>\n'


_PARENT: Final = (
    '<tr><th scope="row"><a href="../"><svg aria-hidden="true"><use href="#parent"/></svg>Parent folder</a><td><td>\n'
)


def _summary(entries: list[Entry], paging: Paging) -> str:
    """How many there are of each on the page, and how large together."""
    if not paging.total:
        return "This folder is empty."
    folders = sum([entry.is_directory for entry in entries])
    files = len(entries) - folders
    total = sum([entry.size for entry in entries])
    return (
        f"{'On this page: ' if paging.count > 1 else ''}"
        f"{folders:,} {'folder' if folders == 1 else 'folders'}, {files:,} {'file' if files == 1 else 'files'}, "
        f'<span title="{total:,} bytes">{human_size(total)}</span> in all. Times are in UTC.'
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
        octets = bytearray()
        for piece in opened:  # a file may be longer than it says
            octets += piece
            if len(octets) > limits.shown_file:
                raise Forbidden("too large to be shown as a page")
        text = octets.decode("utf-8", "replace")
    finally:
        opened.close()
    name = os.path.basename(path)
    return document(
        name, f'<main>\n<h1>{escape_text(name)}</h1>\n<pre tabindex="0">\n{escape_text(text)}</pre>\n</main>\n'
    )


def wants_json(head: RequestHead) -> bool:
    """Whether a listing is asked for as JSON: by ``?format=json``, or by Accept (RFC 9110 §12.5.1)."""
    asked = parameters(head.query).get("format")
    if asked is not None:
        return asked == "json"
    return (
        "Accept" in head.headers and choose_type(head.headers, ("text/html", "application/json")) == "application/json"
    )


def listing_response(head: RequestHead, page: str, link: str = "", *, site: Site) -> Response:
    """What a listing answers to a request.

    Args:
        head: The request.
        page: The HTML, of `directory_page` or of an overridden `list_dir`.
        link: As `Page.link`.
        site: Whose fields the answer carries.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    links = (("Link", link),) if link else ()
    return generated_response(head, page, (*page_lines(), VARY, *links), site=site)

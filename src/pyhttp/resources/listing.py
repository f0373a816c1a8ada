"""RFC 9110 §3.2, §12.5.1: a directory as a resource: a page that needs no script, or JSON (safety lines W4, W5)."""

import os
from functools import lru_cache
from typing import Final

from pyhttp.errors import Forbidden
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.entries import Entry, read_directory
from pyhttp.resources.generated import generated_response
from pyhttp.resources.opened import open_file
from pyhttp.resources.order import Column, Order, parameters
from pyhttp.resources.page import document, escape_text, page_lines
from pyhttp.resources.rows import drawings, human_size, json_rows, table_rows
from pyhttp.semantics.negotiation import choose_type
from pyhttp.site import Site

__all__ = ["directory_page", "file_page", "json_response", "listing_response", "wants_json"]

_DEFAULT_LIMITS: Final = Limits()
_VARY: Final = ("Vary", "Accept")
_JSON: Final = "application/json"


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
    entries, more = _entries(path, root, site, limits)
    return _page(entries, segments, Order.of(query), more=more)


def _entries(path: str, root: str, site: Site, limits: Limits) -> tuple[tuple[Entry, ...], bool]:
    if not site.listing:
        raise Forbidden("listings are switched off")
    entries, more = read_directory(path, root, site, limits.listing_entries)
    return tuple(entries), more


@lru_cache(maxsize=1)
def _page(found: tuple[Entry, ...], segments: tuple[str, ...], order: Order, *, more: bool) -> str:
    """The page of entries that have just been read; the last one is kept, as it takes longer to write than to read."""
    entries = order.sorted(found)
    rows, icons = table_rows(entries)
    top = (
        f"{drawings({'parent', *icons})}{_breadcrumbs(segments)}<main>\n"
        f"<h1>{escape_text(segments[-1] if segments else 'Home')}</h1>\n"
        f"<table>\n<caption>Contents of {escape_text(_title(segments))}</caption>\n"
        f"<thead>\n<tr>{_heading(order, Column.NAME, 'Name')}{_heading(order, Column.SIZE, 'Size')}"
        f"{_heading(order, Column.DATE, 'Modified')}\n<tbody>\n{_PARENT if segments else ''}"
    )
    end = f"</table>\n</main>\n<footer>{_summary(entries, more=more)}</footer>\n"
    return document(f"Index of {_title(segments)}", top, *rows, end)


def _title(segments: tuple[str, ...]) -> str:
    return "/" + "".join([f"{segment}/" for segment in segments])


def _breadcrumbs(segments: tuple[str, ...]) -> str:
    """Links to the directories above, relative so that they hold wherever the site is mounted."""
    above = ("Home", *segments)[: len(segments)]
    links = [
        f'<li><a href="{"../" * (len(above) - depth)}">{escape_text(name)}</a>\n' for depth, name in enumerate(above)
    ]
    return f'<nav aria-label="Folders above">\n<ol>\n{"".join(links)}</ol>\n</nav>\n' if links else ""


def _heading(order: Order, column: Column, text: str) -> str:
    """A form and no link: a crawler would follow that, and read everything in each order."""
    direction = "descending" if order.descending else "ascending"
    state = f' aria-sort="{direction}"' if column is order.column else ""
    return (
        f'<th scope="col"{state}><form><input type="hidden" name="sort" value="{column.value}">'
        f'<button name="order" value="{order.direction_for(column)}">{text}</button></form>'
    )


_PARENT: Final = (
    '<tr><th scope="row"><a href="../"><svg aria-hidden="true"><use href="#parent"/></svg>Parent folder</a><td><td>\n'
)


def _summary(entries: list[Entry], *, more: bool) -> str:
    """How many there are of each, and how large together; and that there are more, where there are."""
    if not entries:
        return "This folder is empty."
    folders = sum([entry.is_directory for entry in entries])
    files = len(entries) - folders
    total = sum([entry.size for entry in entries])
    text = (
        f"{folders:,} {'folder' if folders == 1 else 'folders'}, {files:,} {'file' if files == 1 else 'files'}, "
        f'<span title="{total:,} bytes">{human_size(total)}</span> in all. Times are in UTC.'
    )
    return f"{text} <strong>There are more: {len(entries):,} is the most that a page shows.</strong>" if more else text


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
    return document(
        name, f'<main>\n<h1>{escape_text(name)}</h1>\n<pre tabindex="0">\n{escape_text(text)}</pre>\n</main>\n'
    )


def wants_json(head: RequestHead) -> bool:
    """Whether a listing is asked for as JSON: by ``?format=json``, or by Accept (RFC 9110 §12.5.1)."""
    asked = parameters(head.query).get("format")
    if asked is not None:
        return asked == "json"
    return "Accept" in head.headers and choose_type(head.headers, ("text/html", _JSON)) == _JSON


def json_response(
    head: RequestHead,
    path: str,
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
) -> Response:
    """A listing as a JSON array (RFC 8259) of objects with name, type, size, mtime and url, in the order asked for.

    Args:
        head: The request.
        path: Absolute file-system path of the directory.
        root: Absolute path of the folder served.
        site: How it is served.
        limits: How many entries are shown.

    Raises:
        HTTPError: As `directory_page` and `listing_response`.
    """
    entries, _ = _entries(path, root, site, limits)
    text = _json(entries, Order.of(head.query))
    lines = (("Content-Type", _JSON), ("X-Content-Type-Options", "nosniff"), _VARY)
    return generated_response(head, text, lines, site=site)


@lru_cache(maxsize=1)
def _json(found: tuple[Entry, ...], order: Order) -> str:
    """The same as JSON."""
    return "[\n" + ",\n".join(json_rows(order.sorted(found))) + "\n]\n"


def listing_response(head: RequestHead, page: str, *, site: Site) -> Response:
    """What a listing answers to a request.

    Args:
        head: The request.
        page: The HTML, of `directory_page` or of an overridden `list_dir`.
        site: Whose fields the answer carries.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    return generated_response(head, page, (*page_lines(), _VARY), site=site)

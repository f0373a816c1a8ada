"""RFC 9110 §3.2, §12.5.1: a directory as a resource: a page that needs no script, or JSON (safety lines W4, W5)."""

import os
import re
from typing import Final

from pyhttp.errors import Forbidden
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.entries import Entry, read_directory
from pyhttp.resources.generated import generated_response
from pyhttp.resources.opened import open_file
from pyhttp.resources.order import Column, Order, parameters
from pyhttp.resources.page import document, escape_text, page_lines, plain_text
from pyhttp.resources.paths import encode, encode_segment
from pyhttp.semantics.dates import format_timestamp
from pyhttp.semantics.media_types import media_type
from pyhttp.semantics.negotiation import choose_type
from pyhttp.site import Site

__all__ = ["directory_page", "file_page", "json_response", "listing_response", "wants_json"]

_DEFAULT_LIMITS: Final = Limits()
_VARY: Final = ("Vary", "Accept")

_ICONS: Final = {
    "folder": '<path d="M1.5 6.5v12h17v-10h-8l-2-2z" fill="currentColor" fill-opacity=".15" stroke="currentColor"/>',
    "parent": '<path d="M10 18.500V6M5 11l5-5 5 5" stroke="currentColor"/>',
    "file": '<path d="M4 4v16.500h12V9l-5-5zM11 4v5h5"/>',
    "text": '<path d="M4 4v16.500h12V9l-5-5zM7 9h2m-2 4h6m-6 3.500h6"/>',
    "image": '<path d="M2 5h16v14H2zm0 11 5-5 6 8m-1-5 2-2 4 4M13 8.500h1"/>',
    "media": '<path d="M2 5h16v14H2zm6 4v6l5-3z"/>',
    "archive": '<path d="M3 5h14v15H3zm0 4h14m-9 4h4"/>',
}
"""The drawings of what entries are, 20 wide and 24 high."""
_ARCHIVES: Final = re.compile("application/(?:.*zip|x-.*tar|x-bzip2|x-xz|x-7z.*|vnd.rar|zstd|x-cpio|java-archive)")


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
    order = Order.of(query)
    entries, more = _entries(path, root, site, limits, order)
    name = escape_text(segments[-1] if segments else "Home")
    icons = [_icon(entry) for entry in entries]
    rows = "".join(map(_row, entries, icons))
    body = (
        f"{_drawings({'parent', *icons})}{_breadcrumbs(segments)}<main>\n<h1>{name}</h1>\n"
        f"<table>\n<caption>Contents of {escape_text(_title(segments))}</caption>\n"
        f"<thead>\n<tr>{_heading(order, Column.NAME, 'Name')}{_heading(order, Column.SIZE, 'Size')}"
        f"{_heading(order, Column.DATE, 'Modified')}\n<tbody>\n{_PARENT if segments else ''}{rows}</table>\n"
        f"</main>\n<footer>{_summary(entries, more=more)}</footer>\n"
    )
    return document(f"Index of {_title(segments)}", body)


def _entries(path: str, root: str, site: Site, limits: Limits, order: Order) -> tuple[list[Entry], bool]:
    if not site.listing:
        raise Forbidden("listings are switched off")
    entries, more = read_directory(path, root, site, limits.listing_entries)
    order.sort(entries)
    return entries, more


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
    direction = "descending" if order.descending else "ascending"
    state = f' aria-sort="{direction}"' if column is order.column else ""
    return f'<th scope="col"{state}><a href="{escape_text(order.query_for(column))}">{text}</a>'


_PARENT: Final = (
    '<tr><th scope="row"><a href="../"><svg aria-hidden="true"><use href="#parent"/></svg>Parent folder</a><td><td>\n'
)


def _drawings(used: set[str]) -> str:
    """The icons of a page, once each; the rows point at them."""
    symbols = [f'<symbol id="{name}" viewBox="0 0 20 24">{_ICONS[name]}</symbol>\n' for name in sorted(used)]
    return f"<svg>\n{''.join(symbols)}</svg>\n"


def _icon(entry: Entry) -> str:
    """The icon for what an entry is, by its media type."""
    if entry.is_directory:
        return "folder"
    name = media_type(entry.name)
    match name.partition("/")[0]:
        case "text":
            return "text"
        case "image":
            return "image"
        case "audio" | "video":
            return "media"
        case _:
            return "archive" if _ARCHIVES.fullmatch(name) else "file"


def _row(entry: Entry, icon: str) -> str:
    """One entry; what ends at the next tag is left open, which keeps long listings short."""
    slash = "/" if entry.is_directory else ""
    moment = format_timestamp(entry.modified)
    size = "<td>" if entry.is_directory else f'<td title="{entry.size:,} bytes">{_human(entry.size)}'
    link = "<small>link</small>" if entry.is_link else ""
    return (
        f'<tr><th scope="row"><a href="{encode_segment(entry.name)}{slash}">'
        f'<svg aria-hidden="true"><use href="#{icon}"/></svg>'
        f"{escape_text(entry.name)}{slash}{link}</a>{size}"
        f'<td><time datetime="{moment}">{moment[:10]} {moment[11:16]}</time>\n'
    )


def _human(size: int) -> str:
    """A size in the unit that leaves it below 1000."""
    if size < 1000:
        return f"{size} B"
    unit = 1000
    for prefix in "kMGTP":
        if size < 999.95 * unit:
            return f"{size / unit:.1f} {prefix}B"
        unit *= 1000
    return f"{size / unit:.1f} EB"


def _summary(entries: list[Entry], *, more: bool) -> str:
    """How many there are of each, and how large together; and that there are more, where there are."""
    if not entries:
        return "This folder is empty."
    folders = sum(entry.is_directory for entry in entries)
    files = len(entries) - folders
    total = sum(entry.size for entry in entries)
    text = (
        f"{folders:,} {'folder' if folders == 1 else 'folders'}, {files:,} {'file' if files == 1 else 'files'}, "
        f'<span title="{total:,} bytes">{_human(total)}</span> in all. Times are in UTC.'
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


_JSON: Final = "application/json"


def json_response(
    head: RequestHead,
    path: str,
    segments: tuple[str, ...],
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
) -> Response:
    """A listing as a JSON array (RFC 8259) of objects with name, type, size, mtime and url, in the order asked for.

    Args:
        head: The request.
        path: Absolute file-system path of the directory.
        segments: The decoded path of its URL.
        root: Absolute path of the folder served.
        site: How it is served.
        limits: How many entries are shown.

    Raises:
        HTTPError: As `directory_page` and `listing_response`.
    """
    from json import dumps  # noqa: PLC0415 - seldom needed

    entries, _ = _entries(path, root, site, limits, Order.of(head.query))
    base = encode(segments, directory=True)
    rows = [dumps(_object(entry, base), ensure_ascii=False) for entry in entries]
    content = "[\n" + ",\n".join(rows) + "\n]\n"
    lines = (("Content-Type", _JSON), ("X-Content-Type-Options", "nosniff"), _VARY)
    return generated_response(head, content.encode(), lines, site=site)


def _object(entry: Entry, base: str) -> dict[str, str | int | None]:
    slash = "/" if entry.is_directory else ""
    return {
        "name": plain_text(entry.name),
        "type": "directory" if entry.is_directory else "file",
        "size": None if entry.is_directory else entry.size,
        "mtime": format_timestamp(entry.modified),
        "url": f"{base}{encode_segment(entry.name)}{slash}",
    }


def listing_response(head: RequestHead, page: str, *, site: Site) -> Response:
    """What a listing answers to a request.

    Args:
        head: The request.
        page: The HTML, of `directory_page` or of an overridden `list_dir`.
        site: Whose fields the answer carries.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    return generated_response(head, page.encode("utf-8", "replace"), (*page_lines(), _VARY), site=site)

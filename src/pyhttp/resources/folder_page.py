"""A listing as an HTML page, made from its entries alone."""

from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.resources import paths
from pyhttp.resources.entries import UNSERVED, Entry
from pyhttp.resources.icons import drawings, pointers
from pyhttp.resources.order import Column
from pyhttp.resources.page import GALLERY, SCRIPT, document, escape_text
from pyhttp.resources.paging import Paging
from pyhttp.resources.relative_references import references_above
from pyhttp.resources.rows import human_size, table_rows
from pyhttp.resources.view import View

__all__ = ["FolderPage", "folder_page"]

_ABOUT: Final = ("readme.md", "readme.txt")
"""Names of files that describe a folder; the first that exists is shown."""


class FolderPage(NamedTuple):
    """A page of a folder."""

    html: str
    about: str
    """The name of the file among the entries that describes the folder; empty where there is none."""


@lru_cache(maxsize=1)
def folder_page(found: tuple[Entry, ...], asked: str, root: str, paging: Paging) -> FolderPage:
    """The page for entries that have just been read; the last page is kept, since writing takes longer than reading.

    Args:
        found: The entries, in no order.
        asked: The path of the folder's URL, as requested.
        root: Absolute path of the folder served; its name is the name of the site.
        paging: The number and size of this page in the listing.
    """
    view, above = paging.view, paths.decode(asked)
    names = (root.rpartition("/")[2] or "/", *above)
    entries, carried = view.order.sorted(found), escape_text(view.carried)
    rows, icons = table_rows(entries, carried, grid=view.grid)
    icons |= {"parent"} if above else set()
    heading, whole = escape_text(names[-1]), escape_text("/".join(names))
    top = (
        f"{drawings(icons)}{_breadcrumbs(asked, names, carried)}<main>\n"
        f"<h1>{heading}</h1>\n{_filter(paging, pictures='image' in icons)}{_pages(paging, 'Pages')}"
        f"<table>\n<caption>Contents of {whole}</caption>\n"
        f"<thead>\n<tr>{''.join([_column(view, column) for column in Column])}\n"
        f"<tbody>\n{_parent(carried) if above else ''}<tbody>\n"
    )
    end = f"</table>\n{_pages(paging, 'Pages, again')}</main>\n<footer>{_summary(entries, paging)}</footer>\n"
    title = f"{names[-1]} in {'/'.join(names[:-1])}" if above else names[0]
    served = {entry.name.lower(): entry.name for entry in entries if not entry.is_directory}
    about = next((served[name] for name in _ABOUT if name in served), "")
    script, style = f"<script>{SCRIPT}</script>\n", GALLERY if view.grid else ""
    return FolderPage(document(title, top, *rows, end, script, style=style), about)


def _breadcrumbs(asked: str, names: tuple[str, ...], carried: str) -> str:
    """Links to the directories above; they are relative, so that they hold wherever the site is mounted."""
    above = zip(references_above(asked), names[:-1], strict=True)
    links = [f'<li><a href="{reference}{carried}">{escape_text(name)}</a>\n' for reference, name in above]
    return f'<nav aria-label="Folders above">\n<ol>\n{"".join(links)}</ol>\n</nav>\n' if links else ""


def _parent(carried: str) -> str:
    return f'<tr><th scope=row><a href="../{carried}">{pointers()["parent"]}Parent folder</a><td><td>\n'


def _filter(paging: Paging, *, pictures: bool) -> str:
    """A form for a part of the names, and for the other look; empty where the listing has no entries.

    No link has the same target: a crawler would follow it, and read everything once more.
    """
    view = paging.view
    if not (paging.total or view.wanted):
        return ""
    chosen = view.order.query.split("&") if view.order.query else []
    order = "".join([_hidden(*pair.split("=")) for pair in chosen])
    tiles = ' name="view" value="grid"'
    other = "<button>List</button>" if view.grid else f"<button{tiles}>Gallery</button>" if pictures else ""
    names = "name" if paging.total == 1 else "names"
    shown = f'{paging.total:,} {names} <a href="{escape_text(view._replace(wanted="").reference())}">Show all</a>'
    return (
        f'<form role="search">{order}<input type="search" name="q" value="{escape_text(view.wanted)}" '
        f'aria-label="Part of a name" autocomplete="off"><button{tiles if view.grid else ""}>Filter</button>{other}'
        f"<output>{shown if view.wanted else ''}</output></form>\n"
    )


def _column(view: View, column: Column) -> str:
    """The heading of a column: a form and no link, as in `_filter`."""
    order = view.order
    direction = "descending" if order.descending else "ascending"
    state = f' aria-sort="{direction}"' if column is order.column else ""
    kept = _hidden("view", "grid" if view.grid else "") + _hidden("q", view.wanted)
    return (
        f'<th scope="col"{state}><form>{kept}{_hidden("sort", column.value)}'
        f'<button name="order" value="{order.direction_for(column)}">{_HEADINGS[column]}</button></form>'
    )


_HEADINGS: Final = {Column.NAME: "Name", Column.SIZE: "Size", Column.DATE: "Modified"}


def _hidden(name: str, value: str) -> str:
    """A hidden value that a form sends; empty where the value is."""
    return f'<input type="hidden" name="{name}" value="{escape_text(value)}">' if value else ""


def _pages(paging: Paging, label: str) -> str:
    """The range of entries on this page, and links to the pages before and behind it; empty for a single page."""
    if paging.count <= 1:
        return ""
    previous, following = escape_text(paging.previous), escape_text(paging.next)
    before = f'<a rel="prev" href="{previous}">Previous page</a>\n' if previous else ""
    behind = f'<a rel="next" href="{following}">Next page</a>\n' if following else ""
    shown = f"<span>Entries {paging.first:,} to {paging.last:,} of {paging.total:,}</span>\n"
    return f'<nav class="pages" aria-label="{label}">\n{shown}{before}{behind}</nav>\n'


def _summary(entries: list[Entry], paging: Paging) -> str:
    """The number of entries of each kind on the page, and their size together."""
    if not paging.total:
        wanted = escape_text(paging.view.wanted)
        return f"No name here has “{wanted}” in it." if wanted else "This folder is empty."
    folders = sum([entry.is_directory for entry in entries])
    unserved = sum([entry.mark in UNSERVED for entry in entries])
    counts = [_counted(folders, "folder"), _counted(len(entries) - folders - unserved, "file")]
    counts += [f"{_counted(unserved, 'link')} not followed"] if unserved else []
    total = sum([entry.size for entry in entries])
    return (
        f"{'On this page: ' if paging.count > 1 else ''}{', '.join(counts)}, "
        f'<span title="{total:,} bytes">{human_size(total)}</span> in all. Times are in <span id="zone">UTC</span>.'
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

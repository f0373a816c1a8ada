"""The entries of a listing as they are written, in HTML and in JSON.

A listing has thousands of them. So all names are escaped together, with a slash between them, which no name holds; what
a name or a time can share with others comes out of tables; and each format is one loop with few calls.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from pyhttp.resources.entries import Entry
from pyhttp.resources.page import escape_text, plain_text
from pyhttp.resources.paths import encode_segment
from pyhttp.semantics.dates import format_day
from pyhttp.semantics.media_types import TYPES

__all__ = ["drawings", "human_size", "json_rows", "table_rows"]

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

_TWO: Final = [f"{number:02}" for number in range(60)]
_CLOCK: Final = [f"{hour}:{minute}" for hour in _TWO[:24] for minute in _TWO]
"""What a clock shows in each minute of a day."""

_ESCAPED: Final = [(character, f"%{ord(character):02X}") for character in "%" + " !\"#$&'()*+,:;<=>?@[\\]^`{|}"]
"""What an ASCII name may hold and a link must not, with its escape; "%" comes first, as it is in every escape."""


def table_rows(entries: Sequence[Entry]) -> tuple[list[str], set[str]]:
    """A row of a table for each entry, and the names of the icons in them.

    What ends at the next tag is left open, which keeps long listings short.
    """
    joined = _joined(entries)
    links, texts = _links(joined), escape_text(joined).split("/")
    icon_of = _icons()
    icons: set[str] = set()
    rows: list[str] = []
    for (name, is_directory, is_link, size, modified), link, text in zip(entries, links, texts, strict=False):
        if is_directory:
            icon, slash, extent = "folder", "/", "<td>"
        else:
            icon, slash = icon_of.get(name[name.rfind(".", 1) :].lower(), "file"), ""
            extent = f'<td title="{size:,} bytes">{human_size(size)}'
        icons.add(icon)
        mark = "<small>link</small>" if is_link else ""
        day, clock = format_day(modified // 86_400), _CLOCK[modified // 60 % 1440]
        rows.append(
            f'<tr><th scope="row"><a href="{link}{slash}">'
            f'<svg aria-hidden="true"><use href="#{icon}"/></svg>{text}{slash}{mark}</a>{extent}'
            f'<td><time datetime="{day}T{clock}:{_TWO[modified % 60]}Z">{day} {clock}</time>\n'
        )
    return rows, icons


def json_rows(entries: Sequence[Entry]) -> list[str]:
    """A JSON object (RFC 8259) for each entry: name, type, size, mtime and url.

    The url is relative to that of the listing (RFC 3986 §4.2), whatever path that has for the client. No colon stands
    in it that could make its beginning a scheme: names are escaped.
    """
    from json import JSONEncoder  # noqa: PLC0415 - seldom needed

    joined = _joined(entries)
    quote = JSONEncoder(ensure_ascii=False).encode
    rows: list[str] = []
    for (_, is_directory, _, size, modified), link, text in zip(
        entries, _links(joined), plain_text(joined).split("/"), strict=False
    ):
        kind, length, slash = ("directory", "null", "/") if is_directory else ("file", size, "")
        day, clock = format_day(modified // 86_400), _CLOCK[modified // 60 % 1440]
        rows.append(
            f'{{"name": {quote(text)}, "type": "{kind}", "size": {length}, '
            f'"mtime": "{day}T{clock}:{_TWO[modified % 60]}Z", "url": "{link}{slash}"}}'
        )
    return rows


def _joined(entries: Sequence[Entry]) -> str:
    """All names as one text."""
    return "/".join([entry.name for entry in entries])


def _links(joined: str) -> list[str]:
    """Each name as `encode_segment` has it."""
    if not joined.isascii():
        return encode_segment(joined).split("%2F")
    for character, escaped in _ESCAPED:
        if character in joined:
            joined = joined.replace(character, escaped)
    return joined.split("/")


@cache
def _icons() -> dict[str, str]:
    """Suffix in lower case, with its dot, to icon; a file without one has the icon of files."""
    return {f".{suffix}": _icon(name) for suffix, name in TYPES.items()}


def _icon(name: str) -> str:
    """The icon for a media type."""
    match name.partition("/")[0]:
        case "text":
            return "text"
        case "image":
            return "image"
        case "audio" | "video":
            return "media"
        case _:
            return "archive" if _ARCHIVES.fullmatch(name) else "file"


def drawings(used: set[str]) -> str:
    """The icons of a page, once each; the rows point at them."""
    symbols = [f'<symbol id="{name}" viewBox="0 0 20 24">{_ICONS[name]}</symbol>\n' for name in sorted(used)]
    return f"<svg>\n{''.join(symbols)}</svg>\n"


def human_size(size: int) -> str:
    """A size in the unit that leaves it below 1000."""
    if size < 1000:
        return f"{size} B"
    unit = 1000
    for prefix in "kMGTP":
        if size < 999.95 * unit:
            return f"{size / unit:.1f} {prefix}B"
        unit *= 1000
    return f"{size / unit:.1f} EB"

"""The entries of a listing as text, in HTML and in JSON.

A listing has thousands of entries. So all names are escaped together, with a slash between them, which no name holds.
The parts that names or times share come out of tables. Each format is one loop with few calls.
"""

from collections.abc import Sequence
from typing import Final

from pyhttp.resources.entries import UNSERVED, Entry
from pyhttp.resources.icons import PICTURES, icon_names, pointers
from pyhttp.resources.page import escape_text, plain_text
from pyhttp.resources.relative_references import encode_segment
from pyhttp.semantics.dates import format_day

__all__ = ["human_size", "json_rows", "table_rows"]

_KILO: Final = 1000
_TWO: Final = [f"{number:02}" for number in range(60)]
_CLOCK: Final = [f"{hour}:{minute}" for hour in _TWO[:24] for minute in _TWO]
"""The time on a clock in each minute of a day."""

_ESCAPED: Final = [(character, f"%{ord(character):02X}") for character in "%" + " !\"#$&'()*+,:;<=>?@[\\]^`{|}"]
"""Characters that an ASCII name may hold and a link must not, with their escapes; "%" is first, as every escape has
it."""


def table_rows(entries: Sequence[Entry], carried: str = "", *, grid: bool = False) -> tuple[list[str], set[str]]:
    """A row of a table for each entry, and the names of the icons in them.

    Elements that end at the next tag are left open, and quotes are left out where possible: so long listings are short.

    Args:
        entries: The entries, in their order.
        carried: The query with which links lead to folders, escaped for HTML.
        grid: Whether images are shown as such.
    """
    joined = _joined(entries)
    links, texts = _links(joined), escape_text(joined).split("/")
    icon_of, pointer_of = icon_names(), pointers()
    icons: set[str] = set()
    rows: list[str] = []
    for (name, is_directory, mark, size, modified), link, text in zip(entries, links, texts, strict=False):
        suffix, tip, slash, begin, end, extent = "", "", "", f'<a href="{link}">', "</a>", ""
        if is_directory:
            icon, slash, begin = "folder", "/", f'<a href="{link}/{carried}">'
        elif mark in UNSERVED:
            icon, begin, end = "unserved", "<span>", "</span>"
        else:
            suffix = name[name.rfind(".", 1) :].lower()
            icon, extent = icon_of.get(suffix, "file"), human_size(size)
            tip = f' title="{size:,} bytes"' if size >= _KILO else ""
        icons.add(icon)
        picture = pointer_of[icon]
        if grid and suffix in PICTURES:
            picture = f'<img loading="lazy" alt="" src="{link}">'
        small = f"<small>{mark}</small>" if mark else ""
        day, clock = format_day(modified // 86_400), _CLOCK[modified // 60 % 1440]
        rows.append(f"<tr{tip}><th scope=row>{begin}{picture}{text}{slash}{small}{end}<td>{extent}<td>{day} {clock}\n")
    return rows, icons


def json_rows(entries: Sequence[Entry]) -> list[str]:
    """A JSON object (RFC 8259) for each entry: name, type, size, mtime and url.

    The url is relative to that of the listing (RFC 3986 §4.2), whatever path the client has for that. It has no colon
    that could make its beginning a scheme: names are escaped.
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
    """Each name, encoded as by `encode_segment`."""
    if not joined.isascii():
        return encode_segment(joined).split("%2F")
    for character, escaped in _ESCAPED:
        if character in joined:
            joined = joined.replace(character, escaped)
    return joined.split("/")


def human_size(size: int) -> str:
    """A size in the unit that leaves it below 1000: kB, MB and so on are powers of 1000, as in SI."""
    if size < _KILO:
        return f"{size} B"
    unit = _KILO
    for prefix in "kMGTP":
        if size < 999.95 * unit:
            return f"{size / unit:.1f} {prefix}B"
        unit *= _KILO
    return f"{size / unit:.1f} EB"

"""What a directory shows: the entries that the server would serve (safety lines W4, W5, W8)."""

import os
import re
import stat
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pyhttp.resources.opened import open_directory, real_path
from pyhttp.resources.paths import is_hidden, is_inside
from pyhttp.site import Site

__all__ = ["Entry", "Kind", "read_directory"]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Kind(Enum):
    """What an entry leads to."""

    DIRECTORY = "directory"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory, and what it leads to."""

    name: str
    kind: Kind
    size: int
    """In bytes; of no meaning for a directory."""
    modified: int
    """Seconds since 1970."""
    is_link: bool


def read_directory(path: str, root: str, site: Site, limit: int) -> tuple[list[Entry], bool]:
    """The entries of a directory, in no order, and whether there are more than `limit`.

    Raises:
        HTTPError: The directory cannot be shown; as `open_directory`.
    """
    descriptor = open_directory(path, root, site)
    try:
        place = _Place(path, real_path(descriptor, path), root, site)
        entries: list[Entry] = []
        with os.scandir(descriptor) as found:
            for candidate in found:
                entry = _entry(candidate, place)
                if entry is None:
                    continue
                if len(entries) == limit:
                    return entries, True
                entries.append(entry)
    finally:
        os.close(descriptor)
    return entries, False


@dataclass(frozen=True, slots=True)
class _Place:
    """The directory being read, and whose it is."""

    path: str
    real: str
    root: str
    site: Site


def _entry(candidate: os.DirEntry[str], place: _Place) -> Entry | None:
    """The entry for a name; None where the server would not serve it."""
    name = candidate.name
    if _CONTROL.search(name) or (place.site.hide_dotfiles and is_hidden((name,))):
        return None  # T4, W8
    if place.path == place.root and name.casefold() in {hidden.casefold() for hidden in place.site.cgi_directories}:
        return None  # C8
    try:
        status = candidate.stat()
        is_link = candidate.is_symlink()
    except OSError:  # a link that leads nowhere, or a file that has just gone
        return None
    if is_link and not _may_follow(name, place):
        return None
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, Kind.DIRECTORY, 0, status.st_mtime_ns // 1_000_000_000, is_link)
    if stat.S_ISREG(status.st_mode):
        return Entry(name, Kind.FILE, status.st_size, status.st_mtime_ns // 1_000_000_000, is_link)
    return None


def _may_follow(name: str, place: _Place) -> bool:
    if place.site.follow_symlinks or not is_inside(place.path, place.root):
        return True
    return is_inside(os.path.realpath(os.path.join(place.real, name)), os.path.realpath(place.root))

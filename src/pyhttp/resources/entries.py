"""What a directory shows: the entries that the server would serve (safety lines W4, W5, W8)."""

import os
import re
import stat
from dataclasses import dataclass
from typing import Final

from pyhttp.resources.opened import open_directory, real_path
from pyhttp.resources.paths import is_hidden, is_inside
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.site import Site

__all__ = ["Entry", "read_directory"]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory, and what it leads to."""

    name: str
    """Decoded as `os.fsdecode` has it."""
    is_directory: bool
    """Else it is a regular file."""
    is_link: bool
    """Whether a symbolic link leads there."""
    size: int
    """In bytes; 0 for a directory."""
    modified: int
    """Seconds since 1970, within what four digits of a year can say."""


def read_directory(path: str, root: str, site: Site, limit: int) -> tuple[list[Entry], bool]:
    """The entries of a directory, in no order, and whether there are more than `limit`.

    Raises:
        HTTPError: The directory cannot be shown; as `open_directory`.
    """
    descriptor = open_directory(path, root, site)
    try:
        place = _Place(descriptor, path, root, site)
        entries: list[Entry] = []
        with os.scandir(descriptor) as found:
            for candidate in found:
                entry = place.entry(candidate)
                if entry is None:
                    continue
                if len(entries) == limit:
                    return entries, True
                entries.append(entry)
    finally:
        os.close(descriptor)
    return entries, False


class _Place:
    """The directory being read: which of its names the server would serve."""

    __slots__ = ("_descriptor", "_excluded", "_hide", "_real", "_root")

    def __init__(self, descriptor: int, path: str, root: str, site: Site) -> None:
        self._descriptor = descriptor
        self._hide = site.hide_dotfiles
        self._excluded = {name.casefold() for name in site.cgi_directories} if path == root else set()
        bounded = is_inside(path, root) and not site.follow_symlinks
        self._root = os.path.realpath(root) if bounded else ""
        self._real = real_path(descriptor, path)

    def entry(self, candidate: os.DirEntry[str]) -> Entry | None:
        """The entry for a name; None where the server would not serve it."""
        name = candidate.name
        if _CONTROL.search(name) or (self._hide and is_hidden((name,))):  # T4, W8
            return None
        try:
            status = candidate.stat()
            is_link = candidate.is_symlink()
        except OSError:  # a link that leads nowhere, or a name that has just gone
            return None
        is_directory = stat.S_ISDIR(status.st_mode)
        if not (is_directory or stat.S_ISREG(status.st_mode)) or not self._is_readable(name, status.st_mode):
            return None
        if is_directory and self._excluded and name.casefold() in self._excluded:  # C8
            return None
        if is_link and self._root and not is_inside(os.path.realpath(os.path.join(self._real, name)), self._root):
            return None
        modified = min(max(status.st_mtime_ns // 1_000_000_000, EARLIEST), LATEST)
        return Entry(name, is_directory, is_link, 0 if is_directory else status.st_size, modified)

    def _is_readable(self, name: str, mode: int) -> bool:
        """Whether the server may open it; the system is asked only where the mode does not say so for everyone."""
        wanted = 0o005 if stat.S_ISDIR(mode) else 0o004
        if mode & wanted == wanted:
            return True
        access = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
        return os.access(name, access, dir_fd=self._descriptor)

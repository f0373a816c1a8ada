"""What a directory shows: the entries that the server would serve (safety lines W4, W5, W8)."""

import os
import re
import stat
from typing import Final, NamedTuple

from pyhttp.resources.opened import open_directory, real_path
from pyhttp.resources.paths import is_hidden, is_inside
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.site import Site

__all__ = ["Entry", "read_directory"]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_KIND_AND_PUBLIC: Final = 0o170000 | stat.S_IROTH
"""The bits of a mode that say what something is and whether everyone may read it."""
_PUBLIC_FILE: Final = stat.S_IFREG | stat.S_IROTH


class Entry(NamedTuple):
    """One name in a directory, and what it leads to."""

    name: str
    """Decoded as `os.fsdecode` has it; it holds no control characters."""
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
        return _Place(descriptor, path, root, site).entries(limit)
    finally:
        os.close(descriptor)


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

    def entries(self, limit: int) -> tuple[list[Entry], bool]:
        """The entries, at most `limit`, and whether there are more; one loop without calls, as there are thousands."""
        entries: list[Entry] = []
        new = tuple.__new__  # takes half of the time that calling Entry does
        with os.scandir(self._descriptor) as found:
            for candidate in found:
                name = candidate.name
                if (name[0] == "." or not name.isprintable()) and self._hides(name):
                    continue
                try:
                    status = candidate.stat()
                    is_link = candidate.is_symlink()
                except OSError:  # a link that leads nowhere, or a name that has just gone
                    continue
                mode, size, modified = status.st_mode, status.st_size, status[stat.ST_MTIME]
                is_directory = False
                if is_link or mode & _KIND_AND_PUBLIC != _PUBLIC_FILE:  # few
                    if not self._shows(name, mode, is_link=is_link):
                        continue
                    is_directory = stat.S_ISDIR(mode)
                    size = 0 if is_directory else size
                if len(entries) == limit:
                    return entries, True
                if not EARLIEST <= modified <= LATEST:
                    modified = EARLIEST if modified < EARLIEST else LATEST
                entries.append(new(Entry, (name, is_directory, is_link, size, modified)))
        return entries, False

    def _hides(self, name: str) -> bool:
        """Whether a name is never shown; only one with a dot in front or with odd characters may be such."""
        return _CONTROL.search(name) is not None or (self._hide and is_hidden((name,)))  # T4, W8

    def _shows(self, name: str, mode: int, *, is_link: bool) -> bool:
        """Whether the server would serve what a name leads to."""
        is_directory = stat.S_ISDIR(mode)
        if not (is_directory or stat.S_ISREG(mode)) or not self._is_readable(name, mode):
            return False
        if is_directory and self._excluded and name.casefold() in self._excluded:  # C8
            return False
        if not (is_link and self._root):
            return True
        return is_inside(os.path.realpath(os.path.join(self._real, name)), self._root)

    def _is_readable(self, name: str, mode: int) -> bool:
        """Whether the server may open it; the system is asked only where the mode does not say so for everyone."""
        wanted = 0o005 if stat.S_ISDIR(mode) else 0o004
        if mode & wanted == wanted:
            return True
        access = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
        return os.access(name, access, dir_fd=self._descriptor)

"""Files that are never sent, whatever name or link leads there: files that may run, are hidden, or lie outside.

The decision is made on the path asked for and on the real one. A hard link has only its own path: a script with one
more name elsewhere is an ordinary file there.
"""

import os
import stat
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.names import folded, in_cgi_directory, is_inside
from pyhttp.site import Site, is_hidden, program_for

__all__ = ["LEADS_OUT", "Boundary", "boundary", "is_directly_in", "is_source"]

LEADS_OUT: Final = "a symbolic link leads out of the folder, and such links are not followed"
"""The one refusal after which the name may still be shown."""
_CODED: Final = (".br", ".gz", ".zst")
"""Suffixes of files that hold another one with a content coding."""
_REMEMBERED: Final = 512


class Boundary(NamedTuple):
    """The part of a folder that may be sent."""

    root: str
    """Absolute path of the folder served."""
    site: Site
    scripts: tuple[str, ...] = ()
    """The targets of CGI directories that are links, folded."""

    def refusal(self, path: str, real: str, *, named: bool = True) -> str:
        """The reason why a file is not sent; empty where it may be sent.

        Args:
            path: The path asked for, absolute and below the root.
            real: The path to which it leads, without links.
            named: Whether its name may be that of a script's source; false for a directory, and for a script that runs.
        """
        site = self.site
        if in_cgi_directory(path, self.root, site.cgi_directories) or any(
            is_inside(folded(real), place) for place in self.scripts
        ):
            return "inside a CGI directory, whose files are run and never shown"
        if named and is_source(os.path.basename(path), site.cgi_suffixes):
            return "the source of a script, which is run and never shown"
        if real == path:  # without a link the decision for the path counts for the file
            return ""
        real_root = _real_root(self.root)
        if not is_inside(real, real_root):
            _real_root.cache_clear()  # the root may be a link with a new target
            real_root = _real_root(self.root)
        inside = is_inside(real, real_root)
        if not inside and not site.follow_symlinks:
            return LEADS_OUT
        if inside and in_cgi_directory(real, real_root, site.cgi_directories):
            return "a symbolic link leads into a CGI directory, whose files are run and never shown"
        if named and is_source(os.path.basename(real), site.cgi_suffixes):
            return "a symbolic link leads to the source of a script, which is run and never shown"
        if site.hide_dotfiles and _leads_to_hidden(path[len(self.root) :], real, real_root):
            return "a symbolic link leads to a hidden name"
        return ""


@lru_cache(maxsize=_REMEMBERED)
def is_directly_in(
    path: str, root: str, cgi_directories: tuple[str, ...], cgi_suffixes: tuple[tuple[str, str], ...]
) -> bool:
    """Whether a file may be sent if it is no link itself, since its only parent is the root (T6)."""
    directory, _, name = path.rpartition("/")
    within = directory == root.rstrip("/") and not in_cgi_directory(path, root, cgi_directories)
    return within and not is_source(name, cgi_suffixes)


def boundary(root: str, site: Site) -> Boundary:
    """The part of the folder `root` that may be sent now: the target of a CGI directory may change at any time."""
    places = [_target(f"{root.rstrip('/')}/{name}", root) for name in site.cgi_directories]
    return Boundary(root, site, tuple([place for place in places if place]))


@lru_cache(maxsize=64)
def _real_root(root: str) -> str:
    return os.path.realpath(root)


def _leads_to_hidden(asked: str, real: str, real_root: str) -> bool:
    """Whether a link leads to a hidden name; names that the root shares, and those asked for, are decided already."""
    names = real[len(os.path.commonpath((real, real_root))) :].strip("/")
    return names != asked.strip("/") and is_hidden(tuple([name for name in names.split("/") if name]))


def _target(directory: str, root: str) -> str:
    """The target of a CGI directory that is a link; empty where it is no link, or its scripts do not run (C7)."""
    try:
        if not stat.S_ISLNK(os.lstat(directory).st_mode):
            return ""
    except OSError:  # nearly always: there is no such directory
        return ""
    real = os.path.realpath(directory)
    return "" if is_inside(os.path.realpath(root), real) else folded(real)


@lru_cache(maxsize=_REMEMBERED)
def is_source(name: str, suffixes: tuple[tuple[str, str], ...]) -> bool:
    """Whether a program runs files of this name, or `name` is that of such a file with a content coding.

    Args:
        name: The name without a directory.
        suffixes: The pairs of `Site.cgi_suffixes`.
    """
    if not suffixes:
        return False
    stem, suffix = os.path.splitext(name)
    return bool(program_for(name, suffixes) or (suffix.lower() in _CODED and program_for(stem, suffixes)))

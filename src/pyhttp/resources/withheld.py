"""What is never sent, whatever name or link leads there: what may run, what is hidden, what lies outside.

The decision is made on the path asked for and on the real one. A hard link has no other path than its own: a script
that has one more name elsewhere is a file like others there.
"""

import os
import stat
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.resources.paths import is_inside
from pyhttp.site import Site, is_hidden, program_for

__all__ = ["LEADS_OUT", "Boundary", "boundary", "is_directly_in", "is_source"]

LEADS_OUT: Final = "a symbolic link leads out of the folder, and such links are not followed"
"""The one refusal that does not forbid to name what is refused."""
_CODED: Final = (".br", ".gz", ".zst")
"""Suffixes of files that hold another one with a content coding."""
_REMEMBERED: Final = 512


class Boundary(NamedTuple):
    """What of a folder may be sent."""

    root: str
    """Absolute path of the folder served."""
    site: Site
    scripts: tuple[str, ...] = ()
    """Where CGI directories lead that are links themselves, without regard to letter case."""

    def refusal(self, path: str, real: str, *, named: bool = True) -> str:
        """Why something is not sent; empty where it may be.

        Args:
            path: As asked for, absolute and below the root.
            real: Where that leads, without links.
            named: Whether its name may be that of a script's source; a directory's is not, nor that of what is run.
        """
        site, folded = self.site, real.casefold()
        if _holds_scripts(path, self.root, site.cgi_directories) or any(
            is_inside(folded, place) for place in self.scripts
        ):
            return "inside a CGI directory, whose files are run and never shown"
        if named and is_source(os.path.basename(path), site.cgi_suffixes):
            return "the source of a script, which is run and never shown"
        if real == path:  # no link anywhere, so that what holds for the path holds for the file
            return ""
        real_root = _real_root(self.root)
        if not is_inside(real, real_root):
            _real_root.cache_clear()  # the root may be a link that leads elsewhere by now
            real_root = _real_root(self.root)
        inside = is_inside(real, real_root)
        if not inside and not site.follow_symlinks:
            return LEADS_OUT
        if inside and _holds_scripts(real, real_root, site.cgi_directories):
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
    """Whether a file may be sent if only it is no link itself, since it has no other parent than the root (T6)."""
    directory, _, name = path.rpartition("/")
    within = directory == root.rstrip("/") and not _holds_scripts(path, root, cgi_directories)
    return within and not is_source(name, cgi_suffixes)


def boundary(root: str, site: Site) -> Boundary:
    """What of the folder `root` may be sent now: a CGI directory may lead elsewhere at any time."""
    places = [_target(f"{root.rstrip('/')}/{name}", root) for name in site.cgi_directories]
    return Boundary(root, site, tuple([place for place in places if place]))


@lru_cache(maxsize=64)
def _real_root(root: str) -> str:
    return os.path.realpath(root)


def _leads_to_hidden(asked: str, real: str, real_root: str) -> bool:
    """Whether a link does: names above the root that the root shares, and those asked for, have been decided on."""
    names = real[len(os.path.commonpath((real, real_root))) :].strip("/")
    return names != asked.strip("/") and is_hidden(tuple([name for name in names.split("/") if name]))


def _target(directory: str, root: str) -> str:
    """Where a CGI directory leads that is a link; empty where it is none, or its scripts do not run (C7)."""
    try:
        if not stat.S_ISLNK(os.lstat(directory).st_mode):
            return ""
    except OSError:  # nearly always: there is none
        return ""
    real = os.path.realpath(directory)
    return "" if is_inside(os.path.realpath(root), real) else real.casefold()


@lru_cache(maxsize=_REMEMBERED)
def is_source(name: str, suffixes: tuple[tuple[str, str], ...]) -> bool:
    """Whether a program runs files of this name, or `name` is what such a file has beside it with a content coding.

    Args:
        name: Without directory.
        suffixes: `Site.cgi_suffixes`.
    """
    if not suffixes:
        return False
    stem, suffix = os.path.splitext(name)
    return bool(program_for(name, suffixes) or (suffix.lower() in _CODED and program_for(stem, suffixes)))


def _holds_scripts(path: str, root: str, cgi_directories: tuple[str, ...]) -> bool:
    """Whether a path below the root is in a CGI directory, in any letter case: some file systems ignore it."""
    first = path[len(root) :].lstrip("/").partition("/")[0]
    return first.casefold() in _folded(cgi_directories)


@lru_cache(maxsize=64)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)

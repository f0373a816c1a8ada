"""The entries of a directory that the server would serve, and links that it does not follow (W4, W5, W8)."""

import errno
import os
import re
import stat
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal, NamedTuple, Protocol

from pyhttp.names import is_inside
from pyhttp.resources.opened_file import open_directory, real_path
from pyhttp.resources.withheld import LEADS_OUT, boundary, is_source
from pyhttp.semantics.dates import EARLIEST, LATEST
from pyhttp.site import Site, is_hidden, program_for

__all__ = ["UNSERVED", "Candidate", "Directory", "Entry", "Mark"]

Mark = Literal["", "link", "leads out", "broken"]
"""The mark beside a name: for a symbolic link, with the reason why such a link is not served."""
UNSERVED: Final = frozenset[Mark]({"leads out", "broken"})
"""The marks of links that are named and not served."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_KIND_AND_PUBLIC: Final = 0o170000 | stat.S_IROTH
"""The bits of a mode that show the kind of a file and whether everyone may read it."""
_PUBLIC_FILE: Final = stat.S_IFREG | stat.S_IROTH
_NOTHING_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""The errors of systems for a link whose target does not exist."""


class Entry(NamedTuple):
    """One name in a directory, and its target."""

    name: str
    """The name, decoded as by `os.fsdecode`; it holds no control characters."""
    is_directory: bool
    """False for a regular file, and for a link that is not served."""
    mark: Mark
    """Empty for a name that is no symbolic link."""
    size: int
    """The size in bytes; 0 for a directory, and for a link that is not served."""
    modified: int
    """Seconds since 1970, within the range of four-digit years. For a link that is not served, the time of the link."""


class Candidate(Protocol):
    """A name in a directory that may become an entry; an `os.DirEntry` is one."""

    @property
    def name(self) -> str:
        """The name, as in `Entry.name`."""
        ...

    def stat(self) -> os.stat_result:
        """The status of its target.

        Raises:
            OSError: The target does not exist.
        """
        ...

    def is_symlink(self) -> bool:
        """Whether the name is a symbolic link; asked after `stat`."""
        ...


class Directory:
    """An open directory: its names, read once and by blocks, and the entries that the server would serve.

    Args:
        path: Absolute file-system path.
        root: Absolute path of the folder served.
        site: The rules by which it is served.
        wanted: The text that the wanted names contain, without regard to case; empty for all.
        unserved: Whether links that lead out, or have no target, are entries, too.

    Raises:
        HTTPError: The directory cannot be shown; as `open_directory`.
    """

    __slots__ = ("_bounds", "_descriptor", "_found", "_hide", "_path", "_real", "_suffixes", "_unserved", "_wanted")

    def __init__(self, path: str, root: str, site: Site, *, wanted: str = "", unserved: bool = False) -> None:
        self._descriptor = open_directory(path, root, site)
        self._unserved, self._wanted = unserved, wanted.casefold()
        self._hide = site.hide_dotfiles
        self._suffixes = site.cgi_suffixes
        self._path = path
        self._real = real_path(self._descriptor, path)
        self._bounds = boundary(root, site) if is_inside(path, root) else None
        self._found = os.scandir(self._descriptor)

    def close(self) -> None:
        """Close the directory; harmless when called twice."""
        self._found.close()
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def block(self, count: int) -> list[os.DirEntry[str]]:
        """The next wanted names, at most `count`, in no order; empty at the end."""
        wanted = self._wanted
        found = (one for one in self._found if wanted in one.name.casefold()) if wanted else self._found
        return list(islice(found, count))

    def entries(self, candidates: Iterable[Candidate]) -> list[Entry]:
        """The entries that the server would serve, and links that are only named; one loop with few calls."""
        entries: list[Entry] = []
        new = tuple.__new__  # takes half of the time that calling Entry does
        suffixes, time = self._suffixes, stat.ST_MTIME
        for candidate in candidates:
            name = candidate.name
            if (name[0] == "." or not name.isprintable()) and self._hides(name):
                continue
            try:
                status = candidate.stat()
                mark: Mark = "link" if candidate.is_symlink() else ""
            except OSError as error:  # a link without a target, or a name that has just gone
                entries += self._named_alone(candidate, error)
                continue
            mode, size, modified = status.st_mode, status.st_size, status[time]
            is_directory = False
            if mark or mode & _KIND_AND_PUBLIC != _PUBLIC_FILE:  # few
                if not self._shows(name, mode, is_link=mark != ""):
                    entries += self._named_alone(candidate) if mark else ()
                    continue
                is_directory = stat.S_ISDIR(mode)
                size = 0 if is_directory else size
            elif suffixes and self._is_source(name):
                continue
            if not EARLIEST <= modified <= LATEST:
                modified = EARLIEST if modified < EARLIEST else LATEST
            entries.append(new(Entry, (name, is_directory, mark, size, modified)))
        return entries

    def outlines(self, found: Iterable[os.DirEntry[str]]) -> list[Entry]:
        """The entries without size and time, whether or not the server may read them: only links are looked at.

        The kind of a name's file stands in the directory itself.
        """
        outlines: list[Entry] = []
        others: list[os.DirEntry[str]] = []
        new = tuple.__new__
        for candidate in found:
            name = candidate.name
            if (name[0] == "." or not name.isprintable()) and self._hides(name):
                continue
            try:
                if candidate.is_file(follow_symlinks=False):
                    if not (self._suffixes and self._is_source(name)):
                        outlines.append(new(Entry, (name, False, "", 0, 0)))
                elif not candidate.is_dir(follow_symlinks=False):
                    others.append(candidate)
                elif not self._holds_scripts(name):
                    outlines.append(new(Entry, (name, True, "", 0, 0)))
            except OSError:  # gone, in a file system that keeps the kind elsewhere
                continue
        return outlines + self.entries(others)

    def again(self, names: Iterable[str]) -> list[Entry]:
        """The entries, in the same order, of names that were found before."""
        return self.entries([_Known(name, self._descriptor) for name in names])

    def _hides(self, name: str) -> bool:
        """Whether a name is never shown; this is so only for names that begin with a dot or have odd characters."""
        return _CONTROL.search(name) is not None or (self._hide and is_hidden((name,)))  # T4, W8

    def _shows(self, name: str, mode: int, *, is_link: bool) -> bool:
        """Whether the server would serve the target of a name."""
        is_directory = stat.S_ISDIR(mode)
        if not (is_directory or stat.S_ISREG(mode)) or not self._is_readable(name, mode):
            return False
        named = not (is_directory or program_for(name, self._suffixes))
        return self._refusal(name, is_link=is_link, named=named) == ""

    def _refusal(self, name: str, *, is_link: bool, named: bool) -> str:
        """The result of `Boundary.refusal`, for a name in this directory."""
        if self._bounds is None:
            return ""
        real = os.path.join(self._real, name)
        real = os.path.realpath(real) if is_link else real
        return self._bounds.refusal(os.path.join(self._path, name), real, named=named)

    def _named_alone(self, candidate: Candidate, error: OSError | None = None) -> list[Entry]:
        """The entry of a link that is not served and may be named; none where a rule of the operator's hides it.

        A link that leads out has this mark whether or not its target exists: no client may explore the place outside.
        For the same reason the time is that of the link itself.
        """
        name = candidate.name
        if not self._unserved:
            return []
        try:
            status = os.lstat(name, dir_fd=self._descriptor)
        except OSError:  # the name has just gone
            return []
        if not stat.S_ISLNK(status.st_mode):
            return []
        refusal = self._refusal(name, is_link=True, named=not program_for(name, self._suffixes))
        mark: Mark = "leads out"
        if refusal != LEADS_OUT:
            if refusal or error is None or error.errno not in _NOTHING_THERE:
                return []
            mark = "broken"
        modified = int(status[stat.ST_MTIME])
        return [Entry(name, is_directory=False, mark=mark, size=0, modified=min(max(modified, EARLIEST), LATEST))]

    def _holds_scripts(self, name: str) -> bool:
        """Whether a directory, which is no link, is hidden since it holds scripts (C8)."""
        return self._refusal(name, is_link=False, named=False) != ""

    def _is_source(self, name: str) -> bool:
        """Whether a file is not sent because of its name; a script is listed, since it answers (C8)."""
        return is_source(name, self._suffixes) and not program_for(name, self._suffixes)

    def _is_readable(self, name: str, mode: int) -> bool:
        """Whether the server may open the file; the system is asked only if the mode does not allow it for everyone."""
        wanted = 0o005 if stat.S_ISDIR(mode) else 0o004
        if mode & wanted == wanted:
            return True
        access = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
        return os.access(name, access, dir_fd=self._descriptor)


class _Known:
    """A name that was found before."""

    __slots__ = ("_descriptor", "_is_link", "name")

    name: str

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._descriptor = descriptor
        self._is_link = False

    def stat(self) -> os.stat_result:
        status = os.lstat(self.name, dir_fd=self._descriptor)
        self._is_link = stat.S_ISLNK(status.st_mode)
        return os.stat(self.name, dir_fd=self._descriptor) if self._is_link else status

    def is_symlink(self) -> bool:
        return self._is_link

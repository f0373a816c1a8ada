"""RFC 3875 §3.2, §4.1.5, §4.1.13: the file that a path runs, and the division into SCRIPT_NAME and PATH_INFO.

Every request asks here, so that no file below a CGI directory is ever sent. A path that cannot be a script's costs no
look at the file system. Whatever the spelling of a request, the decision is made on its decoded path, empty segments
dropped (3875-3.3-3a, safety line T8), and in the end on real paths (safety lines C7, C8).
"""

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.errors import Forbidden, NotFound
from pyhttp.names import cgi_directories_like, in_cgi_directory, is_inside
from pyhttp.site import Site, is_hidden, program_for

__all__ = ["NotExecutable", "Script", "at", "concerns", "find", "may_be"]

_REMEMBERED: Final = 512
"""The number of paths whose result is remembered, scripts or not."""


class NotExecutable(Forbidden):
    """A file in a place of scripts may not run, by its mode: a mistake of the operator's, which the log shows."""


class Script(NamedTuple):
    """A script that may run, and the part of the path behind it.

    A named tuple, like RequestHead, since a value is made for every run.
    """

    path: str
    """The absolute path of the file."""
    name: str
    """SCRIPT_NAME, decoded: the part of the path that names the script, never empty."""
    path_info: str = ""
    """PATH_INFO, decoded: the rest of the path, in its case (3875-4.1.5-3a); empty, or it begins with "/"."""
    path_translated: str = ""
    """PATH_TRANSLATED: `path_info`, in its case (3875-4.1.6-14b), below the root; empty where it would lead out."""
    handler: str = ""
    """The absolute path of the program that runs the file; empty where the file runs itself."""

    @property
    def non_parsed(self) -> bool:
        """Whether the script writes a whole HTTP response itself, as its name shows (3875-5.1-2c)."""
        return not self.handler and self.path.rpartition("/")[2].startswith("nph-")


@lru_cache(maxsize=_REMEMBERED)
def concerns(segments: tuple[str, ...], directories: tuple[str, ...], suffixes: tuple[tuple[str, str], ...]) -> bool:
    """Whether `find` may find a script, or refuse to; the file system is not read.

    Args:
        segments: As for `find`.
        directories: `Site.cgi_directories`.
        suffixes: `Site.cgi_suffixes`.
    """
    if not segments:
        return False
    return (
        bool(cgi_directories_like(segments[0], directories))
        or any(program_for(segment, suffixes) for segment in segments)
        or not {".", ".."}.isdisjoint(segments)
    )


@lru_cache(maxsize=_REMEMBERED)
def may_be(root: str, file: str, directories: tuple[str, ...], suffixes: tuple[tuple[str, str], ...]) -> bool:
    """Whether `at` may find a script, or refuse to; the file system is not read. See `concerns`."""
    segments = _below(root, file)
    return segments is not None and concerns(segments, directories, suffixes)


def _below(root: str, file: str) -> tuple[str, ...] | None:
    """The segments of a file system path below the root; None where the path is not below it."""
    top = root.rstrip("/") + "/"
    return tuple([segment for segment in file[len(top) :].split("/") if segment]) if file.startswith(top) else None


def find(root: str, segments: tuple[str, ...], site: Site, *, slash: bool = False) -> Script | None:
    """The script that answers for a path; None where the path has nothing to do with CGI.

    Args:
        root: The absolute path of the served directory.
        segments: The segments of the path, decoded; empty ones are left out. They are restricted like all paths
            (3875-4.1.5-3b): `decode` refuses other segments (3875-4.1.5-3b.2), and an encoded slash (3875-4.1.5-3c).
        site: The settings with the directories and suffixes of CGI.
        slash: Whether a slash follows the last segment; it belongs to PATH_INFO.

    Raises:
        NotFound: The path is in a CGI directory, and the script does not exist, or its real path is outside; or a
            segment is a dot segment.
        Forbidden: The path names a directory there, or a file that cannot be executed.
    """
    if not segments:
        return None
    if "." in segments or ".." in segments:  # refused (3875-9.8-1a) before it is divided (3875-9.8-1b, T5)
        raise NotFound("dot segment")
    if segments[0] in site.cgi_directories or _is_another_name(root, segments[0], site.cgi_directories):
        return _script_below(root, segments, site, slash=slash)
    if site.cgi_suffixes and any(program_for(segment, site.cgi_suffixes) for segment in segments):
        return _script_by_suffix(root, segments, site, slash=slash)
    return None


def at(root: str, file: str, site: Site) -> Script | None:
    """The script that the file system path `file` names; None where it is an ordinary file.

    Raises:
        NotFound: The path is in a CGI directory, and the file does not exist.
        Forbidden: The file is in a CGI directory and cannot be executed.
    """
    segments = _below(root, file)
    if segments is None:
        return None
    script = find(root, segments, site)
    if script is not None and script.path_info:
        raise NotFound("there is no such script")
    return script


class _Prefix(NamedTuple):
    """The first `depth` segments of a path, the file they name, its mode, and whether any of them is a link."""

    depth: int
    file: str
    mode: int
    linked: bool


def _prefixes(root: str, segments: tuple[str, ...]) -> Iterator[_Prefix]:
    """Each beginning of a path, the shortest first.

    Raises:
        NotFound: The next file does not exist, has an impossible name, or may not be looked at (safety line T10).
    """
    file, linked = root.rstrip("/"), False
    for depth, segment in enumerate(segments, 1):
        file = f"{file}/{segment}"
        try:
            mode = os.lstat(file).st_mode
            if stat.S_ISLNK(mode):
                linked = True
                mode = os.stat(file).st_mode
        except (OSError, ValueError) as error:  # ValueError: NUL, or a character that the file system cannot encode
            raise NotFound(f"{file!r}: {error}") from error
        yield _Prefix(depth, file, mode, linked)


def _is_another_name(root: str, segment: str, directories: tuple[str, ...]) -> bool:
    """Whether the first segment is another spelling of a CGI directory, by the rules of the file system."""
    return any(_same_directory(root, segment, name) for name in cgi_directories_like(segment, directories))


def _same_directory(root: str, one: str, other: str) -> bool:
    try:
        return os.path.samefile(os.path.join(root, one), os.path.join(root, other))
    except OSError:  # one of them does not exist, so they are two names
        return False


@lru_cache(maxsize=_REMEMBERED)
def _named(root: str, segments: tuple[str, ...]) -> tuple[str, Script]:
    """The directory and the script that two segments name, if they are what they mostly are; see `_usual`."""
    top = root.rstrip("/")
    directory = f"{top}/{segments[0]}"
    file = f"{directory}/{segments[1]}"
    return directory, Script(file, file[len(top) :])


def _usual(directory: str, script: Script) -> Script | None:
    """`script`, where it is as usual: a file that may run, its directory no link, nor itself; else a longer look tells.

    The same three questions to the file system as in the longer look, with less around them.
    """
    try:
        usual = stat.S_ISDIR(os.lstat(directory).st_mode) and stat.S_ISREG(os.lstat(script.path).st_mode)
        return script if usual and os.access(script.path, os.X_OK) else None
    except (OSError, ValueError):
        return None


def _script_below(root: str, segments: tuple[str, ...], site: Site, *, slash: bool) -> Script:
    """The script at the longest existing prefix of a path in a CGI directory; it must be a file that may run."""
    if len(segments) == 2 and not slash and (found := _usual(*_named(root, segments))) is not None:
        return found
    directory = ""
    for prefix in _prefixes(root, segments):
        if prefix.depth == 1:
            directory = prefix.file
        elif not stat.S_ISDIR(prefix.mode):
            if prefix.linked:
                _demand_inside(directory, root)
                if _inside(root, directory):  # then no file of the folder could be sent any more
                    raise NotFound("a CGI directory is not the folder itself")
                _demand_inside(prefix.file, directory)
                _demand_shown(prefix.file, root, site)
            if not stat.S_ISREG(prefix.mode):
                raise Forbidden(f"{prefix.file!r} is no file that could be run")
            if not os.access(prefix.file, os.X_OK):
                raise NotExecutable(f"{prefix.file!r} may not be executed: chmod +x")
            return _divided(root, segments, prefix, site, slash=slash)
    raise Forbidden("a CGI directory is not listed")


def _script_by_suffix(root: str, segments: tuple[str, ...], site: Site, *, slash: bool) -> Script | None:
    """The first file on the path whose suffix has a handler."""
    try:
        files = (prefix for prefix in _prefixes(root, segments) if stat.S_ISREG(prefix.mode))
        prefix = next((file for file in files if program_for(segments[file.depth - 1], site.cgi_suffixes)), None)
    except NotFound:  # the code that looks for files reports it in the end
        return None
    if prefix is None:
        return None
    handler = program_for(segments[prefix.depth - 1], site.cgi_suffixes)
    if prefix.linked:
        if not site.follow_symlinks:
            _demand_inside(prefix.file, root)
        _demand_shown(prefix.file, root, site)
        _demand_no_other_script(prefix.file, root, site, handler)
    return _divided(root, segments, prefix, site, handler, slash=slash)


def _divided(
    root: str, segments: tuple[str, ...], prefix: _Prefix, site: Site, handler: str = "", *, slash: bool
) -> Script:
    """The Script for `prefix`; its three parts lead to the same script again (3875-3.3-5b)."""
    file = prefix.file
    info = "".join([f"/{segment}" for segment in segments[prefix.depth :]]) + ("/" if slash else "")
    return Script(file, file[len(root.rstrip("/")) :], info, _translated(root, info, site), handler)


def _translated(root: str, info: str, site: Site) -> str:
    """`info` as a path below the root; empty where a link on it leads out (3875-9.8-1c, T6)."""
    if not info:
        return ""
    translated = root.rstrip("/") + info
    if not site.follow_symlinks and not _inside(translated, root):
        return ""
    return translated


def _inside(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or below it, by whole components of their real paths."""
    return is_inside(os.path.realpath(path), os.path.realpath(directory))


def _demand_shown(file: str, root: str, site: Site) -> None:
    """Refuse a link to a hidden name (W8)."""
    if not site.hide_dotfiles:
        return
    real, top = os.path.realpath(file), os.path.realpath(root)
    names = real[len(os.path.commonpath((real, top))) :].split("/")
    if is_hidden(tuple([name for name in names if name])):
        raise NotFound("a link leads to a hidden name")


def _demand_no_other_script(file: str, root: str, site: Site, handler: str) -> None:
    """Refuse a link to a script of another program (C8): the program would show the source."""
    real, top = os.path.realpath(file), os.path.realpath(root)
    other, directories = program_for(os.path.basename(real), site.cgi_suffixes), site.cgi_directories
    is_script = is_inside(real, top) and in_cgi_directory(real, top, directories)
    places = [os.path.realpath(os.path.join(root, name)) for name in directories]
    # A CGI directory that is the folder itself runs nothing (C7).
    is_script = is_script or any(is_inside(real, place) and not is_inside(top, place) for place in places)
    if other not in {"", handler} or is_script:
        raise NotFound("a link leads to a script of another kind")


def _demand_inside(path: str, directory: str) -> None:
    if not _inside(path, directory):
        raise NotFound("a link leads out of where scripts may be")

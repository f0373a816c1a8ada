"""RFC 3875 §3.2, §4.1.5, §4.1.13: which file a path runs, and how the path divides into SCRIPT_NAME and PATH_INFO.

Every request asks here, so that nothing below a CGI directory is ever taken for a file to be sent; a path that is not
concerned costs no look at the file system. Whatever the spelling of a request, the decision is made on its decoded
path, empty segments dropped (safety line T8), and in the end on real paths (safety lines C7, C8).
"""

import os
import stat
from dataclasses import dataclass

from pyhttp.errors import Forbidden, NotFound
from pyhttp.site import Site

__all__ = ["Script", "at", "find", "holds"]


@dataclass(frozen=True, slots=True)
class Script:
    """A script that may run, and the part of the path behind it.

    Attributes:
        path: The file, absolute.
        name: SCRIPT_NAME, decoded: the part of the path that names it.
        path_info: PATH_INFO, decoded: what follows; empty, or it begins with "/".
        path_translated: PATH_TRANSLATED: `path_info` below the root; empty where there is none or it would lead out.
        handler: The program that runs the file, absolute; empty where the file runs itself.
    """

    path: str
    name: str
    path_info: str = ""
    path_translated: str = ""
    handler: str = ""

    @property
    def non_parsed(self) -> bool:
        """Whether it writes a whole HTTP response itself, which its name tells (3875-5.1-2c)."""
        return not self.handler and os.path.basename(self.path).startswith("nph-")


def find(root: str, path: str, site: Site) -> Script | None:
    """The script that answers for `path`; None where that is no matter of CGI.

    Args:
        root: The directory that is served, absolute.
        path: The decoded path of the request; it begins with "/".
        site: Which directories and suffixes are CGI's.

    Raises:
        NotFound: The path lies in a CGI directory, and there is no such script, or it lies outside by its real path.
        Forbidden: It names a directory there, or something that cannot be executed.
    """
    segments = [segment for segment in path.split("/") if segment]
    if segments and path.endswith("/"):
        segments.append("")  # so that joining them gives the path
    if segments and _is_cgi_directory(root, segments[0], site):
        return _script_below(root, segments, site)
    if site.cgi_suffixes:
        return _script_by_suffix(root, segments, site)
    return None


def at(root: str, file: str, site: Site) -> Script | None:
    """The script that the file system path `file` is; None where it is a file like others.

    Raises:
        NotFound: It lies in a CGI directory and is not there.
        Forbidden: It lies in a CGI directory and cannot be executed.
    """
    top = root.rstrip("/") + "/"
    script = find(root, file[len(top) - 1 :], site) if file.startswith(top) else None
    if script is not None and script.path_info:
        raise NotFound("there is no such script")
    return script


def holds(root: str, real: str, site: Site) -> bool:
    """Whether the real path `real` is a CGI directory's, or below one: then it must not be shown (safety line C8).

    To be asked about what was reached through a link, by whatever name.
    """
    return any(_inside(real, os.path.realpath(os.path.join(root, name))) for name in site.cgi_directories)


def _is_cgi_directory(root: str, segment: str, site: Site) -> bool:
    """Whether the first segment names a CGI directory, in whatever spelling the file system takes for the same."""
    if segment in site.cgi_directories:
        return True
    return any(_same_directory(root, segment, name) for name in site.cgi_directories if _similar(segment, name))


def _similar(one: str, other: str) -> bool:
    """Whether some file system might take two names for one: by letter case or by Unicode composition."""
    if one.isascii() and other.isascii():
        return one.lower() == other.lower()
    import unicodedata  # noqa: PLC0415 - seldom needed, and this module is loaded for every server

    return unicodedata.normalize("NFKD", one).casefold() == unicodedata.normalize("NFKD", other).casefold()


def _same_directory(root: str, one: str, other: str) -> bool:
    try:
        return os.path.samefile(os.path.join(root, one), os.path.join(root, other))
    except OSError:  # one of them does not exist, so they are two names
        return False


def _script_below(root: str, segments: list[str], site: Site) -> Script:
    """The longest existing prefix of a path in a CGI directory; it must be a file, and one that may run."""
    directory = os.path.join(root, segments[0])
    for count in range(2, len(segments) + 1):
        file = os.path.join(root, *segments[:count])
        if stat.S_ISDIR(_mode(file, segments[count - 1])):
            continue
        real_directory = os.path.realpath(directory)
        if not site.follow_symlinks:
            _demand_inside(real_directory, os.path.realpath(root))
        _demand_inside(os.path.realpath(file), real_directory)
        if not stat.S_ISREG(_mode(file, segments[count - 1])) or not os.access(file, os.X_OK):
            raise Forbidden(f"{file!r} is not an executable file")
        return _divide(root, segments, count, site)
    raise Forbidden("a CGI directory is not listed")


def _script_by_suffix(root: str, segments: list[str], site: Site) -> Script | None:
    """The first file on the path whose suffix has a handler."""
    for count, segment in enumerate(segments, 1):
        for suffix, handler in site.cgi_suffixes:
            # Without regard to case: a file system that has none would send the source (C8).
            if not segment.lower().endswith(suffix.lower()):
                continue
            file = os.path.join(root, *segments[:count])
            try:
                mode = _mode(file, segment)
            except NotFound:  # whoever looks for files says so in the end
                return None
            if stat.S_ISREG(mode):
                if not site.follow_symlinks:
                    _demand_inside(os.path.realpath(file), os.path.realpath(root))
                return _divide(root, segments, count, site, handler)
    return None


def _mode(file: str, segment: str) -> int:
    """The mode of `file`, links followed.

    Raises:
        NotFound: There is none, its name cannot be one, or it may not be looked at (safety lines T5, T10).
    """
    if segment in {".", ".."}:
        raise NotFound("a dot segment")
    try:
        return os.stat(file).st_mode
    except (OSError, ValueError) as error:  # ValueError: NUL, or what the file system's encoding cannot say
        raise NotFound(f"{file!r}: {error}") from error


def _divide(root: str, segments: list[str], count: int, site: Site, handler: str = "") -> Script:
    """The Script whose file is `segments[:count]`."""
    info = "".join("/" + segment for segment in segments[count:])
    if any(segment in {".", ".."} for segment in segments[count:]):  # 3875-9.8-1b, T5
        raise NotFound("a dot segment")
    return Script(
        path=os.path.join(root, *segments[:count]),
        name="".join("/" + segment for segment in segments[:count]),
        path_info=info,
        path_translated=_translated(root, info, site),
        handler=handler,
    )


def _translated(root: str, info: str, site: Site) -> str:
    """`info` as a path below the root (3875-4.1.6-16a); empty where a link on it leads out (safety line T6)."""
    if not info:  # 3875-4.1.6-16b
        return ""
    translated = root.rstrip("/") + info
    if not site.follow_symlinks and not _inside(os.path.realpath(translated), os.path.realpath(root)):
        return ""
    return translated


def _inside(real: str, directory: str) -> bool:
    """Whether one real path is another's, or below it, by whole components."""
    return real == directory or real.startswith(directory.rstrip("/") + "/")


def _demand_inside(real: str, directory: str) -> None:
    if not _inside(real, directory):
        raise NotFound("a link leads out of where scripts may be")

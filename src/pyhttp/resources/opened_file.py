"""Files opened once: what is checked is what is served (safety lines T6, T7, T10, W1)."""

import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

from pyhttp.errors import Forbidden, HTTPError, InternalError, NotFound, Unavailable
from pyhttp.resources.paths import is_inside
from pyhttp.resources.withheld import boundary, is_directly_in
from pyhttp.semantics.validators import FileVersion
from pyhttp.site import Site

__all__ = ["OpenedFile", "check_directory", "open_directory", "open_file", "real_path"]

_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Non-blocking, since a FIFO would wait for its writer (W1)."""

_NO_ACCESS: Final[int] = getattr(os, "O_PATH", 0)
"""Opens a directory that may be entered and not read, where the system has such a flag."""

_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM})
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_BROKEN: Final = frozenset({errno.EIO})
_LINK: Final = frozenset({errno.ELOOP, errno.EMLINK})
"""What systems say of a link that is not to be followed."""
_DESCRIPTORS: Final = "/proc/self/fd/"
_READ_NO_LINK: Final = _READ | os.O_NOFOLLOW
_PIECE: Final = 64 * 1024


class OpenedFile:
    """An open descriptor and what `fstat` said of it; a `pyhttp.messages.OpenFile`.

    Iterated over, it is the content up to wherever that ends: of a file whose size is not known.
    """

    __slots__ = ("_descriptor", "changed_ns", "modified_ns", "path", "size", "sized", "version")

    path: str
    """As it was opened."""
    size: int
    """In bytes, when it was opened."""
    sized: bool
    """Whether `size` is what can be read; it is not for files that the kernel makes up when they are read."""
    modified_ns: int
    """Its mtime, nanoseconds since 1970, when it was opened for the response (9110-8.8.2.1-3a)."""
    changed_ns: int
    """Its ctime, nanoseconds since 1970: the last change of content, name, mode or mtime."""
    version: FileVersion
    """What tells it from every other file, and from itself after a change."""

    def __init__(self, descriptor: int, path: str, status: os.stat_result, sized: bool = True) -> None:
        self._descriptor = descriptor
        self.path = path
        self.size = status.st_size
        self.sized = sized
        self.modified_ns = status.st_mtime_ns
        self.changed_ns = status.st_ctime_ns
        self.version = (self.size, self.modified_ns, self.changed_ns, status.st_dev, status.st_ino)

    def fileno(self) -> int:
        """The descriptor; -1 once closed."""
        return self._descriptor

    def take(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on, or what there is of them; and close it."""
        descriptor, self._descriptor = self._descriptor, -1
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def __iter__(self) -> Iterator[bytes]:
        """What can be read, in pieces.

        Raises:
            HTTPError: It cannot be read.
        """
        offset = 0
        while piece := _read(self._descriptor, _PIECE, offset):
            offset += len(piece)
            yield piece

    def close(self) -> None:
        """Close it; harmless when called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def open_file(path: str, root: str, site: Site) -> OpenedFile:
    """Open a regular file that the site may show.

    Args:
        path: Absolute file-system path. One that is not below `root` is the operator's own doing and is trusted.
        root: Absolute path of the folder served.
        site: What may be followed and what is never shown.

    Raises:
        NotFound: There is no such regular file, or it is outside the root, hidden, or what may run (T6, W8, C8).
        Forbidden: The server may not read it.
        Unavailable: Out of descriptors or memory.
    """
    directly = is_directly_in(path, root, site.cgi_directories, site.cgi_suffixes)
    try:
        descriptor = os.open(path, _READ_NO_LINK if directly else _READ)
    except (OSError, ValueError) as error:
        if not directly or not isinstance(error, OSError) or error.errno not in _LINK:
            raise _fault(error) from error
        descriptor, directly = _open(path), False
    try:
        status = os.fstat(descriptor)
        if not directly or not stat.S_ISREG(status.st_mode):
            _check_regular(status)
            _check_place(descriptor, path, root, site)
        sized = bool(status.st_blocks) or _is_sized(descriptor, status.st_size)
    except BaseException:
        os.close(descriptor)
        raise
    return OpenedFile(descriptor, path, status, sized)


def open_directory(path: str, root: str, site: Site, *, flags: int = 0) -> int:
    """Open a directory that the site may show, under the rules of `open_file`.

    Args:
        path: Absolute file-system path.
        root: Absolute path of the folder served.
        site: What may be followed and what is never shown.
        flags: Further flags of `os.open`.

    Returns:
        A descriptor, which the caller closes.

    Raises:
        HTTPError: As `open_file`.
    """
    descriptor = _open(path, os.O_DIRECTORY | flags)
    try:
        _check_place(descriptor, path, root, site, named=False)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_directory(path: str, root: str, site: Site) -> None:
    """Refuse what `open_directory` refuses, except that the names in the directory need not be readable.

    Raises:
        HTTPError: As `open_file`.
    """
    os.close(open_directory(path, root, site, flags=_NO_ACCESS))


def _open(path: str, flags: int = 0) -> int:
    try:
        return os.open(path, _READ | flags)
    except (OSError, ValueError) as error:
        raise _fault(error) from error


def _fault(error: OSError | ValueError) -> HTTPError:
    """What a failed `open` means to the client (T10): absence unless it is known to be something else."""
    if isinstance(error, ValueError):  # a NUL, or a name the file system's encoding lacks
        return NotFound(str(error))
    detail = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _REFUSED:
        return Forbidden(detail)
    if error.errno in _EXHAUSTED:
        return Unavailable(detail)
    if error.errno in _BROKEN:
        return InternalError(detail)
    return NotFound(detail)


def _is_sized(descriptor: int, size: int) -> bool:
    """Whether a file that takes no space on a disk has the size that it states: it is empty, or sparse, if so.

    Files of /proc state 0 and those of /sys a page, whatever can be read.
    """
    return bool(_read(descriptor, 1, size - 1)) if size else not _read(descriptor, 1, 0)


def _read(descriptor: int, length: int, offset: int) -> bytes:
    try:
        return os.pread(descriptor, length, offset)
    except OSError as error:  # of a file that can be opened and not read, as some of /proc
        raise _fault(error) from error


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("not a regular file")


def _check_place(descriptor: int, path: str, root: str, site: Site, *, named: bool = True) -> None:
    """T6: what was opened is inside the root; C8, W8: and neither what may run nor hidden, whatever led there."""
    if not is_inside(path, root):
        return
    refusal = boundary(root, site).refusal(path, real_path(descriptor, path), named=named)
    if refusal:
        raise NotFound(refusal)


def real_path(descriptor: int, path: str) -> str:
    """Where an open file is, without links: from the descriptor where the system tells, else from its path."""
    try:
        return os.readlink(f"{_DESCRIPTORS}{descriptor}")
    except OSError:  # no such file system here
        return os.path.realpath(path)

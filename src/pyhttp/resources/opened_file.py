"""Files that are opened once: the checked file is the served file (safety lines T6, T7, T10, W1)."""

import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

from pyhttp.errors import Forbidden, HTTPError, InternalError, NotFound, Unavailable
from pyhttp.messages import FileSlice, RequestHead
from pyhttp.names import is_inside
from pyhttp.resources.withheld import boundary, is_directly_in
from pyhttp.semantics.validators import FileVersion
from pyhttp.site import Site

__all__ = ["OpenedFile", "check_directory", "content_of", "open_directory", "open_file", "real_path"]

_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""The flags are non-blocking, since a FIFO would wait for its writer (W1)."""

_NO_ACCESS: Final[int] = getattr(os, "O_PATH", 0)
"""The flag for a directory that may be entered and not read, where the system has such a flag."""

_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM})
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_BROKEN: Final = frozenset({errno.EIO})
_LINK: Final = frozenset({errno.ELOOP, errno.EMLINK})
"""The errors of systems for a link that may not be followed."""
_DESCRIPTORS: Final = "/proc/self/fd/"
_READ_NO_LINK: Final = _READ | os.O_NOFOLLOW
_PIECE: Final = 64 * 1024

_READ_AT_ONCE: Final = 64 * 1024
"""The number of octets of content that are read here: for fewer, a read costs less than to have the kernel send
them."""


class OpenedFile:
    """An open descriptor with its result of `fstat`; a `pyhttp.messages.OpenFile`.

    Iterating it gives the content up to its end, for a file whose size is not known.
    """

    __slots__ = ("_descriptor", "changed_ns", "modified_ns", "path", "size", "sized", "version")

    path: str
    """The path with which it was opened."""
    size: int
    """The size in bytes, when it was opened."""
    sized: bool
    """Whether `size` bytes can be read; this is false for files that the kernel makes up when they are read."""
    modified_ns: int
    """Its mtime, nanoseconds since 1970, when it was opened for the response (9110-8.8.2.1-3a)."""
    changed_ns: int
    """Its ctime, nanoseconds since 1970: the last change of content, name, mode or mtime."""
    version: FileVersion
    """The values that distinguish it from every other file, and from itself after a change."""

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
        """Return up to `length` bytes from `offset` on, and close the file."""
        descriptor, self._descriptor = self._descriptor, -1
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the content in pieces.

        Raises:
            HTTPError: The file cannot be read.
        """
        offset = 0
        while piece := _read(self._descriptor, _PIECE, offset):
            offset += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def open_file(path: str, root: str, site: Site) -> OpenedFile:
    """Open a regular file that the site may show.

    Args:
        path: Absolute file-system path. A path that is not below `root` is the operator's own choice and is trusted.
        root: Absolute path of the folder served.
        site: The rules for links that may be followed and files that are never shown.

    Raises:
        NotFound: There is no such regular file, or it is outside the root, hidden, or may run (T6, W8, C8).
        Forbidden: The server may not read the file.
        Unavailable: No descriptors or memory are left.
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
        site: The rules for links that may be followed and files that are never shown.
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
    """Refuse a directory as `open_directory` does, except that its names need not be readable.

    Raises:
        HTTPError: As `open_file`.
    """
    os.close(open_directory(path, root, site, flags=_NO_ACCESS))


def content_of(head: RequestHead, file: OpenedFile, offset: int, length: int) -> bytes | FileSlice:
    """The content: short content is read at once, except for HEAD, which has none.

    Raises:
        InternalError: The file was truncated since it was opened.
    """
    if length > _READ_AT_ONCE or head.method == "HEAD":
        return FileSlice(file, offset, length)
    content = file.take(offset, length)
    if len(content) < length:
        raise InternalError("the file was truncated before it could be sent")
    return content


def _open(path: str, flags: int = 0) -> int:
    try:
        return os.open(path, _READ | flags)
    except (OSError, ValueError) as error:
        raise _fault(error) from error


def _fault(error: OSError | ValueError) -> HTTPError:
    """The error of a failed `open` for the client (T10): absence unless another cause is known."""
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
    """Whether a file that takes no space on a disk has the size that it states: then it is empty, or sparse.

    Files of /proc state 0 and those of /sys a page, whatever their content.
    """
    return bool(_read(descriptor, 1, size - 1)) if size else not _read(descriptor, 1, 0)


def _read(descriptor: int, length: int, offset: int) -> bytes:
    try:
        return os.pread(descriptor, length, offset)
    except OSError as error:  # the file can be opened and not read, as some of /proc
        raise _fault(error) from error


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("not a regular file")


def _check_place(descriptor: int, path: str, root: str, site: Site, *, named: bool = True) -> None:
    """Refuse an opened file outside the root (T6), and one that may run or is hidden, whatever led there (C8, W8)."""
    if not is_inside(path, root):
        return
    refusal = boundary(root, site).refusal(path, real_path(descriptor, path), named=named)
    if refusal:
        raise NotFound(refusal)


def real_path(descriptor: int, path: str) -> str:
    """The path of an open file, without links: from the descriptor where the system gives it, else from its path."""
    try:
        return os.readlink(f"{_DESCRIPTORS}{descriptor}")
    except OSError:  # no such file system here
        return os.path.realpath(path)

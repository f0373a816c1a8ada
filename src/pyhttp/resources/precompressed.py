"""RFC 9110 §8.4, §12.5.3: files beside a file that hold the same with a content coding, such as ``page.html.gz``."""

import os
import stat
from functools import lru_cache
from typing import Final, NamedTuple

from pyhttp.errors import HTTPError, NotFound
from pyhttp.messages import RequestHead
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.media_types import own_coding
from pyhttp.semantics.negotiation import IDENTITY, choose_coding
from pyhttp.semantics.validators import FileVersion
from pyhttp.site import Site

__all__ = ["SUFFIXES", "Representation", "select_representation"]

SUFFIXES: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
"""The suffix of a file with each content coding."""


_SETTLED: Final = 3_000_000_000
"""Nanoseconds after which a file with the same times is the same file."""
_AT_REST: Final = 60_000_000_000
"""Nanoseconds without a change after which a file is used if nothing else shows whether it is whole."""


class Representation(NamedTuple):
    """The representation that was selected to answer for a file."""

    file: OpenedFile | None
    """The open file; None where the request excludes the file itself and all alternatives."""
    coding: str = ""
    """The content coding; "" for none."""
    alternatives: tuple[str, ...] = ()
    """The codings for which there are files."""
    varies: bool = False
    """Whether the answer could have been another one."""
    made: bool = False
    """Whether the coding has to be made: the file has none."""


def select_representation(
    head: RequestHead, path: str, plain: OpenedFile, root: str, site: Site, *, now_ns: int
) -> Representation:
    """Choose by Accept-Encoding between a file, its siblings, and the codings that `Site.compress` makes.

    A file with a coding by its own name is sent with that, or without it for a client that does not accept it. A
    sibling answers only where the same rules of access let it be opened, it is not older than its file, and it can be
    that file with its coding. A plain file that is not chosen is closed.

    Args:
        head: The request.
        path: Absolute file-system path of the file.
        plain: The file, opened.
        root: Absolute path of the folder served.
        site: The codings that are looked for, and whether others are made.
        now_ns: The current time.
    """
    headers, own = head.headers, own_coding(path, site.media_types)
    if own:
        return _with_own_coding(headers, plain, own)
    place = _Place(path, plain, root, site, now_ns)
    found = {coding: version for coding in site.codings if (version := place.look(coding)) is not None}
    alternatives = remaining = tuple(found)
    varies = bool(alternatives)
    if site.compress:
        from pyhttp.resources.compressing import codings_for, is_for_part  # noqa: PLC0415 - for few sites

        made = codings_for(path, plain, site)
        varies = bool(alternatives or made)
        if not is_for_part(head) or choose_coding(headers, alternatives) is None:  # in this case a range is ignored
            remaining = (*alternatives, *[coding for coding in made if coding not in found])
    while True:
        coding = choose_coding(headers, remaining)
        if coding is None:
            plain.close()
            return Representation(None, "", alternatives, varies)
        if coding not in found:
            return Representation(plain, "" if coding == IDENTITY else coding, alternatives, varies, coding != IDENTITY)
        sibling = place.open(coding, found[coding])
        if sibling is not None:
            plain.close()
            return Representation(sibling, coding, alternatives, varies)
        remaining = tuple(other for other in remaining if other != coding)


def _with_own_coding(headers: Headers, plain: OpenedFile, own: str) -> Representation:
    """Select a coding that a file's name shows; a client that does not decode it gets the octets without a coding."""
    coding = choose_coding(headers, (own,)) if "accept-encoding" in headers.by_name else own
    if coding is None:
        plain.close()
        return Representation(None)
    return Representation(plain, coding if coding == own else "", (own,), varies=True)


class _Place(NamedTuple):
    """The place where siblings are looked for: beside a file."""

    path: str
    plain: OpenedFile
    root: str
    site: Site
    now_ns: int

    def look(self, coding: str) -> FileVersion | None:
        """The version of a sibling that may answer, or None. `access` comes first: it is cheap for an absent file."""
        sibling = self.path + SUFFIXES[coding]
        if not os.access(sibling, os.R_OK):
            return None
        try:
            status = os.stat(sibling)
            version = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino)
            return version if stat.S_ISREG(status.st_mode) and self._may_answer(coding, version) else None
        except (OSError, HTTPError):  # the sibling has gone, or is out of the root
            return None

    def _may_answer(self, coding: str, version: FileVersion) -> bool:
        _, modified_ns, changed_ns, _, _ = version
        if modified_ns < self.plain.modified_ns or (coding == "br" and modified_ns > self.now_ns - _AT_REST):
            return False
        settled = max(changed_ns, self.plain.changed_ns) < self.now_ns - _SETTLED
        holds = _holds_settled if settled else _holds
        return holds(coding, (self.path, self.plain.version), version, self.root, self.site)

    def open(self, coding: str, version: FileVersion) -> OpenedFile | None:
        """The sibling, if it still is that version."""
        try:
            sibling = open_file(self.path + SUFFIXES[coding], self.root, self.site)
        except HTTPError:  # it has gone, and counts as absent
            return None
        if sibling.version != version:
            sibling.close()
            return None
        return sibling


def _holds(coding: str, plain: tuple[str, FileVersion], sibling: FileVersion, root: str, site: Site) -> bool:
    """Whether a version of a sibling can be that version of a file with the coding.

    Raises:
        HTTPError: One of the files cannot be opened, or has another version by now.
        OSError: One of the files cannot be read.
    """
    from pyhttp.resources.coded import can_hold  # noqa: PLC0415 - only sites with coded files need it

    path, version = plain
    coded = _open_version(path + SUFFIXES[coding], sibling, root, site)
    try:
        itself = _open_version(path, version, root, site)
        try:
            return can_hold(coding, coded, itself)
        finally:
            itself.close()
    finally:
        coded.close()


_holds_settled: Final = lru_cache(maxsize=1024)(_holds)
"""The same check for files that have not changed lately; only results are remembered, not exceptions."""


def _open_version(path: str, version: FileVersion, root: str, site: Site) -> OpenedFile:
    file = open_file(path, root, site)
    if file.version != version or not file.sized:
        file.close()
        raise NotFound("it has just changed, or its size is not known")
    return file

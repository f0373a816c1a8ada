"""RFC 9110 §8.4, §12.5.3: files beside a file that hold the same with a content coding, as ``page.html.gz`` does."""

import os
import stat
from typing import Final, NamedTuple

from pyhttp.errors import HTTPError
from pyhttp.resources.opened import OpenedFile, open_file
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.negotiation import IDENTITY, choose_coding
from pyhttp.site import Site

__all__ = ["SUFFIXES", "Representation", "select_representation"]

SUFFIXES: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
"""Content coding to the suffix of a file that holds it."""


class Representation(NamedTuple):
    """What was selected to answer for a file, opened."""

    file: OpenedFile
    coding: str = ""
    """Its content coding; "" for none."""
    alternatives: tuple[str, ...] = ()
    """The codings there are, so that the answer could have been another (9110-12.5.5-10a)."""


def select_representation(
    headers: Headers, path: str, plain: OpenedFile, root: str, site: Site
) -> Representation | None:
    """Choose by Accept-Encoding between a file and its siblings.

    A sibling answers only where the same rules of access let it be opened, and it is not older than its file. A plain
    file that is not chosen is closed.

    Args:
        headers: Of the request.
        path: Absolute file-system path of the file.
        plain: The file, opened.
        root: Absolute path of the folder served.
        site: Which codings are looked for.

    Returns:
        None where the request excludes the plain file and every sibling there is.
    """
    alternatives = _alternatives(path, plain, site)
    remaining = alternatives
    while True:
        coding = choose_coding(headers, remaining)
        if coding is None:
            return None
        if coding == IDENTITY:
            return Representation(plain, alternatives=alternatives)
        sibling = _open_sibling(path + SUFFIXES[coding], plain, root, site)
        if sibling is not None:
            plain.close()
            return Representation(sibling, coding, alternatives)
        remaining = tuple(other for other in remaining if other != coding)


def _alternatives(path: str, plain: OpenedFile, site: Site) -> tuple[str, ...]:
    """The codings for which a sibling seems to be there; `access` first, since it is cheap where there is none."""
    return tuple(
        [
            coding
            for coding in site.codings
            if os.access(path + SUFFIXES[coding], os.R_OK) and _is_current(path + SUFFIXES[coding], plain)
        ]
    )


def _is_current(sibling: str, plain: OpenedFile) -> bool:
    try:
        status = os.stat(sibling)
    except OSError:  # gone since
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns >= plain.modified_ns


def _open_sibling(path: str, plain: OpenedFile, root: str, site: Site) -> OpenedFile | None:
    try:
        sibling = open_file(path, root, site)
    except HTTPError:  # it leads out of the root, or is gone: then it is not there for this request
        return None
    if sibling.modified_ns < plain.modified_ns:
        sibling.close()
        return None
    return sibling

"""RFC 9110 §3.1: the pages of a folder at addresses without `.html`, each at one address only."""

from typing import Final

from pyhttp.errors import HTTPError, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.names import is_inside
from pyhttp.resources.files import index_of
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.resources.status_responses import moved_response
from pyhttp.resources.withheld import boundary
from pyhttp.site import Site

__all__ = ["find_page"]

_SUFFIX: Final = ".html"
_DEFAULT_LIMITS: Final = Limits()


def find_page(
    head: RequestHead,
    segments: tuple[str, ...],
    asked: str,
    path: str,
    file: OpenedFile | None,
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
) -> OpenedFile | Response | None:
    """The answer at a path: a file, the page with this name and `.html`, or a redirect to the page's own address.

    A page that the site does not show counts as absent, here as elsewhere.

    Args:
        head: The request.
        segments: Of its path, decoded.
        asked: The path that the client asked for, still encoded, whatever a script has redirected to.
        path: Absolute file-system path, without a slash at its end.
        file: The opened file at the path, if there is one; it is closed unless it is returned.
        root: Absolute path of the folder served.
        site: The rules by which it is served.
        limits: As for `moved_response`.

    Raises:
        HTTPError: The page cannot be read; as `moved_response` for a page that has another address.
    """
    page = file
    try:
        page = file or _page_at(path, root, site)
        if page is None:
            return None
        address = _own_address(page.path, segments, root, site, is_asked=file is not None)
        if address is None:
            return page
        response = moved_response(head, asked, address, site=site, page=True, limits=limits)
    except BaseException:
        if page is not None:
            page.close()
        raise
    page.close()
    return response


def _own_address(
    page: str, segments: tuple[str, ...], root: str, site: Site, *, is_asked: bool
) -> tuple[str, ...] | None:
    """The segments of a page's own address, as for `page_reference`; None where the request has this address.

    Args:
        page: Absolute file-system path.
        segments: The decoded segments of the request.
        root: As for `find_page`.
        site: As for `find_page`.
        is_asked: Whether the request has the whole name.
    """
    directory, _, name = page.rpartition("/")
    stem = name.removesuffix(_SUFFIX)
    if segments[-1:] != (name if is_asked else stem,):  # the program has chosen the path itself
        return None
    if index_of(directory or "/", site) == page:
        return (*segments[:-1], "")
    if is_asked and stem not in {name, "", ".", ".."} and not _is_taken(page.removesuffix(_SUFFIX), root, site):
        return (*segments[:-1], stem)
    return None


def _page_at(path: str, root: str, site: Site) -> OpenedFile | None:
    if _is_taken(path, root, site):
        return None
    try:
        return open_file(path + _SUFFIX, root, site)
    except NotFound:
        return None


def _is_taken(path: str, root: str, site: Site) -> bool:
    """Whether another thing than a page is there: a file, a folder with an index, or a name that a rule forbids."""
    ruled = is_inside(path, root) and boundary(root, site).refusal(path, path) != ""
    if ruled or index_of(path, site) is not None:
        return True
    try:
        open_file(path, root, site).close()
    except NotFound:
        return False
    except HTTPError:  # a file that cannot be read
        return True
    return True

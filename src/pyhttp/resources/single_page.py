"""An application that draws its pages itself, in one file: what a browser gets where it goes to one of them."""

import os
from typing import Final

from pyhttp.errors import HTTPError, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.files import file_response
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.negotiation import HTML, choose_note
from pyhttp.site import Site

__all__ = ["VARY", "is_navigation", "page_instead"]

VARY: Final = ("Vary", "Accept, Sec-Fetch-Mode")
"""What `is_navigation` looks at."""


def page_instead(head: RequestHead, error: HTTPError, root: str, *, site: Site, limits: Limits) -> Response:
    """The application's file, for who goes to a page that is not there.

    Args:
        head: The request, for a path with nothing that is served; no rule forbids it by its names.
        error: What has been found out about it.
        root: Absolute path of the folder served.
        site: How it is served; it has such a file.
        limits: As for `file_response`.

    Raises:
        HTTPError: `error`, for who asks otherwise, and where there is no such file; else as `file_response`.
    """
    if not is_navigation(head):
        raise error
    try:
        response = file_response(head, os.path.join(root, site.spa), root=root, site=site, limits=limits)
    except NotFound:
        raise error from None
    lines = (*response.headers.lines, VARY)
    return Response(response.status, Headers.parsed(lines), response.body)


def is_navigation(head: RequestHead) -> bool:
    """Whether a browser asks for a page, to show it, and not for something that a page needs, or for a file.

    Browsers say so (Fetch Metadata); of others only who names HTML most of all may be one. A dot in the last name makes
    it that of a file.
    """
    if head.method not in {"GET", "HEAD"} or "." in head.path.rpartition("/")[2][1:]:
        return False
    mode = head.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode is not None else choose_note(head.headers) == HTML

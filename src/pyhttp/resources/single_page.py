"""An application that draws its pages itself, in one file: the answer for a browser that goes to one of them."""

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
"""The fields that `is_navigation` reads."""


def page_instead(head: RequestHead, error: HTTPError, root: str, *, site: Site, limits: Limits) -> Response:
    """The application's file, for a browser that goes to a page that does not exist.

    Args:
        head: The request, for a path with no served file; no rule forbids its names.
        error: The error that was found for it.
        root: Absolute path of the folder served.
        site: The rules by which it is served; it has such a file.
        limits: As for `file_response`.

    Raises:
        HTTPError: `error`, for any other request, and where there is no such file; else as `file_response`.
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
    """Whether a browser asks for a page to show it, and not for a part of a page, or for a file.

    Browsers show this (Fetch Metadata). Of other clients, only one that prefers HTML may be a browser. A name with a
    dot in it is that of a file.
    """
    if head.method not in {"GET", "HEAD"} or "." in head.path.rpartition("/")[2][1:]:
        return False
    mode = head.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode is not None else choose_note(head.headers) == HTML

"""RFC 9110 §15.5: the answer of a folder's site to a request with an error, such as its own page for 404."""

import os
from functools import partial

from pyhttp.errors import HTTPError, NotFound
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.resources.files import type_lines
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.resources.site_fields import with_site_fields
from pyhttp.resources.status_responses import error_response, is_preflight, options_response
from pyhttp.semantics.fields import EMPTY, Headers
from pyhttp.semantics.media_types import LOOK
from pyhttp.semantics.negotiation import PROBLEM, choose_note
from pyhttp.site import Site

__all__ = ["answer_to_error", "not_found_response"]


def answer_to_error(error: HTTPError, head: RequestHead, root: str, *, site: Site, path: str) -> Response:
    """The answer of a site to a request that has met with `error`; `path` is the path that the client asked for."""
    if is_preflight(head.method, head.headers, site) and not error.must_close:
        return options_response(head.headers, site=site)
    if isinstance(error, NotFound) and head.method in {"GET", "HEAD"}:
        return not_found_response(error, headers=head.headers, root=root, site=site, path=path)
    return error_response(error, headers=head.headers, site=site, path=path)


def not_found_response(error: NotFound, *, headers: Headers = EMPTY, root: str, site: Site, path: str = "") -> Response:
    """A 404 with the root's own page for it, if there is one and the request is not for JSON; else `error_response`.

    Args:
        error: The error to answer.
        headers: The fields of the request.
        root: Absolute path of the folder served.
        site: The rules by which it is served.
        path: The path of the request, still encoded.
    """
    file = None if choose_note(headers) == PROBLEM else _open_not_found_page(root, site)
    if file is None:
        return error_response(error, headers=headers, site=site, path=path)
    lines = type_lines(site.not_found, site, partial(os.pread, file.fileno(), LOOK, 0))
    lines = (*lines, ("Vary", "Accept"))
    fields = with_site_fields(lines, site, found=False)
    return Response(404, fields, FileSlice(file, 0, file.size) if file.sized else file)


def _open_not_found_page(root: str, site: Site) -> OpenedFile | None:
    if not site.not_found or site.only:
        return None
    try:
        return open_file(os.path.join(root, site.not_found), root, site)
    except HTTPError:  # no page can be shown
        return None

"""RFC 9110 §3.2, §8, §9.3, §15.3: a file as a resource."""

import os
import stat
import time
from collections.abc import Callable
from typing import Final

from pyhttp.errors import HTTPError, NotFound
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.resources.error_page import error_response, options_response
from pyhttp.resources.opened import OpenedFile, open_file
from pyhttp.resources.site_fields import with_site_fields
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.media_types import media_type
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.validators import Validators, validators_of_file
from pyhttp.site import Site

__all__ = ["file_response", "index_of", "is_directory", "not_found_response"]

_DEFAULT_LIMITS: Final = Limits()


def file_response(
    head: RequestHead,
    path: str,
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
    clock: Callable[[], int] = time.time_ns,
) -> Response:
    """What a file answers to a request; the body is a slice of the file, opened once.

    HEAD gets what GET gets (9110-9.3.2-2a); the gate keeps the content back.

    Args:
        head: The request.
        path: Absolute file-system path.
        root: Absolute path of the folder served; see `open_file`.
        site: How it is served.
        limits: How many ranges are honoured.
        clock: Nanoseconds since 1970.

    Raises:
        HTTPError: 403, 404, 405, 501 and so on.
    """
    opened = open_file(path, root, site)
    try:
        check_method(head.method)
        if head.method == "OPTIONS":
            opened.close()
            return options_response(site=site)
        validators = validators_of_file(opened.size, opened.modified_ns, clock())
        lines = _representation_lines(path, validators, site)
        return Response(200, with_site_fields(lines, site), FileSlice(opened, 0, opened.size))
    except BaseException:
        opened.close()
        raise


def _representation_lines(path: str, validators: Validators, site: Site) -> tuple[tuple[str, str], ...]:
    """The field lines of a 200 that describe the selected representation (9110-15.3.1-5a)."""
    lines = (
        ("Content-Type", media_type(path, further=site.media_types, charset=site.charset)),
        ("ETag", str(validators.etag)),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
    )
    if validators.modified is None:
        return lines
    return (("Last-Modified", format_date(validators.modified)), *lines)


def not_found_response(error: NotFound, *, root: str, site: Site) -> Response:
    """404 with the root's own page for it, where there is one."""
    opened = _open_not_found_page(root, site)
    if opened is None:
        return error_response(error, site=site)
    lines = (
        ("Content-Type", media_type(site.not_found, further=site.media_types, charset=site.charset)),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(404, with_site_fields(lines, site, fresh=False), FileSlice(opened, 0, opened.size))


def _open_not_found_page(root: str, site: Site) -> OpenedFile | None:
    if not site.not_found:
        return None
    try:
        return open_file(os.path.join(root, site.not_found), root, site)
    except HTTPError:  # there is none that could be shown
        return None


def is_directory(path: str) -> bool:
    """Whether `path` leads to a directory; False too where nothing can be found out."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):  # what it is instead, `open_file` will say
        return False


def index_of(path: str, site: Site) -> str | None:
    """The path of the file that answers for a directory: the first index name that is a regular file (W1)."""
    for name in site.index:
        candidate = os.path.join(path, name)
        try:
            if stat.S_ISREG(os.stat(candidate).st_mode):
                return candidate
        except OSError:  # the next name may be there
            continue
    return None

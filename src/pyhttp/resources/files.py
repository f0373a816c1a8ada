"""RFC 9110 §3.2, §8, §9.3, §15.3: a file as a resource."""

import os
import stat
import time
from collections.abc import Callable
from typing import Final

from pyhttp.errors import HTTPError, NotFound, PreconditionFailed, RangeNotSatisfiable
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.resources.error_page import error_response, not_acceptable_response, options_response
from pyhttp.resources.opened import OpenedFile, open_file
from pyhttp.resources.siblings import SUFFIXES, Representation, select_representation
from pyhttp.resources.site_fields import Lines, not_modified_response, with_site_fields, without
from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.media_types import media_type
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.validators import Validators, validators_of_file
from pyhttp.site import Site

__all__ = ["file_response", "index_of", "is_directory", "not_found_response"]

_DEFAULT_LIMITS: Final = Limits()

_HELD_ALREADY: Final = frozenset(
    {"content-type", "content-encoding", "content-language", "last-modified", "x-content-type-options"}
)
"""Of the representation, and not among what every 206 repeats: a client that sent If-Range has it (9110-15.3.7-6a)."""


def file_response(
    head: RequestHead,
    path: str,
    *,
    root: str,
    site: Site,
    limits: Limits = _DEFAULT_LIMITS,
    clock: Callable[[], int] = time.time_ns,
) -> Response:
    """What a file answers to a request; the content comes from a descriptor that is opened once.

    HEAD gets what GET gets (9110-9.3.2-2a); the gate keeps the content back.

    Args:
        head: The request.
        path: Absolute file-system path.
        root: Absolute path of the folder served; see `open_file`.
        site: How it is served.
        limits: How many ranges are honoured.
        clock: Nanoseconds since 1970.

    Raises:
        HTTPError: 403, 404, 405, 412, 416, 501 and so on.
    """
    file = open_file(path, root, site)
    try:
        check_method(head.method)
        if head.method == "OPTIONS":
            file.close()
            return options_response(head.headers, site=site)
        selected = select_representation(head.headers, path, file, root, site)
        if selected is None:
            file.close()
            return not_acceptable_response(_choices(path, site), site=site)
        file = selected.file
        return _answer(head, path, selected, site=site, limits=limits, now_ns=clock())
    except BaseException:
        file.close()
        raise


def _answer(
    head: RequestHead, path: str, selected: Representation, *, site: Site, limits: Limits, now_ns: int
) -> Response:
    """The answer of a selected representation, preconditions first (9110-13.2.1-1a)."""
    file = selected.file
    validators = validators_of_file(file.size, file.modified_ns, now_ns, coding=selected.coding)
    verdict = evaluate(head.method, head.headers, validators, now_ns // 1_000_000_000)
    if verdict is Verdict.PRECONDITION_FAILED:
        raise PreconditionFailed("the representation is another one")
    lines = _representation_lines(path, selected, validators, site)
    if verdict is Verdict.NOT_MODIFIED:
        file.close()
        return not_modified_response(with_site_fields(lines, site))
    if verdict is Verdict.PERFORM:
        return _ranged(head, lines, file, site, limits.ranges)
    return _whole(lines, file, site)


def _whole(lines: Lines, file: OpenedFile, site: Site) -> Response:
    return Response(200, with_site_fields(lines, site), FileSlice(file, 0, file.size))


def _representation_lines(path: str, selected: Representation, validators: Validators, site: Site) -> Lines:
    """The field lines of a 200 that describe the selected representation (9110-15.3.1-5a)."""
    lines: Lines = (
        ("Content-Type", media_type(path, further=site.media_types, charset=site.charset)),
        ("ETag", str(validators.etag)),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
    )
    if validators.modified is not None:
        lines = (*lines, ("Last-Modified", format_date(validators.modified)))
    if selected.coding:
        lines = (*lines, ("Content-Encoding", selected.coding))
    if selected.alternatives:
        lines = (*lines, ("Vary", "Accept-Encoding"))
    return lines


def _ranged(head: RequestHead, lines: Lines, file: OpenedFile, site: Site, limit: int) -> Response:
    """206: the one range asked for, or several in one multipart body (9110-15.3.7.1-1a, 9110-15.3.7.2-1a)."""
    from pyhttp.resources.byteranges import byte_ranges  # noqa: PLC0415 - many servers are never asked for a range
    from pyhttp.semantics.ranges import Unranged, content_range, select  # noqa: PLC0415

    spans = select(head.headers["Range"], file.size, limit)
    if spans is Unranged.UNSATISFIABLE:
        raise RangeNotSatisfiable(length=file.size)
    if spans is Unranged.WHOLE:
        return _whole(lines, file, site)
    fields = with_site_fields(lines, site)
    if "If-Range" in head.headers:
        fields = Headers.parsed(without(fields.lines, _HELD_ALREADY))
    if len(spans) == 1:  # also where others were asked for and met no byte: never a multipart of one
        fields = Headers.parsed((*fields.lines, ("Content-Range", content_range(spans[0], file.size))))
        return Response(206, fields, FileSlice(file, spans[0].start, spans[0].length))
    media_type, parts = byte_ranges(file, spans, file.size, lines[0][1])
    return Response(
        206, Headers.parsed((("Content-Type", media_type), *without(fields.lines, {"content-type"}))), parts
    )


def _choices(path: str, site: Site) -> tuple[str, ...]:
    """The names under which a file and its siblings can be had as they are (9110-15.5.7-2a)."""
    name = os.path.basename(path)
    siblings = [name + SUFFIXES[coding] for coding in site.codings if os.path.isfile(path + SUFFIXES[coding])]
    return (name, *siblings)


def not_found_response(error: NotFound, *, root: str, site: Site) -> Response:
    """404 with the root's own page for it, where there is one."""
    file = _open_not_found_page(root, site)
    if file is None:
        return error_response(error, site=site)
    lines = (
        ("Content-Type", media_type(site.not_found, further=site.media_types, charset=site.charset)),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(404, with_site_fields(lines, site, found=False), FileSlice(file, 0, file.size))


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

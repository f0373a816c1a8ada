"""RFC 9110 §3.2, §8, §9.3, §15.3: a file as a resource."""

import os
import stat
import time
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, assert_never

from pyhttp.errors import InternalError, PreconditionFailed, RangeNotSatisfiable
from pyhttp.limits import Limits
from pyhttp.messages import FileSlice, RequestHead, Response
from pyhttp.resources.opened_file import OpenedFile, open_file
from pyhttp.resources.precompressed import SUFFIXES, select_representation
from pyhttp.resources.site_fields import Lines, not_modified_fields, with_site_fields, without
from pyhttp.resources.status_responses import not_acceptable_response, options_response
from pyhttp.semantics.conditional import NOT_MODIFIED, PERFORM, PERFORM_WHOLE, Verdict, evaluate
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.media_types import LOOK, media_type
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.ranges import Unranged, content_range, select
from pyhttp.semantics.validators import FileVersion, Validators, validators_of_file
from pyhttp.site import Site

__all__ = ["file_response", "index_of", "is_directory", "type_lines"]

_DEFAULT_LIMITS: Final = Limits()
_READ_AT_ONCE: Final = 64 * 1024
"""The number of octets of content that are read here: for fewer, a read costs less than to have the kernel send
them."""
_SETTLED: Final = 3_000_000_000
"""Nanoseconds after a file's last change from which its validators do not depend on the time any more."""
_UNTOLD: Final = Validators(None)

_HELD_ALREADY: Final = frozenset(
    {"content-type", "content-encoding", "content-language", "last-modified", "x-content-type-options"}
)
"""Fields of the representation that not every 206 repeats: a client that sent If-Range has them (9110-15.3.7-6a)."""


def file_response(
    head: RequestHead,
    path: str,
    root: str,
    site: Site,
    file: OpenedFile | None = None,
    *,
    limits: Limits = _DEFAULT_LIMITS,
    clock: Callable[[], int] = time.time_ns,
) -> Response:
    """The answer of a file to a request; the content comes from a descriptor that is opened once.

    HEAD gets the answer of GET (9110-9.3.2-2a), with all fields (9110-9.3.2-2b); the gate leaves out the content.

    Args:
        head: The request.
        path: Absolute file-system path.
        root: Absolute path of the folder served; see `open_file`.
        site: The rules by which it is served.
        file: The result of `open_file`, if there is one; closed here or with the response, in every outcome.
        limits: The limits for the number of ranges.
        clock: Returns nanoseconds since 1970.

    Raises:
        HTTPError: 403, 404, 405, 412, 416, 501 and so on.
    """
    file = file or open_file(path, root, site)
    method, headers = head.method, head.headers
    try:
        if method != "GET":
            check_method(method)
            if method == "OPTIONS":
                file.close()
                return options_response(headers, site=site)
        if not file.sized:
            return _unsized(head, path, file, site)
        coding, varies, made, now_ns = "", False, False, clock()
        # Without other representations only a weight of 0 could exclude the file itself.
        # A file with a coding of its own has a name that ends in "z".
        weighed = "accept-encoding" in headers.by_name and ";" in headers.by_name["accept-encoding"]
        if weighed or site.codings or site.compress or path[-1] in "zZ":
            found = select_representation(head, path, file, root, site, now_ns=now_ns)
            if found.file is None:
                return not_acceptable_response(_choices(path, found.alternatives), site=site)
            file, coding, varies, made = found.file, found.coding, found.varies, found.made
        described = _DESCRIBED.get(key := path if not coding else (path, coding, made))
        settled = file.modified_ns < now_ns - _SETTLED > file.changed_ns
        if described is None or not settled or described.of != (file.version, varies, site):  # which is rare
            beginning = partial(_beginning, file, path, "" if made else coding, root, site)
            described = _describe((path, file.version, coding, varies, made), site, now_ns, beginning)
            if settled:
                _remember(key, described)
        verdict = evaluate(method, headers, described.validators, now_ns // 1_000_000_000)
        if verdict is PERFORM_WHOLE and not made:  # nearly always
            return Response(200, described.fields, _content(head, file, 0, file.size))
        return _special(head, described, verdict, file, limits, made=coding if made else "")
    except BaseException:
        file.close()
        raise


def _special(
    head: RequestHead, described: "_Described", verdict: Verdict, file: OpenedFile, limits: Limits, *, made: str
) -> Response:
    """The answer with a selected representation, by its preconditions and Range (9110-13.2.1-1a).

    Args:
        head: The request.
        described: The representation.
        verdict: The verdict of its preconditions.
        file: The open file; closed here or with the response, unless this raises.
        limits: The limits for the number of ranges.
        made: The coding that has to be made of the file; "" for none.
    """
    if made and (verdict is PERFORM or verdict is PERFORM_WHOLE):  # a made coding has no ranges
        from pyhttp.resources.compressing import Compressed  # noqa: PLC0415 - for few sites

        return Response(200, described.fields, Compressed(file, made))
    if verdict is PERFORM:
        return _ranged(head, described, file, limits)
    if verdict is PERFORM_WHOLE:
        return Response(200, described.fields, _content(head, file, 0, file.size))
    if verdict is NOT_MODIFIED:
        file.close()
        return Response(304, described.not_modified)
    if verdict is Verdict.PRECONDITION_FAILED:
        raise PreconditionFailed("a precondition does not hold: the representation is another one (RFC 9110 §13.1)")
    assert_never(verdict)


class _Described(NamedTuple):
    """The description of a representation."""

    of: tuple[FileVersion, bool, Site]
    """The version, whether it was chosen among others, and the site: the key of the representation."""
    validators: Validators
    fields: Headers
    """The header section of a 200 (9110-15.3.1-5a)."""
    not_modified: Headers
    """The header section of a 304."""


_Selected = tuple[str, FileVersion, str, bool, bool]
"""A representation: its path, version, content coding, whether it was chosen among others, and whether its coding is
made."""


def _describe(selected: _Selected, site: Site, now_ns: int, beginning: Callable[[], bytes]) -> _Described:
    path, version, coding, varies, made = selected
    validators = validators_of_file(version, now_ns, coding=coding, made=made)
    lines: Lines = (*type_lines(path, site, beginning, coding), ("ETag", str(validators.etag)))
    if not made:  # no field about ranges without ranges (9110-14.3-8a)
        lines = (*lines, ("Accept-Ranges", "bytes"))
    if validators.modified is not None:
        lines = (*lines, ("Last-Modified", format_date(validators.modified)))
    if coding:  # 9110-8.4-5a
        lines = (*lines, ("Content-Encoding", coding))
    if varies:
        lines = (*lines, ("Vary", "Accept-Encoding"))
    fields = with_site_fields(lines, site)
    return _Described((version, varies, site), validators, fields, not_modified_fields(fields))


_Key = str | tuple[str, str, bool]
"""A path, with the content coding where there is one, and whether that is made."""
_DESCRIBED: Final[dict[_Key, _Described]] = {}
"""The last descriptions of files that were last changed `_SETTLED` ago or more, when they do not depend on the time."""
_MOST_DESCRIBED: Final = 1024


def _remember(key: _Key, described: _Described) -> None:
    if len(_DESCRIBED) >= _MOST_DESCRIBED:
        _DESCRIBED.clear()
    _DESCRIBED[key] = described


def type_lines(path: str, site: Site, beginning: Callable[[], bytes], coding: str = "") -> Lines:
    """The field lines about a file's type: by its name, else by its beginning."""
    found = media_type(
        path,
        beginning=beginning,
        further=site.media_types,
        default=site.default_type,
        charset=site.charset,
        coding=coding,
    )
    return ("Content-Type", found), ("X-Content-Type-Options", "nosniff")


def _beginning(file: OpenedFile, path: str, coding: str, root: str, site: Site) -> bytes:
    """The octets that show a file's type if its name does not: those of the plain file for a sibling."""
    if coding:
        return open_file(path, root, site).take(0, LOOK)
    return os.pread(file.fileno(), LOOK, 0)


def _unsized(head: RequestHead, path: str, file: OpenedFile, site: Site) -> Response:
    """The answer of a file whose end shows only by reading: it has no ranges, and no validators."""
    fields = with_site_fields(type_lines(path, site, partial(os.pread, file.fileno(), LOOK, 0)), site)
    match evaluate(head.method, head.headers, _UNTOLD, 0):
        case Verdict.PERFORM | Verdict.PERFORM_WHOLE:
            return Response(200, fields, file)
        case Verdict.NOT_MODIFIED:
            file.close()
            return Response(304, not_modified_fields(fields))
        case Verdict.PRECONDITION_FAILED:
            raise PreconditionFailed("nothing shows which representation it is")
        case verdict:
            assert_never(verdict)


def _content(head: RequestHead, file: OpenedFile, offset: int, length: int) -> bytes | FileSlice:
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


def _ranged(head: RequestHead, described: _Described, file: OpenedFile, limits: Limits) -> Response:
    """A 206: the one range asked for, or several in one multipart body (9110-15.3.7.1-1a, 9110-15.3.7.2-1a)."""
    # In an empty file every range is ignored (9110-14.2-3a, 9110-14.2-7a): a cache that fetches in slices would pass
    # the 416 on.
    asked, size = head.headers.by_name["range"], file.size
    spans = select(asked, size, limits.ranges, limits.unordered_ranges) if size else Unranged.WHOLE
    if spans is Unranged.UNSATISFIABLE:
        raise RangeNotSatisfiable(f"the range has none of the {file.size} octets", length=file.size)
    if spans is Unranged.WHOLE:
        return Response(200, described.fields, _content(head, file, 0, file.size))
    fields = described.fields  # those for a cache (9110-15.3.7-4a), and without If-Range all others (9110-15.3.7-6b)
    if "if-range" in head.headers.by_name:
        fields = Headers.parsed(without(fields.lines, _HELD_ALREADY))
    if len(spans) == 1:  # never a multipart of one (9110-15.3.7.2-5a): the others had no byte (9110-15.3.7.2-5b)
        span = spans[0]
        fields = fields.plus("Content-Range", content_range(span, file.size))
        return Response(206, fields, _content(head, file, span.start, span.length))
    from pyhttp.resources.byteranges import byte_ranges  # noqa: PLC0415 - few clients ask for several ranges

    media_type, parts = byte_ranges(file, spans, file.size, described.fields.by_name["content-type"])
    return Response(
        206, Headers.parsed((("Content-Type", media_type), *without(fields.lines, {"content-type"}))), parts
    )


def _choices(path: str, alternatives: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a file and its siblings, each for the octets as they are (9110-15.5.7-2a)."""
    name = os.path.basename(path)
    return (name, *[name + SUFFIXES[coding] for coding in alternatives])


def is_directory(path: str) -> bool:
    """Whether `path` leads to a directory; False also where this cannot be found out."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):  # `open_file` will report the reason
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

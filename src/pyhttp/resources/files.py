"""RFC 9110 §3.2, §8, §9.3, §15.3: a file as a resource."""

import os
import stat
import time
from collections.abc import Callable
from functools import partial
from typing import Final, assert_never

from pyhttp.errors import PreconditionFailed
from pyhttp.limits import Limits
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.not_modified import not_modified_response
from pyhttp.resources.opened_file import OpenedFile, content_of, open_file
from pyhttp.resources.partial_content import ranged_response
from pyhttp.resources.precompressed import SUFFIXES, select_representation
from pyhttp.resources.site_fields import Lines, with_site_fields
from pyhttp.resources.status_responses import not_acceptable_response, options_response
from pyhttp.semantics.conditional import NOT_MODIFIED, PERFORM, PERFORM_WHOLE, Verdict, evaluate
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.media_types import LOOK, media_type
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.negotiation import coding_lines
from pyhttp.semantics.ranges import ACCEPT_RANGES
from pyhttp.semantics.validators import FileVersion, Validators, validators_of_file
from pyhttp.site import Site

__all__ = ["file_response", "index_of", "is_directory", "type_lines"]

_DEFAULT_LIMITS: Final = Limits()
_SETTLED: Final = 3_000_000_000
"""Nanoseconds after a file's last change from which its validators do not depend on the time any more."""
_UNTOLD: Final = Validators(None)


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
            return Response(200, described.fields, content_of(head, file, 0, file.size))
        return _special(head, described, verdict, file, limits, made=coding if made else "")
    except BaseException:
        file.close()
        raise


def _special(
    head: RequestHead, described: "_Described", verdict: Verdict, file: OpenedFile, limits: Limits, *, made: str
) -> Response:
    """The answer with a selected representation, by its preconditions and Range.

    Args:
        head: The request.
        described: The representation.
        verdict: The verdict of its preconditions.
        file: The open file; closed here or with the response, unless this raises.
        limits: The limits for the number of ranges.
        made: The coding that has to be made of the file; "" for none.
    """
    if verdict is PERFORM and not made:
        return ranged_response(head, described.fields, file, limits)
    if verdict is PERFORM or verdict is PERFORM_WHOLE:  # a made coding has no ranges
        from pyhttp.resources.compressing import Compressed  # noqa: PLC0415 - for few sites

        return Response(200, described.fields, Compressed(file, made))
    if verdict is NOT_MODIFIED:
        file.close()
        return described.not_modified
    if verdict is Verdict.PRECONDITION_FAILED:
        raise PreconditionFailed("a precondition does not hold: the representation is another one (RFC 9110 §13.1)")
    assert_never(verdict)


class _Described:
    """The description of a representation.

    Attributes:
        of: The version, whether it was chosen among others, and the site: the key of the representation.
        validators: Its validators.
        fields: The header section of a 200 (9110-15.3.1-5a).
        not_modified: The 304.
    """

    __slots__ = ("fields", "not_modified", "of", "validators")  # which are read sooner than those of a tuple

    def __init__(self, of: tuple[FileVersion, bool, Site], validators: Validators, fields: Headers) -> None:
        self.of = of
        self.validators = validators
        self.fields = fields
        self.not_modified = not_modified_response(fields)


_Selected = tuple[str, FileVersion, str, bool, bool]
"""A representation: its path, version, content coding, whether it was chosen among others, and whether its coding is
made."""


def _describe(selected: _Selected, site: Site, now_ns: int, beginning: Callable[[], bytes]) -> _Described:
    path, version, coding, varies, made = selected
    validators = validators_of_file(version, now_ns, coding=coding, made=made)
    lines: Lines = (*type_lines(path, site, beginning, coding), ("ETag", str(validators.etag)))
    if not made:  # no field about ranges without ranges
        lines = (*lines, ACCEPT_RANGES)
    if validators.modified is not None:
        lines = (*lines, ("Last-Modified", format_date(validators.modified)))
    fields = with_site_fields((*lines, *coding_lines(coding, varies=varies)), site)
    return _Described((version, varies, site), validators, fields)


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
            return not_modified_response(fields)
        case Verdict.PRECONDITION_FAILED:
            raise PreconditionFailed("nothing shows which representation it is")
        case verdict:
            assert_never(verdict)


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

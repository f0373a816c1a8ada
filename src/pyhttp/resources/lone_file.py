"""RFC 9110 §8, §13, §14: a file that a program names itself, outside of any served folder."""

import os
from functools import lru_cache
from typing import Final

from pyhttp.messages import RequestHead, Response
from pyhttp.resources.files import file_response
from pyhttp.resources.site_fields import Lines, completed
from pyhttp.semantics.fields import EMPTY
from pyhttp.site import Site

__all__ = ["file_answer"]

_NOWHERE: Final = "\0"
"""A folder that holds no file: a file that a program names is sent wherever it is."""
_WHOLE: Final = RequestHead("GET", "/", "/", "", "", "HTTP/1.1", EMPTY)
"""A request for a whole file."""


def file_answer(path: str | os.PathLike[str], head: RequestHead | None, content_type: str, lines: Lines) -> Response:
    """The answer of a file to a GET or HEAD; to another request, or none, the whole file.

    Args:
        path: A path, relative to the working directory or absolute.
        head: The request.
        content_type: The type of the file; "": as for files of a folder.
        lines: Further field lines of the answer; not yet checked.

    Raises:
        HTTPError: As `file_response`.
        ValueError: `content_type` is no media type, or one of `lines` may not be set.
    """
    place = os.path.abspath(os.fspath(path))
    asked = head if head is not None and head.method in {"GET", "HEAD"} else _WHOLE
    site = _site(os.path.basename(place) if content_type else "", content_type, lines)
    return completed(file_response(asked, place, root=_NOWHERE, site=site), site, asked.headers)


@lru_cache(maxsize=64)
def _site(name: str, content_type: str, lines: Lines) -> Site:
    """A site whose files called `name` have the given type: by their ending, or without one by default."""
    ending = name.rpartition(".")[2]
    return Site(media_types=((ending, content_type),) if ending else (), default_type=content_type, headers=lines)

"""RFC 9110 §8.8, §13: answers whose content this server has just written, with conditions as for files."""

import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from pyhttp.errors import PreconditionFailed
from pyhttp.messages import RequestHead, Response, close_body
from pyhttp.resources.not_modified import not_modified_response
from pyhttp.resources.site_fields import Lines, with_site_fields
from pyhttp.resources.status_responses import options_response
from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.validators import EntityTag, Validators
from pyhttp.site import Site

__all__ = ["generated_response", "streamed_response"]

_UNTOLD: Final = EntityTag(os.urandom(16).hex())
"""The tag of content that has none: no client was given it, and no condition names it."""


def generated_response(
    head: RequestHead, text: str, lines: Lines, *, site: Site, clock: Callable[[], float] = time.time
) -> Response:
    """The answer to a request for generated content: it has an entity tag, no date, and no ranges.

    Args:
        head: The request.
        text: The whole representation, sent as UTF-8, with "?" for invalid characters. Its tag is a digest of the
            octets.
        lines: The field lines that describe it.
        site: The site whose fields the answer carries.
        clock: Returns seconds since 1970.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    check_method(head.method)
    tag = _entity_tag(text)
    fields = with_site_fields((*lines, ("ETag", str(tag))), site)
    without_content = _without_content(head, tag, fields, site, clock)
    return without_content or Response(200, fields, text.encode("utf-8", "replace"))


def streamed_response(
    head: RequestHead, pieces: Iterable[bytes], lines: Lines, *, site: Site, clock: Callable[[], float] = time.time
) -> Response:
    """The answer for content that is written while it is sent: it has no entity tag, since it is never whole before.

    Args:
        head: The request.
        pieces: The representation; if it is not sent, it is closed. If this call raises, the caller closes it.
        lines: The field lines that describe it.
        site: The site whose fields the answer carries.
        clock: Returns seconds since 1970.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    check_method(head.method)
    fields = with_site_fields(lines, site)
    without_content = _without_content(head, _UNTOLD, fields, site, clock)
    if without_content is None:
        return Response(200, fields, pieces)
    close_body(pieces)
    return without_content


def _without_content(
    head: RequestHead, tag: EntityTag, fields: Headers, site: Site, clock: Callable[[], float]
) -> Response | None:
    """The answer to OPTIONS, or by the conditions of a request; None where the request gets the content."""
    if head.method == "OPTIONS":
        return options_response(head.headers, site=site)
    verdict = evaluate(head.method, head.headers, Validators(tag), int(clock()))
    if verdict is Verdict.PRECONDITION_FAILED:
        raise PreconditionFailed("a precondition does not hold: the representation is another one (RFC 9110 §13.1)")
    return not_modified_response(fields) if verdict is Verdict.NOT_MODIFIED else None


@lru_cache(maxsize=1)
def _entity_tag(text: str) -> EntityTag:
    """The tag of a text; the last one is kept, since a listing that has not changed is the same text."""
    from hashlib import sha256  # noqa: PLC0415 - a server of files alone never needs it

    return EntityTag(sha256(text.encode("utf-8", "replace")).hexdigest()[:32])

"""RFC 9110 §8.8, §13: answers whose content this server has just written, conditional as those of files are."""

import time
from collections.abc import Callable
from functools import lru_cache

from pyhttp.errors import PreconditionFailed
from pyhttp.messages import RequestHead, Response
from pyhttp.resources.error_page import options_response
from pyhttp.resources.site_fields import Lines, not_modified_response, with_site_fields
from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.methods import check_method
from pyhttp.semantics.validators import EntityTag, Validators
from pyhttp.site import Site

__all__ = ["generated_response"]


def generated_response(
    head: RequestHead, text: str, lines: Lines, *, site: Site, clock: Callable[[], float] = time.time
) -> Response:
    """The answer to a request for generated content: it has an entity tag, no date, and no ranges (9110-14.2-3a).

    Args:
        head: The request.
        text: The whole representation, sent as UTF-8; what is no text in it as "?". Its tag is a digest of the octets.
        lines: The field lines that describe it.
        site: Whose fields the answer carries.
        clock: Seconds since 1970.

    Raises:
        HTTPError: 405, 412 or 501.
    """
    check_method(head.method)
    if head.method == "OPTIONS":
        return options_response(head.headers, site=site)
    content = text.encode("utf-8", "replace")
    validators = Validators(_entity_tag(text))
    verdict = evaluate(head.method, head.headers, validators, int(clock()))
    if verdict is Verdict.PRECONDITION_FAILED:
        raise PreconditionFailed("the representation is another one")
    fields = with_site_fields((*lines, ("ETag", str(validators.etag))), site)
    if verdict is Verdict.NOT_MODIFIED:
        return not_modified_response(fields)
    return Response(200, fields, content)


@lru_cache(maxsize=1)
def _entity_tag(text: str) -> EntityTag:
    """The tag of a text; the last one is kept, as a listing that has not changed is the same text."""
    from hashlib import sha256  # noqa: PLC0415 - a server of files alone never needs it

    return EntityTag(sha256(text.encode("utf-8", "replace")).hexdigest()[:32])

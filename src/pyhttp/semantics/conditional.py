"""RFC 9110 §13: conditional requests, evaluated in one place and in the order of §13.2.2."""

from enum import Enum, auto
from typing import Final

from pyhttp.semantics.dates import parse_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.validators import Validators, parse_entity_tag, parse_entity_tags

__all__ = ["NOT_MODIFIED", "PERFORM", "PERFORM_WHOLE", "Verdict", "evaluate"]

_READING: Final = frozenset({"GET", "HEAD"})
_UNCONDITIONAL_METHODS: Final = frozenset({"CONNECT", "OPTIONS", "TRACE"})


class Verdict(Enum):
    """The effect of the preconditions of a request."""

    PERFORM = auto()
    """The method is performed, with Range (9110-13.1.5-13b); a resource without ranges is sent whole
    (9110-13.1.5-6c)."""
    PERFORM_WHOLE = auto()
    """The method is performed without Range: it is absent, means nothing here, or If-Range is false
    (9110-13.1.5-13a)."""
    NOT_MODIFIED = auto()
    """The method is not performed: 304 with few fields (9110-13.1.3-15a.2), since the client holds the current
    representation."""
    PRECONDITION_FAILED = auto()
    """The method is not performed: 412."""


# For code that runs with every request: looking up a member of an Enum costs more than a global name.
PERFORM: Final = Verdict.PERFORM
PERFORM_WHOLE: Final = Verdict.PERFORM_WHOLE
NOT_MODIFIED: Final = Verdict.NOT_MODIFIED


def evaluate(method: str, headers: Headers, validators: Validators, now: int) -> Verdict:
    """Judge a request whose answer, without its conditions, would be 2xx (9110-13.2.1-1b).

    The conditions are judged after all other checks (9110-13.2.1-1a), before the method is performed (9110-13.1.1-7a,
    9110-13.1.2-8a) and before a range is sent (9110-13.1.5-8a). The order of the steps is that of §13.2.2
    (9110-13.2.2-2a).

    Args:
        method: The method of the request.
        headers: The fields of the request.
        validators: The validators of the selected representation.
        now: The current time in seconds since 1970.
    """
    fields = headers.by_name
    reading = method in _READING
    if not reading and method in _UNCONDITIONAL_METHODS:  # 9110-13.2.1-2b
        return PERFORM_WHOLE
    # §13.2.2 step 1 and, only without If-Match (9110-13.1.4-5a, 9110-13.1.4-10a), step 2. Where a condition is false,
    # the method is not performed (9110-13.1.1-10a, 9110-13.1.4-13a): 412 says so (9110-13.1.1-10b, 9110-13.1.4-13b).
    if "if-match" in fields:
        if not _if_match(fields["if-match"], validators):
            return Verdict.PRECONDITION_FAILED
    elif "if-unmodified-since" in fields and not _if_unmodified_since(fields["if-unmodified-since"], validators, now):
        return Verdict.PRECONDITION_FAILED
    # Step 3 and, only without If-None-Match (9110-13.1.3-5a, 9110-13.1.3-12a), step 4, which counts for reading methods
    # alone (9110-13.1.3-6a). Where a condition is false, the method is not performed (9110-13.1.2-11a,
    # 9110-13.1.3-15a): reading methods get 304, others 412 (9110-13.1.2-11a.2).
    if "if-none-match" in fields:
        if not _if_none_match(fields["if-none-match"], validators):
            return NOT_MODIFIED if reading else Verdict.PRECONDITION_FAILED
    elif (
        reading
        and "if-modified-since" in fields
        and not _if_modified_since(fields["if-modified-since"], validators, now)
    ):
        return NOT_MODIFIED
    # Step 5: Range is defined for GET alone, If-Range only with it (9110-13.1.5-6b)
    if (
        method == "GET"
        and "range" in fields
        and ("if-range" not in fields or _if_range(fields["if-range"], validators, now))
    ):
        return PERFORM
    return PERFORM_WHOLE


def _if_match(value: str, validators: Validators) -> bool:
    """Compare strongly (9110-13.1.1-2a); a field that breaks the grammar names no tag that could match."""
    tags = parse_entity_tags(value)
    etag = validators.etag
    return value == "*" or bool(tags and etag and any(tag.matches_strongly(etag) for tag in tags))


def _if_none_match(value: str, validators: Validators) -> bool:
    """Compare weakly (9110-13.1.2-2a); a field that breaks the grammar names no tag that could match."""
    etag = validators.etag
    if etag is None:
        return value != "*"
    if value == f'"{etag.opaque}"':  # nearly always: the one tag that the client was given
        return False
    tags = parse_entity_tags(value)
    return value != "*" and (tags is None or not any(tag.matches_weakly(etag) for tag in tags))


def _if_modified_since(value: str, validators: Validators, now: int) -> bool:
    """True where `value` is no valid date (9110-13.1.3-6a), or the representation has no date (9110-13.1.3-7a).

    Both dates are times of this server's clock (9110-13.1.3-8a).
    """
    since = parse_date(value, now)
    return since is None or validators.modified is None or validators.modified > since


def _if_unmodified_since(value: str, validators: Validators, now: int) -> bool:
    """True where `value` is no valid date (9110-13.1.4-6a), or the representation has no date (9110-13.1.4-7a).

    Both dates are times of this server's clock (9110-13.1.4-8a).
    """
    since = parse_date(value, now)
    return since is None or validators.modified is None or validators.modified <= since


def _if_range(value: str, validators: Validators, now: int) -> bool:
    """Compare tags strongly, and dates for equality (§13.1.5).

    A date less than a second old is a weak validator (§8.8.2.2), which never matches here.
    """
    tag = parse_entity_tag(value)
    if tag is not None:
        return validators.etag is not None and tag.matches_strongly(validators.etag)
    date = parse_date(value, now)
    return date is not None and date == validators.modified and now > date

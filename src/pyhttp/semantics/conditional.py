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
    """What the preconditions of a request allow."""

    PERFORM = auto()
    """The method, Range and all (9110-13.1.5-13b); what has no ranges is sent whole then, too (9110-13.1.5-6c)."""
    PERFORM_WHOLE = auto()
    """The method, with Range ignored: it is absent, means nothing here, or If-Range is false (9110-13.1.5-13a)."""
    NOT_MODIFIED = auto()
    """Nothing: 304, the client holds the current representation."""
    PRECONDITION_FAILED = auto()
    """Nothing: 412."""


# For what runs with every request: looking up a member of an Enum costs more than a global name.
PERFORM: Final = Verdict.PERFORM
PERFORM_WHOLE: Final = Verdict.PERFORM_WHOLE
NOT_MODIFIED: Final = Verdict.NOT_MODIFIED


def evaluate(method: str, headers: Headers, validators: Validators, now: int) -> Verdict:
    """Judge a request whose answer, without its conditions, would be 2xx (9110-13.2.1-1b).

    It is asked before the method is performed (9110-13.1.1-7a, 9110-13.1.2-8a) and before a range is sent
    (9110-13.1.5-8a). The order of the steps is that of §13.2.2 (9110-13.2.2-2a).

    Args:
        method: Of the request.
        headers: Of the request.
        validators: Of the selected representation.
        now: The current time in seconds since 1970.
    """
    fields = headers.by_name
    reading = method in _READING
    if not reading and method in _UNCONDITIONAL_METHODS:  # 9110-13.2.1-2b
        return PERFORM_WHOLE
    # §13.2.2 step 1 and, only without If-Match (9110-13.1.4-5a, 9110-13.1.4-10a), step 2. Where one is false, nothing
    # is performed (9110-13.1.1-10a, 9110-13.1.4-13a): 412 tells so (9110-13.1.1-10b, 9110-13.1.4-13b).
    if "if-match" in fields:
        if not _if_match(fields["if-match"], validators):
            return Verdict.PRECONDITION_FAILED
    elif "if-unmodified-since" in fields and not _if_unmodified_since(fields["if-unmodified-since"], validators, now):
        return Verdict.PRECONDITION_FAILED
    # Step 3 and, only without If-None-Match (9110-13.1.3-5a, 9110-13.1.3-12a), step 4, which reading methods alone know
    # (9110-13.1.3-6a). Where one is false, nothing is performed (9110-13.1.2-11a, 9110-13.1.3-15a): they get 304,
    # others 412 (9110-13.1.2-11a.2).
    if "if-none-match" in fields:
        if not _if_none_match(fields["if-none-match"], validators):
            return NOT_MODIFIED if reading else Verdict.PRECONDITION_FAILED
    elif (
        reading
        and "if-modified-since" in fields
        and not _if_modified_since(fields["if-modified-since"], validators, now)
    ):
        return NOT_MODIFIED
    # Step 5: Range is defined for GET alone (9110-14.2-4a), If-Range only with it (9110-13.1.5-6b)
    if (
        method == "GET"
        and "range" in fields
        and ("if-range" not in fields or _if_range(fields["if-range"], validators, now))
    ):
        return PERFORM
    return PERFORM_WHOLE


def _if_match(value: str, validators: Validators) -> bool:
    """By strong comparison (9110-13.1.1-2a); a field that breaks the grammar names no tag that could match."""
    tags = parse_entity_tags(value)
    etag = validators.etag
    return value == "*" or bool(tags and etag and any(tag.matches_strongly(etag) for tag in tags))


def _if_none_match(value: str, validators: Validators) -> bool:
    """By weak comparison (9110-13.1.2-2a); a field that breaks the grammar names no tag that could match."""
    etag = validators.etag
    if etag is None:
        return value != "*"
    if value == f'"{etag.opaque}"':  # nearly always: the one tag that the client was given
        return False
    tags = parse_entity_tags(value)
    return value != "*" and (tags is None or not any(tag.matches_weakly(etag) for tag in tags))


def _if_modified_since(value: str, validators: Validators, now: int) -> bool:
    """True where it is no valid date (9110-13.1.3-6a), or no date is there to compare (9110-13.1.3-7a).

    Both are times of this server's clock (9110-13.1.3-8a).
    """
    since = parse_date(value, now)
    return since is None or validators.modified is None or validators.modified > since


def _if_unmodified_since(value: str, validators: Validators, now: int) -> bool:
    """True where it is no valid date (9110-13.1.4-6a), or no date is there to compare (9110-13.1.4-7a).

    Both are times of this server's clock (9110-13.1.4-8a).
    """
    since = parse_date(value, now)
    return since is None or validators.modified is None or validators.modified <= since


def _if_range(value: str, validators: Validators, now: int) -> bool:
    """§13.1.5: strong comparison of tags, equality of dates.

    A date less than a second old is a weak validator (§8.8.2.2), which never holds here.
    """
    tag = parse_entity_tag(value)
    if tag is not None:
        return validators.etag is not None and tag.matches_strongly(validators.etag)
    date = parse_date(value, now)
    return date is not None and date == validators.modified and now > date

"""Preconditions, in the order of RFC 9110 §13.2.2, against a model that follows its text step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.dates import format_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.validators import EntityTag, Validators

NOW = 1_800_000_000
MODIFIED = 1_700_000_000
STRONG = Validators(EntityTag("x"), MODIFIED)
WEAK = Validators(EntityTag("x", weak=True), MODIFIED)
DATELESS = Validators(EntityTag("x"))

SAME = format_date(MODIFIED)
EARLIER = format_date(MODIFIED - 1)
LATER = format_date(MODIFIED + 1)

ALL, WHOLE, SAME_STILL, FAILED = (
    Verdict.PERFORM,
    Verdict.PERFORM_WHOLE,
    Verdict.NOT_MODIFIED,
    Verdict.PRECONDITION_FAILED,
)


def judge(method: str = "GET", validators: Validators = STRONG, now: int = NOW, **fields: str) -> Verdict:
    return evaluate(
        method, Headers([(name.replace("_", "-"), value) for name, value in fields.items()]), validators, now
    )


def test_without_conditions_the_method_is_performed() -> None:
    assert judge(Host="a", Accept="*/*") is WHOLE


@pytest.mark.clause("9110-13.1.1-2a", "9110-13.1.1-7a", "9110-13.1.1-10a", "9110-13.1.1-10b")
@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("*", WHOLE),
        ('"x"', WHOLE),
        ('"a", "x"', WHOLE),
        ('"a,b",,"x"', WHOLE),
        ('"y"', FAILED),
        ('W/"x"', FAILED),
        ("x", FAILED),
        ('*, "x"', FAILED),
        ("", FAILED),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_if_match(method: str, value: str, verdict: Verdict) -> None:
    assert judge(method, If_Match=value) is verdict


@pytest.mark.clause("9110-13.1.1-2a")
def test_if_match_never_meets_a_weak_tag() -> None:
    assert judge(validators=WEAK, If_Match='"x"') is FAILED
    assert judge(validators=WEAK, If_Match='W/"x"') is FAILED
    assert judge(validators=WEAK, If_Match="*") is WHOLE


@pytest.mark.clause("9110-13.1.2-2a", "9110-13.1.2-8a", "9110-13.1.2-11a", "9110-13.1.2-11a.2")
@pytest.mark.parametrize(
    ("value", "matches"),
    [
        ("*", True),
        ('"x"', True),
        ('W/"x"', True),
        ('"a" , W/"x"', True),
        ('"a"', False),
        ("x", False),
        ('"x', False),
        ("", False),
    ],
)
@pytest.mark.parametrize("validators", [STRONG, WEAK])
def test_if_none_match(validators: Validators, value: str, matches: bool) -> None:
    assert judge("GET", validators, If_None_Match=value) is (SAME_STILL if matches else WHOLE)
    assert judge("HEAD", validators, If_None_Match=value) is (SAME_STILL if matches else WHOLE)
    assert judge("PUT", validators, If_None_Match=value) is (FAILED if matches else WHOLE)


@pytest.mark.clause("9110-13.1.3-6a", "9110-13.1.3-12a", "9110-13.1.3-15a", "9110-13.1.3-15a.2")
@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (SAME, SAME_STILL),
        (LATER, SAME_STILL),
        (EARLIER, WHOLE),
        (format_date(NOW + 86_400), SAME_STILL),
        ("Tuesday, 14-Nov-23 22:13:20 GMT", SAME_STILL),
        ("Tue Nov 14 22:13:20 2023", SAME_STILL),
        ("yesterday", WHOLE),
        (f"{SAME}, {SAME}", WHOLE),
    ],
)
def test_if_modified_since(value: str, verdict: Verdict) -> None:
    assert judge("GET", If_Modified_Since=value) is verdict
    assert judge("HEAD", If_Modified_Since=value) is verdict
    assert judge("POST", If_Modified_Since=value) is WHOLE


@pytest.mark.clause("9110-13.1.3-6a")
def test_if_modified_since_with_several_members_is_ignored() -> None:
    headers = Headers([("If-Modified-Since", SAME), ("If-Modified-Since", SAME)])
    assert evaluate("GET", headers, STRONG, NOW) is WHOLE


@pytest.mark.clause("9110-13.1.3-5a")
def test_if_modified_since_is_ignored_beside_if_none_match() -> None:
    assert judge(If_None_Match='"y"', If_Modified_Since=SAME) is WHOLE
    assert judge(If_None_Match='"x"', If_Modified_Since=EARLIER) is SAME_STILL


@pytest.mark.clause("9110-13.1.4-6a", "9110-13.1.4-10a", "9110-13.1.4-13a", "9110-13.1.4-13b")
@pytest.mark.parametrize(
    ("value", "verdict"),
    [(SAME, WHOLE), (LATER, WHOLE), (EARLIER, FAILED), ("never", WHOLE), (f"{EARLIER}, {EARLIER}", WHOLE)],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_if_unmodified_since(method: str, value: str, verdict: Verdict) -> None:
    assert judge(method, If_Unmodified_Since=value) is verdict


@pytest.mark.clause("9110-13.1.4-5a")
def test_if_unmodified_since_is_ignored_beside_if_match() -> None:
    assert judge(If_Match='"x"', If_Unmodified_Since=EARLIER) is WHOLE


@pytest.mark.clause("9110-13.1.3-7a", "9110-13.1.4-7a")
def test_dates_are_ignored_where_there_is_none_to_compare_with() -> None:
    assert judge(validators=DATELESS, If_Modified_Since=LATER) is WHOLE
    assert judge(validators=DATELESS, If_Unmodified_Since=EARLIER) is WHOLE
    assert judge(validators=DATELESS, If_Range=SAME, Range="bytes=0-0") is WHOLE


@pytest.mark.clause("9110-13.1.3-8a", "9110-13.1.4-8a")
@pytest.mark.parametrize("ahead", [-86_400, 0, 86_400])
def test_the_clock_of_the_client_counts_for_nothing(ahead: int) -> None:
    """The Date of a client may be far from our time.

    The dates of the conditions are ours: the client got them with the file.
    """
    clock = format_date(NOW + ahead)
    assert judge(If_Modified_Since=SAME, Date=clock) is SAME_STILL
    assert judge(If_Modified_Since=EARLIER, Date=clock) is WHOLE
    assert judge(If_Unmodified_Since=SAME, Date=clock) is WHOLE
    assert judge(If_Unmodified_Since=EARLIER, Date=clock) is FAILED


@pytest.mark.clause("9110-13.1.5-8a", "9110-13.1.5-13a", "9110-13.1.5-13b")
@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ('"x"', True),
        ('W/"x"', False),
        ('"y"', False),
        ('"x", "x"', False),
        (SAME, True),
        (EARLIER, False),
        (LATER, False),
        ("Tue Nov 14 22:13:20 2023", True),
        ("*", False),
        ("x", False),
        ("", False),
    ],
)
def test_G4_if_range(value: str, holds: bool) -> None:
    assert judge(If_Range=value, Range="bytes=0-0") is (ALL if holds else WHOLE)


def test_G4_if_range_never_meets_a_weak_tag_or_a_date_less_than_a_second_old() -> None:
    assert judge(validators=WEAK, If_Range='"x"', Range="bytes=0-0") is WHOLE
    assert judge(validators=WEAK, If_Range='W/"x"', Range="bytes=0-0") is WHOLE
    assert judge(If_Range=SAME, Range="bytes=0-0", now=MODIFIED) is WHOLE


def test_a_representation_without_validators() -> None:
    """The representation is there, and no copy that a client holds is known to be the same."""
    none = Validators(None)
    assert judge(validators=none, If_Match="*") is WHOLE
    assert judge(validators=none, If_Match='"x"') is Verdict.PRECONDITION_FAILED
    assert judge(validators=none, If_None_Match="*") is Verdict.NOT_MODIFIED
    assert judge(validators=none, If_None_Match='"x"') is WHOLE
    assert judge(validators=none, If_None_Match="None") is WHOLE
    assert judge(validators=none, If_Modified_Since=SAME) is WHOLE
    assert judge(validators=none, If_Unmodified_Since=SAME) is WHOLE


def test_G4_without_validators_no_range_is_safe_after_if_range() -> None:
    for value in ('"x"', SAME):
        assert judge(validators=Validators(None), If_Range=value, Range="bytes=0-0") is WHOLE
    assert judge(If_Range=SAME, Range="bytes=0-0", now=MODIFIED + 1) is ALL


@pytest.mark.clause("9110-13.1.5-6b", "9110-14.2-4a")
def test_range_is_for_get_and_if_range_only_with_it() -> None:
    assert judge(Range="bytes=0-0") is ALL
    assert judge("HEAD", Range="bytes=0-0") is WHOLE
    assert judge("PUT", Range="bytes=0-0") is WHOLE
    assert judge(If_Range='"x"') is WHOLE
    assert judge(If_Range='"y"') is WHOLE


@pytest.mark.clause("9110-13.2.1-2b")
@pytest.mark.parametrize("method", ["CONNECT", "OPTIONS", "TRACE"])
def test_methods_that_select_nothing_know_no_conditions(method: str) -> None:
    assert judge(method, If_Match='"y"', If_None_Match="*") is WHOLE


def model(method: str, fields: dict[str, str], validators: Validators) -> Verdict:
    """The six steps of §13.2.2, over values whose meaning the strategies below know."""
    strong = validators.etag == EntityTag("x")
    date = {SAME: 0, EARLIER: -1, LATER: 1}
    known = validators.modified is not None
    reading = method in {"GET", "HEAD"}
    tags = fields.get("If-Match")
    if tags is not None:
        if tags != "*" and not (tags == '"x"' and strong):
            return FAILED
    elif known and date.get(fields.get("If-Unmodified-Since", ""), 0) < 0:
        return FAILED
    tags = fields.get("If-None-Match")
    if tags is not None:
        if tags in {"*", '"x"', 'W/"x"'}:
            return SAME_STILL if reading else FAILED
    elif reading and known and date.get(fields.get("If-Modified-Since", ""), -1) >= 0:
        return SAME_STILL
    if method == "GET" and "Range" in fields:
        condition = fields.get("If-Range")
        if condition is None or (condition == '"x"' and strong) or (condition == SAME and known):
            return ALL
    return WHOLE


tags = st.sampled_from(["*", '"x"', 'W/"x"', '"y"', "junk"])
dates = st.sampled_from([SAME, EARLIER, LATER, "junk"])


@pytest.mark.clause("9110-13.2.2-2a")
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OTHER"]),
    st.fixed_dictionaries(
        {},
        optional={
            "If-Match": tags,
            "If-None-Match": tags,
            "If-Modified-Since": dates,
            "If-Unmodified-Since": dates,
            "If-Range": tags | dates,
            "Range": st.just("bytes=0-0"),
        },
    ),
    st.sampled_from([STRONG, WEAK, DATELESS]),
)
def test_any_combination_against_the_steps_of_the_rfc(
    method: str, fields: dict[str, str], validators: Validators
) -> None:
    assert evaluate(method, Headers(fields), validators, NOW) is model(method, fields, validators)

"""Field values that are valid or nearly so never raise, and their meanings keep the promises. G1, G2, V4."""

from collections import Counter
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.negotiation import IDENTITY, choose_coding, choose_type
from pyhttp.semantics.validators import EntityTag, Validators
from tests.fuzz.inputs import drawn
from tests.helpers import damaged

NOW: Final = 1_800_000_000
MODIFIED: Final = NOW - 1000
TAG: Final = Validators(EntityTag("x"), MODIFIED)


def values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Values as they stand in a header section: without control characters, and without white space around them."""
    return texts.map(lambda text: "".join(c for c in text if c >= " " and c != "\x7f").strip(" "))


TAGS: Final = values(damaged.entity_tags())
DATES: Final = values(damaged.dates(near=MODIFIED))
RANGES: Final = values(damaged.range_fields())
CODINGS: Final = values(
    damaged.lists(
        "gzip", "br", "br;q=0.5", "zstd ; q=1.000", "identity;q=0", "*;q=0", "*", "x-gzip;q=0.001", "gzip;q=2"
    )
)
TYPES: Final = values(
    damaged.lists(
        "text/html", "application/json;q=0.5", "*/*;q=0", "*/*", "text/*;q=.5", 'text/html;a="b,c"', "text/html;q=0"
    )
)
FIELDS: Final = {
    "If-Match": TAGS,
    "If-None-Match": TAGS,
    "If-Modified-Since": DATES,
    "If-Unmodified-Since": DATES,
    "If-Range": TAGS | DATES,
    "Range": RANGES,
}
TOGETHER: Final = (
    *(("Range",), ("Range", "If-Range"), ("If-Match", "Range"), ("If-None-Match",), ("If-None-Match",)),
    *(("If-Modified-Since",), ("If-Modified-Since",)),
    *(("If-Unmodified-Since", "Range", "If-Range"), ("If-None-Match", "If-Modified-Since", "Range"), tuple(FIELDS)),
)
CONDITIONS: Final = st.tuples(
    st.sampled_from(["GET", "GET", "GET", "HEAD", "PUT", "OPTIONS"]),
    st.sampled_from(TOGETHER).flatmap(lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})),
)


@given(CONDITIONS)
def test_conditions(asked: tuple[str, dict[str, str]]) -> None:
    method, fields = asked
    verdict = evaluate(method, Headers(fields), TAG, NOW)
    if verdict is Verdict.NOT_MODIFIED:
        assert method in {"GET", "HEAD"}
        assert fields.keys() & {"If-None-Match", "If-Modified-Since"}
    if verdict is Verdict.PERFORM:
        assert method == "GET"
        assert "Range" in fields
    if verdict is Verdict.PRECONDITION_FAILED:
        assert fields.keys() & {"If-Match", "If-None-Match", "If-Unmodified-Since"}


def test_the_conditions_have_every_verdict() -> None:
    found = Counter(evaluate(method, Headers(fields), TAG, NOW) for method, fields in drawn(CONDITIONS))
    assert {verdict for verdict, times in found.items() if times > 10} == set(Verdict), found


@given(CODINGS, st.permutations(["br", "zstd", "gzip"]), st.integers(0, 3))
def test_codings(value: str, order: list[str], count: int) -> None:
    available = tuple(order[:count])
    chosen = choose_coding(Headers({"Accept-Encoding": value}), available)
    assert chosen is None or chosen == IDENTITY or chosen in available
    if ";" not in value:
        assert chosen is not None


@given(TYPES)
def test_types(value: str) -> None:
    available = ("text/html", "application/json")
    assert choose_type(Headers({"Accept": value}), available) in available


def test_the_lists_have_every_choice() -> None:
    codings = Counter(choose_coding(Headers({"Accept-Encoding": value}), ("br", "gzip")) for value in drawn(CODINGS))
    assert {coding for coding, times in codings.items() if times > 20} == {"br", "gzip", IDENTITY, None}, codings
    types = ("text/html", "application/json")
    chosen = Counter(choose_type(Headers({"Accept": value}), types) for value in drawn(TYPES))
    assert min(chosen[one] for one in types) > 20, chosen

"""Field values of any kind never raise, and their meanings keep the promises. G1, G2, V4."""

from hypothesis import given
from hypothesis import strategies as st

from pyhttp.semantics.conditional import Verdict, evaluate
from pyhttp.semantics.dates import format_date, parse_date
from pyhttp.semantics.fields import Headers
from pyhttp.semantics.negotiation import IDENTITY, choose_coding, choose_type
from pyhttp.semantics.ranges import Span, select
from pyhttp.semantics.validators import EntityTag, Validators, parse_entity_tag, parse_entity_tags

NOW = 1_800_000_000
TAG = Validators(EntityTag("x"), NOW - 1000)

characters = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f") | st.just("\t")
values = st.text(characters, max_size=60).map(lambda value: value.strip(" \t"))


def near(alphabet: list[str]) -> st.SearchStrategy[str]:
    """Values made of what their grammar is made of."""
    return st.lists(st.sampled_from(alphabet), max_size=20).map("".join).map(lambda value: value.strip(" \t")) | values


ranges = near(["bytes=", "bytes", "=", "-", ",", " ", "\t", "0", "1", "5", "99", "9" * 30, "x", '"', "+", "_"])
tags = near(['"', "W/", "w/", ",", " ", "x", "\\", "*", "\xe9", "\t"])
dates = near(["Sun", "Sunday", ", ", "06", " ", "Nov", "-", "1994", "94", "08:49:37", " GMT", ":", "60", "23:59:60"])
codings = near(["gzip", "br", "identity", "*", ";q=", ";", "q=", "0", "1", ".", "5", ",", " ", "x-gzip", '"'])
accepts = near(["text/html", "application/json", "*/*", "text/*", ";q=", ";", "0", ".5", "1", ",", " ", "a=b", '"'])


@given(ranges, st.integers(0, 2**63))
def test_G2_a_selection_is_inside_the_file_and_no_larger(value: str, length: int) -> None:
    selection = select(value, length, 256, 10)
    if isinstance(selection, tuple):
        assert 1 <= len(selection) <= 10
        assert sum(span.length for span in selection) <= length
        for span in selection:
            assert isinstance(span, Span)
            assert 0 <= span.start <= span.last < length


@given(tags)
def test_tags(value: str) -> None:
    parsed = parse_entity_tags(value)
    if parsed is not None:
        assert parse_entity_tags(", ".join(map(str, parsed))) == parsed
    single = parse_entity_tag(value)
    if single is not None:
        assert str(single) == value
        assert parsed == (single,)


@given(dates)
def test_dates(value: str) -> None:
    seconds = parse_date(value, NOW)
    if seconds is not None:
        assert parse_date(format_date(seconds), NOW) == seconds


@given(
    st.sampled_from(["GET", "HEAD", "PUT", "OPTIONS"]),
    st.fixed_dictionaries(
        {},
        optional={
            "If-Match": tags,
            "If-None-Match": tags,
            "If-Modified-Since": dates,
            "If-Unmodified-Since": dates,
            "If-Range": tags | dates,
            "Range": ranges,
        },
    ),
)
def test_conditions(method: str, fields: dict[str, str]) -> None:
    verdict = evaluate(method, Headers(fields), TAG, NOW)
    if verdict is Verdict.NOT_MODIFIED:
        assert method in {"GET", "HEAD"}
        assert fields.keys() & {"If-None-Match", "If-Modified-Since"}
    if verdict is Verdict.PERFORM:
        assert method == "GET"
        assert "Range" in fields


@given(codings, st.permutations(["br", "zstd", "gzip"]), st.integers(0, 3))
def test_codings(value: str, order: list[str], count: int) -> None:
    available = tuple(order[:count])
    chosen = choose_coding(Headers({"Accept-Encoding": value}), available)
    assert chosen is None or chosen == IDENTITY or chosen in available
    if ";" not in value:
        assert chosen is not None


@given(accepts)
def test_types(value: str) -> None:
    available = ("text/html", "application/json")
    assert choose_type(Headers({"Accept": value}), available) in available

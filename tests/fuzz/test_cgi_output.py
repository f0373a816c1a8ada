"""The parser of a script's output: any input gives one of its values or its error. V2, V4, C12, C13, S11."""

from itertools import pairwise
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, script_head
from tests.helpers import damaged

OUTPUT: Final = st.booleans().flatmap(
    lambda non_parsed: st.tuples(
        st.just(non_parsed),
        damaged.script_outputs(non_parsed=non_parsed).map(lambda text: text.encode("latin-1"))
        | st.binary(max_size=100),
    )
)


@given(OUTPUT, st.lists(st.integers(0, 300), max_size=5))
@example((False, b"Content-Type: a/b\n\r"), [])
@example((False, b"Content-Type: a/b\r\n\r\n"), [18, 19, 20])
@example((True, b"X\n" * 8 + b"\n"), [])
def test_any_output_in_any_pieces_is_safe(said: tuple[bool, bytes], cuts: list[int]) -> None:
    """V2: the pieces make no difference. S11: what comes out can be sent, and nothing of it splits a response."""
    non_parsed, output = said
    TARGETS["script_output"](bytes((0x80 | non_parsed,)) + output)
    ends = sorted({min(cut, len(output)) for cut in cuts} | {0, len(output)})
    pieces = [output[start:end] for start, end in pairwise(ends)]
    assert script_head(pieces, non_parsed=non_parsed) == script_head([output], non_parsed=non_parsed)

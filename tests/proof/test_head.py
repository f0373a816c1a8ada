"""The reader of a head, and the one for whole heads, against the automaton of the grammar."""

from typing import Final

import pytest

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.wire.request_head import HeadReader
from pyhttp.wire.whole import match_head
from tests.proof.automata import Forwards, Witness, difference
from tests.proof.choices import CHOICES
from tests.proof.exploring import Verdict, explore
from tests.proof.programs import Program, program_of
from tests.proof.proofs import TARGET, grammar_with

CHOSEN: Final = (*TARGET, "63 octets of a method", "major version 1")
LIMITS: Final = Limits()


def head(*choices: str) -> Program:
    """The grammar of a head under choices."""
    return program_of(grammar_with(*choices).tree("request-head"))


def read(*pieces: bytes) -> Verdict:
    """What a new reader says of octets that arrive in pieces."""
    reader = HeadReader(LIMITS)
    arrived = b""
    for piece in pieces:
        arrived += piece
        try:
            syntax = reader.read(arrived, 0)
        except HTTPError:
            return "refused"
        if syntax is not None:
            return "complete" if reader.size == len(arrived) else "complete before the end"
    return "incomplete"


def test_the_reader_has_the_language_of_a_head() -> None:
    assert explore(head(*CHOSEN), read, 2, lambda word, verdict: None) > 100_000


def test_both_ways_to_read_a_head_have_one_language() -> None:
    """The states are those of heads that one expression reads when they arrive whole. It takes these and no others."""
    fast = program_of(grammar_with(*CHOSEN).tree("fast-request-head"))
    grammar = Forwards(fast)

    def compare(word: bytes, verdict: Verdict) -> None:
        whole = match_head(word, 0, LIMITS)
        assert (whole is not None) == grammar.accepts(grammar.read(word)), word
        if whole is not None:
            octets, meaning, _ = whole
            assert octets == word
            assert meaning == HeadReader(LIMITS).read(word, 0), word
            assert verdict == "complete", word

    assert explore(head(*CHOSEN), read, 1, compare, through=fast) > 10_000


@pytest.mark.parametrize("name", CHOSEN)
def test_the_reader_makes_each_choice(name: str) -> None:
    """The reader gets the shortest head that the choice decides."""
    found = difference(head(*CHOSEN), head(*(choice for choice in CHOSEN if choice != name)))
    assert found is not None
    assert read(found.word) == ("complete" if found.of_first else "refused")
    if CHOICES[name].rule == "request-head":
        assert found == Witness(CHOICES[name].witness, CHOICES[name].taken)

"""The prover itself is right: its automata agree with `re`, and it refuses syntax that it does not know."""

import random
import re
from itertools import product
from typing import Final

import pytest

from tests.helpers.regex_tree import parse_regex
from tests.proof.abnf_tree import Grammar, read_rules
from tests.proof.automata import Automaton, Forwards, Witness, classes_of, difference
from tests.proof.programs import Program, program_of
from tests.proof.proofs import PROOFS

BY_NAME: Final = {proof.name: proof for proof in PROOFS}
SEED: Final = 20


def accepts(automaton: Automaton, word: bytes) -> bool:
    """Whether a word is of the automaton's language."""
    state = automaton.end
    for octet in reversed(word):
        state = automaton.step(state, octet)
    return automaton.accepts(state)


def near_words(rule: Program, octets: tuple[int, ...], count: int) -> list[bytes]:
    """Words of a grammar, and words that are wrong in one octet."""
    chance, grammar, words = random.Random(SEED), Forwards(rule), list[bytes]()
    while len(words) < count:
        state, word = grammar.start, b""
        for _ in range(chance.randrange(40)):
            ways = [octet for octet in octets if grammar.step(state, octet)]
            if not ways or (grammar.accepts(state) and chance.random() < 0.2):
                break
            word += bytes((chance.choice(ways),))
            state = grammar.step(state, word[-1])
        at = chance.randrange(len(word) + 1)
        words += [word, word[:at] + bytes((chance.choice(octets),)) + word[at + 1 :], word[:at] + word[at + 1 :]]
    return words


@pytest.mark.parametrize("name", BY_NAME)
def test_an_automaton_agrees_with_re(name: str) -> None:
    proof = BY_NAME[name]
    program, rule = proof.program, proof.of_the_rule()
    octets = tuple(classes_of(program, rule))
    automaton, pattern = Automaton(program, octets), re.compile(proof.pattern)
    short = [bytes(word) for length in range(3) for word in product(octets, repeat=length)]
    for word in short + near_words(rule, octets, 300):
        assert accepts(automaton, word) == (pattern.fullmatch(word) is not None), word


@pytest.mark.parametrize(
    "source",
    [
        rb"a*+a",
        rb"(?:a|ab)(?:c|bcd)",
        rb"(?>a|ab)(?:c|bcd)",
        rb"(?:a|ab)?+b",
        rb"(?>(?>a|ab)c?|abc)c",
        rb"(?:ab|a)*+b",
        rb"(?:(?>a|ab)c)*+a",
        rb"(?=ab)(?:a|b)*",
        rb"(?:(?!ab)[abc])*",
        rb"(?![ab])[abc]*(?<![bc])",
        rb"(?<=a)b|a(?<=a)b",
        rb"^a*\Z|b(?:\Z|c)",
        rb"(?:a?b){1,3}+c?",
        rb"(?i:a)[^a]|(?s:.)a|.",
        rb"(a)(?:b)",
    ],
)
def test_an_automaton_agrees_with_re_on_what_gives_nothing_back(source: bytes) -> None:
    program = program_of(parse_regex(source))
    automaton = Automaton(program, b"abcABC\n")
    pattern = re.compile(source)
    for length in range(7):
        for letters in product(b"abc", repeat=length):
            word = bytes(letters)
            assert accepts(automaton, word) == (pattern.fullmatch(word) is not None), word
    for word in (b"A", b"aA", b"\n", b"\na", b"Ab"):
        assert accepts(automaton, word) == (pattern.fullmatch(word) is not None), word


@pytest.mark.parametrize("source", [rb"a*?", rb"\d", rb"a$", rb"(?P<n>a)", rb"(?<!ab)c", rb"a++*", rb"(?a:b)", rb"a)"])
def test_what_is_not_known_of_an_expression_is_refused(source: bytes) -> None:
    with pytest.raises(AssertionError):
        program_of(parse_regex(source))


@pytest.mark.parametrize("source", [rb"(?:a|ab){2}+b", rb"(?:a?)*"])
def test_what_might_be_read_in_two_ways_is_refused(source: bytes) -> None:
    with pytest.raises(AssertionError):
        assert program_of(parse_regex(source)).order


@pytest.mark.parametrize(
    ("rules", "source"),
    [
        ('rule = "a"', rb"[aA]"),
        ('rule = %s"aB" / %x43.44 / %x45-46', rb"aB|CD|[EF]"),
        ('rule = 2"a" *1"b" 1*2"c" ["d"]\n  ("e" / "f")  ; and no more', rb"(?i:aab?c{1,2}d?[ef])"),
        ('rule = #"a"\nOWS = *%x20', rb"a?(?: *, *a?)*".replace(b"a", b"[aA]")),
        ('rule = 1#"a"\nows = *%x20', rb"(?: *, *)*a(?: *, *a?)*".replace(b"a", b"[aA]")),
        ("rule = Other\nother = %x61", rb"a"),
    ],
)
def test_abnf_means_what_rfc_5234_says(rules: str, source: bytes) -> None:
    rule = program_of(Grammar(read_rules(rules)).tree("Rule"))
    assert difference(program_of(parse_regex(source)), rule) is None


@pytest.mark.parametrize("rule", ['"a" rule', "<prose>", '("a"', "%d65", '2#"a"', "other"])
def test_what_is_not_known_of_abnf_is_refused(rule: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        Grammar({"rule": rule, "ows": '*" "'}).tree("rule")


def test_a_witness_is_as_short_as_can_be_and_tells_the_sides_apart() -> None:
    one, other = program_of(parse_regex(b"a+b?")), program_of(parse_regex(b"a+"))
    assert difference(one, other) == Witness(b"ab", True)
    assert difference(other, one) == Witness(b"ab", False)
    assert difference(other, one, within=True) is None
    assert difference(one, other, within=True) == Witness(b"ab", True)


def test_a_proof_names_each_pattern_once() -> None:
    assert len(BY_NAME) == len(PROOFS)

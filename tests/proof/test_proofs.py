"""Each pattern has the language of its rule, and each difference has a name."""

from typing import Final

import pytest

from tests.proof.automata import Witness, difference
from tests.proof.choices import CHOICES
from tests.proof.proofs import PROOFS

BY_NAME: Final = {proof.name: proof for proof in PROOFS}
NEEDED: Final = [(proof.name, choice) for proof in PROOFS for choice in proof.choices]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_pattern_has_the_language_of_its_rule(name: str) -> None:
    proof = BY_NAME[name]
    assert difference(proof.program, proof.of_the_rule(), within=proof.within) is None


@pytest.mark.parametrize(("name", "choice"), NEEDED)
def test_each_choice_of_a_proof_makes_a_difference(name: str, choice: str) -> None:
    proof = BY_NAME[name]
    assert difference(proof.program, proof.of_the_rule(without=choice), within=proof.within) is not None


# The choices about a whole head belong to the reader: test_head.py tests them.
@pytest.mark.parametrize("name", [name for name, choice in CHOICES.items() if choice.rule != "request-head"])
def test_a_choice_has_its_shortest_witness(name: str) -> None:
    choice = CHOICES[name]
    shown = [proof for proof in PROOFS if proof.rule == choice.rule and name in proof.choices]
    assert shown, "no proof of its rule needs it"
    found = difference(shown[0].program, shown[0].of_the_rule(without=name), within=shown[0].within)
    assert found == Witness(choice.witness, choice.taken)

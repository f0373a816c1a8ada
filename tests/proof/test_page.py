"""The page shows the present proofs, and cites only existing things."""

import re
from typing import Final

import pytest

from pyhttp.checking.register import STATEMENTS
from tests.conformance.register import SAFETY
from tests.proof.choices import CHOICES
from tests.proof.page import main

SECTION: Final = re.compile(r"RFC [0-9]+ §[0-9.]+")


def test_the_tables_are_not_stale() -> None:
    """After a change of a proof or a choice, `nox -s proof -- --write` writes the tables."""
    assert main([]) == 0


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_cites_what_there_is(name: str) -> None:
    cites = CHOICES[name].cites
    assert cites in STATEMENTS or cites in SAFETY or SECTION.fullmatch(cites)

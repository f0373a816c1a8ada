"""Each tested MUST and MUST NOT has a change that breaks it; `nox -s breaking` checks that the tests notice."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.breaking.entries import CHANGES, DUTIES, Change, load, problems
from tests.breaking.session import objection

ENTRY = """["9112-6.1-4b"]
change = "The chunked coding may be applied twice."
file = "wire/framing.py"
find = "x"
put = "y"
test = "tests/unit/wire/test_framing.py::test_x"
"""


def test_every_duty_has_a_change_and_nothing_else_has() -> None:
    assert sorted(DUTIES.keys() - CHANGES.keys()) == []
    assert sorted(CHANGES.keys() - DUTIES.keys()) == []


@pytest.mark.parametrize("change", [pytest.param(change, id=identifier) for identifier, change in CHANGES.items()])
def test_a_change_applies(change: Change) -> None:
    assert list(problems(change, DUTIES[change.id])) == []


class TestProblems:
    """The signs of a change that would show nothing."""

    good = Change(
        "9110-10.1.5-5a.2",
        "It does so.",
        "version.py",
        "PRODUCT: Final",
        "PRODUCT",
        "tests/conformance/test_breaking.py::test_a_change_applies",
    )

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (good, ""),
            (replace(good, find="no such code"), "stands 0 times"),
            (replace(good, find="PRODUCT"), "stands 2 times"),
            (replace(good, put=good.find), "changes no code"),
            (replace(good, find="help only an attacker", put="help many"), "changes no code"),
            (replace(good, find="the product", put='"""'), "no Python"),
            (replace(good, elsewhere="Why?"), "`elsewhere`"),
            (
                replace(good, file="phrases.py", find="from typing import Final", put=""),
                "`elsewhere`",
            ),
            (replace(good, test="tests/conformance/test_breaking.py::test_no_such"), "no test"),
            (replace(good, test="tests/conformance/test_breaking.py"), "no test"),
            (replace(good, test="tests/no.py::test_a_change_applies"), "no test"),
        ],
    )
    def test_they_are_found(self, change: Change, found: str) -> None:
        told = "; ".join(problems(change, DUTIES[change.id]))
        assert found in told
        assert bool(found) == bool(told)

    def test_a_file_for_each_home(self, tmp_path: Path) -> None:
        (tmp_path / "wire_framing.toml").write_text(ENTRY)
        assert load(tmp_path).keys() == {"9112-6.1-4b"}
        (tmp_path / "wire_line.toml").write_text(ENTRY)
        with pytest.raises(ValueError, match="two changes"):
            load(tmp_path)
        (tmp_path / "wire_framing.toml").unlink()
        with pytest.raises(ValueError, match="its home is"):
            load(tmp_path)

    @pytest.mark.parametrize(
        ("status", "words", "hangs", "found"),
        [
            (1, "F\nFAILED tests/x.py::test_x\n", "", ""),
            (0, "1 passed\n", "", "does not fail"),
            (1, "\nERROR tests/x.py::test_x\n", "", "does not fail"),
            (2, "\nERROR tests/x.py\n", "", "does not fail"),
            (5, "1 deselected\n", "", "does not fail"),
            (1, "Failed: it has taken more than 30 s\nFAILED tests/x.py::test_x\n", "", "`hangs`"),
            (1, "Failed: it has taken more than 30 s\nFAILED tests/x.py::test_x\n", "It waits.", ""),
            (1, "F\nFAILED tests/x.py::test_x\n", "It waits.", "`hangs`"),
            (1, "E       NameError: name 'x' is not defined\nFAILED a\n", "", "NameError"),
        ],
    )
    def test_only_a_failure_notices(self, status: int, words: str, hangs: str, found: str) -> None:
        told = objection(replace(self.good, hangs=hangs), status, words)
        assert found in told
        assert bool(found) == bool(told)

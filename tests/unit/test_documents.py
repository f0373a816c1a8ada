"""What the documents promise about the project itself."""

import tomllib
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).parents[2]


def test_T9_the_documents_say_which_systems_are_served() -> None:
    assert "POSIX" in (TOP / "README.md").read_text(encoding="utf-8")


def test_V5_the_coverage_has_a_floor() -> None:
    settings: dict[str, dict[str, dict[str, dict[str, object]]]] = tomllib.loads((TOP / "pyproject.toml").read_text())
    floor = settings["tool"]["coverage"]["report"]["fail_under"]
    assert isinstance(floor, int)
    assert floor >= 92


def test_V8_the_security_page_says_how_to_report_what_is_supported_and_what_counts() -> None:
    page = (TOP / "SECURITY.md").read_text(encoding="utf-8")
    for heading in ("Reporting a fault", "Supported versions", "In scope"):
        assert f"\n## {heading}\n" in page

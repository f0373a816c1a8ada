"""What the documents say about the project itself."""

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from pyhttp.command.folder_options import parse_folder
from tests.unit.test_architecture import LAYER

TOP: Final = Path(__file__).parents[2]
SOURCES: Final = sorted((TOP / "src").rglob("*.py"))
REGISTER: Final = tomllib.loads((TOP / "tests" / "conformance" / "register.toml").read_text(encoding="utf-8"))
STATEMENT: Final = re.compile(r"(?<!\w)(?:3875|3986|6585|9110|9111|9112)-[0-9.]+-[0-9.]*[0-9][a-z]?(?:\.[0-9])?(?!\w)")


def test_T9_the_documents_say_which_systems_are_served() -> None:
    assert "POSIX" in (TOP / "README.md").read_text(encoding="utf-8")


def test_V5_the_coverage_has_a_floor() -> None:
    settings: dict[str, dict[str, dict[str, dict[str, object]]]] = tomllib.loads((TOP / "pyproject.toml").read_text())
    floor = settings["tool"]["coverage"]["report"]["fail_under"]
    assert isinstance(floor, int)
    assert floor >= 98


def test_V8_the_security_page_says_how_to_report_what_is_supported_and_what_counts() -> None:
    page = (TOP / "SECURITY.md").read_text(encoding="utf-8")
    for heading in ("Reporting a fault", "Supported versions", "In scope"):
        assert f"\n## {heading}\n" in page


def test_the_readme_has_every_option_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_folder(["--help"])
    option = re.compile(r"(?<!\S)--?[a-z][-a-z]*\b")
    _, _, section = (TOP / "README.md").read_text(encoding="utf-8").partition("\n## The command\n")
    rows = "\n".join(line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|"))
    offered = set(option.findall(capsys.readouterr().out)) - {"-h"}
    assert set(option.findall(rows.replace("`", " "))) == offered


@pytest.mark.parametrize("page", [*SOURCES, TOP / "docs" / "choices.md"], ids=lambda page: str(page.relative_to(TOP)))
def test_every_clause_that_is_cited_is_in_the_register(page: Path) -> None:
    cited = set(STATEMENT.findall(page.read_text(encoding="utf-8")))
    assert cited <= REGISTER.keys()


def test_the_layers_are_written_down() -> None:
    """The table of CONTRIBUTING.md has each module in the layer that the architecture test gives it."""
    page = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    written = {
        (name if name in LAYER else f"pyhttp.{name}"): int(layer)
        for layer, modules in re.findall(r"^\| (\d) \| ([^|:]*)", page, re.MULTILINE)
        for name in re.findall(r"`(\w+)/?`", modules)
    }
    assert written == LAYER

"""Statements of the documents about the project itself."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pyhttp.command.folder_options import parse_folder
from pyhttp.command.wsgi_options import parse_wsgi
from tests.helpers.option_documents import BEGIN, END, README, readme_table
from tests.unit.test_architecture import LAYER

TOP: Final = Path(__file__).parents[2]
SOURCES: Final = sorted((TOP / "src").rglob("*.py"))
REGISTER: Final = tomllib.loads((TOP / "src" / "pyhttp" / "checking" / "register.toml").read_text(encoding="utf-8"))
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


def test_the_readme_has_the_table_of_options_as_it_is_today() -> None:
    """Where the README does not have it, `python -m tests.helpers.option_documents` writes it."""
    _, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    assert rest.partition(END)[0] == readme_table()


def test_the_file_of_options_in_the_readme_is_understood(tmp_path: Path) -> None:
    lines = re.findall(r"^ {6}([a-z-]+ = .*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    (tmp_path / "site.toml").write_text("\n".join(lines))
    given = parse_folder([f"--config={tmp_path / 'site.toml'}"], {})
    assert (given.directory, given.common.port, given.site.listing) == ("/srv/www", 8080, False)
    assert (len(given.site.headers), given.common.limits.content) == (2, 10 << 20)


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


def command_lines() -> Iterator[tuple[str, str]]:
    """Each line of a page's blocks that runs the command, with the page's name."""
    for page in (TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))):
        for line in page.read_text(encoding="utf-8").splitlines():
            if "[options]" not in line and (
                found := re.match(r"(?: {4}|\$ )(?:\$ )?(?:[A-Z_]+=\S+ )*pyhttp(?= |$)(.*)", line)
            ):
                yield page.name, found[1]


@pytest.mark.parametrize(("page", "line"), list(command_lines()))
def test_every_line_of_a_page_that_runs_the_command_has_options_that_there_are(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site.toml").touch()
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.split(r" [|>&]|;", line)[0], comments=True)
    match words:
        case ["wsgi", *rest]:
            parse_wsgi(rest, {})
        case ["passwd", *rest]:
            assert len(rest) == 1
        case [("check" | "explain") as tool, *rest]:
            told = subprocess.run([sys.executable, "-m", "pyhttp", tool, "--help"], capture_output=True, check=True)
            known = set(re.findall(r"--[\w-]+", told.stdout.decode()))
            assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known
        case _ if not {"--help", "--version"}.isdisjoint(words):
            pass
        case _:
            parse_folder(words, {})

"""The packages: a source distribution, in which these tests run too, and the page that an index shows."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

TOP: Final = Path(__file__).parents[2]
SETTINGS: Final = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
TOOLS: Final = SETTINGS["tool"]
PACKED: Final = frozenset([*TOOLS["hatch"]["build"]["targets"]["sdist"]["include"], "pyproject.toml"])
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
NAME: Final = re.compile(r"`([\w./-]+\.md)`")
PAGES: Final = [page for page in TOP.glob("docs/**/*.md") if "_build" not in page.parts]
DOCUMENTS: Final = sorted([*TOP.glob("*.md"), *PAGES])
INDEX_PAGE: Final = TOP / SETTINGS["project"]["readme"]


def checked_by_nox() -> list[str]:
    """The paths that the noxfile gives to its tools."""
    for node in ast.parse((TOP / "noxfile.py").read_text(encoding="utf-8")).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id="PYTHON_PATHS"), value=ast.Tuple() as paths):
                return list(ast.literal_eval(paths))
            case _:
                pass
    raise AssertionError("the noxfile names no paths")


def named() -> set[str]:
    """Every path that the project's own files name."""
    return {
        *checked_by_nox(),
        *TOOLS["mypy"]["files"],
        TOOLS["mypy"]["mypy_path"],
        *TOOLS["pytest"]["ini_options"]["testpaths"],
        *TOOLS["ruff"]["src"],
        *(pattern.removesuffix("/**") for pattern in TOOLS["ruff"]["lint"]["per-file-ignores"]),
        *TOOLS["hatch"]["build"]["targets"]["wheel"]["packages"],
        *TOOLS["hatch"]["build"]["targets"]["wheel"]["shared-data"],
        TOOLS["hatch"]["version"]["path"],
        *SETTINGS["project"]["license-files"],
        SETTINGS["project"]["readme"],
        "noxfile.py",
        ".ci/run",
    }


@pytest.mark.parametrize("path", sorted(named() - {"."}))
def test_each_path_that_is_named_is_there_and_is_packed(path: str) -> None:
    assert (TOP / path).exists()
    assert path.partition("/")[0] in PACKED


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_each_link_between_the_documents_leads_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
    targets = [(page.parent / link).resolve() for link in links if link and not re.match(r"\w+:", link)]
    assert [target for target in targets if not target.exists()] == []
    assert {target.relative_to(TOP.resolve()).parts[0] for target in targets} <= PACKED


def test_the_page_of_the_index_has_no_link_that_is_dead_there() -> None:
    text = INDEX_PAGE.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not link.startswith("https://")] == []
    files = NAME.findall(text)
    assert "docs/choices.md" in files
    assert [file for file in files if not (TOP / file).exists()] == []


def test_the_page_of_the_index_begins_as_the_readme_does() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    assert INDEX_PAGE.read_text(encoding="utf-8").partition("\n## ")[0] == readme.partition("\n## ")[0]

"""The manual page and the completions of shells: they are up to date, and other programs understand them."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.option_documents import COMPLETIONS, MANUAL, TOP, shared_files
from tests.helpers.programs import need, need_package

SHARE: Final = TOP / "share"
ASK_BASH: Final = """
source "$1"; shift
complete -p pyhttp > /dev/null || exit
COMP_WORDS=(pyhttp "$@") COMP_CWORD=$#
_shtab_pyhttp
printf '%s\\n' "${COMPREPLY[@]}"
"""
ASK_FISH: Final = 'source $argv[1]; complete -C "pyhttp $argv[2]"'


def run(*command: str, folder: Path | None = None) -> str:
    """The output of a program. The program must not complain of anything."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_all_of_them_are_of_today() -> None:
    """The command `python -m tests.helpers.option_documents` writes them anew where they are not."""
    need_package("shtab")
    need_package("argparse_manpage")
    written = {str(file.relative_to(SHARE)): file.read_text() for file in SHARE.rglob("*") if file.is_file()}
    assert written == shared_files()


def test_the_manual_page_is_well_formed_and_names_every_section() -> None:
    page = str(SHARE / MANUAL)
    assert run(need("mandoc"), "-Tlint", "-Wwarning", page) == ""
    shown = run(need("groff"), "-man", "-ww", "-Tascii", "-P-cbou", page)
    for line in (
        "       -p PORT, --port PORT",
        "ENVIRONMENT",
        "EXIT STATUS",
        "       pyhttp wsgi MODULE:APP [options]",
        "       pyhttp check URL [options]",
    ):
        assert line in shown


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--po"], {"--pooled", "--port"}),
        ([""], {"serve", "wsgi", "passwd", "check", "explain", "site"}),
        (["wsgi", ""], {"site"}),
        (["s"], {"serve", "site"}),
        (["site", "--log-format", "j"], {"json"}),
        (["--config", "o"], {"options.toml"}),
        (["-d", ""], {"site"}),
    ],
)
def test_bash_completes(words: list[str], found: set[str], tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "options.toml").touch()
    completion = str(SHARE / COMPLETIONS["bash"])
    said = run("bash", "--norc", "-c", ASK_BASH, "bash", completion, *words, folder=tmp_path)
    assert set(said.split()) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("--po", {"--pooled", "--port"}),
        ("s", {"serve", "site/"}),
        ("--log-format j", {"json"}),
        ("--config o", {"options.toml"}),
    ],
)
def test_fish_completes(line: str, found: set[str], tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "options.toml").touch()
    said = run(need("fish"), "--no-config", "-c", ASK_FISH, str(SHARE / COMPLETIONS["fish"]), line, folder=tmp_path)
    assert {each.partition("\t")[0] for each in said.splitlines()} == found


def test_zsh_can_read_its_completion() -> None:
    assert run(need("zsh"), "-n", str(SHARE / COMPLETIONS["zsh"])) == ""

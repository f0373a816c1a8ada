"""A change for each tested MUST and MUST NOT, which breaks it, and the test that notices: `changes/*.toml`.

Each home has a file. The key is the id, and the entry has

change     the behaviour of the broken server
file       the changed module, below src/pyhttp: the home of the statement
find, put  code that stands there once, and the code in its place
test       file::function of the test that fails; of its parameters only those that are marked with the id are run
elsewhere  the reason why the module is another than the home, if it is
hangs      the reason why the test ends only with its time, if it does
"""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyhttp.checking.register import STATEMENTS, State, Statement
from tests.mutation.copies import ROOT, SOURCES

__all__ = ["CHANGES", "DUTIES", "Change", "load", "problems"]

DUTIES: Final = {
    one.id: one
    for one in STATEMENTS.values()
    if one.state is State.TESTED and one.keyword in {"MUST", "MUST NOT", "SHALL", "SHALL NOT", "REQUIRED"}
}
_DATA: Final = Path(__file__).parent / "changes"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry: a change that breaks a statement, and the test that notices it."""

    id: str
    change: str
    file: str
    find: str
    put: str
    test: str
    elsewhere: str = ""
    hangs: str = ""

    @property
    def module(self) -> Path:
        """The module that is changed."""
        return SOURCES / "pyhttp" / self.file

    def broken(self) -> str:
        """The source of the module with the change.

        Raises:
            ValueError: The text that is to be replaced does not stand there exactly once.
        """
        source = self.module.read_text(encoding="utf-8")
        if (times := source.count(self.find)) != 1:
            raise ValueError(f"what is to be found stands {times} times in {self.file}")
        return source.replace(self.find, self.put)


def load(folder: Path = _DATA) -> dict[str, Change]:
    """All entries.

    Raises:
        ValueError: An id has two entries, or an entry stands in the file of another home.
        TypeError: An entry lacks a key, or has an unknown one.
    """
    found: dict[str, Change] = {}
    for path in sorted(folder.glob("*.toml")):
        entries: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
        for identifier, entry in entries.items():
            if identifier in found:
                raise ValueError(f"{identifier} has two changes")
            home = DUTIES[identifier].home if identifier in DUTIES else ""
            if home and path.name != _data_file(home):
                raise ValueError(f"{identifier} stands in {path.name}, and its home is {home}")
            found[identifier] = Change(identifier, **entry)
    return found


def _data_file(home: str) -> str:
    return f"{home.removesuffix('.py').replace('/', '_')}.toml"


CHANGES: Final = load()


def problems(change: Change, duty: Statement) -> Iterator[str]:
    """Why a change would show nothing, as far as the source tells without being run."""
    try:
        broken = change.broken()
    except ValueError as error:
        yield str(error)
        return
    try:
        if _shape(broken) == _shape(change.module.read_text(encoding="utf-8")):
            yield "it changes no code"
    except SyntaxError as error:
        yield f"what comes of it is no Python: {error}"
    if bool(change.elsewhere) == (change.file == duty.home):
        yield "`elsewhere` is for a change outside of the home, and such a change needs it"
    file, _, name = change.test.partition("::")
    path = ROOT / file
    if not name or not path.is_file() or f"def {name.rpartition('::')[2]}(" not in path.read_text(encoding="utf-8"):
        yield f"there is no test {change.test}"


def _shape(source: str) -> str:
    """What the interpreter makes of a source, without docstrings and places.

    Raises:
        SyntaxError: The source is no Python.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [each for each in node.body if not _is_text(each)]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

"""The public names: exactly those of the snapshot and of the documents."""

import re
from pathlib import Path
from types import FunctionType, ModuleType

import pyhttp
from tests.helpers.public_api import SNAPSHOT, describe, public_names

DOCS = Path(__file__).parents[2] / "docs"


def test_the_public_api_is_what_the_snapshot_says() -> None:
    """Where the API was changed on purpose, `python -m tests.helpers.public_api` writes the snapshot.

    CONTRIBUTING.md tells more in "The public API".
    """
    assert describe() == SNAPSHOT.read_text(encoding="utf-8")


def test_all_names_every_public_name_in_order() -> None:
    assert pyhttp.__all__ == [name for name in dir(pyhttp) if is_public(name)]


def is_public(name: str) -> bool:
    """Whether a name of the package is neither private, nor a module, nor a name of `typing`."""
    value: object = getattr(pyhttp, name)
    return not name.startswith("_") and not isinstance(value, ModuleType) and name != "TYPE_CHECKING"


def test_the_reference_has_an_entry_for_each_name() -> None:
    entries = re.findall(r"^### `([\w.]+)", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(entries) == sorted(public_names())


def test_every_public_class_and_function_is_documented() -> None:
    undocumented = [
        name for name, value in public_names().items() if isinstance(value, type | FunctionType) and not value.__doc__
    ]
    assert undocumented == []

"""`pyhttp wsgi MODULE:APP` finds the application, or gives the reason in one line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp.command.application import CannotLoad, load_application

MODULE = """
import types
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"it is me"]
space = types.SimpleNamespace(app=app)
number = 5
def create_app():
    return app
def create_none():
    return None
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with modules, which are forgotten after the test."""
    (tmp_path / "served_app.py").write_text(MODULE)
    (tmp_path / "served_broken.py").write_text("import served_missing\n")
    (tmp_path / "served_failing.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("served_")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["served_app:app", "served_app:space.app", "served_app:create_app()"])
def test_an_application_of_the_working_directory(name: str) -> None:
    assert list(load_application(name)({}, lambda *_: lambda _: None)) == [b"it is me"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("served_gone:app", "there is no module served_gone here, in {here}, or installed"),
        ("served_gone.deep:app", "there is no module served_gone here, in {here}, or installed"),
        ("served_app.deep:app", "there is no module served_app.deep here, in {here}, or installed"),
        ("served_app:gone", "the module served_app has no gone"),
        ("served_app:space.gone", "the module served_app has no gone"),
        ("served_app:number", "it is no application, but a value of type int"),
        ("served_app:number()", "it is no application, but a value of type int"),
        ("served_app:create_none()", "it is no application, but a value of type NoneType"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(name: str, why: str, here: Path) -> None:
    with pytest.raises(CannotLoad) as raised:
        load_application(name)
    assert str(raised.value) == why.format(here=here)


def test_what_a_module_raises_is_its_own() -> None:
    with pytest.raises(ZeroDivisionError):
        load_application("served_failing:app")
    with pytest.raises(ModuleNotFoundError, match="served_missing"):
        load_application("served_broken:app")

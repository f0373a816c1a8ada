"""`python -m pyhttp`: the garbage collector rests while modules are loaded, and works when the command does."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyhttp import BaseServer
from pyhttp.__main__ import main
from pyhttp.command import check, cli
from tests.helpers.untyped import Call


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    assert gc.isenabled()
    yield
    gc.enable()
    gc.unfreeze()


def noting(seen: list[bool], returned: int) -> Call:
    """A function that notes whether the collector works."""

    def note(*_: object, **__: object) -> object:
        seen.append(gc.isenabled())
        return returned

    return note


def test_it_rests_while_the_command_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(cli, "main", noting(seen, 3))
    assert main() == 3
    assert seen == [False]


def test_it_need_not_look_at_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []

    def note() -> int:
        frozen.append(gc.get_freeze_count())
        return 0

    monkeypatch.setattr(cli, "main", note)
    gc.unfreeze()
    assert main() == 0
    assert frozen[0] > 10_000


def test_a_tool_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(check, "main", noting(seen, 4))
    gc.disable()
    assert cli.main(["check"]) == 4
    assert seen == [True]


def test_so_has_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def note(server: BaseServer) -> None:
        seen.append(gc.isenabled())
        server.close()

    monkeypatch.setattr(BaseServer, "serve_forever", note)
    gc.disable()
    assert cli.main([str(tmp_path), "--port", "0"]) == 0
    assert seen == [True]

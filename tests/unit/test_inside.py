"""The page about the inside: its picture and its tables are those of the code."""

import re
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from pyhttp.transport.phases import TABLE, Happening, Phase
from pyhttp.wire.states import RECEIVED, SENT, Receiving, Sending
from tests.helpers import layers, states
from tests.helpers.inside import ARROWS, BOX_HEIGHT, BOX_WIDTH, BOXES, DOCS, Arrow, faults, main, picture, with_tables

SOURCES = DOCS.parent / "src" / "pyhttp"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in ("inside.md", "inside.svg", "layers.svg", "states.svg"):
        shutil.copy(DOCS / name, tmp_path / name)
    return tmp_path


def test_the_page_and_the_picture_are_not_stale(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a table of phases or states, or an import, was changed, `nox -s inside` writes them anew."""
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["inside.md", "inside.svg", "layers.svg", "states.svg"])
def test_a_stale_document_is_found_and_written_anew(name: str, docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = (DOCS / name).read_text(encoding="utf-8")
    for now, once in (("LINGER", "STAY"), (">transport<", ">carriage<"), (">ResponseHead<", ">Answer<")):
        stale = stale.replace(now, once)
    (docs / name).write_text(stale, encoding="utf-8")
    assert main(["--check"], docs) == 1
    assert f"docs/{name} is stale" in capsys.readouterr().err
    assert (docs / name).read_text(encoding="utf-8") == stale
    assert main([], docs) == 0
    assert (docs / name).read_text(encoding="utf-8") == (DOCS / name).read_text(encoding="utf-8")


def test_a_missing_picture_is_stale(docs: Path) -> None:
    (docs / "inside.svg").unlink()
    assert main(["--check"], docs) == 1
    assert main([], docs) == 0


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="table of states"):
        with_tables("# Inside\n")


def test_an_arrow_that_is_missing_and_one_too_many_are_found() -> None:
    wrong = Arrow((Phase.CLOSED,), Happening.NEXT, Phase.IDLE, (((0, 0), (1, 1)),), (0, 0))
    told = list(faults([*ARROWS[1:], wrong]))
    assert [line for line in told if line.endswith("is drawn, and cannot happen")] == [
        "CLOSED, NEXT, IDLE is drawn, and cannot happen"
    ]
    assert len(told) == 1 + len(ARROWS[0].rows())


def test_every_row_has_one_arrow() -> None:
    rows = [row for arrow in ARROWS for row in arrow.rows()]
    assert sorted(rows, key=repr) == sorted(TABLE, key=repr)


def test_every_phase_has_a_place_of_its_own() -> None:
    assert set(BOXES) == set(Phase)
    for (x, y), (other_x, other_y) in combinations(BOXES.values(), 2):
        assert abs(x - other_x) > BOX_WIDTH or abs(y - other_y) > BOX_HEIGHT


def test_the_picture_has_a_name_for_each_arrow() -> None:
    assert picture().count('class="label"') == len(ARROWS)


def test_every_room_that_the_page_names_is_there() -> None:
    _, _, section = (DOCS / "inside.md").read_text(encoding="utf-8").partition("\n## The life of a request\n")
    names = set(re.findall(r"`([a-z_/]+)`", section.partition("\n## ")[0]))
    rooms = {
        name for path in SOURCES.rglob("*") for name in (str(path.relative_to(SOURCES)).removesuffix(".py"), path.stem)
    }
    assert {name.removesuffix("/") for name in names} - rooms <= {"error_response", "finish_request", "respond"}


def test_the_arrows_between_the_layers_stand_for_every_import() -> None:
    graph = layers.imports()
    arrows = layers.reduced(graph)
    for room, others in graph.items():
        reached, found = set[str](), list(arrows[room])
        while found:
            reached.add(other := found.pop())
            found += arrows[other]
        assert others <= reached
        assert all(layers.PLACES[room][1] < layers.PLACES[other][1] for other in others)
    assert "wire" not in arrows["servers"]  # the layer `servers` uses it by way of `transport`


def test_a_room_is_drawn_where_it_is_on_no_other() -> None:
    assert len({place[:2] for place in layers.PLACES.values()}) == len(layers.PLACES)


def test_every_state_of_a_message_has_a_place_of_its_own() -> None:
    assert set(states.PLACES) == {*Receiving, *Sending}
    assert len({place[:2] for place in states.PLACES.values()}) == len(states.PLACES)


def test_the_picture_of_the_states_names_each_event_once_for_each_pair_that_it_leads_between() -> None:
    names = re.findall(r'class="label"[^>]*>(\w+)</text>', states.picture())
    assert sorted(names) == sorted(event.__name__ for table in (RECEIVED, SENT) for _, event in table)


def test_an_arrow_of_the_states_follows_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = states.picture()
    more: dict[tuple[Sending, type[object]], Sending] = {**SENT, (Sending.HEAD, float): Sending.DONE}
    monkeypatch.setattr(states, "SENT", more)
    after = states.picture()
    assert ">float</text>" in after
    assert after.count("<path") == before.count("<path") + 1

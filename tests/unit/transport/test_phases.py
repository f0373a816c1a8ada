"""The table of phases: every row is driven by a real connection, and no change bypasses the table."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

import pyhttp
from pyhttp.limits import Limits, Timeouts
from pyhttp.transport import holding
from pyhttp.transport.channel import Watched
from pyhttp.transport.client import Connection
from pyhttp.transport.phases import FACTS, TABLE, Happening, Owner, Phase, Phased, Steps
from pyhttp.transport.poller import READ, WRITE
from tests.helpers.fakes import TIMEOUTS, CheckedRegistry, now, world
from tests.helpers.phase_rows import SCENARIOS, Row

LIMITS: Final = Limits(read_ahead=1000)
ENTER: Final = Steps.enter
PAIRS: Final = list(itertools.product(Phase, Happening))


def called(row: Row) -> str:
    return "-".join(part.name for part in row)


# --- each row, with real connections


class Journal:
    """A record of what happened to the connections of a world."""

    def __init__(self) -> None:
        self.rows: list[tuple[Phase, Happening, Phase]] = []
        self.began: dict[int, float] = {}
        self.armed: set[Phase] = set()

    def enter(self, steps: Steps, conn: Phased, happening: Happening) -> None:
        """Do what `Steps.enter` does, and note it."""
        before = conn.phase
        ENTER(steps, conn, happening)
        self.rows.append((before, happening, conn.phase))
        self.began[id(conn)] = steps._clock()
        if conn.phase is Phase.CLOSED:
            del self.began[id(conn)]

    def arm(self, made: CheckedRegistry, conn: Connection, watched: Watched | None) -> None:
        """Do what the registry does, and compare it with what the facts say of the phase."""
        facts = FACTS[conn.phase]
        super(CheckedRegistry, made).arm(conn, watched)
        phase, began = conn.phase, self.began.get(id(conn), 1000.0)
        mask = made_poller(made)[conn.fileno()]
        assert mask == facts.armed_for | (WRITE if phase is Phase.IDLE and conn.core.buffered else 0)
        if facts.seconds is not None:
            assert conn.deadline == began + facts.seconds(TIMEOUTS)
        else:
            assert facts.paced
        self.armed.add(phase)


def made_poller(made: CheckedRegistry) -> dict[int, int]:
    """The descriptors that are armed, with their masks."""
    armed: object = getattr(made._poller, "armed", None)
    assert isinstance(armed, dict)
    return armed


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    made = Journal()

    def enter(steps: Steps, conn: Phased, happening: Happening) -> None:
        made.enter(steps, conn, happening)

    monkeypatch.setattr(Steps, "enter", enter)
    monkeypatch.setattr(CheckedRegistry, "arm", lambda each, conn, watched=None: made.arm(each, conn, watched))
    return made


@pytest.mark.parametrize("row", TABLE, ids=called)
def test_each_row_is_driven(row: Row, journal: Journal) -> None:
    assert row in SCENARIOS, f"no scenario for {called(row)}"
    with world(limits=LIMITS) as made:
        SCENARIOS[row](made)
        assert (*row, TABLE[row]) in journal.rows
        for conn in made.registry.connections.values():
            assert conn.armed == (FACTS[now(conn)].owner is Owner.LOOP)
        for turn in list(made.employer.turns):
            made.registry.close(turn)
            made.employer.turns.remove(turn)
    assert journal.rows[-1][2] is Phase.CLOSED


def test_no_scenario_is_for_a_row_that_is_gone() -> None:
    assert SCENARIOS.keys() <= TABLE.keys()


def test_the_loop_is_armed_in_each_of_its_phases(journal: Journal) -> None:
    for scenario in SCENARIOS.values():
        with world(limits=LIMITS) as made:
            scenario(made)
            for turn in list(made.employer.turns):
                made.registry.close(turn)
                made.employer.turns.remove(turn)
    assert journal.armed == {phase for phase, facts in FACTS.items() if facts.owner is Owner.LOOP}


def test_a_thread_that_holds_waits_as_the_facts_say(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[tuple[int, bool]] = []

    def noting(_: int, mask: int, seconds: float) -> bool:
        waits.append((mask, 0 < seconds <= TIMEOUTS.hold))
        return False

    monkeypatch.setattr(holding, "wait_until_ready", noting)
    with world(limits=LIMITS) as made:
        SCENARIOS[Phase.HELD, Happening.NEXT](made)
    assert waits == [(FACTS[Phase.HELD].armed_for, True)]


# --- the table by itself


@dataclass
class Thing:
    """Something that has a phase."""

    phase: Phase
    deadline: float = -1.0


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair not in TABLE], ids=called)
def test_what_is_not_in_the_table_cannot_happen(pair: Row) -> None:
    thing = Thing(pair[0])
    with pytest.raises(KeyError):
        Steps(TIMEOUTS, lambda: 1000.0).enter(thing, pair[1])
    assert thing == Thing(pair[0])


@pytest.mark.parametrize("row", TABLE, ids=called)
def test_a_phase_begins_with_its_deadline(row: Row) -> None:
    thing = Thing(row[0])
    Steps(TIMEOUTS, lambda: 1000.0).enter(thing, row[1])
    seconds = FACTS[TABLE[row]].seconds
    assert thing == Thing(TABLE[row], -1.0 if seconds is None else 1000.0 + seconds(TIMEOUTS))


def test_every_phase_has_its_facts() -> None:
    assert FACTS.keys() == set(Phase)
    assert {phase for phase, _ in TABLE} | {Phase.CLOSED} == set(Phase)
    assert set(TABLE.values()) | {Phase.HANDSHAKE} == set(Phase)
    assert {happening for _, happening in TABLE} == set(Happening)


@pytest.mark.parametrize("phase", Phase)
def test_facts_agree_with_each_other(phase: Phase) -> None:
    facts = FACTS[phase]
    assert facts.seconds is None or not facts.paced
    if facts.owner is Owner.LOOP:
        assert facts.seconds is not None or facts.paced, "what nobody has needs a deadline"
        assert facts.promise
    else:
        assert not facts.paced
    assert facts.armed_for in {0, READ, WRITE}


@pytest.mark.parametrize(
    ("phase", "name"),
    [
        (Phase.HANDSHAKE, "handshake"),
        (Phase.IDLE, "idle"),
        (Phase.HEAD, "head"),
        (Phase.HELD, "hold"),
        (Phase.DRAIN, "drain"),
        (Phase.NOTIFY, "close_notify"),
        (Phase.LINGER, "linger"),
    ],
)
def test_each_deadline_is_the_one_of_its_name(phase: Phase, name: str) -> None:
    seconds = FACTS[phase].seconds
    assert seconds is not None
    assert seconds(Timeouts(**{name: 77.0})) == 77.0


def test_every_phase_can_end() -> None:
    ends = {Phase.CLOSED}
    while more := {phase for (phase, _), after in TABLE.items() if after in ends} - ends:
        ends |= more
    assert ends == set(Phase)


# --- no code goes round the table


def assignments(tree: ast.AST, name: str = "") -> Iterator[str]:
    """The places where an attribute `phase` is assigned, as the names of the classes and functions around them."""
    for node in ast.iter_child_nodes(tree):
        if assigns(node):
            yield name
        inner = f".{node.name}" if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else ""
        yield from assignments(node, name + inner)


def assigns(node: ast.AST) -> bool:
    """Whether `node` is such an assignment. An assignment by the name of the attribute is one, too."""
    if isinstance(node, ast.Attribute) and node.attr == "phase":
        return not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        return name in {"setattr", "__setattr__"} and any(
            isinstance(arg, ast.Constant) and arg.value == "phase" for arg in node.args
        )
    return False


def test_nothing_but_the_table_changes_a_phase() -> None:
    root = Path(pyhttp.__file__).parent
    found = {
        f"{path.relative_to(root)}: {name}"
        for path in root.rglob("*.py")
        for name in assignments(ast.parse(path.read_text()))
    }
    assert found == {"transport/phases.py: .Steps.enter", "transport/client.py: .Connection.__init__"}


@pytest.mark.parametrize(
    "statement",
    [
        "conn.phase = 1",
        "a, conn.phase = 1, 2",
        "conn.phase: int = 1",
        "conn.phase |= 1",
        "for conn.phase in x: pass",
        "with x as conn.phase: pass",
        "del conn.phase",
        'setattr(conn, "phase", 1)',
        'object.__setattr__(conn, "phase", 1)',
    ],
)
def test_every_way_to_assign_is_seen(statement: str) -> None:
    assert set(assignments(ast.parse(f"class C:\n def f(self):\n  if x:\n   {statement}"))) == {".C.f"}
    assert set(assignments(ast.parse(statement))) == {""}


def test_reading_a_phase_is_no_assignment() -> None:
    assert list(assignments(ast.parse("def f():\n print(conn.phase, phase := 1)"))) == []

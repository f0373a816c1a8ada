"""The outcomes of rows at a server: held, failed, a choice, skipped."""

from collections import Counter
from collections.abc import Iterator

import pytest

from pyhttp.checking import running
from pyhttp.checking.dialling import CannotCheck, Server
from pyhttp.checking.laws import LAWS, Law, Verdict
from pyhttp.checking.probing import Found, probe
from pyhttp.checking.recording import Said, Side
from pyhttp.checking.register import Level
from pyhttp.checking.results import Outcome, Result
from pyhttp.checking.rows.model import CANARY, Answer, Closed, Kept, Row, Send, Step, row
from pyhttp.checking.running import Plan, check
from tests.helpers.careless import ALWAYS, careless_server

ASKED = b"x\r\n\r\n"
"""It names no path, and so needs no application."""
MUST, SHOULD, MAY = "9112-6.1-15b", "9112-9.3-1b", "9112-9.5-3a"


@pytest.fixture(scope="module")
def careless() -> Iterator[Server]:
    with careless_server() as port:
        yield Server("127.0.0.1", port)


def played(
    server: Server, *rows: Row, laws: tuple[Law, ...] = (), patience: float = 5, longest: float = 60
) -> list[Result]:
    named = tuple((f"group: {one.name}", one) for one in rows)
    return list(check(Plan(server, named, laws, patience=patience, longest=longest)).results)


@pytest.mark.parametrize(
    ("cites", "outcome", "level"),
    [
        (f"{SHOULD} {MUST}", Outcome.FAILED, Level.MUST),
        (SHOULD, Outcome.FAILED, Level.SHOULD),
        (MAY, Outcome.CHOICE, Level.MAY),
        ("F1", Outcome.CHOICE, None),
    ],
)
def test_what_did_not_come_fails_only_where_something_is_demanded(
    careless: Server, cites: str, outcome: Outcome, level: Level | None
) -> None:
    (result,) = played(careless, row("refused", cites, Send(ASKED), Answer(400)))
    assert (result.outcome, result.level, result.why) == (outcome, level, "answer 400: 200 came")
    assert result.said == (Said(Side.CLIENT, ASKED), Said(Side.SERVER, ALWAYS))


def test_another_conversation_that_is_allowed_holds(careless: Server) -> None:
    allowed = (Send(ASKED), Answer(200))
    (result,) = played(careless, row("x", MUST, Send(ASKED), Answer(400), or_else=[allowed, allowed]))
    assert result == Result("group: x", (MUST,), Outcome.HELD)


def test_each_conversation_tells_what_failed_and_the_first_shows_its_octets(careless: Server) -> None:
    others = [(Send(ASKED + b"x"), Answer(500)), (Send(ASKED + b"x"), Answer(400))]
    (result,) = played(careless, row("x", MUST, Send(ASKED), Answer(400), or_else=others))
    assert result.why == "answer 400: 200 came; nor as the RFC allows as well: answer 500: 200 came"
    assert result.said[0].data == ASKED


def test_what_the_application_lacks_is_skipped_with_its_reason(careless: Server) -> None:
    asked = row("x", MUST, Send(b"GET /file HTTP/1.1\r\n\r\n"), Answer(200))
    limits = row("y", MUST, Send(ASKED), Answer(200), needs="limits")
    echo = row("z", MUST, Send(CANARY), Answer(200), Kept())
    results = played(careless, asked, limits, echo)
    assert [result.outcome for result in results] == [Outcome.SKIPPED] * 3
    assert results[0].why == "/file of the server is another"
    assert "limits as small as ours" in results[1].why
    assert results[2].why == "the server has no /echo: 200 came"


def test_what_is_offered_by_word_is_played(careless: Server) -> None:
    rows = (("group: x", row("x", MUST, Send(ASKED), Answer(200), needs="limits")),)
    plan = Plan(careless, rows, (), patience=5, offered=frozenset({"limits"}))
    assert check(plan).results[0].outcome is Outcome.HELD


def test_results_have_the_order_of_the_rows(careless: Server) -> None:
    rows = [row(str(n), MUST, Send(ASKED), Answer(400 + n % 2)) for n in range(20)]
    told: list[tuple[int, int]] = []
    named = tuple((f"group: {one.name}", one) for one in rows)
    report = check(Plan(careless, named, (), patience=5), lambda done, every: told.append((done, every)))
    assert [result.name for result in report.results] == [name for name, _ in named]
    assert told == [(done, 20) for done in range(1, 21)]
    assert report.product == "careless/1"


def test_nothing_is_begun_when_the_time_is_over(careless: Server) -> None:
    (result,) = played(careless, row("x", MUST, Send(ASKED), Answer(400)), longest=0)
    assert (result.outcome, result.why) == (Outcome.SKIPPED, "0 s were over")


def test_a_silent_server_does_not_hold_the_check(careless: Server) -> None:
    silent = row("silent", MUST, Send(ASKED), Answer(200), Answer(400))
    stays = row("stays", MUST, Send(ASKED), Answer(200), Closed())
    results = played(careless, silent, stays, patience=1)
    assert [result.why for result in results] == ["answer 400: nothing came", "the connection stays open"]


def test_what_comes_before_the_end_is_told_at_once(careless: Server) -> None:
    (result,) = played(careless, row("x", MUST, Send(ASKED), Closed()), patience=3600)
    assert result.why.startswith("before the end came b'HTTP/1.1 200 OK")


def test_a_law_is_broken_once_and_shown_by_its_response(careless: Server) -> None:
    bad = Law("never", (MUST,), lambda _: Verdict.BROKEN)
    good = Law("always", (MUST,), lambda _: Verdict.HOLDS)
    silent = Law("silent", (MUST,), lambda _: Verdict.SILENT)
    rows = [row(str(n), MUST, Send(ASKED), Answer(200)) for n in range(3)]
    results = played(careless, *rows, laws=(bad, good, silent))[3:]
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.HELD, Outcome.SKIPPED]
    assert results[0].why == "broken in group: 0"
    assert results[0].said[0].data.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_careless_server_has_no_application(careless: Server) -> None:
    found = probe(careless, 5)
    assert {"echo", "root", "file", "stream", "status", "unchanged", "some", "late"} <= found.lacking.keys()
    assert (found.canary, found.product, found.lanes) == (200, "careless/1", 8)


def test_a_server_that_says_no_http_cannot_be_checked() -> None:
    with careless_server(b"220 ready\r\n") as port, pytest.raises(CannotCheck, match="no answer of HTTP"):
        probe(Server("127.0.0.1", port), 0.2)


def test_nobody_there_cannot_be_checked() -> None:
    with careless_server() as port:
        pass
    with pytest.raises(CannotCheck, match="refused"):
        probe(Server("127.0.0.1", port), 0.2)


def test_what_came_too_late_among_others_is_tried_again(careless: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: Counter[str] = Counter()
    converse = running._converse

    def once_late(plan: Plan, found: Found, named: tuple[str, Row], steps: tuple[Step, ...]) -> running._Played:
        tried[named[0]] += 1
        if tried[named[0]] == 1:
            return running._Played(Result(named[0], (MUST,), Outcome.FAILED, "nothing came"), late=named[1].name == "x")
        return converse(plan, found, named, steps)

    monkeypatch.setattr(running, "_converse", once_late)
    results = played(careless, *(row(name, MUST, Send(ASKED), Answer(200)) for name in ("x", "y")))
    assert [result.outcome for result in results] == [Outcome.HELD, Outcome.FAILED]
    assert tried == {"group: x": 2, "group: y": 1}


def test_a_server_that_serves_one_at_a_time_is_asked_so() -> None:
    with careless_server(one_by_one=True) as port:
        assert probe(Server("127.0.0.1", port), 0.3).lanes == 1


def test_every_law_is_about_a_clause() -> None:
    assert all(law.cites for law in LAWS)

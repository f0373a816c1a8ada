"""The end of a turn that has raised: what is told, and whether it was a wish to stop."""

import logging
import threading
from collections.abc import Callable
from typing import Final

import pytest

from pyhttp.answering import error_answer
from pyhttp.servers.turns import conclude_turn
from pyhttp.transport.client import Connection
from tests.helpers.fakes import later, statuses, world
from tests.helpers.sockets import pair, request

LOG: Final = logging.getLogger("tests.turns")


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application of another test may have silenced all loggers that it did not know."""
    monkeypatch.setattr(LOG, "disabled", False)


def conclude_by_hand(conn: Connection, failure: BaseException) -> bool:
    return conclude_turn(conn, conn.exchange, failure, LOG, error_answer)


def here(act: Callable[[], bool]) -> bool:
    return act()


def elsewhere(act: Callable[[], bool]) -> bool:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize(
    ("on", "failure", "stops"),
    [
        (here, KeyboardInterrupt(), True),
        (elsewhere, KeyboardInterrupt(), False),
        (here, RuntimeError("x"), False),
        (elsewhere, RuntimeError("x"), False),
    ],
)
def test_an_interrupt_of_the_main_thread_alone_is_a_wish_to_stop(
    on: Callable[[Callable[[], bool]], bool], failure: BaseException, stops: bool
) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        assert on(lambda: conclude_by_hand(conn, failure)) is stops
        made.employer.turns.remove(conn)
        made.keeper.settle(conn)
        made.work()
        assert statuses(peer.read()) == [500]


@pytest.mark.parametrize("departed", [False, True])
def test_a_client_that_has_left_is_no_fault_of_the_handler(departed: bool, caplog: pytest.LogCaptureFixture) -> None:
    with world(later) as made:
        peer, conn = made.connect()
        peer.send(request())
        made.work()
        if departed:
            peer.close()
        assert not conclude_by_hand(conn, ConnectionResetError("another connection"))
        made.employer.turns.remove(conn)
        made.keeper.settle(conn)
        made.work()
    assert [record.getMessage() for record in caplog.records if record.name == LOG.name] == (
        [] if departed else ['the handler of "GET /" failed']
    )


@pytest.mark.parametrize("failure", [None, RuntimeError("x"), KeyboardInterrupt()])
def test_a_turn_without_an_exchange_has_its_failure_told(
    failure: BaseException | None, caplog: pytest.LogCaptureFixture
) -> None:
    with pair() as (ours, _):
        assert conclude_turn(ours, None, failure, LOG, error_answer) is False
    with world(later) as made:
        _, conn = made.connect()
        assert conclude_turn(conn, None, failure, LOG, error_answer) is False
    told = [(record.getMessage(), record.exc_info and record.exc_info[1]) for record in caplog.records]
    assert told == ([] if failure is None else [("the handler failed", failure)] * 2)

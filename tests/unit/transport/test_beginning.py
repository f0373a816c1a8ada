"""Steps before the first request: the deadline of a handshake."""

from dataclasses import replace

import pytest

from pyhttp.transport.beginning import Beginner
from pyhttp.transport.phases import Phase
from tests.helpers.fakes import TIMEOUTS, world


@pytest.mark.parametrize(("phase", "seconds"), [(Phase.HANDSHAKE, 3.0), (Phase.IDLE, 50.0)])
def test_X1_a_handshake_has_a_deadline_of_its_own(phase: Phase, seconds: float) -> None:
    with world(timeouts=replace(TIMEOUTS, handshake=3.0, idle=50.0)) as made:
        _, conn = made.connect()
        begun = conn.phase
        conn.phase = phase
        conn.deadline = made.clock.now + 50.0  # as the keeper sets it for each new client
        Beginner(made.employer, made.registry, lambda: made.clock.now).welcome(conn)
        assert conn.deadline == made.clock.now + seconds
        conn.phase = begun

"""The bell that wakes one thread."""

import threading

from pyhttp.servers.bell import Bell
from tests.helpers.servers import PATIENCE


def test_a_bell_rings_once_however_often_it_was_rung() -> None:
    bell = Bell()
    assert not bell.wait(0)
    for _ in range(3):
        bell.ring()
    assert bell.wait()
    assert not bell.wait(0)
    thread = threading.Thread(target=bell.ring)
    thread.start()
    assert bell.wait(PATIENCE)
    thread.join()

"""The end of a wait from outside."""

import os
import select
import threading
from unittest import mock

import pytest

from pyhttp.transport.alarm import Alarm


def is_readable(alarm: Alarm) -> bool:
    poll = select.poll()
    poll.register(alarm.descriptor, select.POLLIN)
    return bool(poll.poll(0))


def test_it_rings_until_it_is_silenced_however_often_it_was_rung() -> None:
    alarm = Alarm()
    assert not is_readable(alarm)
    for _ in range(100_000):  # these are more rings than its buffer holds
        alarm.ring()
    assert is_readable(alarm)
    alarm.silence()
    assert not is_readable(alarm)
    alarm.close()


def test_an_octet_that_is_written_to_it_rings_it_as_a_signal_does() -> None:
    alarm = Alarm()
    os.write(alarm.waker, b"\x0f")
    alarm.wait()
    assert not is_readable(alarm)
    alarm.close()


def test_a_wait_ends_by_a_ring_or_when_its_time_is_over() -> None:
    alarm = Alarm()
    alarm.wait(0.0)
    ringing = threading.Thread(target=alarm.ring)
    ringing.start()
    alarm.wait()
    ringing.join()
    alarm.close()


@pytest.mark.parametrize(("seconds", "waited"), [(None, None), (0.0, 0.0), (1.5, 1500.0)])
def test_a_wait_is_as_long_as_it_was_asked_for(
    seconds: float | None, waited: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm, poll = Alarm(), mock.Mock()
    monkeypatch.setattr(select, "poll", lambda: poll)
    alarm.wait(seconds)
    assert poll.mock_calls == [mock.call.register(alarm.descriptor, select.POLLIN), mock.call.poll(waited)]
    alarm.close()


def test_nobody_is_woken_after_its_end_and_no_descriptor_is_left() -> None:
    before = os.listdir("/proc/self/fd")
    alarm = Alarm()
    alarm.close()
    alarm.ring()
    assert os.listdir("/proc/self/fd") == before

"""A supervisor for a number of processes: it starts them, replaces dead ones, renews them one by one, and ends them."""

import select
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from pyhttp.servers.process import Process
from pyhttp.transport.alarm import Alarm

__all__ = ["Supervisor"]

_SHORT: Final = 10.0
"""A life of fewer seconds was too short: the next process in that place waits."""
_LONGEST_WAIT: Final = 30.0
_NEVER: Final = float("inf")


class _Place:
    """A place for one of the processes.

    Attributes:
        holder: The process that serves there; None between two.
        due: The time at which the next process starts, where there is none.
        failures: The number of short lives in a row.
    """

    __slots__ = ("due", "failures", "holder")

    def __init__(self) -> None:
        self.holder: Process | None = None
        self.due: float = 0.0
        self.failures: int = 0


class Supervisor:
    """A supervisor, which runs on one thread; other threads give it orders by `stop`, `renew` and `end_at_once`.

    Args:
        count: The number of processes.
        start: Starts a process; raises OSError where it cannot.
        report: Called with a line about each failure.
        closed: Called once no process accepts clients any more.

    Attributes:
        stopping: Whether a stop was requested.
        processes: The running processes, by the descriptors on which they report.
        alarm: Ends the wait of the supervisor.
    """

    def __init__(
        self, count: int, start: Callable[[], Process], report: Callable[[str], None], closed: Callable[[], None]
    ) -> None:
        self._start = start
        self._report = report
        self._closed: Callable[[], None] | None = closed
        self._places = [_Place() for _ in range(count)]
        self._to_renew: deque[_Place] = deque()
        self._successor: tuple[Process, _Place] | None = None
        self._renewing = False
        self._told_to_stop = False
        self._has_served = False
        self._fault: str | None = None
        self.stopping: bool = False
        self.processes: dict[int, Process] = {}
        self.alarm: Alarm = Alarm()

    # --- from anywhere, signal handlers too

    def stop(self) -> None:
        """Have all processes stop."""
        self.stopping = True
        self.alarm.ring()

    def renew(self) -> None:
        """Have each process replaced by a new one, one after the other."""
        self._renewing = True
        self.alarm.ring()

    def end_at_once(self) -> None:
        """End all processes, and their scripts."""
        self.stopping = True
        for process in list(self.processes.values()):
            process.end()
        self.alarm.ring()

    # --- the thread of the supervisor

    def run(self) -> None:
        """Supervise until all processes have stopped.

        Raises:
            RuntimeError: A process ended before any of them has served.
        """
        while True:
            now = time.monotonic()
            if self.stopping:
                self._stop_all()
                if not self.processes:
                    break
            else:
                self._fill(now)
                self._renew()
            for process in self.processes.values():
                process.end_late(now)
            self._listen(self._next_look() - now)
        if self._fault is not None:
            raise RuntimeError(f"the processes cannot serve: the first one ended {self._fault}")

    def _stop_all(self) -> None:
        if not self._told_to_stop:
            self._told_to_stop = True
            for process in self.processes.values():
                process.stop()
        if self._closed is not None and all(process.is_closed for process in self.processes.values()):
            tell, self._closed = self._closed, None
            tell()

    def _fill(self, now: float) -> None:
        for place in self._places:
            if place.holder is None and place.due <= now:
                place.holder = self._started(place)

    def _started(self, place: _Place) -> Process | None:
        try:
            process = self._start()
        except OSError as error:
            self._put_off(place)
            self._report(f"cannot start a process: {error.strerror}")
            return None
        self.processes[process.descriptor] = process
        return process

    def _renew(self) -> None:
        if self._renewing:
            self._renewing = False
            self._to_renew = deque(self._places)
        if self._to_renew and self._successor is None:
            place = self._to_renew.popleft()
            if place.holder is None:
                place.due = 0.0
            elif (process := self._started(place)) is not None:
                self._successor = process, place
            self.alarm.ring()  # there may be more to do

    def _next_look(self) -> float:
        looks = [process.kill_at for process in self.processes.values()]
        if not self.stopping:
            looks += [place.due for place in self._places if place.holder is None]
        return min(looks, default=_NEVER)

    def _listen(self, seconds: float) -> None:
        poll = select.poll()
        for descriptor in (self.alarm.descriptor, *self.processes):
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(None if seconds == _NEVER else max(0.0, seconds) * 1000 + 1):
            if (process := self.processes.get(descriptor)) is None:
                self.alarm.silence()
            elif process.hear():
                self._heed(process)
            else:
                self._bury(process)

    def _heed(self, process: Process) -> None:
        if process.is_ready:
            self._has_served = True
            if self._successor is not None and self._successor[0] is process:
                place, self._successor = self._successor[1], None
                before, place.holder, place.failures = place.holder, process, 0
                if before is not None:
                    before.leave()
        if process.is_closed and not process.is_asked:  # another program has stopped it
            for place in self._places:
                if place.holder is process:
                    place.holder, place.due = None, 0.0

    def _bury(self, process: Process) -> None:
        """Note the end of a process; one that was not asked to end is replaced."""
        del self.processes[process.descriptor]
        how = process.reap()
        if self._successor is not None and self._successor[0] is process:
            self._successor = None
            self._to_renew.clear()
            if not self.stopping:
                self._report(f"the processes stay as they are: a new one ended {how} before it served")
        for place in self._places:
            if place.holder is process:
                place.holder = None
                if not self.stopping:
                    self._miss(place, process, how)

    def _miss(self, place: _Place, process: Process, how: str) -> None:
        if not self._has_served:
            self._fault = how
            self.stopping = True
            return
        if process.is_ready and time.monotonic() - process.began >= _SHORT:
            place.failures = 0
        self._put_off(place)
        self._report(f"process {process.pid} ended {how}; another one takes its place")

    def _put_off(self, place: _Place) -> None:
        """Have the next process start at once after a long life, and later and later after short ones."""
        wait = min(_LONGEST_WAIT, 0.125 * 2**place.failures) if place.failures else 0.0
        place.failures += 1
        place.due = time.monotonic() + wait

    def close(self) -> None:
        """End the remaining processes by force, and reap them."""
        for process in list(self.processes.values()):
            process.kill_at = 0.0
            process.end_late(0.0)
            process.reap()
        self.processes.clear()
        self.alarm.close()

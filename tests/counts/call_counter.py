"""A counter of calls inside the measured process."""

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType

__all__ = ["CallCounter"]


class CallCounter:
    """A counter of calls by `sys.setprofile`: of Python functions by name, of C functions by caller and name.

    A generator counts each time it is resumed. SIGUSR1 marks a moment: the counts so far are written for each mark.
    """

    def __init__(self, path: str, *, in_order: bool) -> None:
        self._path = path
        self._in_order = in_order
        self._names: dict[CodeType, str] = {}
        self._threads: dict[int, dict[tuple[CodeType, str], int]] = {}
        self._marks: list[dict[int, dict[tuple[CodeType, str], int]]] = []
        self._sequence: list[tuple[int, CodeType, str]] = []
        self._order: list[tuple[int, CodeType, str]] = []
        self._depth = 0

    def start(self) -> None:
        """Count on this thread, and on each that is started later."""
        signal.signal(signal.SIGUSR1, self._mark)
        threading.setprofile(self._count)
        sys.setprofile(self._count)

    def _count(self, frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        called = ""
        if event == "c_call":
            called = _name_of(arg)
        elif event == "return":
            self._depth -= 1
            return
        elif event == "call":
            self._depth += 1
        else:
            return
        if code not in self._names:
            self._names[code] = f"{frame.f_globals.get('__name__')}:{code.co_qualname}"
        if code.co_filename == __file__:
            return
        counts = self._threads.setdefault(threading.get_ident(), {})
        counts[code, called] = counts.get((code, called), 0) + 1
        if self._in_order:
            self._sequence.append((self._depth, code, called))

    def _mark(self, number: int, frame: FrameType | None) -> None:
        self._marks.append({thread: dict(counts) for thread, counts in self._threads.items()})
        self._order, self._sequence = self._sequence, []

    def finish(self) -> None:
        """Count no more. Write what was counted, and the calls between the last two marks in their order."""
        sys.setprofile(None)
        marks = [{thread: self._by_name(counts) for thread, counts in mark.items()} for mark in self._marks]
        in_order = [(depth, f"> {called}" if called else self._names[code]) for depth, code, called in self._order]
        Path(self._path).write_text(json.dumps({"marks": marks, "in_order": in_order}), encoding="utf-8")

    def _by_name(self, counts: Mapping[tuple[CodeType, str], int]) -> Mapping[str, int]:
        named: Counter[str] = Counter()
        for (code, called), count in counts.items():
            named[f"{self._names[code]} > {called}" if called else self._names[code]] += count
        return named


def _name_of(called: object) -> str:
    name: object = getattr(called, "__qualname__", "") or type(called).__name__
    module: object = getattr(called, "__module__", None)
    return f"{module}.{name}" if module and module != "builtins" else str(name)

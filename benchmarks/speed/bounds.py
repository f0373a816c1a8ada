"""The bounds that are promised of the figures, and the check of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.speed.samples import Figure, Key, Results, Setting, median, ratio

__all__ = ["BOUNDS", "NEEDED", "Bound", "Verdict", "judge"]

POOLED: Final = "pyhttp-pooled"
SINGLE: Final = "pyhttp-single"
OURS: Final = (POOLED, SINGLE)
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Bound:
    """The largest value of a figure: by itself, or as a ratio to another server's, or to another workload's.

    Attributes:
        against: The server whose figure divides it; "" for none.
        beside: The workload of that figure; "" for the same.
        own: The servers whose figures are judged.
    """

    workload: str
    most: float
    against: str = ""
    stretch: float | None = None
    figure: Figure = Figure.CPU
    beside: str = ""
    own: tuple[str, ...] = OURS

    def words(self) -> str:
        """The name of the bounded figure, for people."""
        name = {
            Figure.CPU: "CPU",
            Figure.P50: "half of all",
            Figure.LOSS: "loss of requests a second",
            Figure.GROWTH: "memory",
            Figure.FAILED: "failed connections",
        }[self.figure]
        if not self.against and not self.beside:
            return name
        return f"{name}, of {' '.join(filter(None, (self.against or 'its own', self.beside)))}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a bound.

    Attributes:
        value: The measured value; None where there is none.
        remark: The origin of the value, if many were looked at.
    """

    workload: str
    what: str
    who: str
    value: float | None
    most: float
    stretch: float | None = None
    figure: Figure | None = None
    remark: str = ""

    @property
    def reached(self) -> bool:
        """Whether the bound is kept."""
        return self.value is not None and self.value <= self.most

    @property
    def stretched(self) -> bool:
        """Whether the further aim is reached, too."""
        return self.value is not None and self.stretch is not None and self.value <= self.stretch


BOUNDS: Final = (
    Bound("file", 0.25, "cheroot", 0.20),
    Bound("file", 0.45, "uvicorn-httptools", 0.36),
    Bound("file", 2.5, "nginx", 2.0),
    Bound("file", 5.0, figure=Figure.P50),
    Bound("closing", 0.4, "http.server-1.0", 0.3),
    Bound("304", 0.4, "http.server-1.1", 0.25),
    Bound("304", 1.0, beside="file"),
    Bound("range", 0.4, "cheroot", 0.3),
    Bound("download", 1.15, "bare"),
    Bound("handler", 0.15, "cheroot"),
    Bound("handler", 1.0, "uvicorn-httptools"),
    Bound("handler", 0.3, "cheroot", own=("pyhttp-wsgi",)),
    Bound("listing-1000", 0.8, "http.server-1.1", 0.6),
    Bound("cgi", 0.25, "http.server-1.0"),
    Bound("cgi", 1.1, "lighttpd"),
    Bound("upload", 1.0, "cheroot"),
    Bound("upload", 8 * MIB, figure=Figure.GROWTH),
    Bound("idle", 0.10, figure=Figure.LOSS),
    Bound("idle", 4096, figure=Figure.GROWTH),
    Bound("idle", 0, figure=Figure.FAILED),
    Bound("parse", 0.2, "h11", own=("pyhttp",)),
    Bound("parse-chunks", 0.15, "h11", own=("pyhttp",)),
    Bound("start", 1.2, "http.server-1.0", 1.0, Figure.P50),
    Bound("import", 1.5, "http.server", 1.0, own=("pyhttp",)),
    Bound("embedded", 20.0, figure=Figure.P50, own=("pyhttp-single", "pyhttp-threaded", "pyhttp-pooled")),
)
"""All bounds except those of one kind of server against the other, which all workloads have."""
FLOORS: Final = (("file", "parts"), ("closing", "parts"), ("handler", "parts"), ("cgi", "parts"), ("cgi", "bare"))
"""The workloads, with the loops that show what a bound leaves for a server."""
NEEDED: Final = frozenset(
    (bound.workload, name) for bound in BOUNDS for name in (*bound.own, bound.against) if name
) | {*FLOORS}
"""The workloads, with the servers, without which the bounds cannot be judged."""
POOL_MOST: Final = 1.1
TAIL_MOST: Final = 3.0


def judge(results: Results) -> Sequence[Verdict]:
    """Judge all bounds, by measurements with the server on a processor of its own."""
    verdicts = [
        Verdict(bound.workload, bound.words(), own, _value(results, bound, own), bound.most, bound.stretch,
                None if bound.against or bound.beside else bound.figure)
        for bound in BOUNDS
        for own in bound.own
    ]  # fmt: skip
    return [*verdicts, *_kinds(results)]


def _value(results: Results, bound: Bound, own: str) -> float | None:
    key = Key(bound.workload, own, Setting.PINNED)
    if not bound.against and not bound.beside:
        return median(results, key, bound.figure)
    other = Key(bound.beside or bound.workload, bound.against or own, Setting.PINNED)
    return ratio(results, key, other, bound.figure)


def _kinds(results: Results) -> Iterator[Verdict]:
    """The pool against the single thread: the worst workload of each setting."""
    for setting in Setting:
        yield _Compared(results, setting, POOLED, SINGLE).worst(Figure.CPU, Figure.CPU, POOL_MOST, "CPU, of")
        for own, other in ((POOLED, SINGLE), (SINGLE, POOLED)):
            yield _Compared(results, setting, own, other).worst(Figure.P99, Figure.P50, TAIL_MOST, "p99, of the p50 of")


@dataclass(frozen=True, slots=True)
class _Compared:
    results: Results
    setting: Setting
    own: str
    other: str

    def worst(self, figure: Figure, of: Figure, most: float, what: str) -> Verdict:
        workloads = dict.fromkeys(key.workload for key in self.results if key.server == self.own)
        found = [
            (value, workload)
            for workload in workloads
            if workload not in {"embedded", "start"} and (value := self._ratio(workload, figure, of)) is not None
        ]
        value, workload = max(found, default=(None, ""))
        return Verdict("all", f"{what} {self.other}, {self.setting}", self.own, value, most, remark=workload)

    def _ratio(self, workload: str, figure: Figure, of: Figure) -> float | None:
        own, other = (Key(workload, name, self.setting) for name in (self.own, self.other))
        return ratio(self.results, own, other, figure, of)

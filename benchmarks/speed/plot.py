"""The processor time of the servers as bars, readable on light pages and dark ones."""

from collections.abc import Iterator
from html import escape
from typing import Final

from benchmarks.speed.report import Run, time_of
from benchmarks.speed.samples import Figure, Key, Setting, median
from benchmarks.speed.servers import OTHER
from benchmarks.speed.workloads import Workload

__all__ = ["picture"]

SHOWN: Final = ("file", "handler", "closing", "range", "listing-1000", "download")
LEFT, WIDTH, BAR, STEP, HEAD, GAP = 130, 210, 13, 19, 44, 40
COLUMN: Final = LEFT + WIDTH + 90
COLUMNS: Final = 2
FAR: Final = 4.0
"""The largest length of a bar, as a multiple of the middle one's: one slow server must not flatten all others."""

STYLE: Final = """\
    svg { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --soft: #59636e; --rule: #d1d9e0;
      --ours: #0969da; --ours-kernel: #80b3ec; --other: #8c959f; --other-kernel: #c8d1da; }
    @media (prefers-color-scheme: dark) {
      svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --rule: #3d444d;
        --ours: #58a6ff; --ours-kernel: #2b5a91; --other: #7d8590; --other-kernel: #484f58; }
    }
    text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
    .page { fill: var(--page); } .title { font-size: 14px; font-weight: 600; }
    .name { text-anchor: end; } .soft { fill: var(--soft); } .mine { font-weight: 600; }
    .rule { stroke: var(--rule); } .ours { fill: var(--ours); } .ours-kernel { fill: var(--ours-kernel); }
    .other { fill: var(--other); } .other-kernel { fill: var(--other-kernel); }"""


def picture(run: Run) -> str:
    """An SVG document; each panel is a workload with its own scale."""
    panels = [workload for workload in run.workloads if workload.name in SHOWN and run.names(workload)]
    panels.sort(key=lambda workload: SHOWN.index(workload.name))
    lines: list[str] = []
    top = HEAD
    for first in range(0, len(panels), COLUMNS):
        row = panels[first : first + COLUMNS]
        for place, workload in enumerate(row):
            lines += _panel(run, workload, 16 + place * COLUMN, top)
        top += max(len(_names(run, workload)) for workload in row) * STEP + HEAD + GAP // 2
    width, height = 16 + COLUMNS * COLUMN, top - GAP // 2
    title = "Processor time by server: in its own code strong, in the kernel faint"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">',
        f'  <title id="title">{title}</title>',
        f"  <style>\n{STYLE}\n  </style>",
        f'  <rect class="page" width="{width}" height="{height}"/>',
        f'  <text class="soft" x="16" y="24">{title}; {escape(run.date)}, medians of {run.rounds}</text>',
        *lines,
        "</svg>\n",
    ])  # fmt: skip


def _panel(run: Run, workload: Workload, left: int, top: int) -> Iterator[str]:
    costs = {name: (cost, _cost(run, workload, name, Figure.SYSTEM) or 0.0) for name in _names(run, workload)
             if (cost := _cost(run, workload, name, Figure.CPU)) is not None}  # fmt: skip
    if not costs:
        return
    ordered = sorted(cost for cost, _ in costs.values())
    longest = min(ordered[-1], FAR * ordered[len(ordered) // 2])
    title = f"{workload.title} ({workload.unit})"
    yield f'  <text class="title" x="{left}" y="{top + 12}">{escape(title)}</text>'
    axis, bottom = left + LEFT, top + 24 + len(costs) * STEP
    yield f'  <path class="rule" d="M{axis - 0.5} {top + 22}V{bottom}"/>'
    for number, (name, (cost, kernel)) in enumerate(costs.items()):
        y = top + 26 + number * STEP
        kind = "ours" if name.startswith("pyhttp") else "other"
        mine = " mine" if kind == "ours" else ""
        whole = min(cost / longest, 1.0) * WIDTH
        user = whole * (cost - kernel) / cost if cost else 0.0
        yield f'  <text class="name{mine}" x="{axis - 8}" y="{y + 11}">{escape(name)}</text>'
        yield f'  <rect class="{kind}" x="{axis}" y="{y}" width="{user:.1f}" height="{BAR}"/>'
        yield f'  <rect class="{kind}-kernel" x="{axis + user:.1f}" y="{y}" width="{whole - user:.1f}" height="{BAR}"/>'
        more = "» " if cost > longest else ""
        yield f'  <text class="soft" x="{axis + whole + 6:.1f}" y="{y + 11}">{more}{time_of(cost)}</text>'


def _names(run: Run, workload: Workload) -> list[str]:
    return [name for name in run.names(workload) if not name.endswith(OTHER)]


def _cost(run: Run, workload: Workload, name: str, figure: Figure) -> float | None:
    return median(run.results, Key(workload.name, name, Setting.PINNED), figure)

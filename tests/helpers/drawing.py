"""The common part of the pictures of docs/inside.md: their beginning, and their colours in light and in dark."""

from collections.abc import Iterator
from typing import Final

__all__ = ["opening"]

STYLE: Final = """
    svg { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --soft: #59636e; --frame: #d1d9e0;
      --loop: #0969da; --queue: #9a6700; --thread: #1a7f37; --nobody: #6e7781; }
    @media (prefers-color-scheme: dark) {
      svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --frame: #3d444d;
        --loop: #58a6ff; --queue: #d29922; --thread: #3fb950; --nobody: #8b949e; }
    }
    text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
    .page { fill: var(--page); }
    .frame { fill: none; stroke: var(--frame); stroke-width: 1.5; stroke-dasharray: 6 4; }
    .name { font-size: 18px; font-weight: 600; text-anchor: middle; }
    .awaited { font-size: 12px; text-anchor: middle; fill: var(--soft); }
    .group, .note { font-size: 13px; fill: var(--soft); }
    .label { font-size: 15px; font-style: italic; paint-order: stroke; stroke: var(--page); stroke-width: 5px;
      stroke-linejoin: round; }
    .line { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-linejoin: round; }
    .tip, .dot { fill: var(--ink); }
    .loop { fill: var(--loop); stroke: var(--loop); } .queue { fill: var(--queue); stroke: var(--queue); }
    .thread { fill: var(--thread); stroke: var(--thread); } .nobody { fill: var(--nobody); stroke: var(--nobody); }
    .box { fill-opacity: 0.14; stroke-width: 2; }
"""


def opening(width: int, height: int, title: str) -> Iterator[str]:
    """The lines that begin an SVG: its title, its style, the head of its arrows, and its paper."""
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">'
    yield f'  <title id="title">{title}</title>'
    yield f"  <style>{STYLE}  </style>"
    yield '  <marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    yield '    <path class="tip" d="M0 0 10 5 0 10z"/>'
    yield "  </marker>"
    yield f'  <rect class="page" width="{width}" height="{height}"/>'

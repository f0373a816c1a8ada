"""The layers, drawn from the import statements, for docs/inside.md: an arrow where no path through others exists.

An arrow shows that a room imports another; a chain of arrows stands for all imports along it. The places of the boxes
are written here. `tests.helpers.inside` writes the picture with the others.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.helpers.drawing import opening

__all__ = ["PLACES", "imports", "picture", "reduced"]

SOURCES: Final = Path(__file__).parents[2] / "src"

ROOMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("contents", "messages"), "messages"),
    **dict.fromkeys(
        ("request", "surroundings", "answering", "telling", "errand", "guard", "sharing", "handler", "hosts"), "handler"
    ),
    **{name: name for name in ("semantics", "wire", "resources", "cgi", "transport", "servers", "wsgi")},
    **{name: name for name in ("requests", "testing", "checking", "explaining", "command", "pytest_pyhttp", "pyhttp")},
    "__main__": "command",
}
"""The room of each module or package; all others are values at the bottom."""

BOTTOM: Final = "errors, limits, site ..."

PLACES: Final[Mapping[str, tuple[int, int, str]]] = {
    "command": (470, 0, "the command line"),
    "pytest_pyhttp": (900, 0, "fixtures"),
    "checking": (100, 2, "rows for any server"),
    "explaining": (280, 1, "how octets are read"),
    "testing": (900, 1, "a server for tests"),
    "pyhttp": (660, 2, "the public names"),
    "wsgi": (470, 2, "applications"),
    "servers": (660, 3, "threads and processes"),
    "requests": (860, 3, "SocketWriter"),
    "handler": (660, 4, "request to response"),
    "transport": (470, 5, "sockets, the loop"),
    "resources": (860, 6, "files, listings"),
    "cgi": (660, 6, "scripts, RFC 3875"),
    "wire": (280, 6, "octets, RFC 9112"),
    "messages": (660, 7, "values"),
    "semantics": (660, 8, "fields, RFC 9110"),
    BOTTOM: (500, 9, "what all others may use"),
}
"""The middle of each box, its row, and what the room is about."""

WIDTH, HEIGHT = 1000, 930
BOX_WIDTH, BOX_HEIGHT, STEP, TOP = 164, 58, 92, 16


def imports() -> dict[str, set[str]]:
    """The rooms that each room imports itself. Imports for types and imports within functions count, too."""
    found: dict[str, set[str]] = {room: set() for room in PLACES}
    for path in SOURCES.rglob("*.py"):
        room = _room(".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found[room] |= {_room(alias.name) for alias in names if alias.name.startswith("pyhttp")}
                case ast.ImportFrom(module="pyhttp", names=names):
                    found[room] |= {_room(f"pyhttp.{alias.name}") for alias in names}
                case ast.ImportFrom(module=str(module)) if module.startswith("pyhttp."):
                    found[room].add(_room(module))
                case _:
                    pass
    return {room: others - {room} for room, others in found.items()}


def _room(module: str) -> str:
    first, *rest = module.split(".")
    name = rest[0] if rest else first
    is_module = (SOURCES / first / f"{name}.py").exists() or (SOURCES / first / name).is_dir()
    return ROOMS.get(name, BOTTOM if is_module else first)


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The arrows without each arrow that a chain of other arrows stands for."""

    def reached(room: str) -> set[str]:
        return graph[room].union(*map(reached, graph[room])) if graph[room] else set()

    return {room: others - set().union(*map(reached, others)) for room, others in graph.items()}


def picture() -> str:
    """The SVG."""
    return "\n".join([*_picture(), ""])


def _picture() -> Iterator[str]:
    yield from opening(WIDTH, HEIGHT, "Which part of pyhttp imports which")
    for room, others in reduced(imports()).items():
        for other in sorted(others):
            yield _arrow(room, other)
    for room, (middle, row, about) in PLACES.items():
        width = WIDTH - 40 if room == BOTTOM else BOX_WIDTH
        left, upper = middle - width // 2, TOP + row * STEP
        yield f'  <rect class="page" x="{left}" y="{upper}" width="{width}" height="{BOX_HEIGHT}" rx="12"/>'
        yield f'  <rect class="box loop" x="{left}" y="{upper}" width="{width}" height="{BOX_HEIGHT}" rx="12"/>'
        yield f'  <text class="name" x="{middle}" y="{upper + 26}">{room}</text>'
        yield f'  <text class="awaited" x="{middle}" y="{upper + 45}">{about}</text>'
    yield "</svg>"


def _arrow(room: str, other: str) -> str:
    (start, row, _), (end, below, _) = PLACES[room], PLACES[other]
    end = start if other == BOTTOM else end
    line = f"M{start} {TOP + row * STEP + BOX_HEIGHT} {end} {TOP + below * STEP}"
    return f'  <path class="line" d="{line}" marker-end="url(#tip)"/>'

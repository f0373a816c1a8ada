"""The layer table of CONTRIBUTING.md, held against the import statements; type-only and late imports count too."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).parents[2] / "src"

LAYER: Final = {
    "pyhttp.errors": 0,
    "pyhttp.log_escaping": 0,
    "pyhttp.refusals": 0,
    "pyhttp.phrases": 0,
    "pyhttp.limits": 0,
    "pyhttp.names": 0,
    "pyhttp.abnf": 0,
    "pyhttp.auth": 0,
    "pyhttp.proxies": 0,
    "pyhttp.site": 0,
    "pyhttp.value": 0,
    "pyhttp.version": 0,
    "pyhttp.arguments": 0,
    "pyhttp.ported": 0,
    "pyhttp.late": 0,
    "pyhttp.first_steps": 0,
    "pyhttp.semantics": 1,
    "pyhttp.contents": 2,
    "pyhttp.messages": 2,
    "pyhttp.wire": 3,
    "pyhttp.resources": 3,
    "pyhttp.cgi": 3,
    "pyhttp.transport": 4,
    "pyhttp.request": 5,
    "pyhttp.surroundings": 5,
    "pyhttp.answering": 5,
    "pyhttp.telling": 5,
    "pyhttp.errand": 5,
    "pyhttp.guard": 5,
    "pyhttp.sharing": 5,
    "pyhttp.handler": 5,
    "pyhttp.hosts": 5,
    "pyhttp.requests": 6,
    "pyhttp.servers": 6,
    "pyhttp.wsgi": 6,
    "pyhttp": 7,
    "pyhttp.testing": 8,
    "pyhttp.checking": 8,
    "pyhttp.explaining": 8,
    "pyhttp.command": 9,
    "pyhttp.__main__": 9,
    "pytest_pyhttp": 9,
}
"""Each top-level module or package, and how high it stands; the package itself is above all but the command line."""

APART: Final = {
    "pyhttp.wire": {"pyhttp.resources", "pyhttp.cgi"},
    "pyhttp.resources": {"pyhttp.wire", "pyhttp.cgi"},
    "pyhttp.cgi": {"pyhttp.wire", "pyhttp.resources"},
    "pyhttp.transport": {"pyhttp.resources", "pyhttp.cgi"},
    "pyhttp.checking": {name for name in LAYER if name not in {"pyhttp.version", "pyhttp.checking"}},
}
"""The modules that may not import others, although the layers alone would allow it."""

PURE: Final = ("pyhttp.cgi.output",)
"""Modules above the pure layers that are pure too."""

IMPURE: Final = frozenset(
    [
        "_socket",
        "_thread",
        "asyncio",
        "multiprocessing",
        "os",
        "posix",
        "random",
        "secrets",
        "select",
        "selectors",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "threading",
        "time",
    ]
)
"""The modules that a pure module may not import: the outside world, the clock and chance."""

ONLY_IN: Final = {
    "argparse": {
        "pyhttp.command.parsing",
        "pyhttp.command.tool",
    },
    "pytest": {"pytest_pyhttp"},
    "segno": {"pyhttp.command.qr"},
    "ssl": {
        "pyhttp.checking.dialling",
        "pyhttp.checking.secured",
        "pyhttp.command.certificates",
        "pyhttp.transport.secure",
        "pyhttp.transport.tls",
        # for the names of types only
        "pyhttp.command.serving",
        "pyhttp.servers.base",
        "pyhttp.servers.pooled",
        "pyhttp.servers.secured",
        "pyhttp.testing",
        "pytest_pyhttp",
    },
    "subprocess": {"pyhttp.cgi.process", "pyhttp.servers.process"},
}
"""Modules of others that are for some of ours alone: of the standard library, and what a plugin is for."""

STUBS: Final = frozenset({"_typeshed"})
"""Names of types that only the type checker knows."""

LATER: Final = frozenset({"compression"})
"""The modules that only the standard library of a later Python has: this one from 3.14 on."""

LONGEST_MODULE: Final = 300
LONGEST_FUNCTION: Final = 60


@dataclass(frozen=True, slots=True)
class Module:
    """A module of ours, by its dotted name, and its syntax tree."""

    name: str
    tree: ast.Module
    length: int


def read_module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    return Module(name.removesuffix(".__init__"), ast.parse(text), text.count("\n"))


MODULES: Final = {module.name: module for module in map(read_module, sorted(SOURCE.rglob("*.py")))}


def imported(tree: ast.Module, known: frozenset[str]) -> Iterator[str]:
    """Every module that an import statement anywhere in `tree` names; `from a import b` is `a.b` where known."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=0, names=names) if module is not None:
                for alias in names:
                    submodule = f"{module}.{alias.name}"
                    yield submodule if submodule in known else module
            case ast.ImportFrom():
                yield "a relative import"
            case _:
                pass


KNOWN: Final = frozenset(MODULES)
IMPORTS: Final = {name: sorted(set(imported(module.tree, KNOWN))) for name, module in MODULES.items()}


def home(name: str) -> str:
    """The top-level module or package that `name` is in: `pyhttp.wire` of `pyhttp.wire.framing`."""
    return ".".join(name.split(".")[:2])


def is_pure(name: str) -> bool:
    return LAYER[home(name)] <= 2 or home(name) == "pyhttp.wire" or name in PURE


def fault(importer: str, target: str) -> str | None:
    """What is wrong with `importer` importing `target`, if anything."""
    root = target.split(".", maxsplit=1)[0]
    if root != "pyhttp":
        if root not in sys.stdlib_module_names | STUBS | LATER | ONLY_IN.keys():
            return "is not in the standard library"
        if root in IMPURE and is_pure(importer):
            return "is not for a pure module"
        return "has another owner" if importer not in ONLY_IN.get(root, {importer}) else None
    ours, theirs = home(importer), home(target)
    if theirs not in LAYER:
        return "has no layer"
    if theirs in APART.get(ours, ()):
        return "is kept apart"
    if LAYER[theirs] > LAYER[ours]:
        return "stands higher"
    return None


def test_every_module_has_a_layer() -> None:
    assert [name for name in MODULES if home(name) not in LAYER] == []


@pytest.mark.parametrize("name", MODULES)
def test_imports_keep_to_the_layers(name: str) -> None:
    faults = [f"{name} imports {target}, which {wrong}" for target in IMPORTS[name] if (wrong := fault(name, target))]
    assert faults == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name: [target for target in targets if target in KNOWN] for name, targets in IMPORTS.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: object = error.args[1]
        pytest.fail(f"modules import each other in a circle: {circle}")


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_too_long(name: str) -> None:
    assert MODULES[name].length < LONGEST_MODULE


@pytest.mark.parametrize("name", MODULES)
def test_no_function_is_too_long(name: str) -> None:
    lengths = {
        node.name: (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(MODULES[name].tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {function: lines for function, lines in lengths.items() if lines >= LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(MODULES[name].tree)


@pytest.mark.parametrize(
    ("importer", "target", "wrong"),
    [
        ("pyhttp.wire.framing", "pyhttp.messages", None),
        ("pyhttp.wire.framing", "pyhttp.wire.buffer", None),
        ("pyhttp.wire.framing", "pyhttp.transport.poller", "stands higher"),
        ("pyhttp.wire.framing", "pyhttp.resources.paths", "is kept apart"),
        ("pyhttp.transport.client", "pyhttp.wire.server_connection", None),
        ("pyhttp.transport.client", "pyhttp.cgi.gateway", "is kept apart"),
        ("pyhttp.semantics.dates", "time", "is not for a pure module"),
        ("pyhttp.semantics.dates", "os.path", "is not for a pure module"),
        ("pyhttp.semantics.dates", "pyhttp", "stands higher"),
        ("pyhttp.cgi.output", "os", "is not for a pure module"),
        ("pyhttp.cgi.script_path", "os", None),
        ("pyhttp.cgi.gateway", "subprocess", "has another owner"),
        ("pyhttp.cgi.process", "subprocess", None),
        ("pyhttp.abnf", "pyhttp.semantics.fields", "stands higher"),
        ("pyhttp.transport.body", "_typeshed", None),
        ("pyhttp.servers.base", "pyhttp.command.cli", "stands higher"),
        ("pyhttp.checking.play", "pyhttp.wire.chunked", "is kept apart"),
        ("pyhttp.command.cli", "pyhttp.nowhere", "has no layer"),
        ("pyhttp.command.cli", "h11", "is not in the standard library"),
        ("pytest_pyhttp", "pytest", None),
        ("pytest_pyhttp", "pyhttp.testing", None),
        ("pyhttp.testing", "pytest", "has another owner"),
    ],
)
def test_the_rules_themselves(importer: str, target: str, wrong: str | None) -> None:
    assert fault(importer, target) == wrong


def test_hidden_imports_are_seen() -> None:
    tree = ast.parse(
        "import a.b\n"
        "from a import c, d\n"
        "if TYPE_CHECKING:\n    from e import f\n"
        "def late() -> None:\n    import g\n"
        "from . import h\n"
    )
    assert list(imported(tree, frozenset({"a.c"}))) == ["a.b", "a.c", "a", "a relative import", "e", "g"]

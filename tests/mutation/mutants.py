"""Small faults in a module's source, one at a time, which tests should notice.

A mutant changes one operator, constant, condition or statement. Parts that only a reader sees are left alone:
docstrings, messages, help texts, the lines of icons, annotations, and the names a module exports.
"""

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Mutant", "mutants"]

_COMPARISONS: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}
_OPERATORS: Final[dict[type[ast.operator], ast.operator]] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.Mult(),
    ast.LShift: ast.RShift(),
}
_UNREAD: Final = frozenset({"__all__", "__slots__", "_SUFFIXES", "_EXPLANATIONS"})
"""Names and two tables of plain data, which have tests that compare them as a whole."""
_SAID: Final = frozenset({"help", "metavar", "description", "epilog"})
"""Arguments that are texts of the command's help."""
_DRAWN: Final = re.compile(r"[Mm][-0-9][-MLHVCSQTAZmlhvcsqtaz0-9., ]*")
"""The path of a drawing. A look at the picture shows whether it is right."""

_SHORT: Final = 80
"""Characters that may be shown of what a constant stands in."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. It costs little until its source is asked for, so that a few can be drawn from very many."""

    tree: ast.Module
    """The module as it is."""
    path: "_Path"
    """The way from the top to what is changed."""
    where: str
    """The function or name it is in."""
    node: ast.expr | ast.stmt
    changed: ast.expr | ast.stmt
    """The present text, and its replacement."""

    @property
    def line(self) -> int:
        """The line where it is."""
        return self.node.lineno

    @property
    def lines(self) -> range:
        """The lines of the statement it is in; none where that runs when the module is loaded."""
        return _lines(self.tree, self.path)

    @property
    def source(self) -> str:
        """The whole module with the fault in it."""
        return ast.unparse(_with(self.tree, self.path, self.changed))

    @property
    def signature(self) -> str:
        """The text that tells it from other mutants, whatever the line."""
        was, is_now = _shown(self.node), _shown(self.changed)
        if isinstance(self.node, ast.Constant):  # the node around it tells which of several equal ones it is
            around = _shown(_at(self.tree, self.path[:-1]))
            if len(around) < _SHORT:
                was, is_now = around, _shown(_at(_with(self.tree, self.path, self.changed), self.path[:-1]))
        return f"{self.where}: {was} -> {is_now}"


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(source)
    return [
        Mutant(tree, path, where, node, changed)
        for path, where, node in _nodes(tree, (), "module")
        for changed in _changes(node)
    ]


_Path = tuple[tuple[str, int | None], ...]


def _nodes(node: ast.AST, path: _Path, where: str) -> Iterator[tuple[_Path, str, ast.expr | ast.stmt]]:
    """Every expression and statement that counts, with the way to it from the top."""
    where = _scope(node, where)
    if where in _UNREAD or _is_unread(node):
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield path, where, node
    for name, at, child in _children(node):
        yield from _nodes(child, (*path, (name, at)), where)


def _scope(node: ast.AST, where: str) -> str:
    """The name of what a node defines, inside `where`."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name if where == "module" else f"{where}.{node.name}"
    if isinstance(node, ast.Assign | ast.AnnAssign) and where == "module":
        return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
    return where


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """The nodes below one, without those that say nothing at run time and without the values of an Enum's members."""
    names_only = isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "bases", "exc", "msg", "type_params"}:
            continue
        for at, item in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(item, ast.AST) and not (names_only and isinstance(item, ast.Assign)):
                yield name, at, item


def _is_unread(node: ast.AST) -> bool:
    """Whether a node is seen only by a reader, or only in the operator's log."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in _UNREAD:
        return True
    if isinstance(node, ast.keyword):
        return node.arg in _SAID
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and _DRAWN.fullmatch(node.value) is not None
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        return name.endswith(("Error", "Request", "Misuse")) or name in {"TypeVar", "dataclass", "assert_never"}
    return isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """What may stand in place of a node."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield ast.Compare(node.left, [_COMPARISONS[type(op)]], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
            yield from node.values[:1]
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(op)], node.right)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=value):
            yield from _other_constants(value)
        case ast.stmt():
            yield from _other_statements(node)
        case _:
            return


def _other_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.If() | ast.While():
            negated = copy.copy(node)
            negated.test = ast.UnaryOp(ast.Not(), node.test)
            yield negated
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call() as call) if _is_unread(call):
            return
        case ast.Expr() | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case _:
            return


def _other_constants(value: object) -> Iterator[ast.Constant]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        case str() if value:
            yield ast.Constant(value[1:] or ("y" if value == "x" else "x"))
            yield ast.Constant(value + "x")
        case bytes() if value:
            yield ast.Constant(value[1:] or (b"y" if value == b"x" else b"x"))
            if value[:-1] not in {b"", value[1:]}:
                yield ast.Constant(value[:-1])
        case _:
            return


def _lines(tree: ast.Module, path: _Path) -> range:
    """The lines of the innermost statement on a path, up to its body; none outside of the bodies of functions."""
    node: ast.AST = tree
    statement: ast.stmt | None = None
    for name, at in path:
        runs_when_called = statement is not None or (isinstance(node, ast.FunctionDef) and name == "body")
        node = _child(node, name, at)
        if runs_when_called and isinstance(node, ast.stmt):
            statement = node
    if statement is None:
        return range(0)
    body: object = getattr(statement, "body", None)
    first = body[0] if isinstance(body, list) else None
    end = first.lineno - 1 if isinstance(first, ast.stmt) else statement.end_lineno
    return range(statement.lineno, max(statement.lineno, end or 0) + 1)


def _with(tree: ast.Module, path: _Path, changed: ast.AST) -> ast.Module:
    """A copy of the tree with another node at the end of the path."""
    mutated = copy.deepcopy(tree)
    parent = _at(mutated, path[:-1])
    name, at = path[-1]
    if at is None:
        setattr(parent, name, changed)
    else:
        getattr(parent, name)[at] = changed
    return ast.fix_missing_locations(mutated)


def _at(node: ast.AST, path: _Path) -> ast.AST:
    for name, at in path:
        node = _child(node, name, at)
    return node


def _child(parent: ast.AST, name: str, at: int | None) -> ast.AST:
    value: object = getattr(parent, name)
    found: object = value if at is None else value[at] if isinstance(value, list) else None
    assert isinstance(found, ast.AST)
    return found


def _shown(node: ast.AST) -> str:
    """The first line of a node's source."""
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).partition("\n")[0]

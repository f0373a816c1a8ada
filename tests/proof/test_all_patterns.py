"""Every pattern with which the server reads or writes is proven, or this module gives the reason why not."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import pyhttp
from pyhttp import abnf
from tests.proof.proofs import PROOFS

NAMES: Final = {proof.name.partition(",")[0] for proof in PROOFS}
SOURCES: Final = Path(pyhttp.__file__).parent
BESIDE: Final = ("checking", "command", "explaining")
"""Packages that are no part of a server: the command's options, and tools that judge messages by means of their own."""

ELSEWHERE: Final = {
    "abnf.text(rule)": "compiles what others ask for",
    "abnf.QUOTED_OR_COMMA": "parts a list, which test_functions.py enumerates",
    "ranges._RANGES_SPECIFIER": "finds the members, which test_functions.py enumerates",
    "set_cookie.rule": "TOKEN, _VALUE, _PATH or _DOMAIN: set_cookie._VALUE and so on",
    "references.unfit": "_NOT_OF_PATHS and its like: references._NOT_OF_PATHS and so on",
    "references.abnf.SCHEME + b':'": "references, scheme",
    "references.'[\\\\[\\\\]:@]'": "octets to escape, of what is no authority",
    "site._FIELD_NAME": "abnf.FIELD_NAME",
    "site._FIELD_VALUE": "abnf.FIELD_VALUE",
    "site._MEDIA_TYPE": "abnf.MEDIA_TYPE",
    "site._TOKEN": "abnf.TOKEN",
}
"""Proven under another name, or shown in another way."""

NO_RULE: Final = {
    "auth._HASH": "a file of ours",
    "auth._CONTROL": "octets that a user-id may not have",
    "auth._REALM": "what an operator may name; sent as a quoted-string",
    "log_escaping._NOT_IN_LINE": "what is written otherwise in a log",
    "log_escaping._NOT_IN_QUOTES": "what is written otherwise in a log",
    "variables._PLAIN_NAME": "field names that have a variable to themselves (C3)",
    "ported._METHOD": "names of Python methods",
    "coded._TEXT": "what looks like text in a file",
    "entries._CONTROL": "names of files",
    "order._NUMBER": "names of files",
    "paging._NUMBER": "a parameter of listings",
    "forwarded._UNESCAPED": "a backslash in a string that was read by QUOTED_STRING",
    "site.'[A-Za-z_][0-9A-Za-z_]*'": "names of environment variables",
    "testing.'/[!-\\\\\"$-~]*'": "what a test may ask for",
    "proxy_header._UNKNOWN": "no RFC: the PROXY protocol",
    "proxy_header._KNOWN": "no RFC: the PROXY protocol",
    "starting._STATUS": "no RFC: PEP 3333",
}
"""No grammar of an RFC is behind these."""


def patterns_of(path: Path) -> Iterator[str]:
    """The patterns that a module compiles or matches with: by name where one has a name, else as it is written."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and node.args and _is_of_re(ast.unparse(node.func)):
                yield _named(path.stem, statement, ast.unparse(node.args[0]))


def _is_of_re(function: str) -> bool:
    return (function.startswith("re.") and "(" not in function) or function.endswith("text_pattern")


def _named(module: str, statement: ast.stmt, written: str) -> str:
    """A pattern's name: the constant that it becomes, the rule that it is, the only function with it, or its source."""
    rule = written.removeprefix("abnf.text(").removesuffix(")") if written.startswith("abnf.text(") else written
    match statement:
        case ast.AnnAssign(target=ast.Name(name)):
            return f"{module}.{name}"
        case _ if rule.startswith("abnf.") and rule[5:].isidentifier():
            return rule
        case ast.FunctionDef(name=name) if f"{module}.{name}" in NAMES:
            return f"{module}.{name}"
        case _:
            return f"{module}.{written}"


USED: Final = sorted(
    {
        pattern
        for path in SOURCES.rglob("*.py")
        if path.relative_to(SOURCES).parts[0] not in BESIDE
        for pattern in patterns_of(path)
    }
)
RULES: Final = [f"abnf.{name}" for name in dir(abnf) if name.isupper() and isinstance(getattr(abnf, name), bytes)]


@pytest.mark.parametrize("name", [*USED, *(rule for rule in RULES if rule not in USED)])
def test_a_pattern_is_proven_or_has_a_reason(name: str) -> None:
    known = name in NAMES or name in ELSEWHERE or name in NO_RULE
    assert known, "it needs a proof, or a reason above"


def test_no_reason_is_left_behind() -> None:
    assert ELSEWHERE.keys() | NO_RULE.keys() <= {*USED, *RULES}
    assert ELSEWHERE.keys().isdisjoint(NO_RULE)

"""The RFCs' own grammar, ABNF (RFC 5234, RFC 7405, the lists of RFC 9110 §5.6.1), parsed to the trees of expressions.

A rule that contains itself is refused: it is not regular. So is prose in angle brackets.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

from tests.helpers.regex_tree import ENDLESS, Choice, Node, Octets, Repeat, Sequence

__all__ = ["Grammar", "read_rules"]

_RULE: Final = re.compile(r"^([A-Za-z][0-9A-Za-z-]*) *= *", re.MULTILINE)
_WORD: Final = re.compile(
    r'\s*(?:(?P<name>[A-Za-z][0-9A-Za-z-]*)|(?P<text>(?:%s)?"[^"]*")|%x(?P<octets>[0-9A-Fa-f.-]+)'
    r"|(?P<repeat>[0-9]*[*#][0-9]*|[0-9]+)|(?P<mark>[/()\[\]]))"
)


def read_rules(text: str) -> dict[str, str]:
    """The rules of a text in ABNF, by name in lower case; a comment begins with a semicolon and a space."""
    text = re.sub(r"(?:^|\s);(?: .*)?$", "", text, flags=re.MULTILINE)
    starts = list(_RULE.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {
        start[1].lower(): " ".join(text[start.end() : end].split()) for start, end in zip(starts, ends, strict=True)
    }


class Grammar:
    """Rules that refer to each other by name.

    Args:
        rules: The rules in ABNF, by name in lower case.
    """

    def __init__(self, rules: Mapping[str, str]) -> None:
        self.rules = rules
        self._trees: dict[str, Node] = {}
        self._open: list[str] = []

    @classmethod
    def read(cls, folder: Path) -> "Grammar":
        """The grammar of all files of a folder. No two files have a rule of the same name."""
        rules: dict[str, str] = {}
        for path in sorted(folder.glob("*.abnf")):
            further = read_rules(path.read_text(encoding="ascii"))
            assert rules.keys().isdisjoint(further), path
            rules |= further
        return cls(rules)

    def but(self, *changes: str) -> "Grammar":
        """The grammar in which each of these rules in ABNF replaces the rule of its name. A later rule wins."""
        rules = dict(self.rules)
        for change in changes:
            rules |= read_rules(dedent(change))
        return Grammar(rules)

    def tree(self, name: str) -> Node:
        """The tree of a rule."""
        name = name.lower()
        if name not in self._trees:
            assert name not in self._open, f"{name} contains itself"
            self._open.append(name)
            self._trees[name] = _Reader(self, self.rules[name]).whole()
            self._open.pop()
        return self._trees[name]


class _Reader:
    """A reader of the elements of one rule (RFC 5234 §4)."""

    def __init__(self, grammar: Grammar, source: str) -> None:
        self.grammar = grammar
        self.words: list[tuple[str, str]] = []
        at = 0
        while at < len(source):
            match = _WORD.match(source, at)
            assert match is not None, f"not known in ABNF: {source[at:]}"
            kind = match.lastgroup or ""
            self.words.append((kind, match[kind]))
            at = match.end()
        self.words.append(("end", ""))
        self.words.reverse()

    def whole(self) -> Node:
        tree = self.alternation()
        assert self.words == [("end", "")], self.words
        return tree

    def accept(self, mark: str) -> bool:
        if self.words[-1] != ("mark", mark):
            return False
        self.words.pop()
        return True

    def alternation(self) -> Node:
        branches = [self.concatenation()]
        while self.accept("/"):
            branches.append(self.concatenation())
        if len(branches) == 1:
            return branches[0]
        sets = [branch.allowed for branch in branches if isinstance(branch, Octets)]
        # One set is quicker to read than a choice of octets.
        return Octets(frozenset[int]().union(*sets)) if len(sets) == len(branches) else Choice(tuple(branches))

    def concatenation(self) -> Node:
        items = [self.repetition()]
        while self.words[-1] not in {("mark", "/"), ("mark", ")"), ("mark", "]"), ("end", "")}:
            items.append(self.repetition())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def repetition(self) -> Node:
        if self.words[-1][0] != "repeat":
            return self.element()
        _, count = self.words.pop()
        if "#" in count:
            return self.list_of(self.element(), count)
        least, star, most = count.partition("*")
        if not star:
            return Repeat(self.element(), int(least), int(least), possessive=False)
        return Repeat(self.element(), int(least or 0), int(most or ENDLESS), possessive=False)

    def list_of(self, element: Node, count: str) -> Node:
        """RFC 9110 §5.6.1.2: a recipient takes empty members, too. ``1#`` wants a member that is not empty."""
        ows, comma = self.grammar.tree("OWS"), Octets(frozenset(b","))
        parted = Sequence((ows, comma, ows))
        optional = Repeat(element, 0, 1, possessive=False)
        further = Repeat(Sequence((parted, optional)), 0, ENDLESS, possessive=False)
        if count == "#":
            return Sequence((optional, further))
        assert count == "1#", count
        return Sequence((Repeat(parted, 0, ENDLESS, possessive=False), element, further))

    def element(self) -> Node:
        kind, word = self.words.pop()
        match kind:
            case "name":
                return self.grammar.tree(word)
            case "text":
                return _text(word)
            case "octets":
                return _octets(word)
            case "mark" if word in {"(", "["}:
                inner = self.alternation()
                assert self.accept(")" if word == "(" else "]")
                return inner if word == "(" else Repeat(inner, 0, 1, possessive=False)
            case _:
                raise AssertionError(f"not an element of ABNF: {word}")


def _text(word: str) -> Node:
    """A string in quotes. Its letters may have any case, unless ``%s`` stands before it (RFC 7405)."""
    exact = word.startswith("%s")
    text = word.removeprefix("%s").strip('"')
    octets = tuple(Octets(frozenset((c if exact else c.lower() + c.upper()).encode("ascii"))) for c in text)
    return octets[0] if len(octets) == 1 else Sequence(octets)


def _octets(word: str) -> Node:
    """The octets of ``%x41``, ``%x41-5A`` or ``%x0D.0A``."""
    first, dash, last = word.partition("-")
    if dash:
        return Octets(frozenset(range(int(first, 16), int(last, 16) + 1)))
    octets = [Octets(frozenset((int(octet, 16),))) for octet in word.split(".")]
    return octets[0] if len(octets) == 1 else Sequence(tuple(octets))

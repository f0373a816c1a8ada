"""The regular expressions of `pyhttp`, parsed: only the syntax that its sources use.

The counter of a pattern's work and the proof of its language both begin with this tree.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["ENDLESS", "Behind", "Choice", "End", "Look", "Node", "Octets", "Repeat", "Sequence", "Start", "parse_regex"]


@dataclass(frozen=True, slots=True)
class Octets:
    """One octet out of a set."""

    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class End:
    """The end of the input."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Several nodes, one after another."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first alternative that leads to a match."""

    branches: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A greedy repetition. A possessive repetition gives nothing back."""

    item: "Node"
    least: int
    most: int
    possessive: bool


@dataclass(frozen=True, slots=True)
class Start:
    """The start of the input."""


@dataclass(frozen=True, slots=True)
class Look:
    """A test whether the octets that follow match `item`, or do not. It uses no octet."""

    item: "Node"
    wanted: bool


@dataclass(frozen=True, slots=True)
class Behind:
    """A test whether the octet before is one of a set, or is not. Without an octet before, it is not."""

    allowed: frozenset[int]
    wanted: bool


Node = Octets | Start | Look | Behind | End | Sequence | Choice | Repeat

ESCAPES: Final = {ord("r"): 0x0D, ord("n"): 0x0A, ord("t"): 0x09}
ENDLESS: Final = 1 << 30
ANY: Final = frozenset(range(256))


class _Parser:
    def __init__(self, source: bytes, *, any_octet: bool, any_case: bool) -> None:
        self.source = source
        self.at = 0
        self.dot = ANY if any_octet else ANY - {0x0A}
        self.any_case = any_case

    def peek(self) -> bytes:
        return self.source[self.at : self.at + 1]

    def next(self) -> int:
        self.at += 1
        return self.source[self.at - 1]

    def accept(self, text: bytes) -> bool:
        if self.source.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def choice(self) -> Node:
        branches = [self.sequence()]
        while self.accept(b"|"):
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.peek() not in {b"", b"|", b")"}:
            items.append(self.repeated(self.atom()))
        return Sequence(tuple(items))

    def atom(self) -> Node:
        if self.accept(b"("):
            inner = self.group()
            assert self.accept(b")")
            return inner
        if self.accept(b"\\Z"):
            return End()
        if self.accept(b"^"):
            return Start()
        if self.accept(b"["):
            return Octets(self.octet_set())
        assert self.peek() not in {b"*", b"+", b"?", b"{", b"$"}, self.source[self.at :]
        if self.accept(b"."):
            return Octets(self.dot)
        return Octets(self.in_any_case({self.octet()}))

    def group(self) -> Node:
        """The node of what stands in parentheses. The first parenthesis has been read."""
        if not self.accept(b"?") or self.accept(b":"):
            return self.choice()
        if self.accept(b">"):
            return Repeat(self.choice(), 1, 1, possessive=True)
        if self.accept(b"i:"):
            outside, self.any_case = self.any_case, True
            inner = self.choice()
            self.any_case = outside
            return inner
        if self.accept(b"s:"):
            any_but_lf, self.dot = self.dot, ANY
            inner = self.choice()
            self.dot = any_but_lf
            return inner
        behind = self.accept(b"<")
        wanted = self.accept(b"=")
        assert wanted or self.accept(b"!"), self.source[self.at :]
        inner = self.choice()
        if not behind:
            return Look(inner, wanted)
        match inner:
            case Sequence((Octets(allowed),)):
                return Behind(allowed, wanted)
            case _:
                raise AssertionError("behind may be one octet only")

    def octet(self) -> int:
        octet = self.next()
        if octet != ord("\\"):
            return octet
        octet = self.next()
        if octet == ord("x"):
            self.at += 2
            return int(self.source[self.at - 2 : self.at], 16)
        assert octet in ESCAPES or not chr(octet).isalnum()
        return ESCAPES.get(octet, octet)

    def octet_set(self) -> frozenset[int]:
        negated = self.accept(b"^")
        octets: set[int] = set()
        while not self.accept(b"]"):
            first = last = self.octet()
            if self.peek() == b"-" and self.source[self.at + 1 : self.at + 2] != b"]":
                self.at += 1
                last = self.octet()
            octets.update(range(first, last + 1))
        cased = self.in_any_case(octets)
        return ANY - cased if negated else cased

    def in_any_case(self, octets: set[int]) -> frozenset[int]:
        letters = bytes(octet for octet in octets if octet < 0x80) if self.any_case else b""
        return frozenset(octets) | frozenset(letters.lower()) | frozenset(letters.upper())

    def repeated(self, item: Node) -> Node:
        if self.accept(b"*"):
            least, most = 0, ENDLESS
        elif self.accept(b"+"):
            least, most = 1, ENDLESS
        elif self.accept(b"?"):
            least, most = 0, 1
        elif self.accept(b"{"):
            end = self.source.index(b"}", self.at)
            low, comma, high = self.source[self.at : end].partition(b",")
            self.at = end + 1
            least = int(low)
            most = int(high) if comma else least
        else:
            return item
        return Repeat(item, least, most, self.accept(b"+"))


def parse_regex(source: bytes, *, any_octet: bool = False, any_case: bool = False) -> Node:
    """The tree of an expression. The node of a group is the node of its content.

    Args:
        source: The expression as `re` takes it.
        any_octet: Whether a dot matches LF, too (`re.DOTALL`).
        any_case: Whether letters match in both cases (`re.IGNORECASE`).

    Raises:
        AssertionError: The expression has syntax that is not known here.
    """
    parser = _Parser(source, any_octet=any_octet, any_case=any_case)
    tree = parser.choice()
    assert parser.at == len(source), source[parser.at :]
    return tree

"""A matcher for the regular expressions of `pyhttp.abnf` that counts the octets it looks at.

It knows the syntax that module uses and backtracks as `re` does, so that "linear" can be counted instead of timed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CountedPattern"]


@dataclass(frozen=True, slots=True)
class Octets:
    """One octet out of a set."""

    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class End:
    """The end of the input."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One thing after another."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first alternative that leads to a match."""

    branches: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Greedy repetition; possessive gives nothing back."""

    item: "Node"
    least: int
    most: int
    possessive: bool


Node = Octets | End | Sequence | Choice | Repeat

ESCAPES = {ord("r"): 0x0D, ord("n"): 0x0A, ord("t"): 0x09}
ENDLESS = 1 << 30


class _Parser:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0

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
        if self.accept(b"(?:"):
            inner = self.choice()
            assert self.accept(b")")
            return inner
        if self.accept(b"(?>"):
            inner = self.choice()
            assert self.accept(b")")
            return Repeat(inner, 1, 1, possessive=True)
        if self.accept(b"\\Z"):
            return End()
        if self.accept(b"["):
            return Octets(self.octet_set())
        assert self.peek() not in {b"(", b"*", b"+", b"?", b"{", b"^", b"$"}, self.source[self.at :]
        if self.accept(b"."):
            return Octets(frozenset(range(256)) - {0x0A})
        return Octets(frozenset((self.octet(),)))

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
        return frozenset(range(256)) - octets if negated else frozenset(octets)

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


class CountedPattern:
    """A compiled expression.

    Attributes:
        looks: How many octets of input were looked at, over all calls.
    """

    def __init__(self, source: bytes) -> None:
        parser = _Parser(source)
        self.root = parser.choice()
        assert parser.at == len(source)
        self.looks = 0

    def match(self, data: bytes, start: int = 0) -> int | None:
        """Where the match at `start` ends; None without one."""
        return next(self._ends(self.root, data, start), None)

    def fullmatch(self, data: bytes) -> bool:
        """Whether the whole input matches; other ends are tried as `re` would."""
        return any(end == len(data) for end in self._ends(self.root, data, 0))

    def finditer(self, data: bytes) -> list[tuple[int, int]]:
        """Every match from left to right."""
        found: list[tuple[int, int]] = []
        at = 0
        while at <= len(data):
            end = self.match(data, at)
            if end is not None:
                found.append((at, end))
            at = at + 1 if end is None or end == at else end
        return found

    def _ends(self, node: Node, data: bytes, start: int) -> Iterator[int]:
        match node:
            case Octets(allowed):
                self.looks += 1
                if start < len(data) and data[start] in allowed:
                    yield start + 1
            case End():
                if start == len(data):
                    yield start
            case Choice(branches):
                for branch in branches:
                    yield from self._ends(branch, data, start)
            case Sequence(items):
                yield from self._in_order(items, data, start)
            case Repeat():
                yield from self._repeated(node, data, start)

    def _in_order(self, items: tuple[Node, ...], data: bytes, start: int) -> Iterator[int]:
        if not items:
            yield start
            return
        for end in self._ends(items[0], data, start):
            yield from self._in_order(items[1:], data, end)

    def _repeated(self, node: Repeat, data: bytes, start: int) -> Iterator[int]:
        if not node.possessive:
            yield from self._fewer_and_fewer(node.item, data, start, node.least, node.most)
            return
        end = self._most(node.item, data, start, node.least, node.most)
        if end is not None:
            yield end

    def _most(self, item: Node, data: bytes, start: int, least: int, most: int) -> int | None:
        """Possessive: the first way to go on as long as possible; no item here needs another way to reach `least`."""
        count, at = 0, start
        while count < most:
            end = next(self._ends(item, data, at), None)
            if end is None or end == at:
                break
            count, at = count + 1, end
        return at if count >= least else None

    def _fewer_and_fewer(self, item: Node, data: bytes, start: int, least: int, most: int) -> Iterator[int]:
        if most > 0:
            for end in self._ends(item, data, start):
                if end > start:
                    yield from self._fewer_and_fewer(item, data, end, max(0, least - 1), most - 1)
        if least == 0:
            yield start

"""A matcher for the regular expressions of `pyhttp.abnf` that counts the octets it looks at.

It backtracks like `re`, so that "linear" can be counted instead of timed.
"""

from collections.abc import Iterator

from tests.helpers.regex_tree import Behind, Choice, End, Look, Node, Octets, Repeat, Sequence, Start, parse_regex

__all__ = ["CountedPattern"]


class CountedPattern:
    """A compiled expression.

    Attributes:
        looks: The number of octets of input that were looked at, over all calls.
    """

    def __init__(self, source: bytes) -> None:
        self.root = parse_regex(source)
        self.looks = 0

    def match(self, data: bytes, start: int = 0) -> int | None:
        """The end of the match at `start`, or None without a match."""
        return next(self._ends(self.root, data, start), None)

    def fullmatch(self, data: bytes) -> bool:
        """Whether the whole input matches. Other ends are tried as `re` tries them."""
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
            case Start() | End() | Look() | Behind():
                if self._holds(node, data, start):
                    yield start
            case Choice(branches):
                for branch in branches:
                    yield from self._ends(branch, data, start)
            case Sequence(items):
                yield from self._in_order(items, data, start)
            case Repeat():
                yield from self._repeated(node, data, start)

    def _holds(self, node: Start | End | Look | Behind, data: bytes, at: int) -> bool:
        match node:
            case Start():
                return at == 0
            case End():
                return at == len(data)
            case Look(item, wanted):
                return any(True for _ in self._ends(item, data, at)) == wanted
            case Behind(allowed, wanted):
                return (at > 0 and data[at - 1] in allowed) == wanted

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
        """A possessive repetition takes the first way, as long as possible.

        No item here needs another way to reach `least`.
        """
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

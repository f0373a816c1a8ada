"""Expressions as programs: places that lead to each other, by an octet or without one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from tests.helpers.regex_tree import ENDLESS, Behind, Choice, End, Look, Node, Octets, Repeat, Sequence, Start

__all__ = [
    "FAILURE",
    "MATCH",
    "SUCCESS",
    "Ahead",
    "AtEnd",
    "AtStart",
    "Atomic",
    "Before",
    "Commit",
    "Either",
    "Mark",
    "Place",
    "Program",
    "Take",
    "program_of",
]


class Take(NamedTuple):
    """One octet of a set, then the place `next`."""

    allowed: frozenset[int]
    next: int


class Either(NamedTuple):
    """The first of two places that does not fail."""

    first: int
    second: int


class Atomic(NamedTuple):
    """The first way through `inner`, which ends with a `Commit`, without a way back."""

    inner: int


class Commit(NamedTuple):
    """The end of an atomic group, which succeeds whatever `next` makes of the rest."""

    next: int


class Ahead(NamedTuple):
    """The place `next`, where `inner` has a way, or has none."""

    inner: int
    next: int
    wanted: bool


class Before(NamedTuple):
    """`next` where the octet before is of a set, or is not. The empty place before the first octet is of no set."""

    allowed: frozenset[int]
    next: int
    wanted: bool


class AtStart(NamedTuple):
    """The place `next`, where no octet stands before."""

    next: int


class AtEnd(NamedTuple):
    """The place `next`, where no octet follows."""

    next: int


class Mark(NamedTuple):
    """Failure, the end of what is looked for, or the end of all."""

    name: str


Place = Take | Either | Atomic | Commit | Ahead | Before | AtStart | AtEnd | Mark

FAILURE: Final = 0
SUCCESS: Final = 1
MATCH: Final = 2


class _Compiler:
    """A compiler that writes places from the end of an expression to its start. Equal places are one."""

    def __init__(self) -> None:
        self.places: list[Place] = [Mark("failure"), Mark("success"), Mark("match")]
        self._known: dict[tuple[str, Place], int] = {}  # places of two kinds may be equal as tuples
        self._compiled: dict[tuple[int, int], int] = {}

    def add(self, place: Place) -> int:
        key = type(place).__name__, place
        if key not in self._known:
            self._known[key] = len(self.places)
            self.places.append(place)
        return self._known[key]

    def compile(self, node: Node, following: int) -> int:
        """The place where `node` begins, if what begins at `following` comes behind it."""
        key = id(node), following
        if key not in self._compiled:
            self._compiled[key] = self._compile(node, following)
        return self._compiled[key]

    def _compile(self, node: Node, following: int) -> int:
        match node:
            case Octets(allowed):
                return self.add(Take(allowed, following))
            case Sequence(items):
                for item in reversed(items):
                    following = self.compile(item, following)
                return following
            case Choice(branches):
                starts = [self.compile(branch, following) for branch in branches]
                place = starts.pop()
                while starts:
                    place = self.add(Either(starts.pop(), place))
                return place
            case Repeat():
                return self._repeat(node, following)
            case Look() | Behind() | Start() | End():
                return self._look(node, following)

    def _look(self, node: Look | Behind | Start | End, following: int) -> int:
        """The place of a node that uses up no octet."""
        match node:
            case Look(item, wanted):
                return self.add(Ahead(self.compile(item, SUCCESS), following, wanted))
            case Behind(allowed, wanted):
                return self.add(Before(allowed, following, wanted))
            case Start():
                return self.add(AtStart(following))
            case End():
                return self.add(AtEnd(following))

    def _repeat(self, node: Repeat, following: int) -> int:
        if node.possessive:
            # CPython does not go back into a round that is complete, not even to reach the least number of rounds.
            assert node.least <= 1 or isinstance(node.item, Octets), "this repeat may differ from an atomic group"
            return self.add(Atomic(self._greedy(node, self.add(Commit(following)))))
        return self._greedy(node, following)

    def _greedy(self, node: Repeat, following: int) -> int:
        place = following
        if node.most == ENDLESS:
            place = len(self.places)
            self.places.append(Mark("the loop, not yet written"))
            self.places[place] = Either(self.compile(node.item, place), following)
        else:
            for _ in range(node.most - node.least):
                place = self.add(Either(self.compile(node.item, place), following))
        for _ in range(node.least):
            place = self.compile(node.item, place)
        return place


@dataclass(frozen=True)
class Program:
    """The places of an expression, and where it begins."""

    places: tuple[Place, ...]
    start: int

    @cached_property
    def sets(self) -> frozenset[frozenset[int]]:
        """Every set of octets that the program tells from the others."""
        return frozenset(place.allowed for place in self.places if isinstance(place, Take | Before))

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The places that use up no octet, each behind those that it leads to."""
        done: dict[int, bool] = {}
        order: list[int] = []
        waiting = [(place, False) for place in range(len(self.places))]
        while waiting:
            place, left = waiting.pop()
            if left:
                done[place] = True
                order.append(place)
            elif place not in done:
                done[place] = False
                waiting.append((place, True))
                for after in _leads_to(self.places[place]):
                    assert done.get(after, True), "a loop over nothing is not known here"
                    waiting.append((after, False))
        return tuple(place for place in order if not isinstance(self.places[place], Take | Mark))


def _leads_to(place: Place) -> tuple[int, ...]:
    """The places to which a place leads without an octet."""
    match place:
        case Take() | Mark():
            return ()
        case Either(first, second):
            return first, second
        case Ahead(inner, following, _):
            return inner, following
        case Atomic(following) | Commit(following) | Before(_, following, _) | AtStart(following) | AtEnd(following):
            return (following,)


def program_of(tree: Node) -> Program:
    """The program that takes what `tree` takes as a whole."""
    compiler = _Compiler()
    start = compiler.compile(tree, MATCH)
    return Program(tuple(compiler.places), start)

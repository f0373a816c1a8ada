"""The octets that an expression matches, as an automaton; and the shortest octets that two of them judge differently.

An automaton reads a word from its last octet to its first. The result of an expression for a suffix depends on its
results for the suffixes of that, as `re` itself finds by going back. So one table, filled from the right, holds the
outcome at each place of the expression. That is exact for elements that give nothing back (``++``, ``(?>...)``) and for
elements that only look: there the first way that succeeds counts, though a later one would let the rest match.

The outcome at a place is a number. 0 is failure. Outside of atomic groups, 1 is "matches to the end". Inside of one,
bit 0 means that the group succeeds, and the bits above are the outcome of the part behind the group. So "the first of
two that does not fail" is the same operation everywhere.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from tests.proof.programs import (
    FAILURE,
    MATCH,
    SUCCESS,
    Ahead,
    AtEnd,
    Atomic,
    AtStart,
    Before,
    Commit,
    Either,
    Mark,
    Place,
    Program,
    Take,
)

__all__ = ["Automaton", "Forwards", "Witness", "classes_of", "difference"]


def classes_of(*programs: Program) -> dict[int, frozenset[int]]:
    """The classes of octets that no program tells from each other, each under its most readable octet."""
    sets = frozenset[frozenset[int]]().union(*(program.sets for program in programs))
    alike: dict[tuple[bool, ...], list[int]] = {}
    for octet in sorted(range(256), key=lambda octet: (not chr(octet).isalnum() or octet > 0x7F, octet)):
        alike.setdefault(tuple(octet in allowed for allowed in sets), []).append(octet)
    return {octets[0]: frozenset(octets) for octets in alike.values()}


class Automaton:
    """An automaton that reads words from their last octet to their first.

    Args:
        program: The program of the words that it takes.
        octets: One octet of each class. No other octet is read.

    Attributes:
        end: The state that has read nothing.
    """

    def __init__(self, program: Program, octets: Iterable[int]) -> None:
        self._program = program
        takes = [(place, what) for place, what in enumerate(program.places) if isinstance(what, Take)]
        self._takes = tuple(place for place, _ in takes)
        self._after = {
            octet: tuple(what.next if octet in what.allowed else FAILURE for _, what in takes) for octet in octets
        }
        self._numbers: dict[tuple[bool, tuple[int, ...]], int] = {}
        self._states: list[tuple[bool, tuple[int, ...]]] = []
        self._steps: dict[tuple[int, int], int] = {}
        self._accepting: dict[int, bool] = {}
        self._tables: dict[int, list[int]] = {}
        self._looks_back = any(isinstance(place, Before | AtStart) for place in program.places)
        self.end = self._number(True, (0,) * len(takes))

    def _number(self, at_end: bool, outcomes: tuple[int, ...]) -> int:
        state = at_end, outcomes
        if state not in self._numbers:
            self._numbers[state] = len(self._states)
            self._states.append(state)
        return self._numbers[state]

    def _table(self, state: int, before: int | None) -> list[int]:
        """The outcome at each place, with `before` as the octet before what was read."""
        if not self._looks_back and state in self._tables:
            return self._tables[state]
        at_end, outcomes = self._states[state]
        places = self._program.places
        table = [0] * len(places)
        table[SUCCESS], table[MATCH] = 1, int(at_end)
        for place, outcome in zip(self._takes, outcomes, strict=True):
            table[place] = outcome
        for place in self._program.order:
            table[place] = _outcome(places[place], table, before, at_end=at_end)
        self._tables[state] = table
        return table

    def step(self, state: int, octet: int) -> int:
        """The state behind one octet more, which stands before those that were read."""
        if (state, octet) not in self._steps:
            table = self._table(state, octet)
            self._steps[state, octet] = self._number(False, tuple(map(table.__getitem__, self._after[octet])))
        return self._steps[state, octet]

    def accepts(self, state: int) -> bool:
        """Whether what was read is a word of the language."""
        if state not in self._accepting:
            self._accepting[state] = self._table(state, None)[self._program.start] == 1
        return self._accepting[state]


def _outcome(place: Place, table: list[int], before: int | None, *, at_end: bool) -> int:
    match place:
        case Either(first, second):
            return table[first] or table[second]
        case Atomic(inner):
            return table[inner] >> 1
        case Commit(following):
            return 1 | table[following] << 1
        case Ahead(inner, following, wanted):
            return table[following] if (table[inner] > 0) == wanted else 0
        case Before(allowed, following, wanted):
            return table[following] if (before in allowed) == wanted else 0
        case AtStart(following):
            return table[following] if before is None else 0
        case AtEnd(following):
            return table[following] if at_end else 0
        case Take() | Mark():
            raise AssertionError("it has its outcome already")


class Witness(NamedTuple):
    """A word that two expressions judge differently. No shorter word is one."""

    word: bytes
    of_first: bool
    """Whether it is the first that takes it; else it is the second."""


def difference(first: Program, second: Program, *, within: bool = False) -> Witness | None:
    """A shortest word that only one of the two takes; None where they take the same words.

    Args:
        first: The one program.
        second: The other program.
        within: Whether `second` may take more words.
    """
    octets = tuple(classes_of(first, second))
    one, other = Automaton(first, octets), Automaton(second, octets)
    pairs: dict[tuple[int, int], bytes] = {(one.end, other.end): b""}
    waiting = deque(pairs)
    while waiting:
        pair = waiting.popleft()
        word = pairs[pair]
        taken, taken_by_other = one.accepts(pair[0]), other.accepts(pair[1])
        if taken != taken_by_other and (taken or not within):
            return Witness(word, taken)
        for octet in octets:
            after = one.step(pair[0], octet), other.step(pair[1], octet)
            if after not in pairs:
                pairs[after] = bytes((octet,)) + word
                waiting.append(after)
    return None


class Forwards:
    """An automaton that reads words from their first octet on. Its grammar has neither atomic groups nor looks.

    A state is the set of places that may come next. The empty state is dead, as each place leads to a match.

    Attributes:
        start: The state before the first octet.
    """

    def __init__(self, program: Program) -> None:
        self._places = program.places
        self.start = self._closed({program.start})
        self._steps: dict[tuple[frozenset[int], int], frozenset[int]] = {}

    def _closed(self, places: set[int]) -> frozenset[int]:
        """These places and those that they lead to without an octet, as far as they take one or match."""
        waiting, seen = list(places), set(places)
        while waiting:
            match self._places[waiting.pop()]:
                case Either(first, second):
                    further = {first, second} - seen
                    seen |= further
                    waiting += further
                case Take() | Mark():
                    pass
                case other:
                    raise AssertionError(f"not of a grammar: {other}")
        return frozenset(place for place in seen if not isinstance(self._places[place], Either))

    def step(self, state: frozenset[int], octet: int) -> frozenset[int]:
        """The state behind one octet more."""
        if (state, octet) not in self._steps:
            takes = [place for at in state if isinstance(place := self._places[at], Take)]
            self._steps[state, octet] = self._closed({take.next for take in takes if octet in take.allowed})
        return self._steps[state, octet]

    def read(self, word: bytes) -> frozenset[int]:
        """The state behind a word."""
        state = self.start
        for octet in word:
            state = self.step(state, octet)
        return state

    @staticmethod
    def accepts(state: frozenset[int]) -> bool:
        """Whether what was read is a word of the language."""
        return MATCH in state

    def ways(self, octets: Iterable[int]) -> dict[frozenset[int], bytes]:
        """Every state that is not dead, with a shortest word that leads to it."""
        octets = tuple(octets)
        ways = {self.start: b""}
        waiting = deque(ways)
        while waiting:
            state = waiting.popleft()
            for octet in octets:
                after = self.step(state, octet)
                if after and after not in ways:
                    ways[after] = ways[state] + bytes((octet,))
                    waiting.append(after)
        return ways

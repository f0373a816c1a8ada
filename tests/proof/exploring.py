"""Drives a reader through every state of its grammar, and further by every continuation of a few octets."""

from collections import deque
from collections.abc import Callable
from typing import Final, Literal, Protocol

from tests.proof.automata import Forwards, classes_of
from tests.proof.programs import Program

__all__ = ["Verdict", "explore"]

Verdict = Literal["complete", "incomplete", "refused", "complete before the end"]

OCTETS: Final = tuple(range(256))


class Read(Protocol):
    """A reader, made anew for each word."""

    def __call__(self, *pieces: bytes) -> Verdict:
        """What the reader says of octets that arrive in these pieces."""


def explore(
    program: Program,
    read: Read,
    further: int,
    check: Callable[[bytes, Verdict], object],
    through: Program | None = None,
) -> int:
    """Compare what a reader says with the language of a grammar that has no word that another begins with.

    Each state that is not dead is reached by a shortest word. From there the reader gets every octet, and every word
    of `further` octets, with one octet of each class. The reader completes exactly the words of the language. It
    refuses no octets that can still become a word, and refuses all others as soon as the line has ended. The first
    octet behind a way also comes alone. Where this octet is right, the shortest end completes the word. Where it is
    wrong, the ends that would be right before it, or instead of it, do not complete the word.

    Args:
        program: The program of the grammar.
        read: What a new reader says of octets that arrive in the pieces given.
        further: How many octets a further word has.
        check: A function that gets each word and its verdict, and may compare more.
        through: The program of some of the words, whose states are gone through instead.

    Returns:
        How many words were read.
    """
    grammar = Forwards(program)
    classes = tuple(classes_of(program))
    shortest = _shortest_ends(grammar, classes)
    endings = {
        state: {shortest[state]} | {shortest[after] for octet in classes if (after := grammar.step(state, octet))}
        for state in shortest
    }
    count = 0
    for way in Forwards(through or program).ways(classes).values():
        state = grammar.read(way)
        if grammar.accepts(state):
            continue
        waiting = [(way, state, 0)]
        while waiting:
            word, reached, depth = waiting.pop()
            for octet in classes if depth else OCTETS:
                longer, after = word + bytes((octet,)), grammar.step(reached, octet)
                verdict = read(longer)
                assert verdict in _expected(grammar, after), (verdict, longer)
                check(longer, verdict)
                count += 1
                if not depth:
                    assert read(word, longer[-1:]) == verdict, longer
                if after and not depth:
                    right = longer + shortest[after]
                    assert read(right) == "complete", right
                    check(right, "complete")
                if not after:
                    ends = endings[reached] if not depth and octet in classes else {b""}
                    for wrong in (longer + end + b"\r\n\r\n" for end in ends):
                        assert read(wrong) == "refused", wrong
                        check(wrong, "refused")
                if verdict == "incomplete" and depth + 1 < further and octet in classes:
                    waiting.append((longer, after, depth + 1))
    return count


def _expected(grammar: Forwards, state: frozenset[int]) -> set[Verdict]:
    if grammar.accepts(state):
        return {"complete"}
    return {"incomplete"} if state else {"incomplete", "refused"}


def _shortest_ends(grammar: Forwards, classes: tuple[int, ...]) -> dict[frozenset[int], bytes]:
    """The shortest end that completes each state."""
    ways = grammar.ways(classes)
    before: dict[frozenset[int], list[tuple[frozenset[int], int]]] = {}
    for state in ways:
        for octet in classes:
            before.setdefault(grammar.step(state, octet), []).append((state, octet))
    shortest = {state: b"" for state in ways if grammar.accepts(state)}
    waiting = deque(shortest)
    while waiting:
        state = waiting.popleft()
        for earlier, octet in before.get(state, ()):
            if earlier not in shortest:
                shortest[earlier] = bytes((octet,)) + shortest[state]
                waiting.append(earlier)
    return shortest

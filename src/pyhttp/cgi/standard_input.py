"""RFC 3875 §4.2: the content of a request, as the standard input of a script."""

from typing import NamedTuple, Protocol

__all__ = ["Kept", "StandardInput", "standard_input"]


class Kept(Protocol):
    """The content of one request, all of it, as it is kept."""

    length: int
    """Octets."""

    def descriptor(self) -> int | None:
        """An open file with the content and nothing else, at its beginning; None where it is empty."""
        ...


class StandardInput(NamedTuple):
    """What a script reads."""

    descriptor: int | None
    """An open file, which need not stay open once the script runs; None for none."""
    length: int
    """Octets in it."""


def standard_input(content: Kept) -> StandardInput:
    """All of the content (3875-4.2-3b), whichever way the script answers (3875-4.2-4a).

    It is a file, which may be read early, late, in part or never, and nobody can wait for anybody. It ends behind the
    content (3875-4.2-3c) and has nothing more (3875-4.2-3c.2). Codings of the transfer are off, and the length is that
    of what is left (3875-4.2-5a); those of the content stay (3875-4.2-5c).

    Raises:
        Unavailable: There is no room for it (3875-4.2-5b).
    """
    return StandardInput(content.descriptor(), content.length)

"""RFC 9110 §8.8: validators, entity tags and modification dates."""

from typing import Final, NamedTuple

from pyhttp import abnf
from pyhttp.semantics.dates import EARLIEST

__all__ = ["EntityTag", "Validators", "parse_entity_tag", "parse_entity_tags", "validators_of_file"]

_MEMBER: Final = abnf.OWS + rb"(?:" + abnf.ENTITY_TAG + abnf.OWS + rb")?+"
_LIST: Final = _MEMBER + rb"(?:," + _MEMBER + rb")*+"

_TICK: Final = 10_000_000
"""Nanoseconds that the kernel's coarse clock, which stamps files, may stand still: 100 Hz is the slowest in use."""
_COARSE_TICK: Final = 2_000_000_000
"""The same for file systems that keep whole seconds only (two, on FAT)."""
_SECOND: Final = 1_000_000_000


class EntityTag(NamedTuple):
    """An entity-tag (RFC 9110 §8.8.3): the opaque text between the quotes, and whether it is weak."""

    opaque: str
    weak: bool = False

    def __str__(self) -> str:
        return f'W/"{self.opaque}"' if self.weak else f'"{self.opaque}"'

    def matches_strongly(self, other: "EntityTag") -> bool:
        """Both strong and equal (§8.8.3.2)."""
        return not self.weak and not other.weak and self.opaque == other.opaque

    def matches_weakly(self, other: "EntityTag") -> bool:
        """Equal opaque parts, strong or weak (§8.8.3.2)."""
        return self.opaque == other.opaque


class Validators(NamedTuple):
    """What tells whether a selected representation is still the one a client holds."""

    etag: EntityTag
    modified: int | None = None
    """Last-Modified in seconds since 1970; None where no date can be determined."""


def parse_entity_tag(value: str) -> EntityTag | None:
    """The entity-tag that `value` is; None where it breaks the grammar."""
    return _entity_tag(value) if abnf.text_pattern(abnf.ENTITY_TAG).fullmatch(value) else None


def parse_entity_tags(value: str) -> tuple[EntityTag, ...] | None:
    """The entity-tags of a list (§5.6.1, empty members dropped); None where a member is none.

    Commas and backslashes inside a tag are plain characters of it.
    """
    if not abnf.text_pattern(_LIST).fullmatch(value):
        return None
    return tuple(_entity_tag(spelling) for spelling in abnf.text_pattern(abnf.ENTITY_TAG).findall(value))


def _entity_tag(spelling: str) -> EntityTag:
    weak = spelling.startswith("W/")
    return EntityTag(spelling[3:-1] if weak else spelling[1:-1], weak)


def validators_of_file(size: int, modified_ns: int, now_ns: int, *, coding: str = "") -> Validators:
    """The validators of a file, from what `fstat` says of it.

    The tag names size and time of change, never an inode or a path (safety line W7). A file changed so lately that it
    may change again under the same time gets a weak tag (9110-8.8.3-7b) of another text, so that nobody mistakes what
    was sent then for what the strong tag stands for later.

    Args:
        size: In bytes.
        modified_ns: Its time of last change, nanoseconds since 1970.
        now_ns: The current time; Last-Modified is never later (9110-8.8.2.1-4a).
        coding: The content coding of the representation, which has a tag of its own.
    """
    opaque = f"{size:x}-{modified_ns:x}"
    if coding:
        opaque = f"{opaque}-{coding}"
    age = now_ns - modified_ns
    tick = _TICK if modified_ns % _SECOND else _COARSE_TICK
    tag = EntityTag(opaque) if age > tick else EntityTag(f"{opaque}-new", weak=True)
    modified = min(modified_ns, now_ns) // _SECOND
    return Validators(tag, modified if modified >= EARLIEST else None)

"""RFC 9110 §8.8: validators, entity tags and modification dates."""

from _blake2 import blake2b  # hashlib takes it from here, but hashlib also loads OpenSSL
from typing import Final, NamedTuple

from pyhttp import abnf

__all__ = ["EntityTag", "FileVersion", "Validators", "parse_entity_tag", "parse_entity_tags", "validators_of_file"]

_MEMBER: Final = abnf.OWS + rb"(?:" + abnf.ENTITY_TAG + abnf.OWS + rb")?+"
_LIST: Final = _MEMBER + rb"(?:," + _MEMBER + rb")*+"

_TICK: Final = 10_000_000
"""The time, in nanoseconds, for which the kernel's coarse clock, which stamps files, may stand still: 100 Hz is the
slowest in use."""
_COARSE_TICK: Final = 2_000_000_000
"""The same for file systems that keep whole seconds only (two, on FAT)."""
_SECOND: Final = 1_000_000_000
_FIRST_DATE: Final = 631_152_000
"""The start of 1990, before which there was nothing to serve by HTTP. Older dates are mostly marks that mean "no date":
0 and 1 in package stores, 1980 in ZIP archives, 1985 in those of npm. They stay the same when the content changes."""


class EntityTag(NamedTuple):
    """An entity-tag (RFC 9110 §8.8.3): the opaque text between the quotes, and whether it is weak."""

    opaque: str
    weak: bool = False

    def __str__(self) -> str:
        return f'W/"{self.opaque}"' if self.weak else f'"{self.opaque}"'

    def matches_strongly(self, other: "EntityTag") -> bool:
        """Whether both tags are strong, and equal (§8.8.3.2)."""
        return not self.weak and not other.weak and self.opaque == other.opaque

    def matches_weakly(self, other: "EntityTag") -> bool:
        """Whether the opaque parts are equal; each tag may be strong or weak (§8.8.3.2)."""
        return self.opaque == other.opaque


class Validators(NamedTuple):
    """The values that tell whether a selected representation is still the one that a client holds."""

    etag: EntityTag | None
    """None where nothing distinguishes one version from the next."""
    modified: int | None = None
    """Last-Modified in seconds since 1970; None where no date can be determined."""


def parse_entity_tag(value: str) -> EntityTag | None:
    """The entity-tag that `value` is; None where it breaks the grammar."""
    return _entity_tag(value) if abnf.text_pattern(abnf.ENTITY_TAG).fullmatch(value) else None


def parse_entity_tags(value: str) -> tuple[EntityTag, ...] | None:
    """The entity-tags of a list (§5.6.1, empty members dropped); None where a member is no entity-tag.

    Commas and backslashes inside a tag are plain characters of it.
    """
    if not abnf.text_pattern(_LIST).fullmatch(value):
        return None
    return tuple(_entity_tag(spelling) for spelling in abnf.text_pattern(abnf.ENTITY_TAG).findall(value))


def _entity_tag(spelling: str) -> EntityTag:
    weak = spelling.startswith("W/")
    return EntityTag(spelling[3:-1] if weak else spelling[1:-1], weak)


FileVersion = tuple[int, int, int, int, int]
"""The values of `fstat` for a file: size in bytes, mtime and ctime in nanoseconds since 1970, device and inode number.

The type is a plain tuple, since a value is made for every request.
"""


def validators_of_file(version: FileVersion, now_ns: int, *, coding: str = "", made: bool = False) -> Validators:
    """The validators of a file, made of the values that `fstat` gives.

    Each file has a tag (9110-8.8.3.1-3a), and a file with a credible date has a date as well (9110-8.8.2.1-1a). The tag
    is hexadecimal, so that it has no backslash (9110-8.8.3-3.1b). It changes when caches should forget the old content
    (9110-8.8.1-7b).

    The tag is a one-way digest of all values in `version`. Size and mtime alone would not do: they are the same for
    many files of a package store, and anybody may set mtime. Nobody can set ctime. No number of the machine can be read
    from the tag (safety line W7). A file changed so lately that it may change again under the same times gets a weak
    tag (9110-8.8.3-7b). Its text differs from that of the strong tag, so that no client mistakes the earlier content
    for the later.

    Args:
        version: The version of the file.
        now_ns: The current time; Last-Modified is never later (9110-8.8.2.1-4a).
        coding: The content coding of the representation; each coding has a tag of its own.
        made: Whether the representation is made for each answer. Then the tag is weak: a compressor writes the octets,
            and its next version writes others (9110-8.8.1-7a).
    """
    _, modified_ns, changed_ns, _, _ = version
    opaque = blake2b(repr(version).encode("ascii"), digest_size=8, person=b"pyhttp file").hexdigest()
    if coding:
        opaque = f"{opaque}-{coding}"
    if _is_recent(modified_ns, now_ns) or _is_recent(changed_ns, now_ns):
        tag = EntityTag(f"{opaque}-new", weak=True)
    else:
        tag = EntityTag(opaque, weak=made)
    # A file with a time in the future gets the time of the response (9110-8.8.2.1-4b).
    modified = min(modified_ns, now_ns) // _SECOND
    return Validators(tag, modified if modified >= _FIRST_DATE else None)


def _is_recent(time_ns: int, now_ns: int) -> bool:
    """Whether a further change may get the same time from the clock that stamps files."""
    return now_ns - time_ns <= (_TICK if time_ns % _SECOND else _COARSE_TICK)

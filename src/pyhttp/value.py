"""Values with many fields that are equal if their fields are."""

from dataclasses import fields, is_dataclass

__all__ = ["Value"]


class Value:
    """The equality of a dataclass that is made with `eq=False`: by its class and its fields, with the hash to it.

    `dataclass` writes both anew for each class. To compile them takes half of what a class of 26 fields takes.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether `other` is of the same class, with equal fields."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _contents(self) == _contents(other)

    def __hash__(self) -> int:
        """The hash of the fields."""
        return hash(_contents(self))


def _contents(value: object) -> tuple[object, ...]:
    return tuple([getattr(value, field.name) for field in fields(value)]) if is_dataclass(value) else ()

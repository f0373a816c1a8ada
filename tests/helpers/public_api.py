"""The public names with their signatures, as text: `python -m tests.helpers.public_api` writes them anew."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Final

import pyhttp
import pyhttp.requests
import pyhttp.testing
import pyhttp.wsgi

SNAPSHOT: Final = Path(__file__).parents[1] / "unit" / "public_api.txt"

OPAQUE: Final = frozenset({"Connection"})
"""Classes whose own members belong to the library; what users may call, the base class has."""

HOOKS: Final = frozenset(
    {
        "BaseServer.about_to_block",
        "BaseServer.exchange_ended",
        "BaseServer.hurry",
        "BaseServer.report",
        "BasicAuth.hashes",
        "Feed.discard",
        "Feed.reader",
        "Headers.by_name",
        "Headers.parsed",
        "Headers.repeated",
        "Headers.share",
        "Headers.split",
        "Headers.steers",
        "Headers.wire",
        "PooledServer.about_to_block",
        "Request.head",
        "Request.of",
        "Request.redirected",
    }
)
"""The names that only other modules of the library call: by the loop, by the gate, or for speed."""


def public_names() -> dict[str, object]:
    """Each public name and the object that it stands for."""
    top: dict[str, object] = {name: getattr(pyhttp, name) for name in pyhttp.__all__}
    testing: dict[str, object] = {f"testing.{name}": getattr(pyhttp.testing, name) for name in pyhttp.testing.__all__}
    further = {"requests.SocketWriter": pyhttp.requests.SocketWriter, "wsgi.wsgi_handler": pyhttp.wsgi.wsgi_handler}
    return top | testing | further


def describe() -> str:
    """A line for each public name. Below a class, there is a line for each of its own public members."""
    return "".join(f"{line}\n" for name, value in sorted(public_names().items()) for line in _lines(name, value))


def _lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"class {name}({bases})" if bases else f"class {name}"
        if name not in OPAQUE:
            yield from (f"    {_member(member, value)}" for member in sorted(_promised(name, value)))
    elif inspect.isfunction(value):
        yield f"def {name}{_signature(value)}"
    else:
        yield f"{name} = {_shown(repr(value))}"


def members(name: str) -> set[str]:
    """The members of a public name that the reference has.

    They are the members of its own that it promises, with fields.
    """
    owner = public_names()[name]
    if not inspect.isclass(owner) or name in OPAQUE:
        return set()
    given = (
        {field.name for field in dataclasses.fields(owner) if field.init} if dataclasses.is_dataclass(owner) else set()
    )
    return {
        each for each in _promised(name, owner) | given if not each.startswith("_") and f"{name}.{each}" not in HOOKS
    }


def _promised(name: str, owner: type) -> set[str]:
    return {each for each in _members(owner) if f"{name}.{each}" not in HOOKS}


def _members(owner: type) -> set[str]:
    """The public members that a class defines itself. Where its constructor names its fields, these are left out."""
    special = {"__call__"} if "_is_protocol" in vars(owner) else {"__init__"}
    own = vars(owner).keys() | inspect.get_annotations(owner).keys()
    members = {member for member in own if not member.startswith("_") or member in special}
    generated = dataclasses.is_dataclass(owner) and getattr(owner, "__dataclass_params__").init  # noqa: B009 - not typed
    return members - {field.name for field in dataclasses.fields(owner)} if generated else members


def _member(name: str, owner: type) -> str:
    member: object = inspect.getattr_static(owner, name, None)
    if isinstance(member, property) and member.fget:
        return f"property {name}{_signature(member.fget).removeprefix('(self)')}"
    if isinstance(member, classmethod | staticmethod):
        return f"{type(member).__name__} {name}{_signature(member.__func__)}"
    if inspect.isfunction(member):
        return f"def {name}{_signature(member)}"
    if isinstance(member, int):
        return f"{name} = {int(member) if isinstance(member, IntEnum) else member}"
    return f"{name}: {_shown(inspect.formatannotation(inspect.get_annotations(owner)[name]))}"


def _signature(function: object) -> str:
    assert callable(function)
    return _shown(str(inspect.signature(function)))


def _shown(text: str) -> str:
    """The text without the modules that define a type. The place where a name is defined is no promise."""
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text)


if __name__ == "__main__":
    SNAPSHOT.write_text(describe(), encoding="utf-8")

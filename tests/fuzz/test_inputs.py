"""The strategies of `inputs` have valid and wrong input, and the wrong input breaks each rule of the parsers."""

import ast
import inspect
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Final

import pytest

from pyhttp.cgi import output
from pyhttp.limits import Limits
from pyhttp.resources import paths
from pyhttp.semantics import content_length, dates, forwarded, ranges, validators
from pyhttp.wire import (
    chunked,
    expectation,
    field_lines,
    framing,
    line,
    proxy_header,
    request_head,
    request_line,
    request_target,
)
from tests.fuzz import reference, reference_values
from tests.fuzz.inputs import INPUTS, drawn
from tests.fuzz.targets import TARGETS
from tests.helpers import wire_strategies

if TYPE_CHECKING:
    from _typeshed import TraceFunction

LEAST: Final = 0.3
"""The least part of the inputs that has to be read, and the least part that has to be refused."""
REFUSE_NOTHING: Final = {"members"}
"""These parsers take any input."""
Functions = tuple[ModuleType, tuple[str, ...]]
ALL: Final = ()
_CHUNKS: Final = ("_chunks", "_chunk_line", "_are_extensions", "_fields", "_line")
READERS: Final[dict[str, tuple[Functions, ...]]] = {
    "request": (
        (request_line, ALL),
        (request_head, ALL),
        (framing, ("request_framing", "_wrong_coding")),
        (content_length, ("parse_content_length",)),
        (expectation, ALL),
        (line, ALL),
        (reference, ("_request_line", "_check_fields", "_content")),
    ),
    "chunked": ((chunked, ("decode", "_read_size", "_read_data_end")), (line, ALL), (reference, _CHUNKS)),
    "target": (
        (request_target, ("check_target", "_split_absolute_form")),
        (reference, ("_check_target", "_is_escaped")),
    ),
    "host": ((reference, ("_is_host", "_is_ipv6")),),
    "field_section": ((field_lines, ALL), (line, ALL), (reference, ("_fields", "_line"))),
    "members": (),
    "byte_ranges": (
        (ranges, ("select", "_span")),
        (reference_values, ("_ranges", "_range", "_check_order")),
    ),
    "date": (
        (dates, ("parse_date", "_seconds", "_second_of_day")),
        (reference_values, ("_number", "_imf", "_asctime", "_rfc850", "_month", "_clock", "_seconds")),
    ),
    "entity_tags": ((validators, ("parse_entity_tags",)), (reference_values, ("entity_tags", "_entity_tag"))),
    "path": ((paths, ("decode", "_unescape")), (reference_values, ("segments", "_segment"))),
    "script_output": ((output, ALL),),
    "proxy_header": ((proxy_header, ALL),),
    "forwarded": ((forwarded, ALL),),
}
"""The places where the input of each target may be refused: modules, and the functions there."""


Place = tuple[str, str, int]
"""A file, a function, and a line."""


def refusals(module: ModuleType, names: tuple[str, ...]) -> dict[Place, str]:
    """The statements of these functions that refuse: they raise, or return None, False, or why there is no range."""
    functions = {
        node.name: node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.FunctionDef)
    }
    file = module.__file__
    assert file is not None
    found: dict[Place, str] = {}
    for name in names or functions:
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.stmt) and _refuses(node):
                found[file, name, node.lineno] = f"{module.__name__}:{node.lineno} {ast.unparse(node)[:90]}"
    return found


def _refuses(node: ast.stmt) -> bool:
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return False
        case ast.Raise(exc=exc):
            return exc is not None
        case ast.Return(value=ast.Constant(value=None | False)):
            return True
        case ast.Return(value=ast.Attribute(value=ast.Name(id="Unranged"))):
            return True
        case _:
            return False


@contextmanager
def passing(places: dict[Place, str], met: Counter[Place]) -> Iterator[None]:
    """Count in `met` how often each place is passed."""
    functions = {(file, name) for file, name, _ in places}

    def enter(frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        return pass_by if (frame.f_code.co_filename, frame.f_code.co_name) in functions else None

    def pass_by(frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        if event == "line":
            met[frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno] += 1
        return pass_by

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("target", TARGETS)
def test_a_good_part_is_read_and_a_good_part_refused_for_each_reason(target: str) -> None:
    places = {place: said for module, names in READERS[target] for place, said in refusals(module, names).items()}
    met = Counter[Place]()
    inputs = drawn(INPUTS[target])
    with passing(places, met):
        read = sum(map(TARGETS[target], inputs))
    assert read >= LEAST * len(inputs)
    assert target in REFUSE_NOTHING or len(inputs) - read >= LEAST * len(inputs)
    assert [said for place, said in places.items() if not met[place]] == []


def test_a_good_part_of_the_heads_is_read_and_a_good_part_refused() -> None:
    heads = drawn(wire_strategies.broken_heads())
    read = sum(reference.read(head, Limits()) is not None for head in heads)
    assert LEAST * len(heads) <= read <= (1 - LEAST) * len(heads)

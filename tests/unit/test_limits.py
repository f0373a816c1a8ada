"""Limits and deadlines: all positive, each with its reason, and the safety lines' defaults."""

import dataclasses
import inspect
import json
import math
import re

import pytest

from pyhttp.limits import Limits, Timeouts

DEFAULTS = {
    "request_line": 8192,
    "field_line": 8192,
    "field_section": 64 * 1024,
    "field_lines": 100,
    "content": 2**30,
    "chunk_line": 1024,
    "chunk_extensions": 16 * 1024,
    "requests_per_connection": 1000,
    "connections": 10_000,
    "threads": 128,
    "backlog": 128,
    "drain": 64 * 1024,
    "linger": 64 * 1024,
    "read_ahead": 64 * 1024,
    "portion": 1024 * 1024,
    "scripts": 16,
    "script_fields": 64 * 1024,
    "script_field_lines": 100,
    "script_stderr": 64 * 1024,
    "ranges": 256,
    "unordered_ranges": 10,
    "log_line": 2048,
    "spool_memory": 1024 * 1024,
    "spool": 2**31,
    "listing_entries": 10_000,
    "shown_file": 1024 * 1024,
}
SECONDS = {
    "head": 20,
    "handshake": 15,
    "idle": 15,
    "content": 20,
    "content_rate": 500,
    "send": 30,
    "send_rate": 500,
    "stop": 10,
    "drain": 2,
    "close_notify": 2,
    "linger": 2,
    "hold": 0.05,
    "script": 30,
    "script_run": 300,
    "script_wait": 10,
    "script_gather": 0.005,
    "script_kill": 2,
}


def test_D1_to_D22_the_defaults_are_those_promised() -> None:
    assert dataclasses.asdict(Limits()) == DEFAULTS
    assert dataclasses.asdict(Timeouts()) == SECONDS


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, None, 1.5, True, "1"])
def test_a_limit_is_a_positive_int(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"Limits\.{name} must be"):
        Limits(**json.loads(json.dumps({name: value})))
    assert getattr(Limits(**json.loads(f'{{"{name}": 7}}')), name) == 7


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Timeouts)])
@pytest.mark.parametrize("value", [0, -1.0, None, True, "1", math.inf, math.nan])
def test_a_deadline_is_a_positive_number(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"Timeouts\.{name} must be"):
        Timeouts(**json.loads(json.dumps({name: value})))
    assert getattr(Timeouts(**json.loads(f'{{"{name}": 0.25}}')), name) == 0.25


@pytest.mark.clause("3875-8.1-1b")
@pytest.mark.parametrize("kind", [Limits, Timeouts])
def test_each_default_has_its_reason_beside_it(kind: type[Limits] | type[Timeouts]) -> None:
    source = inspect.getsource(kind)
    for field in dataclasses.fields(kind):
        declaration = f"    {field.name}: {field.type if isinstance(field.type, str) else field.type.__name__} = "
        assert declaration in source
        assert " Reason: " in " ".join(source.split(declaration)[1].split('"""')[1].split()), field.name


def test_a_limit_of_bytes_says_so() -> None:
    words = re.findall(r'^    (\w+): int = .*\n    """(\w+)', inspect.getsource(Limits), re.MULTILINE)
    assert len(words) == len(dataclasses.fields(Limits))
    defaults = {field.name: field.default for field in dataclasses.fields(Limits)}
    for name, first in words:
        default = defaults[name]
        assert isinstance(default, int)
        assert (first == "Bytes") == (default % 1024 == 0), name


def test_both_are_frozen() -> None:
    for value in (Limits(), Timeouts()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, 1)

"""The values of the command line's options."""

from dataclasses import fields, replace

import pytest

from pyhttp.command.values import LogFormat, limit, limits, log_format, natural, pair, port, positive, timeout
from pyhttp.limits import Limits, Timeouts


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("field_line=16k", "field_line", 16384),
        ("field-line=16K", "field_line", 16384),
        (" content = 2G ", "content", 2 << 30),
        ("content=3m", "content", 3 << 20),
        ("content=9223372036854", "content", 9223372036854),
        ("threads=7", "threads", 7),
    ],
)
def test_a_limit(text: str, name: str, value: int) -> None:
    assert limit(text) == (name, value)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("idle=30", "idle", 30.0),
        ("idle=30s", "idle", 30.0),
        ("script-run=10m", "script_run", 600.0),
        ("hold=0.05", "hold", 0.05),
        ("send_rate=1000", "send_rate", 1000.0),
    ],
)
def test_a_timeout(text: str, name: str, value: float) -> None:
    assert timeout(text) == (name, value)


def test_each_limit_and_each_timeout_is_listed_as_it_may_be_written() -> None:
    of_limits, _, of_timeouts = limits().removesuffix(".").partition(". Timeouts in seconds: ")
    written_limits = of_limits.removeprefix("Limits: ").split(", ")
    assert [text.partition("=")[0] for text in written_limits] == [each.name for each in fields(Limits)]
    assert replace(Limits(), **dict(map(limit, written_limits))) == Limits()
    written_timeouts = of_timeouts.split(", ")
    assert [text.partition("=")[0] for text in written_timeouts] == [each.name for each in fields(Timeouts)]
    assert replace(Timeouts(), **dict(map(timeout, written_timeouts))) == Timeouts()


COUNTS = (
    *("field_lines", "requests_per_connection", "connections", "threads", "backlog", "scripts", "script_field_lines"),
    *("ranges", "unordered_ranges", "listing_entries"),
)
"""The limits of numbers of things. The others are limits of octets."""


@pytest.mark.parametrize("name", [each.name for each in fields(Limits)])
def test_a_unit_belongs_to_octets_alone(name: str) -> None:
    if name in COUNTS:
        with pytest.raises(ValueError, match=f"^{name}: "):
            limit(f"{name}=1k")
    else:
        assert limit(f"{name}=1k") == (name, 1024)


def test_a_size_that_no_unit_divides_is_shown_in_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next(each for each in fields(Limits) if each.name == "content"), "default", 1000)
    assert "content=1000, " in limits()


def test_numbers() -> None:
    assert (natural("0"), natural("999999999"), positive("1"), port("0"), port("65535")) == (0, 999999999, 1, 0, 65535)


def test_a_pair_is_divided_where_its_separator_stands_first() -> None:
    assert pair(":", "NAME: VALUE")("A: b:c ") == ("A", "b:c")
    assert pair("=", "A=B")("A=") == ("A", "")


def test_formats_have_their_names() -> None:
    assert [log_format(each.value) for each in LogFormat] == list(LogFormat)

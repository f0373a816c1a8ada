"""The input of each fuzz target: valid input, which is damaged a little in most cases."""

from typing import Final, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helpers import damaged

__all__ = ["INPUTS", "drawn"]

T = TypeVar("T")
EXAMPLES: Final = 400

MEMBERS: Final = ("a", "gzip;q=0.5", '"a, b"', '"\\""', 'a="b,c"', "a b", '"', "\\")
TEXTS: Final[dict[str, st.SearchStrategy[str]]] = {
    "request": damaged.requests().map("\x80{}".format),
    "chunked": damaged.chunked_content().map("\x80{}".format),
    "target": damaged.request_targets(),
    "host": damaged.hosts(),
    "field_section": damaged.field_sections(),
    "members": damaged.lists(*MEMBERS),
    "byte_ranges": damaged.range_fields(),
    "date": damaged.dates(),
    "entity_tags": damaged.entity_tags(),
    "path": damaged.paths(),
    "script_output": st.one_of(
        damaged.script_outputs(non_parsed=False).map("\x80{}".format),
        damaged.script_outputs(non_parsed=True).map("\x81{}".format),
    ),
    "proxy_header": damaged.proxy_headers(),
    "forwarded": damaged.forwarded(),
}
INPUTS: Final = {target: texts.map(lambda text: text.encode("latin-1")) for target, texts in TEXTS.items()}
"""Strategies for octets, by target."""


def drawn(strategy: st.SearchStrategy[T]) -> list[T]:
    """Some hundred values of a strategy, the same ones in every run."""
    found: list[T] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found

"""The rows on the core and the fuzz targets' seeds, without pytest: they find most faults in a second or two.

The exit code is 1, by an exception, where one fails.
"""

from typing import Final

from pyhttp.checking.laws import broken_laws
from pyhttp.checking.play import play
from pyhttp.checking.rows.all_rows import ROWS
from pyhttp.checking.rows.model import Send
from tests.conformance.core_peer import NOT_ITS_OWN, CorePeer
from tests.conformance.oracles.divergences import unnamed
from tests.conformance.oracles.messages import requests
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

__all__ = ["main"]

_MESSAGES: Final = 150
_LONG: Final = 400
"""Rows that send more are played whole only."""


def main() -> None:
    """Play everything once."""
    for name, target in TARGETS.items():
        for data in seeds(name):
            target(data)
    for row in ROWS:
        if row.needs & NOT_ITS_OWN:
            continue
        assert not broken_laws(play(row.steps, CorePeer()))
        if "whole" not in row.needs and sum(len(step.data) for step in row.steps if isinstance(step, Send)) < _LONG:
            assert not broken_laws(play(row.steps, CorePeer(bytewise=True)))
    for data in requests(3, _MESSAGES):
        assert not unnamed(data)


if __name__ == "__main__":
    main()

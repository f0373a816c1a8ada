"""The fuzz targets in an ordinary test run: their seeds, the corpus, and random input. V2, V4, F13."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.oracles.messages import requests
from tests.fuzz import reference
from tests.fuzz.inputs import INPUTS
from tests.fuzz.seeds import CORPUS, DICTIONARY, seeds
from tests.fuzz.targets import LIMITS, TARGETS

WORDS: Final = tuple(
    line.partition('="')[2].rstrip()[:-1].encode("ascii").decode("unicode_escape").encode("latin-1")
    for line in DICTIONARY.read_text(encoding="ascii").splitlines()
    if line and not line.startswith("#")
)
INPUT: Final = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=5)), max_size=20).map(b"".join)


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_of(target: str) -> None:
    inputs = seeds(target)
    assert len(inputs) > 4
    for data in inputs:
        TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
def test_nearly_valid_input_of(target: str, data: st.DataObject) -> None:
    TARGETS[target](data.draw(INPUTS[target]))


@given(st.sampled_from(list(TARGETS)), INPUT)
def test_any_input(target: str, data: bytes) -> None:
    TARGETS[target](data)


@given(st.integers(0, 2**32))
def test_generated_requests(seed: int) -> None:
    for data in requests(seed, 20):
        TARGETS["request"](b"\x40" + data)


def test_the_corpus_belongs_to_targets() -> None:
    folders = {path.name for path in CORPUS.iterdir()} if CORPUS.is_dir() else set()
    assert folders <= TARGETS.keys()


def test_the_reference_reads_a_request() -> None:
    data = b"POST /a?b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nX:  1 \r\n\r\nGET"
    fields = [(b"host", b"a"), (b"transfer-encoding", b"chunked")]
    expected = reference.Read(b"POST", b"/a?b", b"HTTP/1.1", fields, b"hi", [(b"x", b"1")], len(data) - 3)
    assert reference.read(data, LIMITS) == expected


def test_the_reference_refuses() -> None:
    assert reference.read(b"GET / HTTP/1.1\r\n\r\n", LIMITS) is None

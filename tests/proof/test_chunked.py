"""The decoder of chunked content against the automaton of the grammar, for content of two octets at most."""

from typing import Final

from pyhttp.errors import HTTPError
from pyhttp.limits import Limits
from pyhttp.wire.buffer import ReceiveBuffer
from pyhttp.wire.chunked import ChunkedDecoder
from tests.proof.exploring import Verdict, explore
from tests.proof.programs import program_of
from tests.proof.proofs import GRAMMAR

LIMITS: Final = Limits(content=2)


def decode(*pieces: bytes) -> tuple[Verdict, bytes]:
    """What a new decoder says of octets that arrive in pieces, and the content it gives."""
    decoder, buffer, content = ChunkedDecoder(LIMITS), ReceiveBuffer(), b""
    for piece in pieces:
        buffer.append(piece)
        try:
            while given := decoder.decode(buffer):
                content += given
        except HTTPError:
            return "refused", content
        if decoder.trailers is not None:
            return "complete before the end" if len(buffer) else "complete", content
    return "incomplete", content


def read(*pieces: bytes) -> Verdict:
    """The verdict alone."""
    return decode(*pieces)[0]


def content_of(word: bytes) -> bytes:
    """What complete chunked content holds, read in the plainest way."""
    content = b""
    while True:
        line, _, word = word.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if not size:
            return content
        content += word[:size]
        word = word[size + 2 :]


def compare_content(word: bytes, verdict: Verdict) -> None:
    """Check that all content is given, however the word is split."""
    if verdict == "complete":
        assert decode(word)[1] == decode(*(word[at : at + 1] for at in range(len(word))))[1] == content_of(word)


def test_the_decoder_has_the_language_of_chunked_content() -> None:
    program = program_of(GRAMMAR.tree("small-chunked-body"))
    assert explore(program, read, 3, compare_content) > 100_000

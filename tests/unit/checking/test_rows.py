"""The rows of `pyhttp check`, as a whole."""

from tests.helpers.rows import SNAPSHOT, describe


def test_the_rows_are_what_the_transcripts_say() -> None:
    """Where a row was changed on purpose, `python -m tests.helpers.rows` writes the transcripts anew.

    The difference of the file shows what servers are asked now.
    """
    assert describe().splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()

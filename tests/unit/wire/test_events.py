"""Events are values."""

import pytest

from pyhttp.semantics.fields import EMPTY
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, ResponseHead, Signal


def test_events_are_frozen_values() -> None:
    for event, other in (
        (Content(b"a"), Content(b"b")),
        (EndOfMessage(), None),
        (Informational(100), Informational(102)),
        (ResponseHead(200, EMPTY, 0), ResponseHead(200, EMPTY, 0, close=True)),
        (ContentElsewhere(1), ContentElsewhere(2)),
    ):
        assert event == event._replace()
        assert event != other
        with pytest.raises(AttributeError):
            setattr(event, event._fields[0], None)


def test_a_message_without_trailers_has_an_empty_section() -> None:
    assert EndOfMessage().trailers is EMPTY


def test_signals_are_three() -> None:
    assert [signal.name for signal in Signal] == ["NEED_DATA", "PAUSED", "CLOSED"]

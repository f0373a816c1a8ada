"""The state table: it is complete, and every state in it can be reached."""

from pyhttp.errors import HTTPError
from pyhttp.messages import RequestHead
from pyhttp.wire.events import Content, ContentElsewhere, EndOfMessage, Informational, ResponseHead, Signal
from pyhttp.wire.states import RECEIVED, SENT, Receiving, Sending


def test_every_state_can_be_reached() -> None:
    assert {Receiving.HEAD, *RECEIVED.values()} == set(Receiving)
    assert {Sending.HEAD, *SENT.values()} == set(Sending)


def test_the_last_states_have_no_way_on() -> None:
    assert {state for state, _ in RECEIVED} == {Receiving.HEAD, Receiving.CONTENT}
    assert {state for state, _ in SENT} == {Sending.HEAD, Sending.CONTENT}


def test_everything_received_and_sent_has_its_place() -> None:
    assert {event for _, event in RECEIVED} == {RequestHead, Content, EndOfMessage, HTTPError, Signal}
    assert {event for _, event in SENT} == {Informational, ResponseHead, Content, ContentElsewhere, EndOfMessage}


def test_F13_an_error_is_the_end_of_receiving() -> None:
    """F13: no state follows."""
    assert {RECEIVED[state, HTTPError] for state in (Receiving.HEAD, Receiving.CONTENT)} == {Receiving.FAILED}
    assert not any(state is Receiving.FAILED for state, _ in RECEIVED)


def test_members_hash_by_identity() -> None:
    states = {*Receiving, *Sending}
    assert len(states) == len(Receiving) + len(Sending)
    assert all(hash(state) == object.__hash__(state) for state in states)

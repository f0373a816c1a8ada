"""The attributes that a handler reads of its server, whatever that is."""

import logging
from types import SimpleNamespace

from pyhttp.cgi.running import RunningScripts
from pyhttp.limits import Limits, Timeouts
from pyhttp.surroundings import Surroundings
from pyhttp.transport.access_log import loggers


def test_a_server_may_be_any_object() -> None:
    found = Surroundings(object())
    assert found.limits == Limits()
    assert found.timeouts == Timeouts()
    assert found.log is loggers()[0]
    assert not found.closing
    assert isinstance(found.scripts, RunningScripts)


def test_what_a_server_has_is_used() -> None:
    limits, timeouts, log = Limits(content=5), Timeouts(idle=5), logging.getLogger("mine")
    scripts = RunningScripts(limits, timeouts)
    found = Surroundings(SimpleNamespace(limits=limits, timeouts=timeouts, log=log, closing=True, scripts=scripts))
    assert (found.limits, found.timeouts, found.log, found.closing) == (limits, timeouts, log, True)
    assert found.scripts is scripts


def test_what_a_server_has_of_another_kind_is_not() -> None:
    found = Surroundings(SimpleNamespace(limits=5, timeouts="x", log=print, closing="no", scripts=[]))
    assert found.limits == Limits()
    assert found.log is loggers()[0]
    assert not found.closing
    assert isinstance(found.scripts, RunningScripts)

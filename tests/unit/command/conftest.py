"""No test of the command leaves anything behind."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    """The command sets the process's loggers up for itself; the tests after this one have them as they were."""
    loggers = [logging.getLogger(name) for name in ("pyhttp.access", "pyhttp.error")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        for handler in set(logger.handlers).difference(handlers):
            handler.close()
        logger.handlers[:] = handlers

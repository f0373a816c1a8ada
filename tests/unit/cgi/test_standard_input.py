"""What a script reads. C5."""

import os

import pytest

from pyhttp.cgi.standard_input import standard_input
from pyhttp.limits import Limits
from pyhttp.transport.spool import Budget, Spool


@pytest.mark.clause("3875-4.2-3b", "3875-4.2-3c", "3875-4.2-5a")
def test_C5_it_has_all_of_the_content_and_ends() -> None:
    spool = Spool(Limits(), Budget(100))
    spool.add(b"ab")
    spool.add(b"c")
    descriptor, length = standard_input(spool)
    assert descriptor is not None
    assert (os.read(descriptor, 9), os.read(descriptor, 9), length) == (b"abc", b"", 3)
    spool.close()


def test_no_content_is_no_file() -> None:
    assert standard_input(Spool(Limits(), Budget(0))) == (None, 0)

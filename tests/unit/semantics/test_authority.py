"""The values that Host may have."""

import pytest

from pyhttp.semantics.authority import is_host


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("a", True),
        ("a:80", True),
        ("a:", True),
        ("[::1]:80", True),
        ("", False),
        (":80", False),
        ("::1", False),
        ("a,b", False),
    ],
)
def test_S9_host_and_port(value: str, *, right: bool) -> None:
    """S9: a host that is not empty, and a port that may be; the rows of `authority_of` have more."""
    assert is_host(value) is right

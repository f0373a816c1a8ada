"""RFC 9110 §8.6: the number that Content-Length states, read by one rule for all its senders."""

from typing import Final

__all__ = ["parse_content_length"]

_LARGEST: Final = 2**63 - 1
"""F3: the largest signed 64-bit number. No client sends more, and many recipients would overflow."""


def parse_content_length(lines: tuple[str, ...]) -> int:
    """The number of octets that Content-Length states in a request, or in the answer of a script or a handler.

    Leading zeros are digits like others. `int` sees at most 19 digits (9110-8.6-10b). Equal repetitions may be taken as
    one (9110-8.6-13a.2); they are refused (safety line F2).

    Args:
        lines: The value of each field line; there is at least one.

    Raises:
        ValueError: Not one line of ASCII digits, or above 2**63 - 1; the message names field, rule, and section.
    """
    if len(lines) != 1:
        raise ValueError("Content-Length: more than one line (RFC 9112 §6.3)")
    value = lines[0]
    if not (value.isascii() and value.isdigit()):
        raise ValueError("Content-Length: not a decimal number (RFC 9110 §8.6)")
    digits = value.lstrip("0")
    if len(digits) > 19 or int(digits or "0") > _LARGEST:
        raise ValueError("Content-Length: above 2^63-1 (RFC 9112 §6.3)")
    return int(digits or "0")

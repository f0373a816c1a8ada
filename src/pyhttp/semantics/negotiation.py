"""RFC 9110 §12: proactive negotiation of content coding and media type."""

from typing import Final

from pyhttp import abnf
from pyhttp.semantics.fields import Headers

__all__ = ["HTML", "IDENTITY", "PROBLEM", "TEXT", "choose_coding", "choose_note", "choose_type", "coding_lines"]

IDENTITY: Final = "identity"
"""The name for no coding (§12.5.3); it is never sent in Content-Encoding."""

HTML: Final = "text/html"
TEXT: Final = "text/plain"
PROBLEM: Final = "application/problem+json"
"""The media type of RFC 9457."""

_CODING: Final = rb"(" + abnf.TOKEN + rb")(" + abnf.WEIGHT + rb")?"
"""A coding, with its weight if it has one (9110-12.5.3-6a)."""
_MEDIA_RANGE: Final = rb"(" + abnf.TOKEN + rb"/" + abnf.TOKEN + rb")(" + abnf.PARAMETERS + rb")"
_QUALITY: Final = rb"[qQ]=" + abnf.QVALUE
"""A parameter that is a weight, wherever it stands (9110-12.5.1-6d)."""
_SAME: Final = {"x-gzip": "gzip"}
"""Another name of a coding (9110-8.4.1.3-1b)."""


def choose_coding(headers: Headers, available: tuple[str, ...]) -> str | None:
    """The content coding for an answer: the heaviest one, among equals the first of `available`, and identity last.

    Members that break the grammar are skipped. Without the field the answer is not coded, though any coding would be
    acceptable.

    Args:
        headers: The fields of the request.
        available: The codings other than identity that the answer can have, the server's favourite first.

    Returns:
        A coding of `available`, or IDENTITY; None where the request excludes all of them, and excludes identity by name
        or by ``*``.
    """
    accepted = headers.get("Accept-Encoding")
    if accepted is None or (not available and ";" not in accepted):  # without weights no coding is excluded
        return IDENTITY
    weights: dict[str, int] = {}
    for member in headers.members("Accept-Encoding"):
        match = abnf.text_pattern(_CODING).fullmatch(member)
        if match:
            name = match.group(1).lower()
            weights.setdefault(_SAME.get(name, name), _thousandths(match.group(2)))
    others = weights.get("*", 0)
    best, best_weight = None, 0
    for coding in available:
        weight = weights.get(coding, others)
        if weight > best_weight:
            best, best_weight = coding, weight
    # Identity is acceptable unless excluded (9110-12.5.3-12b), but has no weight where it is not mentioned.
    identity = weights.get(IDENTITY, weights.get("*", -1))
    if identity > best_weight or (best is None and identity != 0):
        return IDENTITY
    return best


def choose_type(headers: Headers, available: tuple[str, ...]) -> str:
    """The media type for an answer: the heaviest one, among equals the first of `available`.

    A request that accepts none of them gets the first: Accept may be disregarded (§12.5.1).

    Args:
        headers: The fields of the request.
        available: Media types in lower case and without parameters, the server's favourite first.
    """
    weights = _weights_of_types(headers)
    best, best_weight = available[0], 0
    for name in available:
        weight_of_any = weights.get("*/*", 0)
        weight_of_name = weights.get(name, weights.get(name.partition("/")[0] + "/*", weight_of_any))
        if weight_of_name > best_weight:
            best, best_weight = name, weight_of_name
    return best


def choose_note(headers: Headers) -> str:
    """The media type for a text of the server itself, of an error for instance.

    HTML and JSON are for clients that name them, as browsers and programs do. A client that accepts anything, as curl
    does, or says nothing, most likely shows the answer as it is: such clients get plain text.

    Args:
        headers: The fields of the request.

    Returns:
        HTML, TEXT, or PROBLEM, for which `application/json` also asks.
    """
    weights = _weights_of_types(headers)
    html = weights.get(HTML, 0)
    problem = max(weights.get(PROBLEM, weights.get("application/*", 0)), weights.get("application/json", 0))
    text = weights.get(TEXT, weights.get("text/*", weights.get("*/*", 0)))
    if html and html >= max(problem, text):
        return HTML
    return PROBLEM if problem and problem >= text else TEXT


def _weights_of_types(headers: Headers) -> dict[str, int]:
    """Each media range of Accept, in lower case, with its weight; ranges that break the grammar are skipped."""
    weights: dict[str, int] = {}
    for member in headers.members("Accept"):
        match = abnf.text_pattern(_MEDIA_RANGE).fullmatch(member)
        parameters = abnf.text_pattern(abnf.PARAMETER).findall(match.group(2)) if match else []
        # A range with parameters of its own is for a more special type than those that are available.
        if match and all(abnf.text_pattern(_QUALITY).fullmatch(parameter) for parameter in parameters):
            weights.setdefault(match.group(1).lower(), _thousandths(parameters[0] if parameters else None))
    return weights


def _thousandths(weight: str | None) -> int:
    """A weight as an integer from 0 to 1000; 1000 where there is none (§12.4.2)."""
    if not weight:
        return 1000
    whole, _, fraction = weight.rpartition("=")[2].partition(".")
    return int(whole) * 1000 + int(fraction.ljust(3, "0"))


def coding_lines(coding: str, *, varies: bool) -> tuple[tuple[str, str], ...]:
    """The field lines of an answer about the chosen content coding, and about the choice.

    Args:
        coding: The coding for Content-Encoding (9110-8.4-5a); "" for none, as identity is never named (9110-8.4-5b).
        varies: Whether the answer could have been another: Vary names what that depended on (9110-12.5.5-10a).
    """
    lines = (("Content-Encoding", coding),) if coding else ()
    return (*lines, ("Vary", "Accept-Encoding")) if varies else lines

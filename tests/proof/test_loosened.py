"""A proof fails when its pattern is loosened by one class of octets."""

from dataclasses import replace
from typing import Final

import pytest

from tests.proof.automata import difference
from tests.proof.proofs import PROOFS

BY_NAME: Final = {proof.name: proof for proof in PROOFS}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("abnf.TOKEN", rb"[!#", rb"[ !#"),
        ("abnf.FIELD_NAME", rb"0-9A-Za-z]", rb"0-9A-Za-z\x80-\xff]"),
        ("abnf.FIELD_LINE", rb"[\t\x20-", rb"[\r\t\x20-"),
        ("fields._VALUE", rb"[\t\x20-\x7e", rb"[\t\x20-\x7f"),
        ("abnf.NO_FIELD_OCTET", rb"[^\t\x20-", rb"[^\t\x0b\x20-"),
        ("abnf.QUOTED_STRING", rb"\x5d-\x7e", rb"\x5c-\x7e"),
        ("authority.is_host", rb"()*+;=", rb"()*+,;="),
        ("abnf.IP_LITERAL", rb"[0-9A-Fa-f]{1,4})?::)\]", rb"[0-9A-Fa-f%]{1,4})?::)\]"),
        ("abnf.ORIGIN_FORM", rb"\x21\x22\x24", rb"\x21-\x24"),
        ("abnf.REQUEST_TARGET", rb"[0-9A-Za-z+\-.]*+://", rb"[0-9A-Za-z+\-._]*+://"),
        ("abnf.REQUEST_HEAD", rb"HTTP/1\.", rb"HTTP/1."),
        ("chunked._line_pattern", rb"([0-9A-Fa-f]", rb"([0-9A-Fa-f_]"),
        ("abnf.CHUNK_EXT", rb"[ \t]*+;", rb"[ \t\n]*+;"),
        ("abnf.IMF_FIXDATE", rb"(?:Mon|", rb"(?:[Mm]on|"),
        ("abnf.ENTITY_TAG", rb"[\x21\x23", rb"[ \x21\x23"),
        ("abnf.QVALUE", rb"1(?:\.0{0,3}", rb"1(?:\.[01]{0,3}"),
        ("abnf.INT_RANGE", rb"[0-9]++-", rb"[+0-9]++-"),
        ("abnf.MEDIA_TYPE", rb"+\-.^_`|~0-9A-Za-z]++/", rb"+\-./^_`|~0-9A-Za-z]++/"),
        ("output._STATUS", rb"[2-5]", rb"[1-5]"),
        ("auth._CREDENTIALS", rb"((?:[0-9A-Za-z+/]{4})*", rb"((?:[0-9A-Za-z+/_]{4})*"),
    ],
)
def test_a_looser_pattern_has_a_witness(name: str, old: bytes, new: bytes) -> None:
    proof = BY_NAME[name]
    assert old in proof.pattern
    looser = replace(proof, pattern=proof.pattern.replace(old, new))
    assert difference(looser.program, proof.of_the_rule()) is not None

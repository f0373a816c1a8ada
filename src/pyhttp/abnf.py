"""The grammar, one name per rule: RFC 9110 Appendix A, RFC 9112 Appendix A, RFC 3986 Appendix A, as byte patterns.

Each constant is a regular expression in source form, without groups that capture, so that rules nest by interpolation;
the code that uses a rule compiles it. Quantifiers are possessive wherever the next element cannot begin with the octets
that they repeat: a rule then scans its input once, whatever the input (safety line S10). Patterns hold for `str` too,
by `text`, since field lines are decoded as ISO-8859-1: one character per byte.
"""

import re
from functools import cache
from typing import Final

__all__ = [
    "ABSOLUTE_FORM",
    "ASCTIME_DATE",
    "ASTERISK_FORM",
    "AUTHORITY",
    "AUTHORITY_FORM",
    "BWS",
    "CHUNK_EXT",
    "CHUNK_SIZE",
    "ENTITY_TAG",
    "FIELD_LINE",
    "FIELD_NAME",
    "FIELD_VALUE",
    "HEXDIG",
    "HOST",
    "HTTP_VERSION",
    "IMF_FIXDATE",
    "INT_RANGE",
    "IPV4_ADDRESS",
    "IPV6_ADDRESS",
    "IP_LITERAL",
    "MEDIA_TYPE",
    "METHOD",
    "NAMED_HOST",
    "NO_FIELD_OCTET",
    "NO_REQUEST_LINE_OCTET",
    "ORIGIN_FORM",
    "OWS",
    "PORT",
    "QUOTED_OR_COMMA",
    "QUOTED_PAIR",
    "QUOTED_STRING",
    "QVALUE",
    "REASON_PHRASE",
    "REG_NAME",
    "REQUEST_HEAD",
    "REQUEST_LINE",
    "REQUEST_TARGET",
    "RFC850_DATE",
    "SCHEME",
    "SUFFIX_RANGE",
    "TARGET_CHARS",
    "TCHAR",
    "TOKEN",
    "URI_HOST",
    "WEIGHT",
    "text",
    "text_pattern",
]


def text(rule: bytes) -> str:
    """The same rule for `str` input, where each character stands for the byte of its number."""
    return rule.decode("latin-1")


@cache
def text_pattern(rule: bytes) -> re.Pattern[str]:
    """`text(rule)`, compiled when it is first needed: to compile all rules would make the import too slow."""
    return re.compile(text(rule))


# --- RFC 5234 Appendix B.1
HEXDIG: Final = rb"[0-9A-Fa-f]"
CRLF: Final = rb"\r\n"

# --- RFC 9110 §5.6: tokens, white space, quoting
TCHAR: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
TOKEN: Final = TCHAR + rb"++"
OWS: Final = rb"[ \t]*+"
BWS: Final = OWS  # read past (9110-5.6.3-5c), and dropped with the chunk extension that has it (9110-5.6.3-6b)
QDTEXT: Final = rb"[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]"
QUOTED_PAIR: Final = rb"\\[\t \x21-\x7e\x80-\xff]"
QUOTED_STRING: Final = rb'"(?:' + QDTEXT + rb"++|" + QUOTED_PAIR + rb')*+"'

# A quoted string or a comma: a list is split at commas, but not within strings; an unclosed string runs to the end. A
# quote always matches: if it could fail, each later quote would be tried in its turn.
QUOTED_OR_COMMA: Final = rb'"(?:[^"\\]++|\\[\x00-\xff])*+(?:"|\\?\Z)|,'

# --- RFC 9110 §5.1, §5.5; RFC 9112 §5: field lines. No control but HTAB is in a value.
FIELD_NAME: Final = TOKEN
FIELD_VALUE: Final = rb"[\t\x20-\x7e\x80-\xff]*+"
FIELD_LINE: Final = FIELD_NAME + rb":" + FIELD_VALUE
# Octets that no field line contains, in any place.
NO_FIELD_OCTET: Final = rb"[^\t\x20-\x7e\x80-\xff]"

# --- RFC 3986 §2, §3.2: the parts of an authority
PCT_ENCODED: Final = rb"%" + HEXDIG + HEXDIG
# The comma, which RFC 3986 has in a reg-name, is left out: it would be read as a list of hosts (safety line S9).
UNRESERVED_SUB_DELIMS: Final = rb"[0-9A-Za-z\-._~!$&'()*+;=]"
DEC_OCTET: Final = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
IPV4_ADDRESS: Final = DEC_OCTET + rb"(?:\." + DEC_OCTET + rb"){3}"
H16: Final = HEXDIG + rb"{1,4}"
LS32: Final = rb"(?:" + H16 + rb":" + H16 + rb"|" + IPV4_ADDRESS + rb")"
IPV6_ADDRESS: Final = (
    rb"(?:"
    rb"(?:%(h)b:){6}%(l)b"
    rb"|::(?:%(h)b:){5}%(l)b"
    rb"|(?:%(h)b)?::(?:%(h)b:){4}%(l)b"
    rb"|(?:(?:%(h)b:){0,1}%(h)b)?::(?:%(h)b:){3}%(l)b"
    rb"|(?:(?:%(h)b:){0,2}%(h)b)?::(?:%(h)b:){2}%(l)b"
    rb"|(?:(?:%(h)b:){0,3}%(h)b)?::%(h)b:%(l)b"
    rb"|(?:(?:%(h)b:){0,4}%(h)b)?::%(l)b"
    rb"|(?:(?:%(h)b:){0,5}%(h)b)?::%(h)b"
    rb"|(?:(?:%(h)b:){0,6}%(h)b)?::"
    rb")" % {b"h": H16, b"l": LS32}
)
# IPvFuture is an error for a recipient that knows no such version (RFC 3986 §3.2.2).
IP_LITERAL: Final = rb"\[" + IPV6_ADDRESS + rb"\]"
# A host is not empty in http and https (RFC 9110 §4.2); no user stands before it.
# An IPv4 address is also a reg-name and needs no alternative of its own.
REG_NAME: Final = rb"(?:" + UNRESERVED_SUB_DELIMS + rb"++|" + PCT_ENCODED + rb")++"
URI_HOST: Final = rb"(?:" + IP_LITERAL + rb"|" + REG_NAME + rb")"
PORT: Final = rb"[0-9]{0,5}+"

# --- RFC 9110 §7.2
HOST: Final = URI_HOST + rb"(?::" + PORT + rb")?+"
# A host that is no IP literal: the pattern compiles sixteen times as fast.
NAMED_HOST: Final = REG_NAME + rb"(?::" + PORT + rb")?+"

# --- RFC 9112 §3.2 with RFC 3986 §3.1: request-targets. A path or query may hold every visible character except "#" and
# a stray "%", since user agents send some that RFC 3986 wants encoded. RFC 9112 §3.2 forbids to repair them, not to
# accept them; they are data, never separators.
TARGET_CHARS: Final = rb"(?:[\x21\x22\x24\x26-\x7e]++|" + PCT_ENCODED + rb")*+"
SCHEME: Final = rb"[A-Za-z][0-9A-Za-z+\-.]*+"
ORIGIN_FORM: Final = rb"/" + TARGET_CHARS
ABSOLUTE_FORM: Final = SCHEME + rb"://" + HOST + rb"(?:[/?]" + TARGET_CHARS + rb")?+"
AUTHORITY_FORM: Final = URI_HOST + rb":[0-9]{1,5}+"
ASTERISK_FORM: Final = rb"\*"
REQUEST_TARGET: Final = (
    rb"(?:" + ORIGIN_FORM + rb"|" + ASTERISK_FORM + rb"|" + ABSOLUTE_FORM + rb"|" + AUTHORITY_FORM + rb")"
)

# --- RFC 3986 §3.2, of any scheme: it may lack its host, as in file:///x. Its parts are checked elsewhere.
AUTHORITY: Final = rb"(?:[^@\[\]]*+@)?(?:" + IP_LITERAL + rb"|[^:@\[\]]*+)(?::[0-9]*+)?"

# --- RFC 9112 §2.3, §3, §2.1
METHOD: Final = TOKEN
HTTP_VERSION: Final = rb"HTTP/[0-9]\.[0-9]"
# Octets that no request line contains, in any place.
NO_REQUEST_LINE_OCTET: Final = rb"[^\x20-\x7e]"
# The head that nearly every client sends, with major version 1 (§2.3), and as a whole: start-line CRLF
# *( field-line CRLF ) CRLF. The other forms of a request-target hold a host, with which compiling takes twenty times
# as long.
REQUEST_LINE: Final = TCHAR + rb"{1,63}+ " + ORIGIN_FORM + rb" HTTP/1\.[0-9]"
REQUEST_HEAD: Final = REQUEST_LINE + CRLF + rb"(?:" + FIELD_LINE + CRLF + rb")*+" + CRLF

# --- RFC 9112 §7.1: 16 digits are enough for every size of 64 bits
CHUNK_SIZE: Final = HEXDIG + rb"{1,16}+"
# Each extension is atomic, since before 3.11.5 a possessive repeat did not go back where its last round failed halfway.
CHUNK_EXT: Final = (
    rb"(?:(?>"
    + BWS
    + rb";"
    + BWS
    + TOKEN
    + rb"(?:"
    + BWS
    + rb"="
    + BWS
    + rb"(?:"
    + TOKEN
    + rb"|"
    + QUOTED_STRING
    + rb"))?))*+"
)

# --- RFC 9112 §4
REASON_PHRASE: Final = FIELD_VALUE

# --- RFC 9110 §5.6.7: dates, each of one fixed spelling and case-sensitive
DAY_NAME: Final = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
DAY_NAME_L: Final = rb"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
MONTH: Final = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
TIME_OF_DAY: Final = rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"
IMF_FIXDATE: Final = DAY_NAME + rb", [0-9]{2} " + MONTH + rb" [0-9]{4} " + TIME_OF_DAY + rb" GMT"
RFC850_DATE: Final = DAY_NAME_L + rb", [0-9]{2}-" + MONTH + rb"-[0-9]{2} " + TIME_OF_DAY + rb" GMT"
ASCTIME_DATE: Final = DAY_NAME + rb" " + MONTH + rb" (?:[0-9]{2}| [0-9]) " + TIME_OF_DAY + rb" [0-9]{4}"

# --- RFC 9110 §8.3.1, §5.6.6
PARAMETER: Final = TOKEN + rb"=(?:" + TOKEN + rb"|" + QUOTED_STRING + rb")"
PARAMETERS: Final = rb"(?:" + OWS + rb";" + OWS + rb"(?:" + PARAMETER + rb")?)*+"
MEDIA_TYPE: Final = TOKEN + rb"/" + TOKEN + PARAMETERS

# --- RFC 9110 §8.8.3: a backslash escapes nothing here
ENTITY_TAG: Final = rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*+"'

# --- RFC 9110 §12.4.2
QVALUE: Final = rb"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)"
WEIGHT: Final = OWS + rb";" + OWS + rb"[qQ]=" + QVALUE

# --- RFC 9110 §14.1.1, §14.1.2: a range-spec of the unit "bytes"
INT_RANGE: Final = rb"[0-9]++-[0-9]*+"
SUFFIX_RANGE: Final = rb"-[0-9]++"

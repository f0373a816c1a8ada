"""Divergences about the request line, and the lines in front of it."""

from typing import Final

from tests.conformance.oracles.divergence import (
    ALL,
    H11,
    HOST,
    HTTPTOOLS,
    IPV6,
    WAITRESS,
    Divergence,
    Part,
    Right,
    get,
    they_refuse,
    we_refuse,
)

__all__ = ["REQUEST_LINES"]

OURS: Final = Right.OURS
EITHER: Final = Right.EITHER

_NO_TARGET_OCTET: Final = rb"[^!-~ \r\n]"
_HOST: Final = rb"(?:" + IPV6 + rb"|(?:[0-9a-z\-._~!$&'()*+;=]|%[0-9a-f]{2})+)"
_REST: Final = rb"(?:[!-$&-~]|%[0-9a-f]{2})*"
"""The octets of a target. "#" is one of them, and has an entry of its own."""
_FORMS: Final = (
    rb"(?:/" + _REST + rb"|\*|[a-z][0-9a-z+\-.]*://" + _HOST + rb"(?::[0-9]{0,5})?(?:[/?]" + _REST + rb")?"
    rb"|" + _HOST + rb":[0-9]{1,5})"
)
_BLANK: Final = rb"(?:(?!\r\n)\s)"
_BLANKS_WITH_LF: Final = _BLANK + rb"*(?<!\r)\n" + _BLANK + rb"*"
_KNOWN_METHODS: Final = (
    rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|CONNECT|COPY|LOCK|MKCOL|MOVE|PROPFIND|PROPPATCH|SEARCH|UNLOCK|BIND|REBIND"
    rb"|UNBIND|ACL|REPORT|MKACTIVITY|CHECKOUT|MERGE|M-SEARCH|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|PATCH|PURGE|MKCALENDAR|LINK"
    rb"|UNLINK|SOURCE|QUERY)"
)

REQUEST_LINES: Final[tuple[Divergence, ...]] = (
    we_refuse(
        *("LF ends the request line", H11, "9112-2.2-3a", EITHER),
        *(b"GET / HTTP/1.1\nHost: a\r\n\r\n", rb"\A([^\r\n]+)\n", rb"\1\r\n"),
    ),
    we_refuse(
        *("LF among white space behind the request line", WAITRESS, "9112-2.2-9a", OURS),
        *(b"GET / HTTP/1.0\n\r\n\r\n", rb"\A([^\r\n]*[^\s])" + _BLANKS_WITH_LF + rb"(\r\n|\Z)", rb"\1\2"),
    ),
    we_refuse(
        *("two empty lines first", HTTPTOOLS, "9112-2.2-6a", EITHER),
        *(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", rb"\A(?:\r?\n){2,}\Z", b"", Part.FRONT),
    ),
    we_refuse(
        *("LF alone is an empty line first", HTTPTOOLS, "9112-2.2-3a", EITHER),
        *(b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", rb"\A\n\Z", b"", Part.FRONT),
    ),
    we_refuse(
        *("CR before a request line", HTTPTOOLS, "9112-2.2-4b", OURS),
        *(b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", rb"\A[\r\n]*\r(?!\n)[\r\n]*\Z", b"", Part.FRONT),
    ),
    we_refuse(
        *("white space in front of the request line", WAITRESS, "9112-3-3a", EITHER),
        *(b" \t\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", rb"\A\s+\Z", b"", Part.FRONT),
    ),
    we_refuse(
        *("white space behind the request line", WAITRESS, "9112-3-3a", EITHER),
        *(b"GET / HTTP/1.1 \t\x0b\x0c\r\r\nHost: a\r\n\r\n", rb"\A([^\n]*?)[ \t\x0b\x0c\r]+\r\n", rb"\1\r\n"),
    ),
    we_refuse(
        *("two spaces between the parts", HTTPTOOLS, "9112-3-3a", EITHER),
        *(b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", rb"\A([^\r\n]*?) {2,}", rb"\1 "),
    ),
    we_refuse(
        *("LF ends an HTTP/0.9 request line", HTTPTOOLS, "9112-C.1-1b", OURS),
        *(b"GET /\n\r\n", rb"\A[^ \r\n]+ ([^ \r\n]+)\n", rb"GET \1 HTTP/1.0\r\n"),
    ),
    we_refuse(
        *("an HTTP/0.9 request line", (*HTTPTOOLS, *WAITRESS), "9112-C.1-1b", OURS),
        *(b"GET /\r\n\r\n", rb"\A[^ \r\n]+ ([^ \r\n]+) ?\r\n", rb"GET \1 HTTP/1.0\r\n"),
    ),
    we_refuse(
        *("NUL in a target", WAITRESS, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"/\0"), rb"\A([^ \r\n]+) [^ \r\n]*\0[^ \r\n]*", rb"\1 /"),
    ),
    we_refuse(
        *("a control character or one beyond ASCII in a target", WAITRESS, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"/\x7f"), rb"\A([^ \r\n]+) [^ \r\n]*" + _NO_TARGET_OCTET + rb"[^ \r\n]*", rb"\1 /"),
    ),
    we_refuse(
        *("another major version", ALL, "9110-15.6.6-1c", OURS),
        *(get(HOST, version=b"HTTP/2.0"), rb"\A([^ \r\n]+ [^ \r\n]+) HTTP/[02-9]\.[0-9]\r\n", rb"\1 HTTP/1.0\r\n"),
    ),
    we_refuse(
        *("# in a target", ALL, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"/#x"), rb"\A([^ \r\n]+) [^ \r\n]*#[^ \r\n]*", rb"\1 /"),
    ),
    we_refuse(
        *("% without two digits in a target", ALL, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"/%4"), rb"\A([^ \r\n]+) [^ \r\n]*%(?![0-9a-f]{2})[^ \r\n]*", rb"\1 /"),
    ),
    we_refuse(
        *("none of the four forms", ALL, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"http:///x"), rb"\A([^ \r\n]+) (?!" + _FORMS + rb" )[^ \r\n]+ ", rb"\1 / "),
    ),
    we_refuse(
        *("asterisk form without OPTIONS", ALL, "9112-3.2-4a", OURS),
        *(get(HOST, target=b"*"), rb"\A(?!OPTIONS )([^ \r\n]+) \* ", rb"\1 / "),
    ),
    we_refuse(
        *("authority form without CONNECT", (*H11, *WAITRESS), "9112-3.2-4a", OURS),
        *(get(HOST, target=b"a:80"), rb"\A(?!CONNECT )([^ \r\n]+) [^/ \r\n]+:[0-9]+ ", rb"\1 / "),
    ),
    we_refuse(
        *("CONNECT without authority", (*H11, *WAITRESS), "9110-9.3.6-4a", OURS),
        *(get(HOST, method=b"CONNECT"), rb"\ACONNECT (?!" + _HOST + rb":[0-9]+ )[^ \r\n]+ ", b"GET / "),
    ),
    we_refuse(
        *("a scheme that is not served here", ALL, "9110-7.4-3a", OURS),
        *(get(HOST, target=b"ftp://a/"), rb"\A([^ \r\n]+) (?!http:)[a-z][0-9a-z+\-.]*://[^ \r\n]* ", rb"\1 / "),
    ),
    we_refuse(
        *("CONNECT", (*H11, *WAITRESS), "9110-9.3.6-6c", EITHER),
        *(get(HOST, target=b"a:80", method=b"CONNECT"), rb"\ACONNECT " + _HOST + rb":[0-9]+ ", b"GET / "),
    ),
    we_refuse(*("TRACE", ALL, "9110-9.3.8-1b", EITHER), *(get(HOST, method=b"TRACE"), rb"\ATRACE ", b"GET ")),
    they_refuse(
        *("an empty line first", H11, "9112-2.2-6a", OURS),
        *(b"\r\n" + get(HOST), rb"\A\r\n\Z", b"", Part.FRONT),
    ),
    they_refuse(
        *("a method it does not know", HTTPTOOLS, "9110-9.1-9b", EITHER),
        *(get(HOST, method=b"X"), rb"\A(?!(?-i:" + _KNOWN_METHODS + rb") )[^ \r\n]+ ", b"GET "),
    ),
    they_refuse(
        *("a method in lower case", WAITRESS, "9110-9.1-9b", EITHER),
        *(get(HOST, method=b"get"), rb"\A[^ \r\n]*(?-i:[a-z])[^ \r\n]* ", b"GET "),
    ),
    they_refuse(
        *("a later minor version", HTTPTOOLS, "9110-6.2-8a", OURS),
        *(get(HOST, version=b"HTTP/1.2"), rb"\A([^\r\n]+ HTTP/1\.)[2-9]\r\n", rb"\g<1>1\r\n"),
    ),
)

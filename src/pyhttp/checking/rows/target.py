"""RFC 9112 §3.2: the four forms of a request-target."""

from typing import Final

from pyhttp.checking.rows.model import Answer, Row, Seen, head, refused, served

__all__ = ["ROWS"]


def _get(target: str, *, host: str = "a", method: str = "GET") -> bytes:
    return head(f"{method} {target} HTTP/1.1", f"Host: {host}")


_ORIGIN: Final = (
    served("a path", "9110-2.4-1a T1", _get("/echo"), Answer(200, seen=Seen(method="GET", path="/echo", query=""))),
    served(
        "a query", "T1 T3", _get("/echo?a=b&c=d%20e?f/g"), Answer(200, seen=Seen(path="/echo", query="a=b&c=d%20e?f/g"))
    ),
    served("an empty query", "T1", _get("/echo?"), Answer(200, seen=Seen(path="/echo", query=""))),
    served(
        "escapes stay as they are",
        "3986-2.4-2a T3",
        _get("/echo?%2F%3f%41"),
        Answer(200, seen=Seen(path="/echo", query="%2F%3f%41")),
    ),
    served(
        "characters that browsers send and the grammar does not have",
        "9112-3.2-4b",
        _get('/echo?"<>[]\\^`{|}'),
        Answer(200, seen=Seen(query='"<>[]\\^`{|}')),
        or_refused=(400,),
    ),
    served("8000 bytes of target", "9110-4.1-5a 9112-3-5b", _get("/echo?" + "x" * 7980)),
    refused("a fragment", "9112-3.2-4a T2", _get("/echo#x"), or_served=True),
    refused("a percent sign alone", "9112-3.2-4a T2", _get("/echo?%"), or_served=True),
    refused("an escape that is none", "9112-3.2-4a T2", _get("/echo?%4G"), or_served=True),
    refused("an escape cut off", "9112-3.2-4a T2", _get("/echo?%4"), or_served=True),
    refused("a byte beyond ASCII", "9112-3.2-4a T2", _get("/echo?\xe4"), or_served=True),
    refused("DEL", "9112-3.2-4a T2", _get("/echo?\x7f")),
    refused("NUL", "9112-3.2-4a T2", _get("/echo?\0")),
    refused("a control character", "9112-3.2-4a T2", _get("/echo?\x01")),
    refused("no slash first", "9112-3.2-4a T1", _get("echo")),
    refused("a question mark first", "9112-3.2-4a T1", _get("?echo")),
    refused("a backslash first", "9112-3.2-4a T1", _get("\\echo")),
)

_ABSOLUTE: Final = (
    served(
        "absolute form",
        "9112-3.2.2-9a T1",
        _get("http://a/echo?x"),
        Answer(200, seen=Seen(path="/echo", query="x")),
    ),
    served(
        "absolute form against another Host",
        "9112-3.2.2-8a T1",
        _get("http://target.example:81/echo", host="field.example"),
        Answer(200, seen=Seen(path="/echo", authority="target.example:81")),
        needs="authority",
    ),
    served(
        "scheme and host in capitals",
        "3986-6.2.2.1-2a 9112-3.2.2-9a",
        _get("HTTP://A/echo"),
        Answer(200, seen=Seen(path="/echo")),
    ),
    served("an empty port", "3986-6.2.3-3b", _get("http://a:/echo"), Answer(200, seen=Seen(path="/echo"))),
    served(
        "an address of version 6", "9112-3.2.2-9a", _get("http://[::1]:80/echo"), Answer(200, seen=Seen(path="/echo"))
    ),
    served("no path", "3986-6.2.3-3a 3986-3.2-5a", _get("http://a"), Answer(200, content=b"root\n"), needs="root"),
    served(
        "no path, a query",
        "3986-6.2.3-3a 3986-3.3-2a",
        _get("http://a?x"),
        Answer(200, content=b"root\n"),
        needs="root",
    ),
    refused("no host", "9110-4.2.1-4b T1", _get("http:///echo")),
    refused("no host but a port", "9110-4.2.1-4b T1", _get("http://:80/echo")),
    refused("no host, https", "9110-4.2.2-4b T1", _get("https:///echo")),
    refused("a user", "9110-4.2.4-4a T1", _get("http://user@a/echo")),
    refused("a user and a password", "9110-4.2.4-4a T1", _get("http://user:secret@a/echo")),
    refused("a space in the host", "9112-3.2-4a T1", _get("http://a b/echo")),
    refused("a path without slash", "9112-3.2-4a T1", _get("http://[::1]echo")),
    refused("a fragment in absolute form", "9112-3.2-4a T2", _get("http://a/echo#x"), or_served=True),
    refused(
        "https without TLS",
        "9110-7.4-3a 9110-7.4-3b",
        _get("https://a/echo"),
        421,
        also=(400, 403, 404),
        needs="plain",
    ),
    refused("another scheme", "9110-7.4-3a T1", _get("ftp://a/echo"), 421),
    refused("absolute form without Host", "9112-3.2-6a S9", head("GET http://a/echo HTTP/1.1")),
    refused("absolute form and an invalid Host", "9112-3.2-6a S9", _get("http://a/echo", host="a b")),
    refused("absolute form and two Hosts", "9112-3.2-6a S9", head("GET http://a/echo HTTP/1.1", "Host: a", "Host: a")),
)

_OTHERS: Final = (
    served(
        "asterisk form",
        "9110-2.4-1a T1",
        _get("*", method="OPTIONS"),
        Answer(200, also=(204, 400, 404, 405, 501)),
        needs="asterisk",
        or_refused=(400, 405, 501),
    ),
    served(
        "OPTIONS of a host",
        "9112-3.2.2-9a T1",
        _get("http://a", method="OPTIONS"),
        Answer(200, also=(204, 400, 404, 405, 501)),
        needs="asterisk",
    ),
    refused("asterisk form with GET", "9112-3.2-4a T1", _get("*"), also=(404,)),
    refused("asterisk and more", "9112-3.2-4a T1", _get("*x", method="OPTIONS"), also=(404, 405)),
    refused("authority form with GET", "9112-3.2-4a T1", _get("a:80"), also=(404,)),
    refused("CONNECT", "9110-9.3.6-6c S3", _get("a:80", method="CONNECT"), 405),
    refused("CONNECT without port", "9110-9.3.6-4a T1", _get("a", method="CONNECT")),
    refused("CONNECT with an empty port", "9110-9.3.6-4a T1", _get("a:", method="CONNECT")),
    refused("CONNECT with a port of letters", "9110-9.3.6-4a T1", _get("a:http", method="CONNECT")),
    refused("CONNECT with a path", "9112-3.2-4a T1", _get("/echo", method="CONNECT"), also=(405, 501, 404)),
)

ROWS: Final[tuple[Row, ...]] = (*_ORIGIN, *_ABSOLUTE, *_OTHERS)

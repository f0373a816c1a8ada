"""RFC 3875 §6, §5: the meaning of a script's output. C12, C13, D19, S11."""

import re

import pytest

from pyhttp.cgi import output
from pyhttp.cgi.output import Document, LocalRedirect, OutputParser
from pyhttp.errors import BadGateway
from pyhttp.limits import Limits
from pyhttp.semantics.fields import Headers

SECTION_END = output._SECTION_END


def receive_bytewise(parser: OutputParser, text: bytes) -> None:
    for octet in text:
        parser.receive(bytes((octet,)))


def parse(
    text: bytes, *, non_parsed: bool = False, limits: Limits | None = None
) -> tuple[Document | LocalRedirect, bytes]:
    """Feed the text whole, by bytes, and in every split into two parts. All results must agree."""
    whole = OutputParser(limits or Limits(), non_parsed=non_parsed)
    head = whole.receive(text)
    assert head is not None
    bytewise = OutputParser(limits or Limits(), non_parsed=non_parsed)
    for end in range(len(text)):
        found = bytewise.receive(text[end : end + 1])
        if found is not None:
            assert (found, bytewise.rest + text[end + 1 :]) == (head, whole.rest)
            break
    for cut in range(1, len(text)):
        halves = OutputParser(limits or Limits(), non_parsed=non_parsed)
        first = halves.receive(text[:cut])
        if first is None:
            assert (halves.receive(text[cut:]), halves.rest) == (head, whole.rest)
        else:
            assert (first, halves.rest + text[cut:]) == (head, whole.rest)
    return head, whole.rest


def document(status: int, fields: tuple[tuple[str, str], ...], length: int | None, reason: str = "") -> Document:
    """What a section means."""
    return Document(status, Headers(fields), length, reason)


def fails(text: bytes, *, non_parsed: bool = False, limits: Limits | None = None) -> str:
    """What the operator is told of malformed text. The text is malformed as a whole and byte by byte."""
    with pytest.raises(BadGateway):
        receive_bytewise(OutputParser(limits or Limits(), non_parsed=non_parsed), text)
    with pytest.raises(BadGateway) as raised:
        OutputParser(limits or Limits(), non_parsed=non_parsed).receive(text)
    return raised.value.detail


class TestDocuments:
    @pytest.mark.clause("3875-6.2.1-3c", "3875-6.3.4-1b", "3875-6.3.1-3c")
    def test_content_type_alone_is_a_document(self) -> None:
        expected = document(200, (("Content-Type", "text/html; charset=x"),), None)
        assert parse(b"Content-Type: text/html; charset=x\n\nbody\n\n") == (expected, b"body\n\n")

    @pytest.mark.clause("3875-7.2-5c")
    @pytest.mark.parametrize(
        "newlines", [(b"\n", b"\n", b"\n"), (b"\r\n",) * 3, (b"\n", b"\r\n", b"\n"), (b"\r\n", b"\n", b"\r\n")]
    )
    def test_newlines_are_lf_or_crlf(self, newlines: tuple[bytes, bytes, bytes]) -> None:
        one, two, blank = newlines
        text = b"Content-Type:a/b" + one + b"X: y" + two + blank + b"\r\nrest"
        assert parse(text) == (document(200, (("Content-Type", "a/b"), ("X", "y")), None), b"\r\nrest")

    @pytest.mark.parametrize(
        ("status", "code", "reason"),
        [
            (b"200 OK", 200, "OK"),
            (b"404 Not Found", 404, "Not Found"),
            (b"599 Odd\tone \xe9", 599, "Odd\tone \xe9"),
            (b"299", 299, ""),
            (b"418 ", 418, ""),
            (b"418  \t Teapot", 418, "Teapot"),
        ],
    )
    def test_C12_status_and_its_reason_phrase(self, status: bytes, code: int, reason: str) -> None:
        assert parse(b"Status: " + status + b"\n\n") == (document(code, (), None, reason), b"")

    @pytest.mark.parametrize(
        "status",
        [
            b"",
            b"99",
            b"100 Continue",
            b"199",
            b"600",
            b"20",
            b"2000",
            b"OK",
            b"+200",
            b"200OK",
            b"2 0",
            b"\xb2\xb2\xb2",
        ],
    )
    def test_C12_status_is_three_digits_of_a_final_response(self, status: bytes) -> None:
        fails(b"Content-Type: a/b\nStatus: " + status + b"\n\n")

    def test_extensions_of_cgi_are_not_passed_on(self) -> None:
        assert parse(b"Content-Type: a/b\nx-cgi-Own: y\n\n")[0] == document(200, (("Content-Type", "a/b"),), None)

    def test_names_are_compared_without_case_and_may_lack_values(self) -> None:
        expected = document(201, (("CONTENT-type", "a/b"), ("X-Empty", "")), None)
        assert parse(b"sTATUS:201\nCONTENT-type: a/b\nX-Empty:\n\n") == (expected, b"")

    def test_lines_are_kept_in_order_and_as_they_were_spelled(self) -> None:
        head, _ = parse(b"X-b: 2\r\nCONTENT-type: a/b\r\nx-A: 1\r\n\r\n")
        assert isinstance(head, Document)
        assert head.headers.lines == (("X-b", "2"), ("CONTENT-type", "a/b"), ("x-A", "1"))

    def test_repeated_fields_of_others_are_kept_in_order(self) -> None:
        head, _ = parse(b"Content-Type: a/b\nSet-Cookie: x=1\nSet-Cookie: y=2\n\n")
        assert head == document(200, (("Content-Type", "a/b"), ("Set-Cookie", "x=1"), ("Set-Cookie", "y=2")), None)


class TestRedirects:
    @pytest.mark.clause("3875-6.2.2-1b", "3875-6.2.2-3a.2")
    @pytest.mark.parametrize("target", ["/", "/a/b?c=d%20e", "//host/x", "/a?b?c"])
    def test_C14_a_path_is_a_local_redirect(self, target: str) -> None:
        assert parse(f"Location: {target}\n\n".encode()) == (LocalRedirect(target), b"")

    def test_C14_what_else_stands_beside_a_local_redirect_is_dropped(self) -> None:
        assert parse(b"Content-Type: a/b\nLocation: /x\nX: y\n\nbody")[0] == LocalRedirect("/x")

    @pytest.mark.parametrize(
        ("target", "path"),
        [
            (b"/a b", "/a%20b"),
            (b"/%zz", "/%25zz"),
            (b"/%4", "/%254"),
            (b"/\xc3\xa9?\xe9", "/%C3%A9?%E9"),
            (b'/?a="b"', "/?a=%22b%22"),
            (b"/\\evil", "/%5Cevil"),
            (b"//host:x/y", "//host%3Ax/y"),
        ],
    )
    def test_C14_a_local_redirect_means_the_path_it_spells(self, target: bytes, path: str) -> None:
        assert parse(b"Location: " + target + b"\n\n") == (LocalRedirect(path), b"")

    @pytest.mark.clause("3875-6.2.3-3b")
    @pytest.mark.parametrize(
        "target",
        ["http://example.com/", "HTTPS://a/b#c", "mailto:x@y", "x+y.z-1:p", "http:", "sign-in.cgi", "../a?b", "?query",
         "#there", "/page#there", "//host/page#there"],
    )  # fmt: skip
    def test_C14_all_but_a_path_is_a_redirect_of_the_client(self, target: str) -> None:
        expected = document(302, (("Location", target), ("X-Y", "z")), None)
        assert parse(f"Location: {target}\nX-Y: z\n\n".encode()) == (expected, b"")

    @pytest.mark.clause("3875-6.2.4-3b")
    @pytest.mark.parametrize("target", ["http://example.com/", "/local", "relative"])
    def test_with_a_status_the_redirect_is_the_scripts_own_document(self, target: str) -> None:
        expected = document(303, (("Location", target), ("Content-Type", "a/b")), None, "See Other")
        assert parse(f"Status: 303 See Other\nLocation: {target}\nContent-Type: a/b\n\nx".encode()) == (expected, b"x")

    def test_C12_an_empty_one_is_malformed(self) -> None:
        assert "empty" in fails(b"Location: \n\n")


class TestMalformed:
    @pytest.mark.clause("3875-6.3.1-3b")
    @pytest.mark.parametrize("text", [b"X-Other: y\n\n<html>", b"Content-Length: 5\n\nhello"])
    def test_C12_a_type_is_never_guessed(self, text: bytes) -> None:
        assert "Content-Type" in fails(text)

    @pytest.mark.clause("3875-6.3.1-3b")
    @pytest.mark.parametrize(
        "value", [b"", b"text", b"text/", b"/html", b"text /html", b"; charset=x", b"a/b c", b"a/b, c/d"]
    )
    @pytest.mark.parametrize("start", [b"", b"Status: 200\n", b"Location: http://a/\n"])
    def test_C12_a_type_is_a_media_type(self, value: bytes, start: bytes) -> None:
        assert "media type" in fails(start + b"Content-Type: " + value + b"\n\n")
        assert "media type" in fails(b"HTTP/1.1 200\nContent-Type: " + value + b"\n\n", non_parsed=True)

    @pytest.mark.parametrize("value", ["text/html;", "text/html ; charset", "a/b;c=d, e", "application/x.y+z"])
    def test_the_parameters_of_a_type_are_the_scripts_own(self, value: str) -> None:
        expected = document(200, (("Content-Type", value),), None)
        assert parse(f"Content-Type: {value}\n\n".encode()) == (expected, b"")

    @pytest.mark.parametrize(
        "line",
        [
            b"no colon",
            b": no name",
            b"Space : before",
            b" Continued: line",
            b"\tfolded",
            b"N\xe4me: x",
            b"Na(me: x",
            b"X: nul\0",
            b"X: bare\rCR",
            b"X: bell\x07",
            b"X: delete\x7f",
            b"<html>",
        ],
    )
    @pytest.mark.parametrize("non_parsed", [False, True])
    def test_S11_each_line_is_checked(self, line: bytes, non_parsed: bool) -> None:
        start = b"HTTP/1.1 200 OK\n" if non_parsed else b""
        assert "header field" in fails(start + b"Content-Type: a/b\n" + line + b"\n\n", non_parsed=non_parsed)

    @pytest.mark.parametrize("blank", [b"\n", b"\r\n"])
    def test_C12_no_field_at_all(self, blank: bytes) -> None:
        fails(blank + b"body")

    @pytest.mark.parametrize("field", [b"Content-Type: a/b", b"Location: /x", b"Status: 200 OK"])
    def test_C12_a_cgi_field_that_is_repeated(self, field: bytes) -> None:
        assert "repeated" in fails(field + b"\n" + field.lower() + b"\n\n")

    def test_C12_the_end_of_output(self) -> None:
        parser = OutputParser(Limits())
        assert parser.receive_eof().detail == "no output"
        assert parser.receive(b"Content-Type: a/b\n") is None
        assert parser.receive_eof().detail == "output that ended within its header section"


class TestLimits:
    limits = Limits(script_fields=50, script_field_lines=3)

    def test_D19_bytes_of_the_section(self) -> None:
        start, end = b"Content-Type: a/b\nX: ", b"\n\n"
        fits = start + b"y" * (50 - len(start + end)) + end
        assert parse(fits, limits=self.limits)[1] == b""
        assert "50 bytes" in fails(fits[:-2] + b"y\n\n", limits=self.limits)
        assert "50 bytes" in fails(b"y" * 51, limits=self.limits)

    def test_D19_content_does_not_count(self) -> None:
        assert parse(b"Content-Type: a/b\n\n" + b"y" * 100, limits=self.limits)[1] == b"y" * 100

    def test_D19_lines_of_the_section(self) -> None:
        parse(b"Content-Type: a/b\nX: y\nX: y\n\n", limits=self.limits)
        assert "3 lines" in fails(b"Content-Type: a/b\nX: y\nX: y\nX: y\n\n", limits=self.limits)


class TestConnectionFields:
    @pytest.mark.clause("3875-6.3.4-2b", "3875-6.3.4-2c", "3875-6.2.1-3c")
    @pytest.mark.parametrize(
        "name",
        [
            "Transfer-Encoding",
            "Connection",
            "keep-alive",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Upgrade",
            "Status",
        ],
    )
    def test_C13_what_belongs_to_the_connection_is_dropped(self, name: str) -> None:
        lines = ["Content-Type: a/b", "Connection: close"]
        lines += [] if name == "Connection" else ["Status: 200" if name == "Status" else f"{name}: chunked"]
        head, _ = parse("\n".join((*lines, "", "")).encode())
        assert head == document(200, (("Content-Type", "a/b"),), None)

    @pytest.mark.parametrize(
        "name", ["Content-Type", "content-length", "Location", "Set-Cookie", "Cache-Control", "X-Mine"]
    )
    @pytest.mark.parametrize("non_parsed", [False, True])
    def test_C13_what_connection_names_is_not_lost(self, name: str, non_parsed: bool) -> None:
        fields = (("Content-Type", "a/b"), ("Content-Length", "2"), ("Location", "/x"), ("Set-Cookie", "a=b"),
                  ("X-Mine", "y"))  # fmt: skip
        start = "HTTP/1.1 201\n" if non_parsed else "Status: 201\n"
        text = start + f"Connection: close, {name}\n" + "".join(f"{key}: {value}\n" for key, value in fields) + "\n"
        assert parse(text.encode(), non_parsed=non_parsed)[0] == document(201, fields, 2)

    @pytest.mark.parametrize("length", ["0", "5", "007", str(2**63 - 1)])
    def test_C13_content_length(self, length: str) -> None:
        head, _ = parse(f"Content-Type: a/b\nContent-Length: {length}\n\n".encode())
        assert head == document(200, (("Content-Type", "a/b"), ("Content-Length", length)), int(length))

    @pytest.mark.parametrize(
        "lines",
        [[""], ["-1"], ["+1"], ["1_0"], ["0x1"], ["1 0"], ["\xb2"], [str(2**63)], ["1" * 5000], ["5", "5"], ["5, 5"]],
    )
    def test_C13_content_length_is_one_decimal_number(self, lines: list[str]) -> None:
        fields = "".join(f"Content-Length: {line}\n" for line in lines)
        assert "Content-Length" in fails(f"Content-Type: a/b\n{fields}\n".encode("latin-1"))

    @pytest.mark.parametrize(("status", "kept"), [(204, False), (205, False), (304, True), (200, True)])
    def test_a_length_is_not_stated_where_there_is_no_content(self, status: int, kept: bool) -> None:
        head, _ = parse(f"Status: {status}\nContent-Length: 5\n\n".encode())
        assert head == document(status, (("Content-Length", "5"),) if kept else (), 5)


class TestNonParsed:
    @pytest.mark.clause("3875-5.2-1a")
    def test_a_status_line_and_fields_of_http(self) -> None:
        text = b"HTTP/1.0 404 Not here\r\nServer: mine\r\nLocation: /x\r\nStatus: 200\r\n\r\nbody"
        assert parse(text, non_parsed=True) == (
            document(404, (("Server", "mine"), ("Location", "/x")), None, "Not here"),
            b"body",
        )

    def test_no_field_is_demanded(self) -> None:
        assert parse(b"HTTP/1.1 200\n\n", non_parsed=True) == (document(200, (), None), b"")
        assert parse(b"HTTP/1.1 299  \tExact x \n\n", non_parsed=True) == (document(299, (), None, "Exact x"), b"")

    @pytest.mark.parametrize(
        "line",
        [
            b"Content-Type: a/b",
            b"HTTP/2.0 200 OK",
            b"HTTP/1.1 100 Continue",
            b"HTTP/1.1 600 X",
            b"HTTP/1.1 200OK",
            b"http/1.1 200 OK",
            b"HTTP/1.1  200",
            b"",
        ],
    )
    def test_C12_the_first_line_is_a_status_line(self, line: bytes) -> None:
        assert "status line" in fails(line + b"\nX: y\n\n", non_parsed=True) if line else fails(b"\n", non_parsed=True)

    def test_C13_coded_content_is_not_decoded(self) -> None:
        assert "Transfer-Encoding" in fails(
            b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\r\n\r\n", non_parsed=True
        )


class CountedSearch:
    """The search for the blank line, which counts the octets that it has to look at."""

    def __init__(self) -> None:
        self.looked_at = 0

    def search(self, buffer: bytearray, start: int) -> re.Match[bytes] | None:
        self.looked_at += len(buffer) - start
        return SECTION_END.search(buffer, start)


def test_S10_a_section_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = CountedSearch()
    monkeypatch.setattr(output, "_SECTION_END", counted)
    text = b"Content-Type: a/b\n" + b"X: " + b"y" * 2000 + b"\r\n\r\n"
    receive_bytewise(OutputParser(Limits()), text)
    assert counted.looked_at <= 3 * len(text)


class TestKept:
    """The meaning of a short section is kept. The same section, from any script, is parsed once."""

    def test_the_same_section_is_the_same_value(self) -> None:
        text = b"Content-Type: a/b\nX: kept\n\n"
        assert parse(text)[0] is parse(text)[0]

    def test_a_cgi_section_and_one_of_http_are_two(self) -> None:
        text = b"HTTP/1.1 200 OK\nX: y\n\n"
        assert parse(text, non_parsed=True)[0] == document(200, (("X", "y"),), None, "OK")
        fails(text)

    def test_D19_lines_are_counted_each_time(self) -> None:
        text = b"Content-Type: a/b\nX: counted\n\n"
        parse(text)
        assert "1 lines" in fails(text, limits=Limits(script_field_lines=1))

    def test_a_long_section_is_not_kept(self) -> None:
        text = b"Content-Type: a/b\nX: " + b"y" * 1024 + b"\n\n"
        assert parse(text)[0] == parse(text)[0]
        assert parse(text)[0] is not parse(text)[0]

    def test_a_section_with_a_cookie_is_not_kept(self) -> None:
        text = b"Content-Type: a/b\nset-COOKIE: a=secret\n\n"
        assert parse(text)[0] == parse(text)[0]
        assert parse(text)[0] is not parse(text)[0]


@pytest.mark.parametrize(("octets", "same"), [(1024, True), (1025, False)])
def test_the_meaning_of_a_section_is_kept_where_it_is_short(octets: int, same: bool) -> None:
    lines = b"Content-Type: a/b\nX: "
    section = lines + b"x" * (octets - len(lines))
    first, second = (OutputParser(Limits()).receive(section + b"\n\n") for _ in range(2))
    assert first == second
    assert (first is second) is same

"""RFC 3875 §4.1: the meta-variables, each in a table. C2 to C6, X4."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhttp.cgi.script_path import Script
from pyhttp.cgi.variables import Ends, meta_variables, operators_variables
from pyhttp.messages import RequestHead
from pyhttp.semantics.fields import Headers
from tests.helpers.cgi_site import ENDS, request_head

SCRIPT = Script("/srv/www/cgi-bin/x", "/cgi-bin/x")


def variables(
    head: RequestHead | None = None,
    script: Script = SCRIPT,
    *,
    ends: Ends = ENDS,
    length: int = 0,
    authorization: bool = False,
    inherited: dict[str, str] | None = None,
) -> dict[str, str]:
    found = meta_variables(
        head or request_head(),
        script,
        root="/srv/www",
        ends=ends,
        length=length,
        authorization=authorization,
        inherited=inherited,
    )
    return {name.decode("ascii"): value.decode("latin-1") for name, value in found.items()}


def ends(*, local: tuple[str, int] = ENDS.local, peer: tuple[str, int] = ENDS.peer, secure: bool = False) -> Ends:
    return Ends(local=local, peer=peer, secure=secure, software="pyhttp/test")


@pytest.mark.clause("3875-3.1-2a", "3875-4.1-7b", "3875-4.1-7c")
def test_C2_the_whole_environment_of_a_plain_request() -> None:
    assert variables() == {
        "DOCUMENT_ROOT": "/srv/www",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "HTTP_HOST": "localhost:8888",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "QUERY_STRING": "",
        "REDIRECT_STATUS": "200",
        "REMOTE_ADDR": "127.0.0.2",
        "REMOTE_HOST": "127.0.0.2",
        "REMOTE_PORT": "50000",
        "REQUEST_METHOD": "GET",
        "REQUEST_SCHEME": "http",
        "REQUEST_URI": "/cgi-bin/x",
        "SCRIPT_FILENAME": "/srv/www/cgi-bin/x",
        "SCRIPT_NAME": "/cgi-bin/x",
        "SERVER_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8888",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "pyhttp/test",
    }


class TestContent:
    @pytest.mark.clause("3875-4.1.2-3a", "3875-4.1.2-3b", "3875-4.2-5a")
    @pytest.mark.parametrize(
        ("fields", "length", "expected"),
        [
            ((), 0, None),
            ((("Content-Length", "0"),), 0, "0"),
            ((("Content-Length", "007"),), 7, "7"),
            ((("Transfer-Encoding", "chunked"),), 12, "12"),
            ((("Transfer-Encoding", "chunked"),), 0, "0"),
        ],
    )
    def test_C5_content_length(self, fields: tuple[tuple[str, str], ...], length: int, expected: str | None) -> None:
        found = variables(request_head(fields=fields), length=length)
        assert found.get("CONTENT_LENGTH") == expected
        assert "HTTP_CONTENT_LENGTH" not in found

    @pytest.mark.clause("3875-4.1.3-10a", "3875-4.1.3-10b.2", "3875-4.1.18-3b")
    def test_C4_content_type(self) -> None:
        found = variables(request_head(fields=(("Content-Type", "text/plain; charset=x"), ("Content-Length", "1"))))
        assert found["CONTENT_TYPE"] == "text/plain; charset=x"
        assert "HTTP_CONTENT_TYPE" not in found
        assert "CONTENT_TYPE" not in variables(request_head(fields=(("Content-Length", "1"),)), length=1)


@pytest.mark.clause("3875-4.1.4-1a", "3875-4.1.4-3c.2")
def test_gateway_interface() -> None:
    assert variables()["GATEWAY_INTERFACE"] == "CGI/1.1"


@pytest.mark.clause(
    "3875-4.1.5-3a", "3875-4.1.6-14b", "3875-4.1.6-16a", "3875-4.1.6-16b", "3875-4.1.13-1a", "3875-4.1-7c"
)
def test_C6_paths() -> None:
    found = variables(script=Script("/srv/www/cgi-bin/X", "/cgi-bin/X", "/a B/\u00e9\udcff", "/srv/www/a B"))
    assert found["SCRIPT_NAME"] == "/cgi-bin/X"
    assert found["PATH_INFO"].encode("latin-1") == "/a B/\u00e9".encode() + b"\xff"
    assert found["PATH_TRANSLATED"] == "/srv/www/a B"
    assert "PATH_TRANSLATED" not in variables(script=Script("/x", "/x", "/out"))


@pytest.mark.clause("3875-4.1.7-6a", "3875-4.1.7-6a.2")
@pytest.mark.parametrize("query", ["", "a=1&b=%20", "words+without+equals", "??"])
def test_query_string_stays_encoded(query: str) -> None:
    assert variables(request_head(query=query))["QUERY_STRING"] == query


def test_request_uri_is_in_origin_form() -> None:
    assert variables(request_head("/cgi-bin/x/%41", query="q=1"))["REQUEST_URI"] == "/cgi-bin/x/%41?q=1"
    empty = RequestHead("GET", "/cgi-bin/x?", "/cgi-bin/x", "", "", "HTTP/1.0", Headers())
    assert variables(empty)["REQUEST_URI"] == "/cgi-bin/x?"
    absolute = RequestHead("GET", "http://a/cgi-bin/x?q", "/cgi-bin/x", "q", "a", "HTTP/1.1", Headers({"Host": "a"}))
    assert variables(absolute)["REQUEST_URI"] == "/cgi-bin/x?q"


@pytest.mark.clause("3875-4.1.8-1a", "3875-4.1.9-3a", "3875-4.1.9-3b")
def test_C6_the_client_is_an_address_and_no_name() -> None:
    found = variables(ends=ends(peer=("2001:db8::1", 7)))
    assert (found["REMOTE_ADDR"], found["REMOTE_HOST"], found["REMOTE_PORT"]) == ("2001:db8::1", "2001:db8::1", "7")
    assert not {"REMOTE_USER", "REMOTE_IDENT", "AUTH_TYPE"} & found.keys()


def test_what_is_kept_of_one_request_is_not_changed_by_another() -> None:
    first = variables()
    variables(request_head("/cgi-bin/y", fields=(("X-A", "b"),)), Script("/srv/www/cgi-bin/y", "/cgi-bin/y"))
    variables(ends=ends(peer=("127.0.0.3", 50001), secure=True), inherited={"SCRIPT_NAME": "x", "Z": "z"})
    assert variables() == first


@pytest.mark.clause("3875-4.1.12-1a")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "get", "X-OWN"])
def test_request_method(method: str) -> None:
    assert variables(request_head(method=method))["REQUEST_METHOD"] == method


@pytest.mark.clause("3875-4.1.14-1a", "3875-4.1.15-1a", "3875-4.1.15-3a")
@pytest.mark.parametrize(
    ("authority", "local", "name"),
    [
        ("example.com", ("127.0.0.1", 80), "example.com"),
        ("Example.com:8080", ("127.0.0.1", 80), "Example.com"),
        ("example.com:", ("127.0.0.1", 80), "example.com"),
        ("[::1]", ("127.0.0.1", 80), "[::1]"),
        ("[::1]:99", ("127.0.0.1", 80), "[::1]"),
        ("", ("127.0.0.1", 80), "127.0.0.1"),
        ("", ("::1", 80), "[::1]"),
    ],
)
def test_C6_the_server_is_named_by_the_request_and_its_port_is_the_sockets(
    authority: str, local: tuple[str, int], name: str
) -> None:
    found = variables(request_head(authority=authority), ends=ends(local=local))
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == (name, "80")


def test_T1_the_authority_of_an_absolute_form_replaces_host() -> None:
    head = RequestHead("GET", "http://a:1/x", "/x", "", "a:1", "HTTP/1.1", Headers({"Host": "b:2"}))
    found = variables(head)
    assert (found["HTTP_HOST"], found["SERVER_NAME"]) == ("a:1", "a")


@pytest.mark.clause("3875-4.1.16-1a", "3875-4.1.17-1a", "3875-4.1.17-1b")
def test_versions() -> None:
    found = variables(request_head(version="HTTP/1.0"))
    assert (found["SERVER_PROTOCOL"], found["SERVER_SOFTWARE"]) == ("HTTP/1.0", "pyhttp/test")


@pytest.mark.clause("3875-4.1.18-1c")
def test_X4_https_is_on_under_tls_only() -> None:
    found = variables(ends=ends(secure=True))
    assert (found["HTTPS"], found["REQUEST_SCHEME"]) == ("on", "https")
    assert found["PATH"] == "/usr/local/bin:/usr/bin:/bin"
    plain = variables(request_head(fields=(("Https", "on"), ("X-Forwarded-Proto", "https"))))
    assert "HTTPS" not in plain


@pytest.mark.parametrize(
    ("scheme", "host", "expected"),
    [
        ("https", "a.example", ("https", "a.example", "443")),
        ("https", "a.example:8443", ("https", "a.example", "8443")),
        ("http", "a.example", ("http", "a.example", "80")),
        ("http", "[2001:db8::1]:", ("http", "[2001:db8::1]", "80")),
        ("", "a.example:81", ("http", "a.example", "81")),
        ("", "a.example", ("http", "a.example", "80")),
        ("gopher", "a.example", ("gopher", "a.example", "8888")),
        ("", "", ("http", "localhost", "8888")),
    ],
)
def test_X4_what_a_trusted_proxy_says_of_the_uri_is_said_but_never_https_on(
    scheme: str, host: str, expected: tuple[str, str, str]
) -> None:
    found = variables(ends=ends()._replace(scheme=scheme, host=host))
    assert (found["REQUEST_SCHEME"], found["SERVER_NAME"], found["SERVER_PORT"]) == expected
    assert "HTTPS" not in found
    assert found["HTTP_HOST"] == "localhost:8888"


class TestFieldLines:
    @pytest.mark.clause("3875-4.1.18-1a")
    def test_names_are_in_upper_case_with_underscores(self) -> None:
        found = variables(request_head(fields=(("X-Some-thing9", "a b"), ("accept", "*/*"))))
        assert (found["HTTP_X_SOME_THING9"], found["HTTP_ACCEPT"]) == ("a b", "*/*")

    @pytest.mark.clause("3875-4.1.18-2d")
    def test_lines_of_one_name_become_one_value(self) -> None:
        found = variables(request_head(fields=(("A", "1"), ("Cookie", "x=1"), ("a", "2"), ("cookie", "y=2"))))
        assert (found["HTTP_A"], found["HTTP_COOKIE"]) == ("1, 2", "x=1; y=2")

    def test_C4_several_lines_of_cookie_are_withheld_where_connection_names_it(self) -> None:
        fields = (("Cookie", "x=1"), ("Cookie", "y=2"), ("Connection", "cookie"))
        assert "HTTP_COOKIE" not in variables(request_head(fields=fields))

    @pytest.mark.clause("3875-4.1.18-2f", "3875-4.1-7c")
    def test_bytes_arrive_as_they_were_sent(self) -> None:
        assert variables(request_head(fields=(("A", "\xe9\xff"),)))["HTTP_A"] == "\xe9\xff"

    @pytest.mark.parametrize("name", ["X_Some", "a.b", "x'", "!", "a~"])
    def test_C3_names_that_could_meet_others_are_left_out(self, name: str) -> None:
        found = variables(request_head(fields=((name, "evil"),)))
        assert "evil" not in found.values()

    def test_C3_http_proxy_is_never_set(self) -> None:
        assert "HTTP_PROXY" not in variables(request_head(fields=(("Proxy", "http://evil"),)))

    @pytest.mark.clause("3875-4.1.18-3b", "3875-4.1.18-3c", "3875-9.2-1a", "3875-9.2-1c")
    @pytest.mark.parametrize(
        "name",
        [
            "Authorization",
            "Proxy-Authorization",
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "X-Listed",
        ],
    )
    def test_C4_what_is_not_passed(self, name: str) -> None:
        fields = (("Connection", "x-LISTED, close"), (name, "value"))
        assert "HTTP_" + name.upper().replace("-", "_") not in variables(request_head(fields=fields))

    def test_C4_authorization_is_passed_where_the_operator_says_so(self) -> None:
        head = request_head(fields=(("Authorization", "Basic eDp5"), ("Proxy-Authorization", "no")))
        found = variables(head, authorization=True)
        assert found["HTTP_AUTHORIZATION"] == "Basic eDp5"
        assert "HTTP_PROXY_AUTHORIZATION" not in found


def test_C2_listed_variables_are_passed_on_but_replace_none_of_the_requests() -> None:
    found = variables(inherited={"LANG": "C.UTF-8", "PATH": "/opt/bin", "REMOTE_ADDR": "1.2.3.4", "Z": "\udcff"})
    assert (found["LANG"], found["PATH"], found["Z"]) == ("C.UTF-8", "/opt/bin", "\xff")
    assert found["REMOTE_ADDR"] == "127.0.0.2"


def test_an_operator_may_say_what_a_proxy_in_front_speaks() -> None:
    found = variables(inherited={"HTTPS": "on", "REQUEST_SCHEME": "https"})
    assert (found["HTTPS"], found["REQUEST_SCHEME"]) == ("on", "https")
    assert variables()["REQUEST_SCHEME"] == "http"
    assert "HTTPS" not in variables()


def test_C2_the_operators_variables_are_given_or_passed_on() -> None:
    entries = ("LANG", "MISSING", "HTTPS=on", "EMPTY=", "SUM=1=1", "TZ=UTC", "TZ")
    environ = {"LANG": "C", "HOME": "/root", "HTTPS": "off", "TZ": "CET"}
    assert operators_variables(entries, environ) == {
        "LANG": "C",
        "HTTPS": "on",
        "EMPTY": "",
        "SUM": "1=1",
        "TZ": "CET",
    }
    assert operators_variables((), environ) == {}


@pytest.mark.parametrize(("info", "expected"), [("", None), ("/", "/"), ("/a", "/a")])
def test_path_info_is_unset_where_there_is_none(info: str, expected: str | None) -> None:
    """A program may ask for the variable with a default: `$_SERVER["PATH_INFO"] ?? "/"`."""
    assert variables(script=SCRIPT._replace(path_info=info)).get("PATH_INFO") == expected


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::2"])
def test_the_servers_address_is_that_of_the_connection(address: str) -> None:
    assert variables(ends=ends(local=(address, 80)))["SERVER_ADDR"] == address


def test_C4_authorization_is_withheld_unless_it_is_asked_for() -> None:
    head = request_head(fields=(("Authorization", "Basic eDp5"),))
    found = meta_variables(head, Script("/srv/www/cgi-bin/x", "/cgi-bin/x"), root="/srv/www", ends=ENDS, length=0)
    assert b"HTTP_AUTHORIZATION" not in found


NAMES = st.one_of(
    st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True),
    st.sampled_from(
        ["Host", "Proxy", "Content-Length-", "Path", "PATH", "Remote-Addr", "Script-Name", "X_Y", "X-Y", "Http-Proxy"]
    ),
)
VALUES = st.from_regex(
    r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,10}[\x21-\x7e\x80-\xff])?)?", fullmatch=True
)
OF_THEIR_OWN = {"content-length", "content-type", "transfer-encoding", "connection", "host"}


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_C3_no_field_changes_a_variable_outside_its_own_http_name(fields: list[tuple[str, str]]) -> None:
    """C2, C3: some fields have a meaning of their own.

    The other fields of a request make HTTP_* names and nothing else.
    """
    sent = tuple((name, value) for name, value in fields if name.lower() not in OF_THEIR_OWN)
    bare, found = variables(), variables(request_head(fields=sent))
    own = {"HTTP_" + name.upper().replace("-", "_") for name, _ in sent if re.fullmatch("[0-9A-Za-z-]+", name)}
    assert {name: found.get(name) for name in bare} == bare
    assert found.keys() - bare.keys() <= own - {"HTTP_PROXY"}
    for name in found.keys() - bare.keys():
        mine = [
            value for sender, value in sent if "HTTP_" + sender.upper().replace("-", "_") == name and "_" not in sender
        ]
        assert found[name] == ("; " if name == "HTTP_COOKIE" else ", ").join(mine)


def test_no_variable_is_made_of_a_part_of_another() -> None:
    with pytest.raises(ValueError, match="zip"):
        variables(request_head(query="a\0b"))

"""The texts of --help, and the parser of the commands that serve nothing."""

import argparse
from collections.abc import Callable

import pytest

from pyhttp.command import check, explain, passwords
from pyhttp.command.folder_options import folder_parser
from pyhttp.command.tool import Parser
from pyhttp.command.wsgi_options import wsgi_parser

COMMON = {
    "-h --help": (None, "show this help message and exit"),
    "--version": (None, "show the version, and exit"),
}


@pytest.mark.parametrize(
    ("parser", "usage", "description", "arguments"),
    [
        (
            check._parser,
            "URL [options]",
            (
                "Play the conformance rows at an HTTP/1.1 server: several hundred conversations, each with the clauses"
                " of RFC 9110 and 9112 that it is about."
            ),
            {
                "server": ("URL", "http://HOST:PORT, https://HOST:PORT (any certificate will do) or unix:PATH"),
                "--only": (
                    "WHAT",
                    (
                        "play rows about this clause (9112-6.1-15b), section (9112-6) or name (framing, '*length*');"
                        " may be repeated"
                    ),
                ),
                "--list": (None, "show the rows, and connect to no server"),
                "--level": (None, "the least level that fails the check (default: must)"),
                "--json": ("FILE", "write the report as JSON to FILE"),
                "--junit": ("FILE", "write the report as JUnit's XML to FILE"),
                "--patience": ("SECONDS", "the seconds of each wait (default: 0.5 to 5, by the first answers)"),
                "--longest": ("SECONDS", "begin no row after so many seconds (default: 120)"),
                "--with": (None, "play rows that presume limits or deadlines as small as ours; may be repeated"),
                "--bytewise": (None, "send everything octet by octet"),
                "--i-may-test-this-host": (
                    None,
                    "check a server on another machine, for which you have the permission",
                ),
            },
        ),
        (
            explain._parser,
            "[FILE] [options]",
            (
                "Show how the raw octets of a connection are read, request by request. If they are refused, show the"
                " place and the clause. The reader is that of the server, with its default limits."
            ),
            {
                "file": ("FILE", "a file with the octets of a client; standard input without it"),
                "--response": (None, "the octets are those of a server"),
                "--method": (
                    "METHOD",
                    "method of a request that was answered, in their order (default: GET); may be repeated",
                ),
                "--tls": (None, "the connection is TLS, so that https targets are served"),
                "--json": (None, "write the result as JSON"),
            },
        ),
        (
            passwords._parser,
            "NAME >> FILE",
            "Ask for a password, and write a line for the file of --auth.",
            {
                "name": (
                    "NAME",
                    (
                        "who is let in by the password, which is asked for twice, or is a line of standard input that"
                        " is no terminal"
                    ),
                ),
            },
        ),
    ],
)
def test_what_the_help_says(
    parser: Callable[[], Parser], usage: str, description: str, arguments: dict[str, tuple[str | None, str]]
) -> None:
    made = parser()
    assert (made.usage, made.description) == (f"%(prog)s {usage}", description)
    actions = {" ".join(each.option_strings) or each.dest: (each.metavar, each.help) for each in made._actions}
    assert actions == COMMON | arguments


@pytest.mark.parametrize(
    ("parser", "usage", "description"),
    [
        (
            folder_parser,
            "[serve] [DIR] [options]",
            (
                "Serve a folder over HTTP/1.1: files, listings, and the CGI scripts in its cgi-bin. Or one file"
                " alone. Or a WSGI application: pyhttp wsgi --help."
            ),
        ),
        (
            wsgi_parser,
            "MODULE:APP [options]",
            "Serve a WSGI application (PEP 3333), such as one of Flask, Django or Bottle, over HTTP/1.1.",
        ),
    ],
)
def test_what_the_help_of_a_server_begins_with(
    parser: Callable[[], argparse.ArgumentParser], usage: str, description: str
) -> None:
    made = parser()
    assert (made.usage, made.description) == (f"%(prog)s {usage}", description)

"""The documents of the table of options: `python -m tests.helpers.option_documents` writes them anew.

They are the part of the README between two marks, and below `share/` the manual page, by argparse-manpage, and the
completions of shells, by shtab.
"""

import argparse
import importlib
import re
from pathlib import Path
from typing import Final

from pyhttp import __version__
from pyhttp.command.folder_options import folder_parser
from pyhttp.command.option import Command, Option
from pyhttp.command.parsing import SIGNALS
from pyhttp.command.table import options_of

TOP: Final = Path(__file__).parents[2]
README: Final = TOP / "README.md"
BEGIN, END = "<!-- options: `python -m tests.helpers.option_documents` -->\n\n", "\n<!-- end of options -->"

MANUAL: Final = "man/man1/pyhttp.1"
COMPLETIONS: Final = {
    "bash": "bash-completion/completions/pyhttp",
    "zsh": "zsh/site-functions/_pyhttp",
    "fish": "fish/vendor_completions.d/pyhttp.fish",
}
"""The paths below `share/` where a shell looks for them."""

_DAY: Final = "2026-11-26"
"""The date of the manual page, which would else be that of its making."""
_SECTIONS: Final = {
    "SYNOPSIS": r"""
.B pyhttp
[serve] [\fIDIR\fR] [\fIoptions\fR]
.br
.B pyhttp wsgi
\fIMODULE\fR:\fIAPP\fR [\fIoptions\fR]
.br
.B pyhttp passwd
\fINAME\fR
.br
.B pyhttp check
\fIURL\fR [\fIoptions\fR]
.br
.B pyhttp explain
[\fIFILE\fR] [\fIoptions\fR]
""",
    "WSGI APPLICATIONS": r"""
\fBpyhttp wsgi\fR serves the application \fIAPP\fR of a module, which it finds from the working directory.
\fIMODULE\fR:\fIFACTORY\fR() calls a function that returns it.
It has the options above, but not {without}.
""",
    "PASSWORDS": r"""
\fBpyhttp passwd\fR asks for a password, twice, or reads a line of standard input that is no terminal.
It writes a line with \fINAME\fR and a hash of the password, for the file of
.BR \-\-auth .
""",
    "CHECKING A SERVER": r"""
\fBpyhttp check\fR plays conversations with the HTTP/1.1 server at \fIURL\fR.
It tells which clauses of RFC 9110 and 9112 that server does not keep.
It asks servers of this machine only, unless
.B \-\-i\-may\-test\-this\-host
is given.
.B pyhttp check \-\-help
lists its options.
""",
    "EXPLAINING OCTETS": r"""
\fBpyhttp explain\fR shows how the octets of a connection are read, from \fIFILE\fR or standard input.
It marks the octet for which they are refused.
.B pyhttp explain \-\-help
lists its options.
""",
    "SIGNALS": "\n{signals}\n",
    "ENVIRONMENT": r"""
Each option can be stated by a variable: its long name in capitals, with PYHTTP_ in front and an underscore for each
hyphen, such as PYHTTP_UNIX_MODE for
.BR \-\-unix\-mode .
The value of a flag is 1 or 0. If an option may be repeated, each line is a value.
The command line counts before the environment, and that before the file of
.BR \-\-config .
.PP
NO_COLOR, if it is not empty, takes the colour out of the lines for requests.
""",
    "CONFIGURATION FILE": r"""
The file of \fB\-\-config\fR is in TOML. Its keys are the long names of options, without the hyphens in front.
A flag is true or false, a number is a number, all else a text; if an option may be repeated, a list of them.
.PP
.nf
.RS 4
directory = "/srv/www"
port = 8080
no\-listing = true
header = ["X\-Frame\-Options: DENY"]
.RE
.fi
""",
    "EXIT STATUS": r"""
.TP
0
It was stopped by SIGINT or SIGTERM.
.TP
1
Serving is not possible.
.TP
2
Command line, environment or file cannot be understood.
""",
}
"""Sections of the manual page that the parser has no text for; SYNOPSIS stands before its own."""


_WORDS: Final = {
    "bash": "_pyhttp_words",
    "zsh": "_pyhttp_words",
    "fish": "serve wsgi passwd check explain (__fish_complete_directories)",
    "preamble": {
        "bash": """_pyhttp_words() {
  [ "$COMP_CWORD" -gt 1 ] || compgen -W "serve wsgi passwd check explain" -- "$1"
  compgen -d -- "$1"
}
""",
        "zsh": """_pyhttp_words() {
  _alternative "commands:command:(serve wsgi passwd check explain)" "folders:folder:_files -/"
}
""",
    },
}
"""The words that may stand in place of an option, in the form of shtab."""


def readme_table() -> str:
    """The rows of the README's table, and the options that `pyhttp wsgi` does not have."""
    rows = ["| option | meaning | default |", "|---|---|---|"]
    for each in options_of(Command.FOLDER):
        value = f" {each.metavar}" if each.metavar else ""
        names = ["DIR"] if each.name == "directory" else []
        typed = ", ".join(f"`{name}`" for name in (*names, *(f"{name}{value}" for name in each.names)))
        typed = typed.replace("|", "\\|")
        more = f" ([more]({each.see}))" if each.see else ""
        rows.append(f"| {typed} | {each.help}{more} |{each.shown and f' {each.shown}'} |")
    rows.append("| `--version`, `--help` | show the version, or the help, and exit | |")
    names = [f"`--{name}`" for name in _not_of_applications()]
    rows += ["", f"`pyhttp wsgi` has them all but {', '.join(names[:-1])} and {names[-1]}.", ""]
    return "\n".join(rows)


def _not_of_applications() -> list[str]:
    return [each.name for each in options_of(Command.FOLDER) if Command.APPLICATION not in each.commands]


def shared_files() -> dict[str, str]:
    """The files below `share/`, by their paths there."""
    completions = {path: completion(shell) for shell, path in COMPLETIONS.items()}
    return {MANUAL: manual_page(), **completions}


def manual_page() -> str:
    """The manual page of the command."""
    parser = folder_parser()
    parser.tell()
    parser.formatter_class = _one_line
    parser.epilog = None
    data = {"project_name": "pyhttp", "version": __version__, "manual_title": "User Commands", "date": _DAY}
    description = "an HTTP/1.1 origin server for files, CGI scripts and WSGI applications"
    manual = importlib.import_module("argparse_manpage.manpage")
    page = manual.Manpage(parser, {**data, "description": description})
    without = ", ".join(rf"\fB--{name}\fR" for name in _not_of_applications()).replace("-", r"\-")
    for heading, text in _SECTIONS.items():
        content = text.replace("{without}", without).replace("{signals}", SIGNALS.replace("-", r"\-"))
        page.add_section(heading, "=", content.strip("\n"))
    text = str(page).replace(_DAY.replace("-", r"\-"), _DAY)  # a date has plain hyphens
    return re.sub("\n{2,}", "\n", text)  # the macros already make the distance


def _one_line(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=100_000)  # the program that shows the page breaks the lines


def completion(shell: str) -> str:
    """The completion of a shell. It knows names, and values that are files, folders or one of a few words."""
    parser = folder_parser()
    parser.tell()
    options = {each.target: each for each in options_of(Command.FOLDER)}
    for action in parser._actions:
        if action.dest in options:
            _prepare(action, options[action.dest])
        elif action.dest == "words":
            setattr(action, "complete", _WORDS)  # noqa: B010 - shtab looks for it, and argparse does not know it
    text: object = importlib.import_module("shtab").complete(parser, shell)
    return f"{str(text).rstrip()}\n"


def _prepare(action: argparse.Action, option: Option) -> None:
    """Describe in few words what an option does, and what its values are."""
    if action.help:
        action.help = action.help.partition(";")[0].partition(" (default")[0]
    match option.metavar:
        case "FILE" | "PATH" | "DIR":
            kind = "DIRECTORY" if option.metavar == "DIR" else "FILE"
            value: object = getattr(importlib.import_module("shtab"), kind)
            setattr(action, "complete", value)  # noqa: B010 - as above
        case words if "|" in words:
            action.choices = words.split("|")
        case _:
            pass


def write() -> None:
    """Write all the documents."""
    text = README.read_text(encoding="utf-8")
    begin = text.index(BEGIN) + len(BEGIN)
    README.write_text(text[:begin] + readme_table() + text[text.index(END, begin) :], encoding="utf-8")
    for path, content in shared_files().items():
        file = TOP / "share" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write()

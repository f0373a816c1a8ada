"""Options from environment and file: each option of the table, for each command that has it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import pytest

from pyhttp.command.folder_options import FolderOptions, parse_folder
from pyhttp.command.option import Command, Option
from pyhttp.command.table import CONFIG, options_of
from pyhttp.command.tasks import find_task
from pyhttp.command.values import Kind
from pyhttp.command.wsgi_options import WsgiOptions, parse_wsgi

Values = tuple[str, ...]

SAMPLES: Final[Mapping[str, tuple[Values, Values]]] = {
    "directory": (("/srv",), ("/var",)),
    "bind": (("::1", "10.0.0.1"), ("::",)),
    "port": (("80",), ("0",)),
    "spa-file": (("app.html",), ("other.html",)),
    "unix": (("a", "/run/b c"), ("c",)),
    "unix-mode": (("600",), ("666",)),
    "fd": (("3", "4"), ("5",)),
    "allow-host": (("a.example", "*.b"), ("*",)),
    "workers": (("4",), ("5",)),
    "processes": (("2",), ("3",)),
    "proxy-headers": (("10.0.0.0/8,unix", "::1"), ("unix",)),
    "proxy-protocol": (("10.0.0.0/8,unix", "::1"), ("unix",)),
    "tls-cert": (("cert.pem",), ("other.pem",)),
    "tls-key": (("key.pem",), ("other.pem",)),
    "tls-password-file": (("password",), ("other",)),
    "auth": (("users",), ("others",)),
    "cache": (("60",), ("0",)),
    "header": (("A: b, c: d", "E: f;g"), ("H: i",)),
    "mime": (("x=a/b", "Makefile=c/d"), ("y=e/f",)),
    "default-type": (("a/b",), ("c/d",)),
    "cgi-dir": (("a", "b c"), ("d",)),
    "cgi-suffix": ((".php=/usr/bin/php-cgi", ".a=/b:c"), (".d=/e",)),
    "cgi-env": (("HOME", "A=b,c:d"), ("E=",)),
    "log-format": (("json",), ("combined",)),
    "access-log": (("/l",), ("m",)),
    "limit": (("field_line=16k", "ranges=3"), ("ranges=4",)),
    "timeout": (("idle=2m", "hold=0.1"), ("idle=3",)),
}
"""Two values for each option that takes one, neither being the default. An option that may be repeated has several."""

NEEDED: Final = {"tls-key": ["--tls-cert=c"], "tls-password-file": ["--tls-cert=c"]}
"""Arguments that an option needs."""


FREE: Final = frozenset({"directory", "bind", "unix", "auth", "access-log", "tls-cert", "tls-key", "tls-password-file"})
"""Options whose value may be any text that is not empty."""


def flag_or_value(each: Option) -> tuple[Values, Values]:
    return SAMPLES[each.name] if each.metavar else ((), ())


def parse(command: Command, arguments: Sequence[str], environment: Mapping[str, str]) -> FolderOptions | WsgiOptions:
    match command:
        case Command.FOLDER:
            return parse_folder(arguments, environment)
        case Command.APPLICATION:
            return parse_wsgi(["hello:app", *arguments], environment)


def as_arguments(option: Option, values: Values) -> list[str]:
    return [f"--{option.name}={value}" for value in values] if option.metavar else [f"--{option.name}"]


def as_variable(option: Option, values: Values) -> dict[str, str]:
    return {option.variable: "\n".join(values) if option.metavar else "1"}


def as_toml(option: Option, values: Values) -> str:
    if not option.metavar:
        return f"{option.name} = true\n"
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"{option.name} = [{quoted}]\n" if option.repeats else f"{option.name} = {quoted}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "options.toml"


class Refusal(Protocol):
    """What is said of options that are refused."""

    def __call__(self, arguments: Sequence[str] = (), command: Command = ..., **environment: str) -> str: ...


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Refusal:
    def refuse(arguments: Sequence[str] = (), command: Command = Command.FOLDER, **environment: str) -> str:
        with pytest.raises(SystemExit) as exit_:
            parse(command, arguments, environment)
        assert exit_.value.code == 2
        usage, error = capsys.readouterr().err.splitlines()
        assert usage.startswith(f"usage: {command.value} ")
        return error.removeprefix(f"{command.value}: error: ")

    return refuse


EVERY: Final = [
    pytest.param(command, option, id=f"{command.value}-{option.name}")
    for command in Command
    for option in options_of(command)
    if option is not CONFIG
]


def test_there_are_samples_for_each_option() -> None:
    taking = {each.name for command in Command for each in options_of(command) if each.metavar}
    assert SAMPLES.keys() | {CONFIG.name} == taking


@pytest.mark.parametrize(("command", "option"), EVERY)
def test_variable_file_and_arguments_say_the_same(command: Command, option: Option, file: Path) -> None:
    needed = NEEDED.get(option.name, [])
    for values in flag_or_value(option):
        given = parse(command, [*needed, *as_arguments(option, values)], {})
        file.write_text(as_toml(option, values))
        assert parse(command, needed, as_variable(option, values)) == given
        assert parse(command, [*needed, f"--config={file}"], {}) == given
        assert parse(command, needed, {CONFIG.variable: str(file)}) == given
        default = option.name == Kind.POOLED.value
        assert (given == parse(command, needed, {})) == default


@pytest.mark.parametrize(("command", "option"), EVERY)
def test_arguments_count_before_the_environment_and_that_before_the_file(
    command: Command, option: Option, file: Path
) -> None:
    """A source counts as a whole: the values of an option that may be repeated are replaced, and not added to."""
    first, second = flag_or_value(option)
    needed = [*NEEDED.get(option.name, []), f"--config={file}"]
    file.write_text(as_toml(option, first))
    assert parse(command, needed, as_variable(option, second)) == parse(
        command, [*needed, *as_arguments(option, second)], {}
    )
    arguments = [*needed, *as_arguments(option, first)]
    assert parse(command, arguments, as_variable(option, second)) == parse(command, arguments, {})
    if not option.metavar:
        file.write_text("")
        without = parse(command, needed, {})
        file.write_text(as_toml(option, first))
        assert parse(command, needed, {option.variable: "0"}) == without


@pytest.mark.parametrize(("command", "option"), EVERY)
def test_a_value_that_is_wrong_is_told_by_the_variable_and_by_the_name_in_the_file(
    command: Command, option: Option, file: Path, complaint: Refusal
) -> None:
    wrong = "" if option.name in FREE else "\0=\0"
    from_file = f"--config={file}"
    assert complaint([], command, **{option.variable: wrong}).startswith(f"{option.variable}: ")
    written = wrong.replace("\0", "\\u0000")
    file.write_text(f'{option.name} = "{written}"\n')
    assert complaint([from_file], command).startswith(f"{file}: {option.name}: ")
    file.write_text(f"{option.name} = 1.5\n")
    assert complaint([from_file], command).startswith(f"{file}: {option.name}: write {option.name} = ")
    # An argument counts before the variable, so that the wrong value of the variable does no harm.
    saved = [*NEEDED.get(option.name, []), *as_arguments(option, flag_or_value(option)[0])]
    assert parse(command, saved, {option.variable: wrong}) == parse(command, saved, {})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PYHTTP_QUIET": "yes"}, "PYHTTP_QUIET: 'yes' is neither 1, for yes, nor 0, for no"),
        ({"PYHTTP_QUIET": ""}, "PYHTTP_QUIET: '' is neither 1, for yes, nor 0, for no"),
        ({"PYHTTP_PORT": "x"}, "PYHTTP_PORT: 'x' is not a port number from 0 to 65535"),
        ({"PYHTTP_PORT": ""}, "PYHTTP_PORT: '' is not a port number from 0 to 65535"),
        ({"PYHTTP_BIND": "::1\n\n::"}, "PYHTTP_BIND: the value is empty"),
        ({"PYHTTP_SINGLE": "1", "PYHTTP_THREADED": "1"}, "PYHTTP_SINGLE: not allowed with PYHTTP_THREADED"),
        ({"PYHTTP_NO_CGI": "1", "PYHTTP_CGI_DIR": "a"}, "PYHTTP_NO_CGI: not allowed with PYHTTP_CGI_DIR"),
        ({"PYHTTP_HEADER": "X A: b"}, "PYHTTP_HEADER: 'X A' is not a field name"),
        ({"PYHTTP_TLS_KEY": "k"}, "PYHTTP_TLS_KEY: it is for a certificate; name its file by --tls-cert"),
        ({"PYHTTP_DIRECTORY": "a\nb"}, "PYHTTP_DIRECTORY: one folder at a time, not 2: a b"),
        ({"PYHTTP_CONFIG": ""}, "PYHTTP_CONFIG: the value is empty"),
        ({"PYHTTP_CONFIG": "/proc/none"}, "PYHTTP_CONFIG: cannot read /proc/none: No such file or directory"),
    ],
)
def test_what_is_wrong_in_the_environment(environment: Mapping[str, str], expected: str, complaint: Refusal) -> None:
    assert complaint([], Command.FOLDER, **environment) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("prot = 1", ": prot: pyhttp has no such option; did you mean port?"),
        ("unix_mode = '600'", ": unix_mode: pyhttp has no such option; did you mean unix-mode?"),
        ("host = '::'", ": host: pyhttp has no such option; did you mean bind?"),
        ("config = 'a'", ": config: pyhttp has no such option"),
        ("help = true", ": help: pyhttp has no such option"),
        ("[wat]\nport = 1", ": wat: pyhttp has no such option"),
        ("[port]\nport = 1", ": port: write port = PORT"),
        ("port = [80]", ": port: write port = PORT"),
        ("quiet = 1", ": quiet: write quiet = true, or false"),
        ("workers = true", ": workers: write workers = N"),
        ("unix-mode = 0o660", ': unix-mode: write unix-mode = "MODE"'),
        ("header = {A = 'b'}", ': header: write header = ["NAME: VALUE", ...]'),
        ("bind = ['::', 1]", ': bind: write bind = ["HOST", ...]'),
        ("fd = 1.0", ": fd: write fd = [N, ...]"),
        ("port = -1", ": port: '-1' is not a port number from 0 to 65535"),
        ("single = true\nthreaded = true", ": single: not allowed with {0}: threaded"),
        ("port = 1\nquiet =", ", line 2: Invalid value (at end of document)"),
        ("port = 1\nquiet = yes\n", ", line 2: Invalid value"),
        ("port = 1\nport = 2\n\n", ", line 2: Cannot overwrite a value"),
        ("\n\nport = '\udcff'", ", line 3: it is not UTF-8"),
    ],
)
def test_what_is_wrong_in_the_file(content: str, expected: str, file: Path, complaint: Refusal) -> None:
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert complaint(["--config", str(file)]) == f"{file}{expected.format(file)}"


def test_a_file_that_cannot_be_read(tmp_path: Path, complaint: Refusal) -> None:
    assert complaint(["--config", str(tmp_path)]) == f"argument --config: cannot read {tmp_path}: Is a directory"
    assert complaint(["--config", "\0"]) == "argument --config: cannot read \0: embedded null byte"


def test_a_file_for_one_command_has_no_options_of_the_other(file: Path, complaint: Refusal) -> None:
    file.write_text("no-cgi = true\n")
    said = complaint([f"--config={file}"], Command.APPLICATION)
    assert said == f"{file}: no-cgi: pyhttp wsgi has no such option"


def test_numbers_in_a_file_need_no_quotes_and_lists_of_one_no_brackets(file: Path) -> None:
    file.write_text('port = 80\nfd = [3, 4]\ncache = 60\nprocesses = "auto"\nbind = "::"\n')
    arguments = "--port=80 --fd=3 --fd=4 --cache=60 --processes=auto --bind=::"
    assert parse_folder([f"--config={file}"], {}) == parse_folder(arguments.split(), {})


def test_an_empty_list_in_a_file_is_what_nobody_has_stated(file: Path) -> None:
    file.write_text("bind = []\n")
    assert parse_folder([f"--config={file}"], {}) == parse_folder([], {})


def test_a_line_of_a_variable_may_end() -> None:
    """A line of a variable may end as a line in the block of a YAML file does."""
    assert parse_folder([], {"PYHTTP_BIND": "::1\n::\n"}).common.hosts == ("::1", "::")


def test_of_options_that_exclude_each_other_the_first_source_decides(file: Path) -> None:
    file.write_text("threaded = true\ncgi-dir = 'a'\n")
    given = parse_folder([f"--config={file}"], {"PYHTTP_SINGLE": "1", "PYHTTP_NO_CGI": "1"})
    assert (given.common.kind, given.site.cgi_directories) == (Kind.SINGLE, ())
    given = parse_folder([f"--config={file}", "--pooled", "--cgi-dir=b"], {"PYHTTP_SINGLE": "1", "PYHTTP_NO_CGI": "1"})
    assert (given.common.kind, given.site.cgi_directories) == (Kind.POOLED, ("b",))
    assert parse_folder([f"--config={file}"], {"PYHTTP_SINGLE": "0"}).common.kind is Kind.THREADED


@pytest.mark.parametrize("arguments", [["/srv"], ["serve", "/srv"], ["--", "/srv"], ["-d", "/srv"]])
def test_a_folder_that_is_named_counts_before_that_of_the_environment(arguments: list[str]) -> None:
    assert parse_folder(arguments, {"PYHTTP_DIRECTORY": "/var"}).directory == "/srv"


def test_variables_that_belong_to_no_option_are_told() -> None:
    environment = {"PYHTTP_PROT": "1", "PYHTTP_HOST": "a", "PYHTTP_VERSION": "1", "PYHTTP_CORS": "1", "HOME": "/"}
    assert parse_wsgi(["a:b"], environment).common.warnings == (
        "PYHTTP_CORS: pyhttp wsgi has no such option",
        "PYHTTP_HOST: pyhttp wsgi has no such option; did you mean PYHTTP_BIND?",
        "PYHTTP_PROT: pyhttp wsgi has no such option; did you mean PYHTTP_PORT?",
        "PYHTTP_VERSION: pyhttp wsgi has no such option",
    )
    assert parse_folder([], {"PORT": "1"}).common.warnings == ()


@pytest.mark.parametrize("arguments", [[], ["wsgi", "a:b"]])
def test_every_command_warns_of_them(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYHTTP_WAT", "1")
    (line,) = (line for line in find_task(arguments).warnings if "PYHTTP_WAT" in line)
    assert line == f"PYHTTP_WAT: {'pyhttp wsgi' if arguments else 'pyhttp'} has no such option"

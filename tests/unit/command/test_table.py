"""The table of options: rules for all of them."""

from collections import Counter
from typing import Final

from pyhttp.command.option import Command
from pyhttp.command.table import by_argument, options_of

ALL: Final = {each.name: each for command in Command for each in options_of(command)}


def repeated(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_no_name_has_two_meanings() -> None:
    for command in Command:
        options = options_of(command)
        assert repeated([name for each in options for name in each.names]) == []
        assert repeated([each.variable for each in options]) == []
    assert {each.name for each in options_of(Command.APPLICATION)} < {each.name for each in options_of(Command.FOLDER)}


def test_options_that_exclude_each_other_have_one_default() -> None:
    sharing = [(each, other) for each in ALL.values() for other in ALL.values() if each.target == other.target]
    rivals = [(each, other) for each, other in sharing if each is not other]
    assert {each.name for each, _ in rivals} == {"pooled", "threaded", "single", "cgi-dir", "no-cgi"}
    for each, other in rivals:
        assert (each.dest, each.fallback) == (other.dest, other.fallback)


def test_the_text_says_what_may_be_repeated() -> None:
    said = {each.name for each in ALL.values() if "may be repeated" in each.help}
    assert said == {each.name for each in ALL.values() if each.repeats} - {"directory"}


def test_an_option_by_its_names() -> None:
    bind, quiet, unix_mode = ALL["bind"], ALL["quiet"], ALL["unix-mode"]
    assert (bind.names, bind.variable, bind.target) == (("-b", "--bind", "--host"), "PYHTTP_BIND", "hosts")
    assert (unix_mode.names, unix_mode.variable) == (("--unix-mode",), "PYHTTP_UNIX_MODE")
    assert (quiet.fallback, bind.fallback, ALL["port"].fallback, unix_mode.fallback) == (False, (), None, 0o660)
    assert ALL["verbose"].names == ("-v", "--verbose")
    assert (by_argument("hosts"), by_argument("cgi_dir")) == ("argument -b/--bind/--host", "argument --cgi-dir")


def test_the_text_has_the_default_and_no_backticks() -> None:
    assert ALL["cgi-dir"].text == "a folder of scripts, directly below DIR; may be repeated (default: cgi-bin)"
    assert "`" not in "".join(each.text for each in ALL.values())

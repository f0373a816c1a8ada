"""The sources of option values beside the command line: variables of the environment, and a file in TOML."""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pyhttp.command.option import Command, Option
from pyhttp.command.table import CONFIG, by_argument

__all__ = ["fill"]

_AT_LINE: Final = re.compile(r"(.*) \(at line ([0-9]+), column [0-9]+\)")


class _Source(Protocol):
    """A source that may state values."""

    def name(self, option: Option) -> str:
        """The name of the value's origin, for a message about it."""

    def stated(self, option: Option) -> bool | list[str] | None:
        """Whether a flag is set, or the texts of another option; None where no value is stated.

        Raises:
            ValueError: The value does not have the form that the option demands.
        """


@dataclass(frozen=True, slots=True)
class _Environment:
    variables: Mapping[str, str]

    def name(self, option: Option) -> str:
        return option.variable

    def stated(self, option: Option) -> bool | list[str] | None:
        text = self.variables.get(option.variable)
        if text is None:
            return None
        if option.metavar:
            return text.removesuffix("\n").split("\n") if option.repeats else [text]
        if text not in {"0", "1"}:
            raise ValueError(f"{text!r} is neither 1, for yes, nor 0, for no")
        return text == "1"


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    entries: Mapping[str, object]

    def name(self, option: Option) -> str:
        return f"{self.path}: {option.name}"

    def stated(self, option: Option) -> bool | list[str] | None:
        if option.name not in self.entries:
            return None
        entry = self.entries[option.name]
        if option.metavar:
            return list(_texts(option, entry if option.repeats and isinstance(entry, list) else [entry]))
        if not isinstance(entry, bool):
            raise ValueError(f"write {option.name} = true, or false")  # noqa: TRY004 - as for any value
        return entry


def _texts(option: Option, entries: Iterable[object]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif option.number and isinstance(entry, int) and not isinstance(entry, bool):
            yield str(entry)
        else:
            value = option.metavar.strip("'") if option.number else f'"{option.metavar.strip(chr(39))}"'
            raise ValueError(f"write {option.name} = {f'[{value}, ...]' if option.repeats else value}")


def fill(
    found: MutableMapping[str, object],
    origins: MutableMapping[str, str],
    command: Command,
    options: Sequence[Option],
    variables: Mapping[str, str],
) -> list[str]:
    """Add values from the environment, and then from the file, for options without a value.

    Args:
        found: The values from arguments, by their keys; others are added.
        origins: The names of the origins of added values; they are added as well.
        command: The command of the options.
        options: All options of the command.
        variables: The variables of the environment whose names begin like those of options.

    Returns:
        Lines about variables that do not belong to any of the options.

    Raises:
        ValueError: A value is wrong; the message says how, and where.
    """
    seen: set[str] = set()
    _fill_from(_Environment(variables), found, origins, options, seen)
    path = found.get(CONFIG.target)
    if isinstance(path, str):
        others = [each for each in options if each is not CONFIG]
        _fill_from(
            _read(path, origins.get(CONFIG.target) or by_argument(CONFIG.target), command, others),
            found,
            origins,
            others,
            seen,
        )
    unknown = variables.keys() - {each.variable for each in options}
    known = {name.replace("-", "_").upper(): each.variable for each in options for name in _long_names(each)}
    return [f"{each}: {_no_option(command, each.removeprefix('PYHTTP_'), known)}" for each in sorted(unknown)]


def _fill_from(
    source: _Source,
    found: MutableMapping[str, object],
    origins: MutableMapping[str, str],
    options: Sequence[Option],
    seen: set[str],
) -> None:
    """Add the values of one source for options without a value.

    Args:
        source: The source.
        found: As of `fill`.
        origins: As of `fill`.
        options: The options that may be stated.
        seen: The names of options that an earlier source has stated; those of this source are added.
    """
    here: dict[str, Option] = {}
    for option in options:
        target = option.target
        if option.name in seen or (target in found and target not in here):
            continue
        try:
            stated = source.stated(option)
            if stated is None:
                continue
            seen.add(option.name)
            if stated is False:
                continue
            if target in here:
                raise ValueError(f"not allowed with {source.name(here[target])}")  # noqa: TRY301 - like the others
            found[target] = _value(option, stated)
        except ValueError as error:
            raise ValueError(f"{source.name(option)}: {error}") from None
        here[target], origins[target] = option, source.name(option)


def _value(option: Option, stated: bool | list[str]) -> object:
    if isinstance(stated, bool):
        return option.const
    converted = [option.convert(text) for text in stated]
    return converted if option.repeats else converted[0]


def _read(path: str, name: str, command: Command, options: Sequence[Option]) -> _File:
    """The values in a file; raises ValueError where it cannot be understood, or names something that is no option."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:  # ValueError: a NUL
        raise ValueError(f"{name}: cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    import tomllib  # noqa: PLC0415 - variables alone do not need it

    try:
        entries: dict[str, object] = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.fullmatch(str(error))
        line, what = (int(found[2]), found[1]) if found else (content.count(b"\n") + 1, str(error))
        raise ValueError(f"{path}, line {line}: {what}") from None
    known = {name: each.name for each in options for name in _long_names(each)}
    for key in entries:
        if key not in known.values():
            raise ValueError(f"{path}: {key}: {_no_option(command, key, known)}")
    return _File(path, entries)


def _long_names(option: Option) -> Iterator[str]:
    yield option.name
    if option.alias:
        yield option.alias.removeprefix("--")


def _no_option(command: Command, name: str, known: Mapping[str, str]) -> str:
    import difflib  # noqa: PLC0415 - only needed after an error

    near = difflib.get_close_matches(name, known, 1)
    return f"{command.value} has no such option" + (f"; did you mean {known[near[0]]}?" if near else "")

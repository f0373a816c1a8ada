"""Where options have their values from beside the command line: variables of the environment, and a file in TOML."""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pyhttp.command.option import Command, Option
from pyhttp.command.table import CONFIG, by_argument

__all__ = ["fill"]

_AT_LINE: Final = re.compile(r"(.*) \(at line ([0-9]+), column [0-9]+\)")


class _Source(Protocol):
    """What may state a value."""

    def name(self, option: Option) -> str:
        """What to call that value, in a complaint about it."""

    def stated(self, option: Option) -> bool | list[str] | None:
        """Whether a flag is set, the texts of other options; None where nothing is stated.

        Raises:
            ValueError: It is not of the form that the option demands.
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
            raise ValueError(f"write {option.name} = true, or false")  # noqa: TRY004 - said as of any other value
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
    """Put in what the environment, and then the file says of what is open.

    Args:
        found: The values that arguments have given, by what they are kept as; others are added.
        origins: What to call where a value comes from that is added; it is put in.
        command: What the options are for.
        options: All that it has.
        variables: Those of the environment whose names begin as those of options do.

    Returns:
        Lines about variables that belong to none of the options.

    Raises:
        ValueError: With what is wrong, and where.
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
    """Put in what one source says of what is open.

    Args:
        source: What may say something.
        found: As of `fill`.
        origins: As of `fill`.
        options: Those that may be stated.
        seen: The names of options that a source before this has said something of; this one's are added.
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
                raise ValueError(f"not allowed with {source.name(here[target])}")  # noqa: TRY301 - named as the others are
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
    """What a file says; raises ValueError where that cannot be understood, or belongs to none of the options."""
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
    import difflib  # noqa: PLC0415 - where something is wrong, and not at each start

    near = difflib.get_close_matches(name, known, 1)
    return f"{command.value} has no such option" + (f"; did you mean {known[near[0]]}?" if near else "")

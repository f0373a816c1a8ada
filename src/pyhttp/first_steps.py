"""The first steps of the command: what costs time and nothing there needs does not happen.

Two modules get a stand-in for a module that they load. No other module sees it: a later import finds the true one. A
program that imports pyhttp gets none of this.

- `inspect` takes a twelfth of the start. `dataclasses` loads it, and needs it for classes that have no docstring. The
  stand-in loads the true module when it is asked for a name. From Python 3.12 on, a check against a Protocol needs
  `inspect`, and a server must not load modules when it is short of descriptors: so there it is loaded as ever.
- `gettext` takes a twentieth, with `locale`: `argparse` looks for translations of its messages. There are none, and the
  messages of the command are English.
"""

import gc
import sys
from importlib import import_module
from types import ModuleType

__all__ = ["take"]


class _Inspect(ModuleType):
    def __getattr__(self, name: str) -> object:
        found: object = getattr(import_module("inspect"), name)
        return found


class _Gettext(ModuleType):
    @staticmethod
    def gettext(message: str) -> str:
        return message

    @staticmethod
    def ngettext(one: str, several: str, count: int) -> str:
        return one if count == 1 else several


def take() -> None:
    """Have the garbage collector rest; load `dataclasses` and `argparse` without what nobody needs."""
    if sys.orig_argv[1:3] == ["-m", "pyhttp"]:  # `pyhttp.__main__` is sure to be next, and sees to its return
        gc.disable()
    if sys.version_info < (3, 12):
        _load("dataclasses", _Inspect("inspect"))
    _load("argparse", _Gettext("gettext"))


def _load(name: str, needed: ModuleType) -> None:
    """Load a module with a stand-in for one that it needs, unless one of the two is loaded already."""
    if not sys.modules.keys().isdisjoint({name, needed.__name__}):
        return
    sys.modules[needed.__name__] = needed
    try:
        import_module(name)
    finally:
        del sys.modules[needed.__name__]

"""The first steps of the command: what costs time and nothing there needs does not happen.

`inspect` takes a twelfth of the start. `dataclasses` loads it, and needs it for classes that have no docstring. In the
command `dataclasses` gets a stand-in, which loads the true module when it is asked for a name. No other module sees
the stand-in: a later `import inspect` finds the true module. From Python 3.12 on, a check against a Protocol needs
`inspect`, and a server must not load modules when it is short of descriptors: so there it is loaded as ever. A program
that imports pyhttp gets none of this.
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


def take() -> None:
    """Have the garbage collector rest; on Python 3.11, load `dataclasses` without `inspect`, if neither is loaded."""
    if sys.orig_argv[1:3] == ["-m", "pyhttp"]:  # `pyhttp.__main__` is sure to be next, and sees to its return
        gc.disable()
    if sys.version_info < (3, 12) and sys.modules.keys().isdisjoint({"dataclasses", "inspect"}):
        sys.modules["inspect"] = _Inspect("inspect")
        try:
            import_module("dataclasses")
        finally:
            del sys.modules["inspect"]

"""Names of a module that are loaded when they are asked for (PEP 562): few programs use them, and loading takes time.

A name that a handler may first need when the machine is short of something is not among them: loading opens a file. The
names are written down twice: in a table, for this module, and as imports under `TYPE_CHECKING`, for type checkers.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["late_names"]


def late_names(
    namespace: dict[str, object], homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The functions for a module's `__getattr__` and `__dir__`.

    Args:
        namespace: The module's globals; they keep each name that has been loaded.
        homes: Each name, with the module that has it.
    """

    def load(name: str) -> object:
        module = str(namespace["__name__"])
        if name not in homes:
            reason = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(reason, name=name, obj=sys.modules[module])
        found: object = getattr(import_module(homes[name]), name)
        namespace[name] = found
        return found

    return load, lambda: sorted({*namespace, *homes})

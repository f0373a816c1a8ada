"""Names of a module that are loaded when they are asked for (PEP 562): few programs use them, and each takes its time.

Not for what a handler may need first when the machine is short of something: loading opens a file.
They are written down twice: in a table, for this, and as imports under `TYPE_CHECKING`, for whoever checks types.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["late_names"]


def late_names(
    namespace: dict[str, object], homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """What a module calls `__getattr__` and `__dir__`.

    Args:
        namespace: The module's own; it keeps each name that has been loaded.
        homes: Each name, and the module that has it.
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

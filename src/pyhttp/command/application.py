"""The application that `pyhttp wsgi MODULE:APP` names, from its module."""

import importlib
import os
import sys
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["CannotLoad", "load_application"]


class CannotLoad(Exception):
    """The application cannot be loaded; the text says why, in one line."""


def load_application(name: str) -> "WSGIApplication":
    """The application called `name`; its module is looked for in the working directory first.

    Args:
        name: The name "module:name", or "module:name()" for a function that makes the application.

    Raises:
        CannotLoad: The module does not exist, it has no such name, or the named object cannot be called.
        Exception: The module, or the function, has raised it.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module, _, path = name.removesuffix("()").partition(":")
    found: object = _module(module)
    try:
        found = reduce(getattr, path.split("."), found)
    except AttributeError as error:
        raise CannotLoad(f"the module {module} has no {error.name}") from None
    if name.endswith("()") and callable(found):
        found = found()
    if not callable(found):
        raise CannotLoad(f"it is no application, but a value of type {type(found).__name__}")
    return found


def _module(name: str) -> object:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # another module, which this one imports
        raise CannotLoad(f"there is no module {error.name} here, in {os.getcwd()}, or installed") from None

"""Fuzz one target in this process, with coverage as the guide: `python -m tests.fuzz.guided TARGET [OPTION...]`.

The options are those of libFuzzer. This module imports little: atheris cannot watch a module that is imported already.
"""

import importlib
import sys
from collections.abc import Callable

__all__ = ["main"]


def main() -> None:
    """Fuzz one target. libFuzzer ends the process."""
    atheris = importlib.import_module("atheris")
    # Atheris watches the slow reference, too: it has branches where the parser itself is a regular expression.
    with atheris.instrument_imports(include=["pyhttp", "tests"]):
        targets = importlib.import_module("tests.fuzz.targets")
    target: Callable[[bytes], bool] = targets.TARGETS[sys.argv[1]]

    def use(data: bytes) -> None:
        target(data)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], use)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

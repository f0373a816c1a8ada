"""A property fuzzed with coverage as its guide: `python -m tests.fuzz.guided MODULE PROPERTY [SECONDS]`.

Any property of this folder will do: `python -m tests.fuzz.guided test_cgi_output \
test_any_output_in_any_pieces_is_safe 60`. It needs `atheris`, which nothing else does; the input that broke a property
belongs among its examples. Exits 1, and prints the input, where one was found.
"""

import importlib
import sys
from collections.abc import Callable

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Fuzz until the time is over; the process ends here."""
    module, name, *seconds = arguments
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pyhttp"]):
        properties = importlib.import_module(f"tests.fuzz.{module}")
    target: Callable[[bytes], bytes | None] = getattr(properties, name).hypothesis.fuzz_one_input
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds[0] if seconds else 15}"], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m pyhttp` is the command `pyhttp`."""

import gc
import sys

__all__ = ["main"]


def main() -> int:
    """Run the command; returns the exit code.

    To load modules makes many objects, and nearly none is dropped: the garbage collector rests until the command works.
    It never looks at the modules' objects, as they stay to the end.
    """
    gc.disable()
    from pyhttp.command import cli  # noqa: PLC0415 - after that

    gc.freeze()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())

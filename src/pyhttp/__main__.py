"""`python -m pyhttp` is the command `pyhttp`."""

import sys

from pyhttp.command.cli import main

if __name__ == "__main__":
    sys.exit(main())

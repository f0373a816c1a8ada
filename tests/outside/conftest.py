"""The code of others is run only by the interpreter that has pyhttp installed."""

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["HERE", "PYTHON", "collect_ignore"]

HERE: Final = Path(__file__).parent
PYTHON: Final = os.environ.get("TESTED_PYTHON") or sys.executable
"""The environment in which pyhttp is installed. The session of the build names that of its wheel."""

collect_ignore = ["project"]

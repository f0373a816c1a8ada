"""What `import pyhttp` costs beside `import http.server`: medians over interpreters started in turn.

The import is timed inside each interpreter, so that its start does not blur the ratio, and as processor time, so that
other work on the machine does not either. Exits 1 where the ratio is over the bound.
"""

import statistics
import subprocess
import sys
from typing import Final

ROUNDS: Final = 31
BOUND: Final = 1.5
OURS: Final = "pyhttp"
THEIRS: Final = "http.server"
SCRIPT: Final = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def measure(module: str) -> float:
    """Milliseconds of processor time that importing `module` takes in a new interpreter."""
    command = [sys.executable, "-I", "-c", SCRIPT.format(module)]
    return 1000 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    """Measure both in turn, print the medians and their ratio."""
    taken: dict[str, list[float]] = {OURS: [], THEIRS: []}
    for module in taken:  # a first round that fills the caches, compiled bytecode included
        measure(module)
    for _ in range(ROUNDS):
        for module, times in taken.items():
            times.append(measure(module))
    medians = {module: statistics.median(times) for module, times in taken.items()}
    for module, median in medians.items():
        print(f"import {module:12} {median:6.1f} ms")
    ratio = medians[OURS] / medians[THEIRS]
    print(f"ratio {ratio:.2f}, at most {BOUND}")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())

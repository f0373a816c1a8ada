"""What starting and stopping a server costs a test that needs one: at most 20 ms, for each kind of server.

python benchmarks/start_stop.py [ROUNDS]
"""

import statistics
import sys
import time
from typing import Final

from pyhttp import BaseServer, PooledServer, ThreadedServer

MOST: Final = 0.020


def seconds(server_class: type[BaseServer]) -> float:
    """From before the constructor until everything is closed."""
    began = time.perf_counter()
    with server_class("127.0.0.1", 0):
        pass
    return time.perf_counter() - began


def main() -> int:
    """Print median and worst; 1 where a median is over the bound."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    over = False
    for server_class in (BaseServer, ThreadedServer, PooledServer):
        taken = sorted(seconds(server_class) for _ in range(rounds))
        median = statistics.median(taken)
        over |= median > MOST
        print(f"{server_class.__name__:15} median {median * 1000:6.2f} ms, worst {taken[-1] * 1000:6.2f} ms")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

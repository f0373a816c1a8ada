"""Copies of the source, in which one module at a time has another text while tests run."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self

__all__ = ["ROOT", "SOURCES", "Copies"]

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "src"


class Copies:
    """As many copies as there are jobs. One job at a time uses a copy."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        for number in range(self._jobs):
            copy = folder / str(number)
            shutil.copytree(SOURCES, copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
            self._free.put(copy)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.close()

    @contextmanager
    def changed(self, module: Path, source: str) -> Iterator[Mapping[str, str]]:
        """Give a copy's module another source, until the end. Yield the environment of programs that run the copy."""
        folder = self._free.get()
        copy = folder / module.relative_to(ROOT)
        kept = copy.read_text(encoding="utf-8")
        copy.write_text(source, encoding="utf-8")
        try:
            yield {**os.environ, "PYTHONPATH": str(folder / "src"), "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        finally:
            copy.write_text(kept, encoding="utf-8")
            self._free.put(folder)

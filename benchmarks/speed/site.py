"""The folder that all servers serve."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.speed.workloads import FOLDERS, HELLO_SCRIPT, LARGE, SMALL, VARIED

__all__ = ["fill", "names"]

SEED: Final = 9110
WORDS: Final = ("Summer", "budget", "draft", "photo", "Report", "chapter", "scan", "track", "Züge", "minutes of")
SUFFIXES: Final = (".jpg", ".pdf", ".txt", ".tar.gz", ".html", ".mp3", "")
MIB: Final = 1 << 20


def names(count: int) -> Iterator[str]:
    """Names as people give them: words in both cases, numbers that sort naturally, spaces, some beyond ASCII."""
    chance = random.Random(SEED)  # noqa: S311 - no secrets
    for number in chance.sample(range(10 * count), count):
        yield f"{chance.choice(WORDS)} {number}{chance.choice(SUFFIXES)}"


def fill(root: Path, large: int = LARGE) -> None:
    """Make the folder: files of 1 KiB and a large one, folders of many files, and a script."""
    chance = random.Random(SEED)  # noqa: S311 - no secrets
    root.mkdir()
    (root / "page.html").write_bytes(chance.randbytes(SMALL))
    (root / "varied").mkdir()
    for number in range(VARIED):
        (root / "varied" / f"{number}.html").write_bytes(chance.randbytes(SMALL))
    with (root / "large.bin").open("wb") as file:
        block = chance.randbytes(MIB)
        for _ in range(large // MIB):
            file.write(block)
    for count in FOLDERS:
        folder = root / f"folder{count}"
        folder.mkdir()
        for name in names(count):
            (folder / name).write_bytes(b"x" * chance.randrange(100))
    script = root / "cgi-bin" / "hello"
    script.parent.mkdir()
    script.write_text(HELLO_SCRIPT)
    for path in (root.parent, root, *root.rglob("*")):
        path.chmod(0o755)  # some servers run scripts as nobody

"""The register of safety lines (safety.toml), as a value."""

import tomllib
from pathlib import Path
from typing import Final

__all__ = ["SAFETY"]


def _load() -> dict[str, str]:
    lines: dict[str, str] = tomllib.loads(Path(__file__).with_name("safety.toml").read_text(encoding="utf-8"))
    return lines


SAFETY: Final = _load()

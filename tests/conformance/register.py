"""The register of safety lines (safety.toml), and the statements that bind (binding.txt), as values."""

import tomllib
from pathlib import Path
from typing import Final

__all__ = ["BINDING", "SAFETY"]


def _load() -> dict[str, str]:
    lines: dict[str, str] = tomllib.loads(Path(__file__).with_name("safety.toml").read_text(encoding="utf-8"))
    return lines


SAFETY: Final = _load()


def _binding() -> dict[str, str]:
    lines = Path(__file__).with_name("binding.txt").read_text(encoding="utf-8").splitlines()
    return {identifier: keyword for identifier, _, keyword in (line.partition(" ") for line in lines[1:])}


BINDING: Final = _binding()
"""The keyword of each statement that binds, by its id: what the register is held to, so that no entry of it goes, and
none falls, unseen."""

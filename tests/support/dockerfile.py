"""As much of a Dockerfile as our tests ask about: its instructions, each with its stage."""

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction; the value is a list where it is written as one."""

    stage: int
    """-1 before the first FROM."""
    name: str
    value: str | list[str]


def instructions(path: Path) -> list[Instruction]:
    """Read a Dockerfile."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found: list[Instruction] = []
    stage = -1
    for line in filter(None, map(str.strip, whole.splitlines())):
        name, _, value = line.partition(" ")
        stage += name == "FROM"
        value = value.strip()
        found.append(
            Instruction(stage=stage, name=name, value=json.loads(value) if value.startswith("[") else value)
        )
    return found

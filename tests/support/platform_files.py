"""The examples for platforms, as data: what the tests of each platform ask of enlist's own file beside it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.cli import main
from runner.config.loader import load
from runner.language.units import parse_duration_s

EXAMPLES = Path(__file__).parents[2] / "examples"
STOP_S = "9s"
"""``lifecycle.stop.deadline`` where a file does not say."""

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EnlistFile:
    """A file of ours that belongs to a platform's files."""

    text: str
    data: dict[str, Json]

    @property
    def stop_s(self) -> float:
        """How long the end may take, by the file."""
        return _seconds(self.data.get("lifecycle", {}).get("stop", {}).get("deadline", STOP_S))

    @property
    def platform_stop_s(self) -> float:
        """How long the platform waits, as the file knows it."""
        return _seconds(self.data.get("lifecycle", {}).get("platform_stop_timeout", "10s"))

    @property
    def start_s(self) -> float:
        """The longest time from the start to registered."""
        ready = self.data.get("lifecycle", {}).get("ready", {}).get("deadline", "0s")
        return _seconds(ready) + _seconds(self.data["retry_policies"]["default"]["deadline"])

    @property
    def read_files(self) -> set[str]:
        """The files that it reads when it is bound."""
        named = {each["file"] for each in self.data.get("variables", {}).values() if "file" in each}
        for endpoint in self.data["endpoints"].values():
            named |= {path for key, path in endpoint.get("tls", {}).items() if key.endswith("_file")}
        return named | set(re.findall(r"\$\{file:([^}]+)\}", self.text))

    @property
    def needed_environment(self) -> set[str]:
        """The environment variables without which it cannot be bound."""
        variables = self.data.get("variables", {}).values()
        return {each["env"] for each in variables if "env" in each and "default" not in each}

    def findings(self) -> list[str]:
        """What ``validate --strict`` would say."""
        return [
            f"{each.code} {each.span}: {each.message}" for each in load(self.text.encode(), "x").diagnostics
        ]

    def tests_end_with(self, folder: Path) -> int:
        """Run the file's own tests; returns the exit status of ``enlist test``."""
        path = folder / "x.enlist.yaml"
        path.write_text(self.text, encoding="utf-8")
        return main(["test", "--seeds", "3", str(path)])


def enlist_file(text: str) -> EnlistFile:
    """Read a file of ours."""
    return EnlistFile(text=text, data=yaml.safe_load(text))


def _seconds(text: str) -> float:
    return parse_duration_s(text)

"""The words of these tests: a process that has ended, and a control plane that answers what it is told."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("enlist"))
ENDS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit status {self.status}\n--- out\n{self.out}--- err\n{self.err}"


Enlist = Callable[..., Ended]


@dataclass
class Server:
    """A control plane that says what it is told and keeps what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

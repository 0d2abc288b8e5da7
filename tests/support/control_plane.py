"""A control plane on loopback that does what a test tells it: answer, stay silent, or not be there."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from support.http_server import LoopbackServer, Reply, Request

SILENT: Literal["silent"] = "silent"
"""The request is taken and never answered."""
Answers: TypeAlias = Sequence[int | Literal["silent"]]
WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, when its head was read."""

    at_s: float
    what: str
    """Method and path."""


@dataclass(slots=True)
class ControlPlane:
    """What it is told to do, and what it was asked."""

    answers: dict[str, Answers] = field(default_factory=dict)
    """By method and path; the last one repeats; 200 where nothing is said."""
    asked: list[Asked] = field(default_factory=list)

    server: LoopbackServer = field(init=False)

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url

    @property
    def requests(self) -> list[str]:
        """Method and path of each request, in order."""
        return [each.what for each in self.asked]

    def await_request(self, what: str, times: int = 1, within_s: float = WAIT_S) -> float:
        """Wait until something was asked; returns when it was asked for the last of so many times."""
        until_s = time.monotonic() + within_s
        while len(found := [each.at_s for each in self.asked if each.what == what]) < times:
            assert time.monotonic() < until_s, f"{what} was asked {len(found)} times, of all {self.requests}"
            time.sleep(0.002)
        return found[times - 1]

    def answer(self, what: str) -> int | Literal["silent"]:
        """Keep the request and return what is to be answered."""
        self.asked.append(Asked(time.monotonic(), what))
        given = self.answers.get(what) or (200,)
        return given[min(self.requests.count(what), len(given)) - 1]


@contextmanager
def control_plane(
    answers: Mapping[str, Answers] | None = None, *, dead: bool = False
) -> Iterator[ControlPlane]:
    """Serve on a free port.

    Args:
        answers: by method and path.
        dead: hold the port and refuse connections, until ``open``.
    """
    over = threading.Event()
    plane = ControlPlane(dict(answers or {}))

    def respond(request: Request) -> Reply | None:
        answer = plane.answer(str(request))
        if answer == SILENT:
            over.wait()
            return None
        return Reply(answer)

    plane.server = LoopbackServer(respond)
    if not dead:
        plane.server.open()
    try:
        yield plane
    finally:
        over.set()
        plane.server.close()

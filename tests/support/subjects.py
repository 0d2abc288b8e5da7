"""Who is compared: enlist, with control planes in three moods, and the two inits that containers usually have.

Where a peer is known to behave differently, its own answer is written here, so that a test asserts that one and
the comparison stays true.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from support.terms import USUAL

from runner.language.units import parse_duration_s

CHILD = Path(__file__).with_name("child.py")
APP = (sys.executable, "-I", "-S", str(CHILD))
"""The application that tells what happens to it; acts follow."""
STUBBED = Path(__file__).with_name("stubbed_init.py")
FILE = "enlist.yaml"
COMMAND = str(Path(sys.executable).with_name("enlist"))
Plane = Literal["fast", "dead", "silent"]


class Way(StrEnum):
    """How a subject is started."""

    PID_1 = "as PID 1"
    PROCESS = "as a process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One init under test."""

    name: str
    plane: Plane | None = None
    """The control plane that it meets; only enlist has one."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """Its own answers, where they are not those of the checklist."""

    is_stubbed: bool = False
    """Only its PID 1 is tried: where the file is the usual one, its registrar is the one that starts in milliseconds."""

    @property
    def is_ours(self) -> bool:
        """Whether it is enlist."""
        return self.plane is not None

    def answer(self, to: str, otherwise: Any) -> Any:
        """Return what it is known to do."""
        return self.known.get(to, otherwise)

    def __str__(self) -> str:
        return self.name


CRASHES = {4, 5, 6, 7, 8, 11, 31}
"""What a processor or the kernel says to a program that is broken; sent by people only to end it with a dump."""
OUR_ANSWERS = {"not forwarded": CRASHES}
ENLIST = Subject(name="enlist", plane="fast", known=OUR_ANSWERS)
INIT = Subject(name="enlist, stub registrar", plane="fast", known=OUR_ANSWERS, is_stubbed=True)
WITH_DEAD_PLANE = Subject(name="enlist, dead control plane", plane="dead", known=OUR_ANSWERS)
WITH_SILENT_PLANE = Subject(name="enlist, silent control plane", plane="silent", known=OUR_ANSWERS)
TINI = Subject(
    name="tini",
    known={
        "not forwarded": CRASHES,
        "mask": "as inherited",
        "delivers to": "app",
        "survivors": "left",
        "no command": 1,
        "suspends": False,
    },
)
DUMB_INIT = Subject(
    name="dumb-init",
    known={
        "not found": 2,
        "not executable": 2,
        "survivors": "left",
        "no command": 1,
        "is subreaper": False,
        "ignored": set(),
    },
)
NOBODY = Subject(name="nobody")
"""The application without an init: what the duties are needed for."""
PEERS = (TINI, DUMB_INIT)


PUT = {"endpoint": "plane", "request": {"method": "PUT", "path": "/service"}}
UNDONE = {**PUT, "deregister": {"request": {"method": "DELETE", "path": "/service"}}}
WITH_UNDO = {"registrations": {"service": UNDONE}}
"""Top-level keys for a registration that is taken back at the end."""

WITH_BEATS = {
    "registrations": {
        "service": {**PUT, "heartbeat": {"every": "200ms", "request": {"method": "PUT", "path": "/beat"}}}
    }
}
"""Top-level keys for a registration that is kept alive."""
PATIENT = {"deadline": "40s", "deregister": "30s"}
"""Of a stop that a busy machine does not cut short, where the time it takes is not what is tested."""


def subjects(*which: Subject) -> pytest.MarkDecorator:
    """Run a test for each of these."""
    return pytest.mark.parametrize("subject", which, ids=str)


for_ours = subjects(ENLIST)
for_all = subjects(INIT, *PEERS)
both_ways = pytest.mark.parametrize("way", list(Way), ids=str)
# What the registrar does is to make no difference, so the real one is tried in one of the two ways.
for_all_and_every_plane = pytest.mark.parametrize(
    ("way", "subject"),
    [
        *((way, each) for way in Way for each in (INIT, *PEERS)),
        (Way.PID_1, WITH_SILENT_PLANE),
    ],
    ids=str,
)
"""Both ways for all of them."""
as_pid_1 = pytest.mark.parametrize("way", [Way.PID_1], ids=str)
as_a_process = pytest.mark.parametrize("way", [Way.PROCESS], ids=str)


def enlist_yaml(url: str, lifecycle: Mapping[str, Any] | None = None, **top: Any) -> str:
    """Write the smallest file that registers with a control plane, with these parts in place of its own.

    Args:
        url: of the control plane.
        lifecycle: beside or in place of what it says.
        top: other top-level keys, in place of its own.
    """
    document: dict[str, Any] = {
        "version": 1,
        "endpoints": {"plane": {"url": url}},
        "retry_policies": {
            name: {"deadline": "60s", "attempts": "unlimited", "backoff": {"initial": "50ms", "max": "100ms"}}
            for name in ("default", "unreachable")
        },
        "failure_classes": [{"name": "unreachable", "policy": "unreachable"}],
        "registrations": {"service": PUT},
        "lifecycle": {"register": "at_once", **(lifecycle or {})},
        **top,
    }
    return yaml.safe_dump(document, sort_keys=False)


_STOPS = {"deadline": "stop_deadline_s", "deregister": "deregister_s", "drain": "drain_s"}


def stubbed_init(lifecycle: Mapping[str, Any]) -> list[str] | None:
    """Return the words of init with the stub for a registrar, where the stub knows what the lifecycle says."""
    signals, stop = lifecycle.get("signals", {}), lifecycle.get("stop", {})
    if set(lifecycle) - {"signals", "stop"} or set(signals) - {"deliver_to"} or set(stop) - set(_STOPS):
        return None
    times = {_STOPS[name]: parse_duration_s(text) for name, text in stop.items()}
    terms = USUAL._asdict() | {"to_group": signals.get("deliver_to") != "app", "file": FILE, **times}
    return [sys.executable, "-I", "-S", str(STUBBED), json.dumps(terms), "--"]


def command_of(subject: Subject, way: Way, options: Sequence[str], programs: Mapping[str, str]) -> list[str]:
    """Return the words before an application's own."""
    if subject.is_ours:
        return [COMMAND, "run", FILE, "--plain", *options, "--"]
    if subject is NOBODY:
        return []
    needed = ["-s"] if subject is TINI and way is Way.PROCESS else []
    return [programs[subject.name], *needed, *options, "--"]

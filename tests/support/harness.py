"""What tests share: a file given as text is played by the real engine, in virtual time, against a script.

Nothing of the product is replaced but time, transport and chance; what a test sees is what a run would do.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport, Sent
from runner.config.binding.bind import bind
from runner.config.loader import load
from runner.language.stories import ScriptedAnswer
from runner.language.terms import Cause, VerbName
from runner.language.value import Json
from runner.model.bound import BoundPlan
from runner.model.event import RunEvent
from runner.model.outcome import Outcome, Report
from runner.model.plan import Plan
from runner.ports import FileTooLarge
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import with_ports


class NoFiles:
    """A file system with the given files and no others."""

    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        self.contents = dict(contents or {})

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``."""
        if path not in self.contents:
            raise FileNotFoundError(2, "No such file or directory", path)
        if len(self.contents[path]) > max_bytes:
            raise FileTooLarge(path)
        return self.contents[path]

    def write(self, path: str, text: str, *, shared: bool = False) -> None:  # noqa: ARG002 - the port's signature
        """See ``ports.Files``."""
        self.contents[path] = text.encode()


@dataclass
class Recorder:
    """A reporter that keeps what it hears."""

    events: list[RunEvent] = field(default_factory=list)

    def on_event(self, event: RunEvent) -> None:
        """See ``ports.Reporter``."""
        self.events.append(event)


@dataclass(frozen=True)
class Played:
    """What a run did and how it ended."""

    report: Report
    sent: Sequence[Sent]
    events: Sequence[RunEvent]

    @property
    def outcome(self) -> Outcome:
        """The outcome of the only registration."""
        (outcome,) = self.report.outcomes
        return outcome

    @property
    def times_s(self) -> list[float]:
        """When requests were sent, in seconds since the run began."""
        return [each.at_s for each in self.sent]


def plan_of(text: str) -> Plan:
    """Compile a file that must be right."""
    loaded = load(text.encode(), "enlist.yaml")
    assert loaded.plan is not None, [
        f"{each.span}: {each.message} ({each.hint})" for each in loaded.diagnostics
    ]
    return loaded.plan


def bound_of(
    text: str,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    overrides: Mapping[str, Json] | None = None,
) -> BoundPlan:
    """Compile and bind a file that must be right."""
    bound, findings = bind(
        plan_of(text), environment or {}, NoFiles(files), verbs=tuple(VerbName), overrides=overrides
    )
    assert bound is not None, findings
    return bound


def answers(text: str) -> tuple[ScriptedAnswer, ...]:
    """Read a script, as ``given:`` of a test would hold it."""
    document: Any = yaml.safe_load(text)
    steps = sorted({each["step"] for each in document if "step" in each} - {"login"})
    lines = [
        "version: 1",
        'endpoints: {e: {url: "http://h", login: {request: {path: /}}}}',
        "registrations:",
        "  r:",
        "    steps:",
    ]
    lines += [f"      - {{name: {step}, request: {{path: /}}}}" for step in [*steps, "any-other"]]
    lines += [
        "tests:",
        "  - name: t",
        "    then: {exit_status: 0}",
        f"    given: {yaml.safe_dump(document, default_flow_style=True, width=10**9)}",
    ]
    return plan_of("\n".join(lines)).tests[0].given


def play(
    text: str,
    given: str,
    *,
    seed: int = 0,
    chance: Callable[[], float] | None = None,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    undo: bool = False,
    interrupt_at_s: float | None = None,
) -> Played:
    """Run a file against a script, in virtual time.

    Args:
        text: the file.
        given: the script, as YAML.
        seed: of the jitter.
        chance: the jitter itself, instead of a seed.
        environment: what the file's variables see.
        files: what ``${file:...}`` sees.
        undo: deregister instead.
        interrupt_at_s: when a signal comes.
    """
    transport = ScriptedTransport(answers(given))
    recorder = Recorder()
    ports = Ports(
        transport=transport,
        reporter=recorder,
        clock=VirtualClock(),
        random=chance or random.Random(seed).random,
    )
    bound = bound_of(text, environment, files)

    async def course() -> Report:
        shutdown = Shutdown()
        session = Session(bound, with_ports(ports), shutdown)
        if interrupt_at_s is not None:
            asyncio.get_running_loop().call_at(interrupt_at_s, shutdown.request, Cause.SIGNAL, interrupt_at_s)
        return await (session.deregister() if undo else session.register())

    return Played(run_virtually(course()), transport.sent, recorder.events)

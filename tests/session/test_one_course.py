"""However a run is started, the same file and the same answers give the same requests, decisions and outcomes.

Everything is as in production but for the loop's time and the transport, which plays the story of the file's own test.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest
from support.harness import NoFiles, plan_of

import runner
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.cli import main
from runner.commands import observers, real, registrar_loop
from runner.commands.playing import bind_test, play
from runner.commands.prepare import Options
from runner.config.binding.bind import bind
from runner.language.terms import Cause, VerbName
from runner.model.outcome import Outcome, Report
from runner.pid1.protocol import AwaitsStatus, Begin, Leave, Message, Over, Verdict
from runner.report.recorded import read_report

FILE = """\
version: 1
endpoints: {plane: {url: "http://plane"}}
retry_policies: {default: {attempts: 4, deadline: 1m, backoff: {initial: 1s, max: 8s, jitter: none}}}
registrations:
  web:
    steps:
      - {name: find, request: {path: /web}, capture: {id: id}}
      - name: create
        request: {method: POST, path: "/web/${find.id}"}
        failure_classes: [{name: taken, match: {status: 409}, action: succeed}]
    verify: {request: {path: "/web/${find.id}"}, expect: {body: {up: true}}}
tests:
  - name: story
    then: {exit_status: %d}
    given: %s
"""
FOUND = "{step: find, body: {id: 7}}"
STORIES = {
    "registered after an outage": (
        0,
        f"""[{{error: connect-refused, for: 3s}}, {FOUND}, {{step: create, status: 503, times: 1}}, {{step: create}},
            {{step: verify, body: {{up: false}}, times: 2}}, {{step: verify, body: {{up: true}}}}]""",
    ),
    "somebody else's": (
        0,
        f"[{FOUND}, {{step: create, status: 409}}, {{step: verify, body: {{up: true}}}}]",
    ),
    "refused": (76, f"[{FOUND}, {{step: create, status: 422, latency: 2s}}]"),
    "given up": (75, "[{status: 503}]"),
    "nobody knows": (
        74,
        f"[{FOUND}, {{step: create, error: read-timeout}}, {{step: verify, error: connect-refused}}]",
    ),
}
Start = Callable[[Path], Report]


class _Transport(ScriptedTransport):
    """Plays a story where the real transport would connect."""

    given: Any = ()

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__(self.given)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class _AtOnce:
    """Writes reports at once."""

    def do(self, work: Callable[[], None], then: Callable[[], None] = lambda: None) -> None:
        work()
        then()

    def close(self) -> None:
        pass


def run_alone(file: Path) -> Report:
    """``enlist run FILE``."""
    report = file.with_suffix(".json")
    status = main(["run", str(file), "--report", f"json={report}"])
    recorded = read_report(report.read_bytes())
    assert status == recorded.exit_status
    return recorded


def registrar(file: Path) -> Report:
    """``enlist run FILE -- COMMAND``: the half that talks to control planes."""
    plan, written = plan_of(file.read_text()), file.with_suffix(".init.json")
    bound = bind(plan, {}, NoFiles(), verbs=tuple(VerbName), with_lifecycle=True)[0]
    assert bound is not None

    class Link:
        """Init, whose application ends well as soon as registering has come to an end."""

        def listen(self, heard: Callable[[Message], None]) -> None:
            self.heard = heard

        def send(self, message: Message) -> None:
            match message:
                case Verdict(status):
                    self.status = status
                    self.heard(Leave(Cause.SUCCESS.value, asyncio.get_running_loop().time() + 2))
                case AwaitsStatus():
                    self.heard(Over(self.status))

    begin = Begin("register", None, None, None, None)
    link: Any = Link()
    assert registrar_loop.serve(link, begin, bound, None, Options(reports={"json": str(written)})) == 0
    return read_report(written.read_bytes())


def function(file: Path) -> Report:
    """``runner.run()``."""
    return run_virtually(runner.run(runner.load(file)))


def gate(file: Path) -> Report:
    """``runner.Gate``."""

    async def host() -> Report:
        async with runner.Gate(runner.load(file)) as gate:
            with suppress(runner.NotRegistered):
                await gate.ready()
            report = gate.report()
            assert report is not None
            return report

    return run_virtually(host())


def own_test(file: Path) -> Report:
    """``enlist test FILE``."""
    plan = plan_of(file.read_text())
    (test,) = plan.tests
    bound, _ = bind_test(plan, test)
    assert bound is not None
    return play(bound, test, seed=0).report


def told(report: Report) -> tuple[int, list[tuple[object, ...]]]:
    """Return what is the same in all, to the millisecond."""

    def of(outcome: Outcome) -> tuple[object, ...]:
        attempts = [
            (each.step, each.number, round(each.started_s, 3), each.status, each.error_kind, each.decided)
            for each in outcome.attempts
        ]
        return outcome.state, outcome.class_name, outcome.reason, outcome.message, attempts

    return report.exit_status, [of(each) for each in report.outcomes]


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("start", [run_alone, registrar, function, gate])
def test_a_story_ends_alike_however_it_is_started(
    start: Start, story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observers, "Beside", _AtOnce)  # virtual time waits for no thread
    status, given = STORIES[story]
    file = tmp_path / "enlist.yaml"
    file.write_text(FILE % (status, given))
    monkeypatch.setattr(_Transport, "given", plan_of(file.read_text()).tests[0].given)
    monkeypatch.setattr(real, "AiohttpTransport", _Transport)
    monkeypatch.setattr(asyncio, "run", run_virtually)
    monkeypatch.setattr(random.Random, "random", lambda _: 0.5)
    monkeypatch.setenv("ENLIST_STATE_DIR", str(tmp_path))

    assert told(start(file)) == told(own_test(file))
    assert told(own_test(file))[0] == status

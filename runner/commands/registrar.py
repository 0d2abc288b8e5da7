"""Init's other half: the process that reads the file and talks to control planes (``init.protocol``).

It sends the terms of the file's lifecycle before it imports what talks HTTP: the application need not wait for that.
"""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from runner.adapters.files import LocalFiles
from runner.adapters.link import InitLink
from runner.commands.prepare import Options, RememberingConsole, bind_to_register, lasts, place_of
from runner.commands.reading import load_or_tell
from runner.language.lifecycle import OnFailure, RegisterAt
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan
from runner.pid1.protocol import VERSION, Begin, Hello, Terms, can_be_kept
from runner.values.handover import pack_source, unpack_source


def run_registrar(descriptors: tuple[int, int], path: str, options: Options) -> int:
    """Serve init; returns the exit status of this process, which counts only while there are no terms yet."""
    link, console = InitLink(*descriptors), RememberingConsole(as_json=options.log_as_json)
    link.end_with_init()
    begin = link.receive()
    assert isinstance(begin, Begin)
    file = _SameFile(path, None if begin.source is None else unpack_source(begin.source))
    plan = load_or_tell(path, file, console, os.environ)
    if plan is not None and options.execs and (problem := _needs_a_process(plan)):
        console.err(f"{path}: --exec leaves no process beside the application, and {problem}")
        return ExitStatus.USAGE
    found = None if plan is None else bind_to_register(plan, console, with_app=True)
    if plan is None or found is None:
        from runner.commands.run import refuse  # noqa: PLC0415 - see the module's docstring

        return refuse(console)
    link.send(Hello(VERSION, plan.sha256, file.packed()))
    if begin.plan not in {None, plan.sha256}:
        return ExitStatus.BUG
    if begin.mode != "undo":
        link.send(_terms(plan, options))
    from runner.adapters.http.authorities import left_unread  # noqa: PLC0415 - see the module's docstring

    with left_unread():
        from runner.commands import registrar_loop  # noqa: PLC0415 - see the module's docstring

    return registrar_loop.serve(link, begin, *found, options)


class _SameFile(LocalFiles):
    """The file as the run began with it: a deregistration after months is not to fail because another lies there now."""

    def __init__(self, path: str, content: bytes | None) -> None:
        self._path = path
        self._content = content

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``."""
        if path != self._path:
            return super().read(path, max_bytes)
        if self._content is None:
            self._content = super().read(path, max_bytes)
        return self._content

    def packed(self) -> str | None:
        """Return the content for init to keep, where there is not too much of it."""
        packed = pack_source(self._content or b"")
        return packed if can_be_kept(packed) else None


def end_at_once(status: int) -> NoReturn:
    """End without the interpreter's cleaning up: a stop waits for us, and that takes a tenth of a second."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _needs_a_process(plan: Plan) -> str | None:
    """Return what an application in our place could not do."""
    if plan.lifecycle.register is not RegisterAt.BEFORE_START:
        return f"lifecycle.register is {plan.lifecycle.register} and not before_start"
    if lasts(plan):
        return "the file has a heartbeat, status.listen or retry_later"
    undone = (each for each in plan.registrations.values() if each.may_be_undone)
    return next((f"{each.name} is to be deregistered at the end ({each.span})" for each in undone), None)


def _terms(plan: Plan, options: Options) -> Terms:
    lifecycle = plan.lifecycle
    stop, signals = lifecycle.stop, lifecycle.signals
    return Terms(
        register=lifecycle.register,
        keep_running=lifecycle.on_failure is OnFailure.KEEP_RUNNING,
        execs=options.execs,
        stop_deadline_s=stop.deadline_s,
        deregister_s=stop.deregister_s,
        drain_s=stop.drain_s,
        stop_signal=_number(stop.signal),
        to_group=signals.to_group,
        rewrite={str(_number(name)): _number(other) or 0 for name, other in signals.rewrite},
        parent_death=_number(signals.on_parent_death),
        log_as_json=options.log_as_json,
        log_level=options.log_level,
        file=place_of(plan.file),
    )


def _number(name: str | None) -> int | None:
    """Return a signal's number; none for ``ignore``."""
    return None if name in {None, "ignore"} else int(signal.Signals[f"SIG{name}"])

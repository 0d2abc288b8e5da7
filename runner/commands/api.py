"""The public Python functions: what ``enlist run`` does, as a coroutine of somebody else's program.

The host's signals and logging are left alone; who wants to hear of events gives a reporter.
"""

import os
from collections.abc import Collection, Mapping

from runner.adapters.files import LocalFiles
from runner.commands.reading import load as load_file
from runner.commands.real import surroundings_of
from runner.config.binding.bind import bind
from runner.config.binding.late import settle
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.event import RunEvent
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.ports import Reporter
from runner.session.session import Session


class InvalidFile(ValueError):
    """A file, or the environment that it is bound to, has errors; ``diagnostics`` says which and where."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(f"{each.span}: {each.message}" for each in diagnostics))
        self.diagnostics = diagnostics


class Silent:
    """A reporter for whoever gave none."""

    def on_event(self, event: RunEvent) -> None:
        """Nobody listens."""


def load(path: str | os.PathLike[str]) -> Plan:
    """Read, validate and compile a file; needs neither environment nor network.

    Raises:
        InvalidFile: when it cannot be read or has errors.
    """
    loaded = load_file(os.fspath(path), LocalFiles())
    if loaded.plan is None:
        raise InvalidFile(loaded.diagnostics)
    return loaded.plan


def settle_or_raise(plan: Plan, environment: Mapping[str, str]) -> Plan:
    """Give a plan the values that variables have in place of durations and numbers.

    Raises:
        InvalidFile: when some are missing or cannot stand there.
    """
    settled, findings = settle(plan, environment, LocalFiles())
    if settled is None:
        raise InvalidFile(findings)
    return settled


def bind_or_raise(
    plan: Plan,
    environment: Mapping[str, str],
    verbs: Collection[VerbName] = (VerbName.REGISTER, VerbName.VERIFY),
) -> BoundPlan:
    """Give a plan its values.

    Raises:
        InvalidFile: when some are missing, or the file asks for something that this version cannot do.
    """
    plan = settle_or_raise(plan, environment)
    bound, missing = bind(plan, environment, LocalFiles(), verbs=verbs)
    if bound is None or plan.not_yet:
        raise InvalidFile((*plan.not_yet, *missing))
    return bound


async def run(
    plan: Plan, *, environment: Mapping[str, str] | None = None, reporter: Reporter | None = None
) -> Report:
    """Register everything in a plan, and return how it ended.

    Args:
        plan: from ``load``.
        environment: what variables are read from; the process's own by default.
        reporter: told of each event as it happens; nobody by default.

    Returns:
        The report, with every attempt, and with secrets taken out. A registration that failed is an
        outcome in it and not an exception.

    Raises:
        InvalidFile: when the environment does not give what the file needs, or the file asks for
            something that this version cannot do.
        asyncio.CancelledError: when the caller is cancelled; requests under way are cancelled first.
    """
    bound = bind_or_raise(plan, os.environ if environment is None else environment)
    return await Session(bound, surroundings_of(plan, reporter or Silent())).register()

"""What a run needs before anything heavy is imported: its options, its verbs, its values, its socket."""

import os
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from runner.adapters.console import StoryConsole
from runner.adapters.files import LocalFiles
from runner.adapters.http.parser import parser_problem
from runner.adapters.socket_of import listening_socket
from runner.commands.reading import bind_or_tell
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.plan import Plan
from runner.ports import Console
from runner.values.template import render_text


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says about a run."""

    log_as_json: bool = False
    log_level: str = "info"
    plain: bool = False
    """No colour and no live view, whatever standard error is."""
    reports: Mapping[str, str] = {}
    execs: bool = False
    """Whether the application takes our place once nothing is left to do."""


class RememberingConsole(StoryConsole):
    """Keeps what it says on standard error: where nothing can be sent, that is the container's termination message."""

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__(as_json=as_json)
        self.said: list[str] = []

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        self.said.append(text)
        super().err(text)


def place_of(file: str) -> str:
    """Return a file's name as others can use it, from whatever folder; standard input has none."""
    return file if file.startswith("<") else str(Path(file).absolute())


def lasts(this: Plan | BoundPlan) -> bool:
    """Whether a run has something to keep, even without an application."""
    lifecycle = (this.plan if isinstance(this, BoundPlan) else this).lifecycle
    heartbeats = any(each.heartbeat is not None for each in this.registrations.values())
    return heartbeats or lifecycle.listen is not None or lifecycle.retry_later_s is not None


def bind_to_send(
    plan: Plan, console: Console, verbs: Collection[VerbName], *, with_lifecycle: bool = False
) -> BoundPlan | None:
    """Bind what is to be sent, or say what is wrong with the file, its environment, or what would read the answers."""
    problem = parser_problem(os.environ)
    if problem is not None:
        console.err(f"nothing is sent: {problem}")
        return None
    return bind_or_tell(plan, os.environ, LocalFiles(), console, verbs, with_lifecycle=with_lifecycle)


def bind_to_register(
    plan: Plan, console: Console, *, with_app: bool
) -> tuple[BoundPlan, socket.socket | None] | None:
    """Bind what a run needs, and take the address that it listens on; or say what is wrong with them.

    A run that registers and ends needs neither the values for undoing nor those of the lifecycle.
    """
    goes_on = with_app or lasts(plan)
    verbs: Collection[VerbName] = tuple(VerbName) if goes_on else (VerbName.REGISTER, VerbName.VERIFY)
    bound = bind_to_send(plan, console, verbs, with_lifecycle=goes_on)
    if bound is None:
        return None
    if plan.lifecycle.listen is None:
        return bound, None
    address = str(render_text(plan.lifecycle.listen, bound.scope))
    try:
        return bound, listening_socket(address)
    except OSError as error:
        # The standard library adds the address, which is named here already.
        cause = (error.strerror or str(error)).partition(" (while attempting to bind")[0].lower()
        console.err(f"{plan.lifecycle.listen.span}: status.listen: {address} cannot be listened on: {cause}")
        return None

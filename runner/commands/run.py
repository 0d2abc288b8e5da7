"""``enlist run`` without a command, and ``enlist deregister``: one process, real time, real servers, the log.

The file is read and bound before the event loop and aiohttp are imported, so that a mistake in it costs
milliseconds.
"""

import os
from collections.abc import Callable

from runner.adapters.files import LocalFiles
from runner.commands.platform import Platform
from runner.commands.prepare import Options, RememberingConsole, bind_to_register, bind_to_send
from runner.commands.reading import load_or_tell
from runner.language.terms import VerbName
from runner.model.outcome import ExitStatus


def run_plan(path: str, options: Options) -> int:
    """Register what a file says, and go on where there is something to keep; returns the exit status."""
    console = RememberingConsole(as_json=options.log_as_json)
    plan = load_or_tell(path, LocalFiles(), console, os.environ)
    found = None if plan is None else bind_to_register(plan, console, with_app=False)
    if found is None:
        return refuse(console)
    return _performer()(*found, options, console)


def undo_plan(path: str, options: Options) -> int:
    """Undo what an earlier run registered; returns the exit status."""
    console = RememberingConsole(as_json=options.log_as_json)
    plan = load_or_tell(path, LocalFiles(), console, os.environ)
    bound = None if plan is None else bind_to_send(plan, console, (VerbName.DEREGISTER,))
    if bound is None:
        return refuse(console)
    return _performer()(bound, None, options, console, undo=True)


def _performer() -> Callable[..., int]:
    from runner.adapters.http.authorities import left_unread  # noqa: PLC0415 - see the module's docstring

    with left_unread():
        from runner.commands.alone import perform  # noqa: PLC0415 - see the module's docstring
    return perform


def refuse(console: RememberingConsole) -> int:
    """End a run whose file or environment is invalid, with what was said as the container's termination message."""
    message = "\n".join([*console.said, f"exit status {int(ExitStatus.CONFIG)}"])
    Platform(os.environ, console).tell(message)
    return ExitStatus.CONFIG

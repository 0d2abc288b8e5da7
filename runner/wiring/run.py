"""``enlist run`` and ``enlist deregister``: real time, real servers, the log.

The file is read and bound before the event loop and aiohttp are imported, so that a mistake in it costs
milliseconds.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.app.reading import bind_or_tell, load_or_tell
from runner.model.outcome import ExitStatus, VerbName


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about a run."""

    log_as_json: bool
    log_level: str
    reports: Mapping[str, str]


def run_plan(path: str, options: Options, *, undo: bool) -> int:
    """Perform a file; returns the exit status."""
    console, files = StreamConsole(), LocalFiles()
    verbs = (VerbName.DEREGISTER,) if undo else (VerbName.REGISTER, VerbName.VERIFY)
    plan = load_or_tell(path, files, console)
    if plan is None:
        return ExitStatus.CONFIG
    bound = bind_or_tell(plan, os.environ, files, console, verbs)
    if bound is None:
        return ExitStatus.CONFIG
    from runner.wiring import loop  # noqa: PLC0415 - see the module's docstring

    log = loop.LogOptions(as_json=options.log_as_json, level=options.log_level, colour=_colour())
    report = loop.run_in_real_time(bound, log, undo=undo)
    from runner.app.execute import deliver  # noqa: PLC0415 - see above

    destinations = {**plan.reports, **options.reports}
    return deliver(report, destinations, files, console, summary=not options.log_as_json)


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")

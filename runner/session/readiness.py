"""Waiting for the application: it is looked at again and again, and who watches hears at once what it is waited for."""

import asyncio
from collections.abc import Callable

from runner.engine.context import now_s
from runner.language.lifecycle import Ready
from runner.language.units import format_duration
from runner.session.surroundings import Probe

_TOLD_EVERY_S = 10.0


async def look_until_ready(
    ready: Ready, target: tuple[str, ...], probe: Probe, tell: Callable[[str], None]
) -> str | None:
    """Look until the application is ready; return why it is not, where it does not become so in time.

    Args:
        ready: how is looked, how often, and for how long.
        target: at what.
        probe: looks once.
        tell: told what speaks against it, now and then.
    """
    began_s = now_s()
    tell_s = began_s
    while True:
        due_s = now_s() + ready.every_s
        problem = await probe(ready, target, began_s + ready.deadline_s - now_s())
        if problem is None:
            tell(f"the application is ready after {format_duration(now_s() - began_s)}")
            return None
        if due_s > began_s + ready.deadline_s:
            took = format_duration(ready.deadline_s)
            return f"lifecycle.ready: the application was not ready within {took}: {problem}"
        if now_s() >= tell_s:
            tell_s = now_s() + _TOLD_EVERY_S
            waited = f"{now_s() - began_s:.0f}s of {format_duration(ready.deadline_s)}"
            tell(f"waiting for {' '.join(target)}: {problem}, {waited}")
        await asyncio.sleep(due_s - now_s())

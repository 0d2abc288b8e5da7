"""``enlist status``: reads what a running enlist says of itself; a probe runs this every few seconds."""

import os
from collections.abc import Sequence
from typing import Any

from runner.adapters.console import StreamConsole
from runner.pid1.state_file import folder_of, running


def run_probe(words: Sequence[str]) -> int | None:
    """Answer what probes ask; returns none for other command lines, which are read by the parser of all.

    That parser alone takes longer than the answer.

    Args:
        words: what stands after ``status``.
    """
    asked = [each for each in words if each in {"--ready", "--live"}]
    files = [each for each in words if each not in asked]
    if len(asked) != 1 or len(files) > 1 or any(each.startswith("-") for each in files):
        return None
    return run_status(files[0] if files else None, ready=asked == ["--ready"], live=asked == ["--live"])


def run_status(file: str | None, *, ready: bool, live: bool) -> int:
    """Say how it goes; returns 0 when the answer is yes."""
    console, folder = StreamConsole(), folder_of(os.environ)
    found = [state for state in running(folder) if file is None or _same(state.get("file"), file)]
    if not found:
        of_file = f" {file}" if file else ""
        console.err(f"no running enlist{of_file} of this user is known in {folder}")
        return 1
    if len(found) > 1 and (ready or live):
        files = ", ".join(str(state.get("file")) for state in found)
        console.err(f"several are running ({files}); name the file of one")
        return 1
    if live:
        return 0
    for state in found:
        console.out(_in_words(state))
    return 0 if not ready or found[0].get("ready") else 1


def _same(one: object, other: str) -> bool:
    # pathlib would be a fifth of what a probe costs.
    return isinstance(one, str) and os.path.abspath(one) == os.path.abspath(other)  # noqa: PTH100


def _in_words(state: dict[str, Any]) -> str:
    lines = [f"{state.get('file') or 'enlist'} (pid {state['pid']}): {state.get('text')}"]
    lines += [f"  {name}: {registration}" for name, registration in state.get("registrations", {}).items()]
    return "\n".join(lines)

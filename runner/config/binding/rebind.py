"""Binding again while a run stays: one registration at a time, and only when a file that gave it a value has changed.

The environment of a process does not change, so that what a beat costs does not depend on what else the file holds.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from runner.config.binding.bind import bind
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.plan import Plan
from runner.ports import Files, FileTooLarge

_Content = bytes | str
"""What was read, or why nothing was."""


class _Known(Struct, frozen=True):
    """What binding gave, and the contents of the files that it read."""

    bound: BoundPlan | None
    contents: Mapping[tuple[str, int], _Content]


class Rebinder:
    """Binds one registration of a plan again."""

    def __init__(self, plan: Plan, environment: Mapping[str, str], files: Files) -> None:
        self._plan = plan
        self._environment = environment
        self._files = files
        self._known: dict[tuple[str, tuple[VerbName, ...]], _Known] = {}

    def __call__(self, verbs: Collection[VerbName], registration: str) -> BoundPlan | None:
        """Return a registration with the values of now, or nothing where they cannot be had.

        Args:
            verbs: what will be run.
            registration: the one that it is about.
        """
        key = (registration, tuple(verbs))
        known = self._known.get(key)
        if known is None or any(_content(self._files, *each) != was for each, was in known.contents.items()):
            watched = _Watched(self._files)
            bound, _ = bind(part_of(self._plan, registration), self._environment, watched, verbs=verbs)
            known = self._known[key] = _Known(bound, watched.contents)
        return known.bound


def part_of(plan: Plan, registration: str) -> Plan:
    """Return a plan as if the file had only this registration."""
    return replace(plan, registrations={registration: plan.registrations[registration]})


class _Watched:
    """Files that remember what was read of them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.contents: dict[tuple[str, int], _Content] = {}

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``."""
        self.contents[path, max_bytes] = _content(self._files, path, max_bytes)
        return self._files.read(path, max_bytes)

    def write(self, path: str, text: str, *, shared: bool = False) -> None:
        """See ``ports.Files``."""
        self._files.write(path, text, shared=shared)


def _content(files: Files, path: str, max_bytes: int) -> _Content:
    try:
        return files.read(path, max_bytes)
    except (OSError, FileTooLarge) as error:
        return type(error).__name__

"""What stands in for production where a file is only tried out."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from runner.config.binding.bind import bind
from runner.config.binding.late import settle
from runner.language.terms import VerbName
from runner.language.value import Json
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan


class StandInFiles:
    """Gives a text for any file: secrets of production are not there where tests run, and need not be."""

    def read(self, path: str, max_bytes: int) -> bytes:  # noqa: ARG002 - the port's signature
        """Return a text that stands for the file."""
        return f"content of {path}".encode()

    def write(self, path: str, text: str, *, shared: bool = False) -> None:  # noqa: ARG002 - the port's signature
        """Nothing is written while trying out."""
        raise AssertionError(f"{path} was to be written ({len(text)} characters)")


def bind_tried(
    plan: Plan,
    environment: Mapping[str, str],
    overrides: Mapping[str, Json],
    *,
    alone: str | None,
    verbs: Collection[VerbName] = (VerbName.REGISTER, VerbName.VERIFY),
    with_lifecycle: bool = False,
    itself: Mapping[str, str] | None = None,
) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Give a plan the values with which it is tried out.

    Args:
        plan: of a file.
        environment: the environment variables.
        overrides: values of variables that replace their source, as a file's own tests give them.
        alone: the only registration that is tried, without what it needs; all by default.
        verbs: see ``bind``, as for the others.
        with_lifecycle: whether what ``lifecycle`` asks for is used, too.
        itself: what ``${self:...}`` stands for; this machine by default.

    Returns:
        The bound plan, or everything that is missing or unusable.
    """
    settled, findings = settle(plan, environment, StandInFiles(), overrides)
    if settled is None:
        return None, findings
    if alone is not None:
        only = replace(settled.registrations[alone], needs=())
        settled = replace(settled, registrations={alone: only})
    return bind(
        settled,
        environment,
        StandInFiles(),
        verbs=verbs,
        overrides=overrides,
        with_lifecycle=with_lifecycle,
        itself=itself,
    )

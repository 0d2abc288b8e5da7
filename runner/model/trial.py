"""What came of a file's own tests: for each test its seeds, and for the first that failed what was wrong and its story."""

from collections.abc import Sequence

from msgspec import Struct

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic
from runner.model.event import RunEvent


class Mismatch(Struct, frozen=True):
    """Something that a test expects and that was otherwise."""

    key: str
    """What ``then`` says it about."""
    wanted: str
    found: str


class Trial(Struct, frozen=True, kw_only=True):
    """One test, played with its seeds until one failed."""

    name: str
    span: Span
    registration: str
    seeds: int = 0
    """With how many it was played."""
    by_chance: bool = True
    """Otherwise nothing in it is drawn, so that one seed says all."""
    longest_s: float = 0.0
    """The longest time that it took in any of them, in virtual time."""
    failed_seed: int | None = None
    mismatches: tuple[Mismatch, ...] = ()
    story: Sequence[RunEvent] = ()
    """What happened with that seed."""
    unbound: tuple[Diagnostic, ...] = ()
    """Why it could not be played at all."""

    @property
    def passed(self) -> bool:
        """Whether all was as expected with every seed."""
        return not (self.mismatches or self.unbound)


class Unreached(Struct, frozen=True, kw_only=True):
    """Something of a file that no test reaches."""

    kind: str
    """A ``step`` that is not sent, a ``class`` that takes no answer, a ``retry`` or ``give_up`` of one that does."""
    name: str
    span: Span | None


class Coverage(Struct, frozen=True, kw_only=True):
    """How much of a file its tests reach."""

    steps: int
    steps_reached: int
    classes: int
    """Those that the file declares."""
    classes_reached: int
    unreached: tuple[Unreached, ...] = ()


class Trials(Struct, frozen=True, kw_only=True):
    """The tests of one file."""

    file: str
    trials: tuple[Trial, ...]
    coverage: Coverage | None = None

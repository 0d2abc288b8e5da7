"""What came of a simulated fleet, in figures; times are seconds from the start of the fleet."""

from collections.abc import Mapping

from msgspec import Struct

from runner.language.terms import OutcomeState, Reason


class Member(Struct, frozen=True, kw_only=True):
    """One container of a fleet."""

    started_s: float
    ended_s: float | None = None
    """When registering had ended; none where it had not when the simulation did."""
    state: OutcomeState | None = None
    class_name: str | None = None
    reason: Reason | None = None
    lost: bool = False
    """Whether it was not registered any more when the simulation ended."""


class Traffic(Struct, frozen=True, kw_only=True):
    """What the server was sent."""

    per_second: Mapping[int, int]
    per_tenth: Mapping[int, int]
    first_tries: int
    retries: int
    most_of_one: int
    """Requests of the container that sent most."""
    refused: int
    """Answered without being served, or not at all."""
    served: int
    wasted: int
    """Served for nothing: the answer was an error, or nobody received it."""
    duplicates: int
    """What was created once more for a container that had been created, by a request that is not idempotent."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.first_tries + self.retries


class Spread(Struct, frozen=True, kw_only=True):
    """How some times are spread."""

    p50_s: float
    p95_s: float
    p99_s: float
    max_s: float


class Share(Struct, frozen=True, kw_only=True):
    """Containers that ended in the same way."""

    containers: int
    state: str
    """An outcome, or ``registering``."""
    class_name: str | None
    reason: str | None


class Figures(Struct, frozen=True, kw_only=True):
    """What a simulation gives."""

    file: str
    scenario: str
    title: str
    seed: int
    containers: int
    lasted_s: float
    interrupted: bool
    capacity: float
    registered: int
    others: tuple[Share, ...]
    lost: int
    """Registered once, and not at the end."""
    took: Spread | None
    """From a container's start until it was registered."""
    all_registered_s: float | None
    ideal_s: float
    """When all could have been registered, had each sent its requests once and at the right moment."""
    requests: int
    first_tries: int
    retries: int
    per_container: float
    most_of_one: int
    peak_second: tuple[int, int]
    """The second with most requests, and how many."""
    peak_tenth: tuple[float, int]
    above_until_s: float | None
    """The end of the last second in which more came than the server can serve."""
    refused: int
    served: int
    wasted: int
    duplicates: int
    load: tuple[int, ...]
    """Requests in each second, from the start to the end."""
    splay_s: float | None = None
    """What ``lifecycle.splay`` would have to be for a fleet that starts at once, where it makes a herd."""
    herd: tuple[int, int] | None = None
    """After the first second: the second in which they come back together, and how many."""

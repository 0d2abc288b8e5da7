"""What a run needs from the world, and what the engine makes of that for one bound plan."""

from msgspec import Struct, field

from runner.engine.clock_watch import ClockWatch
from runner.engine.closing import Closing
from runner.engine.context import Classifier, Context, now_s
from runner.engine.live import LiveEndpoint
from runner.engine.sending import Sending
from runner.model.bound import BoundPlan
from runner.ports import Random, Reporter, Transport, WallClock
from runner.values.secret import BOUND, Redactor


class Ports(Struct, frozen=True, kw_only=True):
    """What a run needs from the world."""

    transport: Transport
    reporter: Reporter
    clock: WallClock
    random: Random
    classifier: Classifier = field(default_factory=Classifier)
    redactor: Redactor = field(default_factory=Redactor)
    """Learns what is secret; that of a command's output, where a command runs."""
    instance: str = ""
    """What tells this instance from its siblings; it decides its place in the start splay."""


def context_of(bound: BoundPlan, ports: Ports) -> Context:
    """Return what all parts of a run share, from this moment on."""
    ports.redactor.hold(BOUND, bound.secrets)
    return Context(
        bound=bound,
        endpoints={name: LiveEndpoint(each) for name, each in bound.endpoints.items()},
        transport=ports.transport,
        reporter=ports.reporter,
        clock=ports.clock,
        random=ports.random,
        redactor=ports.redactor,
        classifier=ports.classifier,
        closing=Closing(),
        sending=Sending(),
        clock_watch=ClockWatch(ports.clock.now(), now_s()),
        began_s=now_s(),
        began_at=ports.clock.now(),
    )

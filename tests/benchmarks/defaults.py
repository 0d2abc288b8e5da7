"""How the default waits were chosen: candidates side by side, on the real engine in virtual time.

Run by hand: ``python -m tests.benchmarks.defaults``. One container meets a server that comes up after 1, 10
and 60 s; a thousand meet a small one (50 registrations a second, a queue of 20, 503 at once beyond), as it
is and after 30 s of outage. The table and the choice stand in ``runner/retry/builtin.py``.
"""

import asyncio
import dataclasses
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.commands.stand_in import StandInFiles
from runner.config.binding.bind import bind
from runner.config.loader import load
from runner.language.terms import TransportKind
from runner.model.bound import BoundPlan
from runner.model.event import RunEvent
from runner.model.exchange import Exchange, Limits, Request, Response, TransportFailure
from runner.model.outcome import Report
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import with_ports

FILE = """
version: 1
endpoints: {{server: {{url: "http://server"}}}}
retry_policies:
  default: {{deadline: {deadline}, attempts: unlimited, backoff: {{{backoff}}}}}
  quick: {{deadline: {deadline}, attempts: unlimited, backoff: {{{quick}}}}}
failure_classes:
  - {{name: unreachable, policy: quick}}
registrations:
  it: {{request: {{method: PUT, path: /it}}}}
lifecycle: {{splay: {splay}}}
"""

QUICK = "initial: 50ms, multiplier: 1.5, max: 300ms, jitter: equal"
QUICK_CANDIDATES = {
    "fixed 1 s": "initial: 1s, multiplier: 1, max: 1s, jitter: none",
    "50 to 250 ms, full": "initial: 50ms, multiplier: 1.5, max: 250ms, jitter: full",
    "50 to 300 ms, equal (chosen)": QUICK,
    "50 to 400 ms, full": "initial: 50ms, multiplier: 1.5, max: 400ms, jitter: full",
    "100 ms to 1 s, equal": "initial: 100ms, multiplier: 2, max: 1s, jitter: equal",
    "200 ms to 5 s, full": "initial: 200ms, multiplier: 2, max: 5s, jitter: full",
}
CHOSEN = "initial: 200ms, multiplier: 2, max: 5s, jitter: full"
BACKOFF_CANDIDATES = {
    "fixed 500 ms": "initial: 500ms, multiplier: 1, max: 500ms, jitter: none",
    "200 ms to 5 s, none": "initial: 200ms, multiplier: 2, max: 5s, jitter: none",
    "200 ms to 5 s, equal": "initial: 200ms, multiplier: 2, max: 5s, jitter: equal",
    "200 ms to 5 s, full (chosen)": CHOSEN,
    "500 ms to 5 s, full": "initial: 500ms, multiplier: 2, max: 5s, jitter: full",
    "200 ms to 30 s, full": "initial: 200ms, multiplier: 2, max: 30s, jitter: full",
}


@dataclasses.dataclass
class Server:
    """A server that is down at first, then serves one request after the other."""

    up_at_s: float
    service_s: float = 0.02
    queue: int = 20
    free_at_s: float = 0.0
    waiting: int = 0
    arrivals: Counter[int] = dataclasses.field(default_factory=Counter)
    served_at_s: list[float] = dataclasses.field(default_factory=list)

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``."""
        return "192.0.2.1"

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """See ``ports.Transport``."""
        del request, limits
        now_s = asyncio.get_running_loop().time()
        if now_s < self.up_at_s:
            kind = TransportKind.CONNECT_REFUSED
            return TransportFailure(kind=kind, processed=kind.usual_processed, message="refused")
        on_sent()
        self.arrivals[int(now_s)] += 1
        if self.waiting >= self.queue:
            return Response(status=503)
        self.waiting += 1
        self.free_at_s = max(self.free_at_s, now_s) + self.service_s
        await asyncio.sleep(self.free_at_s - now_s)
        self.waiting -= 1
        self.served_at_s.append(self.free_at_s)
        return Response(status=200)


class _Silent:
    def on_event(self, event: RunEvent) -> None:
        """Numbers are all that is wanted."""


def _bound(backoff: str, quick: str, deadline: str, splay: str = "0s") -> BoundPlan:
    text = FILE.format(backoff=backoff, quick=quick, deadline=deadline, splay=splay)
    plan = load(text.encode(), "defaults.enlist.yaml").plan
    assert plan is not None
    bound, findings = bind(plan, {}, StandInFiles())
    assert bound is not None, findings
    return bound


def _fleet(bound: BoundPlan, server: Server, size: int, seed: int) -> list[Report]:
    async def all_together() -> list[Report]:
        def ports(number: int) -> Ports:
            chance = random.Random(seed * size + number).random
            return Ports(
                transport=server,
                reporter=_Silent(),
                clock=VirtualClock(),
                random=chance,
                instance=str(number),
            )

        return list(
            await asyncio.gather(
                *(Session(bound, with_ports(ports(number))).register() for number in range(size))
            )
        )

    return run_virtually(all_together())


def _lone(name: str, quick: str, seeds: int = 200) -> str:
    cells = [f"{name:<30}"]
    for up_at_s in (1.0, 10.0, 60.0):
        delays, attempts = [], []
        bound = _bound(CHOSEN, quick, "120s")
        for seed in range(seeds):
            server = Server(up_at_s=up_at_s + seed / seeds, service_s=0.0)
            (report,) = _fleet(bound, server, 1, seed)
            delays.append(report.elapsed_s - server.up_at_s)
            attempts.append(len(report.outcomes[0].attempts))
        cells.append(f"{statistics.mean(delays):6.3f} {max(delays):6.3f} {max(attempts):5d}")
    return " | ".join(cells)


def _crowd(name: str, backoff: str, up_at_s: float, splay: str = "0s", size: int = 1000) -> str:
    bound = _bound(backoff, QUICK, "300s", splay)
    server = Server(up_at_s=up_at_s)
    reports = _fleet(bound, server, size, 1)
    done = sorted(report.elapsed_s for report in reports if report.exit_status == 0)
    answered = sum(server.arrivals.values())
    end_s = max(server.served_at_s)
    used = size * server.service_s / (end_s - up_at_s)
    peak = max((count for second, count in server.arrivals.items() if second > up_at_s), default=0)
    return (
        f"{name:<30} | {len(done) / size:7.3f} | {answered / size:8.2f} | {done[int(0.95 * len(done))] - up_at_s:6.1f}"
        f" | {end_s - up_at_s:6.1f} | {peak:5d} | {used:5.2f}"
    )


def main() -> None:
    """Print the tables."""
    out = sys.stdout.write
    out("one container; mean and worst delay after the server came up (s), most attempts\n")
    out(f"{'unreachable: waits':<30} | {'up after 1 s':<20} | {'10 s':<20} | 60 s\n")
    for name, quick in QUICK_CANDIDATES.items():
        out(_lone(name, quick) + "\n")
    head = f"{'':<30} | success | answered | p95, s | end, s | peak  | used\n"
    for title, up_at_s in (("a thousand, all at once", 0.0), ("a thousand, after 30 s of outage", 30.0)):
        out(f"\n{title}; ideal end 20 s; requests that the server answered, per container\n{head}")
        for name, backoff in BACKOFF_CANDIDATES.items():
            out(_crowd(name, backoff, up_at_s) + "\n")
        out(_crowd("chosen, splay 30 s", CHOSEN, up_at_s, "30s") + "\n")


main()

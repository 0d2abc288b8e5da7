"""A run as metrics in the text format, for the textfile collector of the node exporter.

Each run writes the file anew, so its counters begin again with it, as those of a restarted process do. Every sample
names the file it is about: two runs on one machine must not write the same series. Words of servers are in none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC

from runner.model.outcome import Beats, Outcome, Report
from runner.report.escape import label
from runner.report.lost import lost_of

Labels = dict[str, object]
Sample = tuple[Labels, float]


def render_prometheus(report: Report, *, decided: bool = True) -> str:
    """Return the metrics of a run.

    Args:
        report: how it ended, or its state now.
        decided: whether it has come to an exit status yet; 0 would say that all is well.
    """
    return "".join([*_run(report, decided=decided), *_registrations(report)])


def _run(report: Report, *, decided: bool) -> Iterator[str]:
    of_run: Labels = {"file": report.file}
    began_s = report.started_at.astimezone(UTC).timestamp()
    about: Labels = {**of_run, "version": report.enlist_version, "plan_sha256": report.plan_sha256}
    yield _metric("enlist_run_info", "gauge", "What ran: always 1.", [(about, 1)])
    yield _metric(
        "enlist_run_timestamp_seconds", "gauge", "When the last run ended, in seconds since 1970.",
        [(of_run, began_s + report.elapsed_s)],
    )  # fmt: skip
    yield _metric(
        "enlist_run_duration_seconds", "gauge", "How long the last run took.", [(of_run, report.elapsed_s)]
    )
    yield _metric(
        "enlist_run_last_exit_status", "gauge", "The exit status of the last run; 0 when all that is required is registered.",
        [(of_run, report.exit_status)] if decided else [],
    )  # fmt: skip


def _registrations(report: Report) -> Iterator[str]:
    each: list[tuple[Labels, Outcome]] = [
        ({"file": report.file, "registration": outcome.registration}, outcome) for outcome in report.outcomes
    ]
    yield _metric(
        "enlist_registration_up", "gauge", "1 when the registration is known to stand after the last run, else 0.",
        (({**own, "required": _word(it.required)}, it.state.is_active) for own, it in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_outcome_info", "gauge", "How the registration ended, and why: always 1.",
        (({**own, "outcome": it.state, "class": it.class_name or "", "reason": it.reason or ""}, 1) for own, it in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_attempts_total", "counter", "Requests that the last run sent.",
        ((own, it.requests) for own, it in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_lost_attempts_total", "counter", "Attempts of the last run that failed, by failure class.",
        (({**own, "class": name}, count) for own, it in each for name, count in _lost(it)),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_duration_seconds", "gauge", "How long the registration took, waits included.",
        ((own, it.ended_s - it.started_s) for own, it in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_waited_seconds", "gauge", "The waits between attempts, added up.",
        ((own, sum(attempt.wait_s or 0.0 for attempt in it.attempts)) for own, it in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_last_exit_status", "gauge", "What the registration makes of the exit status; 0 is none.",
        ((own, it.exit_status) for own, it in each),
    )  # fmt: skip
    yield from _heartbeats([(own, it, it.beats) for own, it in each if it.beats is not None])
    yield _metric(
        "enlist_registration_retry_not_before_timestamp_seconds", "gauge", "When the server asked to be called again.",
        ((own, it.retry_not_before.timestamp()) for own, it in each if it.retry_not_before is not None),
    )  # fmt: skip


def _heartbeats(each: list[tuple[Labels, Outcome, Beats]]) -> Iterator[str]:
    yield _metric(
        "enlist_registration_heartbeat_info", "gauge", "How a registration with a heartbeat stands: always 1.",
        (({**own, "state": it.standing}, 1) for own, it, _ in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_beats_total", "counter", "Beats that were sent.",
        ((own, beats.sent) for own, _, beats in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_missed_beats_total", "counter", "Beats that were not taken.",
        ((own, beats.missed) for own, _, beats in each),
    )  # fmt: skip
    yield _metric(
        "enlist_registration_last_good_beat_timestamp_seconds", "gauge", "When a beat was last taken, in seconds since 1970.",
        ((own, beats.last_good_at.timestamp()) for own, _, beats in each if beats.last_good_at is not None),
    )  # fmt: skip


def _lost(outcome: Outcome) -> Iterable[tuple[str | None, int]]:
    return Counter(attempt.class_name for attempt in lost_of(outcome)).items()


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    """Return a metric with its samples, or nothing where it has none."""
    lines = [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    if not lines:
        return ""
    return "\n".join([f"# HELP {name} {about}", f"# TYPE {name} {kind}", *lines]) + "\n"


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{label(value)}"' for name, value in labels.items()) + "}"


def _number(value: float) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def _word(value: bool) -> str:
    return "true" if value else "false"

"""What is said of a run while it is on: every event and every decision, for operations people."""

from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.language.units import format_duration
from runner.model import note as notes
from runner.model import why as whys
from runner.model.decision import Decided
from runner.model.ended import Ended
from runner.model.event import EventKind, RunEvent
from runner.model.note import Note
from runner.model.outcome import Attempt, Outcome
from runner.model.why import Why

_REASONS = {
    Reason.FATAL: "not tried again",
    Reason.ATTEMPTS: "the attempts are used up",
    Reason.DEADLINE: "the deadline leaves no time for another attempt",
    Reason.RETRY_AFTER: "the server asks for a longer wait than allowed",
    Reason.VERIFY: "the verification did not confirm it",
}
_DECIDED = {
    Decided.SUCCEED: "counts as a success",
    Decided.ADOPT: "counts as a success",
    Decided.LEFT_OPEN: "it may have taken effect and must not be repeated",
    Decided.VERIFY: "it may have taken effect, which the verification decides",
    Decided.NEXT_BEAT: "the next beat is the retry",
    Decided.REGISTER_AGAIN: "to be registered again",
    Decided.REFUSED: "refused, and the next beat tries again",
}
_PLAIN: dict[type[Note], str] = {
    notes.ValuesAreStale: "the file's values cannot be read again; the last ones are used until they can",
    notes.KeepsRegistered: "keeps what is registered until it is told to stop",
    notes.NothingUndone: "nothing is undone, because that needs values that are not there",
}
_WHY: dict[type[Why], str] = {
    whys.NotBegun: "interrupted before it began",
    whys.Killed: "its process was killed, and a request may have taken effect",
    whys.NotUndoable: "the file does not say how to deregister it",
    whys.Overtaken: "deregistered, and a request that got no answer before may register it again",
}


def decision_of(this: Attempt | RunEvent | notes.Disproved) -> str | None:
    """Return what was decided, in a word or two."""
    match this.decided:
        case None:
            return None
        case Decided.RETRY:
            return f"again in {format_duration(this.wait_s or 0.0)}"
        case Decided.START_OVER:
            return f"from the start in {format_duration(this.wait_s or 0.0)}"
        case Decided.GIVE_UP:
            return _REASONS[this.reason or Reason.FATAL]
        case decided:
            return _DECIDED[decided]


def cause_of_attempt(attempt: Attempt) -> str | None:
    """Return why an attempt gave nothing; one that was interrupted was not classified."""
    if attempt.message is None and attempt.error_kind is TransportKind.CANCELLED:
        unsent = attempt.processed is Processed.NEVER
        return "interrupted before it was sent" if unsent else "interrupted while it was under way"
    return attempt.message


def message_of(event: RunEvent) -> str:
    """Return what happened, in words."""
    match event.event:
        case EventKind.REGISTRATION_STARTED:
            return "begins"
        case EventKind.STEP_SUCCEEDED:
            return f"{event.method} answered {event.status}"
        case EventKind.ATTEMPT_FAILED:
            return f"{cause_of(event)}; {decision_of(event)}"
        case EventKind.REGISTRATION_LOST:
            return f"it is no longer registered ({event.cause}), and is being registered again"
        case EventKind.REGISTRATION_FINISHED:
            return _end(event)
        case EventKind.RUN_FINISHED:
            return f"ends with exit status {event.exit_status}"
        case _:
            return "" if event.note is None else _note(event, event.note)


def standing_of(ended: Ended) -> str:
    """Return the state of a registration in words, for those who ask."""
    missed = f", {ended.missed_beats} beats missed" if ended.missed_beats else ""
    beats = ended.outcome.beats
    last = None if beats is None else beats.last_good_at
    good = "" if last is None else f", last good beat {last.isoformat(timespec='seconds')}"
    return f"{ended.outcome.state}{missed}{good}"


def why_of(outcome: Outcome) -> str | None:
    """Return why a registration ended as it did; nothing where all went as it should."""
    return _why(outcome.why, outcome.message)


def _why(why: Why | None, cause: str | None) -> str | None:
    match why:
        case None:
            return cause
        case whys.NotTried():
            return f"not tried: {cause}"
        case whys.FoundNothing():
            return f"{cause}, and the verification finds nothing"
        case whys.Forgotten(times=times):
            return f"{cause}, after it was registered again {times} times without a good beat"
        case whys.Interrupted(may_have_taken_effect=maybe):
            return f"interrupted{', and a request may have taken effect' if maybe else ''}"
        case whys.Needed(registration=name, outcome=state):
            return f"it needs {name}, which is {state}"
        case whys.NotReady(deadline_s=deadline_s, problem=problem):
            took = format_duration(deadline_s)
            return f"lifecycle.ready: the application was not ready within {took}: {problem}"
        case whys.NotBegun() | whys.Killed() | whys.NotUndoable() | whys.Overtaken():
            return _WHY[type(why)]


def cause_of(event: RunEvent) -> str:
    """Return why a request failed, or a registration, with the server's own words; empty where nothing did."""
    cause = _why(event.why, event.cause)
    if cause is None:
        return ""
    words = f' "{event.server_message}"' if event.server_message else ""
    remark = f" ({event.remark})" if event.remark else ""
    return f"{cause}{words}{remark}"


def end_cause_of(event: RunEvent) -> str:
    """Return why a registration ended as it did, and what follows."""
    if not (cause := cause_of(event)):
        return ""
    # Without a class no attempt was decided about, and the cause says it all.
    follows = f"; {_REASONS[event.reason]}" if event.reason and event.class_name else ""
    if event.outcome is OutcomeState.LOST:
        follows = "; it is tried again at the cadence"
    if event.outcome is OutcomeState.UNKNOWN and event.class_name is not None:
        follows = f"; {_DECIDED[Decided.LEFT_OPEN]}"
    if event.verb is VerbName.DEREGISTER and event.class_name is None:
        follows = "; it may still be registered"
    return f"{cause}{follows}"


def _end(event: RunEvent) -> str:
    cause = end_cause_of(event)
    if not cause:
        return f"{event.outcome} after {event.requests} request{'' if event.requests == 1 else 's'}"
    of_class = f" ({event.class_name})" if event.class_name else ""
    return f"{event.outcome}{of_class}: {cause}"


def _note(event: RunEvent, note: Note) -> str:  # noqa: C901 - one line for each kind of note
    match note:
        case notes.Disproved():
            return f"the request had no effect, the verification finds nothing; {decision_of(note)}"
        case notes.ClocksParted(gap_s=gap_s):
            ahead = "ran ahead" if gap_s > 0 else "went back"
            return (
                f"the wall clock {ahead} by {format_duration(abs(gap_s))}: a suspended machine, or a clock that was"
                " set; waits and deadlines did not count it"
            )
        case notes.StepSkipped(step=step, conditions=conditions):
            return f"{event.registration}: {step} is skipped, since {' and '.join(conditions)} does not hold"
        case notes.BeatsMissed(missed=missed, cause=cause):
            return f"{missed} beats in a row have failed ({cause}); the registration may have expired"
        case notes.BeatsAreLate():
            return _lateness(note)
        case notes.BeatsAreBack(missed=missed):
            return f"the heartbeat is back after {missed} that failed"
        case notes.FoundRegistered(was_lost=was_lost):
            return "it is registered again" if was_lost else "a beat finds that it is registered"
        case notes.TriedLater(wait_s=wait_s):
            return f"what failed is tried again in {format_duration(wait_s)}"
        case notes.Repeated(times=times, lasted_s=lasted_s):
            more = "once more" if times == 1 else f"{times} more times"
            return f"{cause_of(event)}; the same {more} in {format_duration(lasted_s)}"
        case notes.AppIsReady(after_s=after_s):
            return f"the application is ready after {format_duration(after_s)}"
        case notes.AppIsNotReady():
            waited = f"{note.waited_s:.0f}s of {format_duration(note.deadline_s)}"
            return f"waiting for {note.target}: {note.problem}, {waited}"
        case notes.ValuesAreStale() | notes.KeepsRegistered() | notes.NothingUndone():
            return _PLAIN[type(note)]


def _lateness(note: notes.BeatsAreLate) -> str:
    return (
        f"{note.hearts} heartbeats are {note.per_second:,.1f} beats a second, which cannot be held: of the last"
        f" {note.beats:,} beats {note.late:,} came late, by up to {format_duration(round(note.worst_s, 1))}; fewer of"
        " them, a longer every, more CPU or a larger max_concurrency would help"
    )

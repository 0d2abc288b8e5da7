"""What the rows of a run say after which events, as tables: no terminal, no clock."""

import re

import pytest
from msgspec.structs import replace
from support.harness import plan_of, play
from support.rule_files import EXACT, POST, file_of
from support.staying import stay

from runner.language.terms import OutcomeState, Reason, VerbName
from runner.model.event import EventKind, Level, RunEvent
from runner.model.outcome import Beats
from runner.report.progress import ProgressReporter, Row, RowPhase, advance, at, begin, is_worth_a_line, kept
from runner.report.rows import MAX_ROWS, clock, lines_of

VERIFY = "verify: {request: {path: /r}}"
WIDE, NARROW, HIGH = 196, 76, 40


def text_of(rows: list[Row], now_s: float = 1.0, width: int = NARROW, height: int = HIGH) -> list[str]:
    """Return the lines of a screen without their tones and the blanks at their ends."""
    lines = lines_of(rows, now_s, width, height)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def waiting(name: str = "web", class_name: str = "unavailable", *, wait_s: float = 4.0) -> Row:
    return Row(
        name=name,
        deadline_s=60,
        phase=RowPhase.WAITING,
        attempt=3,
        class_name=class_name,
        cause='answered 503 Service Unavailable "no leader"',
        wait_s=wait_s,
        next_try_s=1.0 + wait_s,
    )


def ended(name: str, outcome: OutcomeState, class_name: str | None = None) -> Row:
    attempt = 2 if class_name else 0
    return Row(
        name=name,
        phase=RowPhase.ENDED,
        outcome=outcome,
        ended_s=0.4,
        class_name=class_name,
        attempt=attempt,
    )


def shown(text: str, given: str, now_s: float, *, undo: bool = False) -> list[str]:
    """Play a file, and return what the rows show at a moment of it."""
    rows = begin(plan_of(text).registrations, undo=undo)
    for event in play(text, given, undo=undo, chance=lambda: 0.5).events:
        if event.elapsed_s <= now_s and event.registration is not None:
            rows[event.registration] = advance(rows[event.registration], event)
    return text_of([at(row, now_s) for row in rows.values()], now_s, WIDE)


@pytest.mark.parametrize(
    ("given", "now_s", "line"),
    [
        ("[{status: 200, latency: 5s}]", 2, "r  registering                    #1   2.0s of 2m"),
        (
            "[{status: 503}]",
            0.3,
            "r  again in 0.7s   unavailable    #1   0.3s of 2m  answered 503 Service Unavailable",
        ),
        (
            "[{status: 503}, {status: 200, latency: 5s}]",
            3,
            "r  trying again    unavailable    #2   3.0s of 2m  answered 503 Service Unavailable",
        ),
        (
            "[{status: 200}, {step: verify, status: 200, latency: 3s}]",
            1,
            "r  verifying                      #1   1.0s of 2m",
        ),
        ("[{status: 200, latency: 2s}]", 9, "r  registered                          4.0s"),
        (
            "[{status: 403, latency: 2s}]",
            9,
            "r  failed          denied         #1   2.0s        answered 403 Forbidden; not tried again",
        ),
    ],
)
def test_a_row_says_state_class_try_time_and_cause(given: str, now_s: float, line: str) -> None:
    assert shown(file_of(policy=f"deadline: 2m, {EXACT}", more=VERIFY), given, now_s) == [line]


def test_a_request_that_must_not_be_repeated_is_followed_by_the_verification() -> None:
    given = "[{step: register, error: read-timeout}, {step: verify, status: 200, latency: 5s}]"

    assert shown(file_of(POST, more=VERIFY), given, 16)[0].startswith("r  verifying ")


@pytest.mark.parametrize("beat", ["", ", status: 503"])
def test_a_registration_that_is_kept_stands_whatever_becomes_of_one_beat(beat: str) -> None:
    text = file_of(more="heartbeat: {every: 1s, request: {path: /b}}")
    rows = begin(plan_of(text).registrations, undo=False)
    for event in stay(
        text, f"[{{step: register}}, {{step: heartbeat{beat}}}]", leave_at_s=10, with_app=False
    ).events:
        rows["r"] = advance(rows["r"], event) if event.registration else rows["r"]
        if event.elapsed_s >= 9:
            break

    assert rows["r"].phase is RowPhase.ENDED
    assert rows["r"].outcome == "registered"


def test_what_has_not_begun_says_what_it_needs() -> None:
    text = (
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations:\n"
        "  a: {steps: [{name: do-a, request: {method: PUT, path: /a}}]}\n"
        "  b: {steps: [{name: do-b, request: {method: PUT, path: /b}}]}\n"
        "  c: {request: {method: PUT, path: /c}, needs: [a, b]}\n"
    )
    given = "[{step: do-a, status: 200}, {step: do-b, status: 200, latency: 5s}, {status: 200}]"

    assert shown(text, given, 1)[2] == "c  not begun       needs b"


def test_deregistering_has_its_own_words() -> None:
    text = file_of(more="deregister: {request: {method: DELETE, path: /r}}")

    assert shown(text, "[{status: 200, latency: 5s}]", 1, undo=True)[0].startswith("r  deregistering ")
    assert shown(text, "[{status: 200}]", 9, undo=True)[0].startswith("r  deregistered")


@pytest.mark.parametrize(
    ("now_s", "state"), [(1.0, "again in 4.0s"), (3.0, "again in 2.0s"), (4.9, "again in 0.1s")]
)
def test_the_time_to_the_next_try_counts_down(now_s: float, state: str) -> None:
    assert state in text_of([at(waiting(), now_s)], now_s)[0]


def test_the_end_of_a_wait_is_the_next_try_though_no_event_says_so() -> None:
    row = at(waiting(), 5.0)

    assert (row.phase, row.attempt) == (RowPhase.TRYING, 4)


def test_waits_too_short_to_read_do_not_make_the_screen_restless() -> None:
    quick = waiting(wait_s=0.3)

    assert text_of([at(quick, 1.1)], 1.1)[0].split()[:3] == ["web", "trying", "again"]
    assert text_of([at(quick, 1.4)], 1.4)[0].split()[:3] == ["web", "trying", "again"]


def test_cells_keep_their_places_while_numbers_count() -> None:
    places = {text_of([waiting()], now_s)[0].index("of 1m") for now_s in (0.0, 1.0, 4.9)}

    assert len(places) == 1


def test_a_cause_stands_beside_the_row_below_it_or_not_at_all() -> None:
    one, nine = [waiting()], [waiting(f"web-{number}") for number in range(9)]

    assert text_of(one, width=WIDE)[0].endswith('answered 503 Service Unavailable "no leader"')
    assert text_of(one)[1] == '  answered 503 Service Unavailable "no leader"'
    assert len(text_of(nine)) == 9


def test_more_rows_than_one_can_read_are_counted_by_state_and_class() -> None:
    rows = [
        *(ended(f"good-{number}", OutcomeState.REGISTERED) for number in range(12)),
        ended("good-12", OutcomeState.ALREADY_REGISTERED),
        *(waiting(f"slow-{number}", "unreachable") for number in range(3)),
        replace(waiting("slow-3", "unreachable"), phase=RowPhase.TRYING),
        ended("bad-0", OutcomeState.FAILED, "denied"),
        ended("next-0", OutcomeState.SKIPPED),
        Row(name="busy-0", phase=RowPhase.TRYING),
        *(Row(name=f"late-{number}") for number in range(9)),
    ]

    assert text_of(rows, now_s=12.3) == [
        "29 registrations, 12s, each at most 1m",
        "  13 registered",
        "   1 failed (denied): bad-0",
        "   4 trying again (unreachable): slow-0, slow-1, slow-2, slow-3",
        "   1 registering: busy-0",
        "   1 skipped: next-0",
        "   9 not begun: late-0, late-1, late-2, late-3, late-4, late-5, late-6, ..",
    ]


@pytest.mark.parametrize(
    ("count", "height", "lines"), [(MAX_ROWS, 39, MAX_ROWS), (MAX_ROWS + 1, 39, 2), (10, 9, 2), (10, 1, 1)]
)
def test_rows_are_counted_where_they_are_many_or_the_terminal_is_low(
    count: int, height: int, lines: int
) -> None:
    rows = [waiting(f"web-{number}") for number in range(count)]

    assert len(text_of(rows, height=height)) == lines


@pytest.mark.parametrize("width", [1, 20, 40, 76, 196])
@pytest.mark.parametrize("count", [1, 5, 60])
def test_no_line_is_longer_than_the_terminal_is_wide(width: int, count: int) -> None:
    rows = [waiting(f"a-rather-long-name-of-a-registration-{number}") for number in range(count)]

    assert max(map(len, text_of(rows, width=width))) <= width


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.1, "0.0s"), (0.04, "0.0s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m00s"),
        (65, "1m05s"), (3600, "1h00m"),
    ],
)  # fmt: skip
def test_a_clock_has_few_characters(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def event(kind: EventKind, **more: object) -> RunEvent:
    begun = RunEvent(event=kind, level=Level.INFO, elapsed_s=2.0, registration="r")
    return replace(begun, **more)


@pytest.mark.parametrize(
    ("told", "worth"),
    [
        (event(EventKind.REGISTRATION_STARTED), False),
        (event(EventKind.ATTEMPT_FAILED, wait_s=1.0), False),
        (event(EventKind.ATTEMPT_FAILED, reason=Reason.FATAL), True),
        (event(EventKind.STEP_SUCCEEDED, verb=VerbName.REGISTER), False),
        (event(EventKind.STEP_SUCCEEDED, verb=VerbName.VERIFY), True),
        (event(EventKind.REGISTRATION_FINISHED, outcome=OutcomeState.REGISTERED), False),
        (event(EventKind.REGISTRATION_FINISHED, outcome=OutcomeState.FAILED), True),
        (event(EventKind.REGISTRATION_FINISHED, outcome=OutcomeState.UNKNOWN), True),
        (event(EventKind.REGISTRATION_FINISHED, outcome=OutcomeState.CANCELLED), False),
        (event(EventKind.NOTE), True),
        (event(EventKind.RUN_FINISHED), False),
    ],
)
def test_ends_proofs_and_notes_are_lines_and_the_rest_is_shown_by_the_rows(
    told: RunEvent, worth: bool
) -> None:
    assert is_worth_a_line(told) is worth


class Lines:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def on_event(self, told: RunEvent) -> None:
        """See ``ports.Reporter``."""
        self.events.append(told)


@pytest.mark.parametrize(("log_all", "count"), [(False, 1), (True, 2)])
def test_the_reporter_keeps_rows_and_passes_on_what_is_worth_a_line(log_all: bool, count: int) -> None:
    log, time_s = Lines(), [100.0]
    reporter = ProgressReporter({"r": Row(name="r")}, log, lambda: time_s[0], log_all=log_all)
    reporter.on_event(event(EventKind.REGISTRATION_STARTED))
    reporter.on_event(event(EventKind.NOTE, registration=None))
    time_s[0] = 103.0
    (row,), now_s = reporter.now()

    assert (row.phase, now_s, len(log.events)) == (RowPhase.TRYING, 5.0, count)


def test_a_row_of_what_is_kept_shows_its_beats() -> None:
    given = "[{step: register}, {step: heartbeat}, {step: heartbeat}, {step: heartbeat, status: 503}]"
    text = (
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations:\n"
        "  web: {request: {method: PUT, path: /w}, heartbeat: {every: 10s, request: {path: /beat}}}\n"
    )

    def at_s(leave_at_s: float) -> str:
        stayed = stay(text, given, leave_at_s=leave_at_s, with_app=False)
        rows = begin(plan_of(text).registrations, undo=False)
        for event in stayed.events:
            if event.registration is not None:
                rows[event.registration] = advance(rows[event.registration], event)
        return text_of([kept(rows["web"], stayed.outcome)], leave_at_s, WIDE)[0]

    assert re.fullmatch(r"web  registered .* good beat \d\d:\d\d:\d\d, 2 sent, 0 missed", at_s(15))
    assert re.fullmatch(r"web  missing beats .* good beat \d\d:\d\d:\d\d, 5 sent, 3 missed", at_s(45))


def test_the_beats_of_many_are_added_up_and_who_misses_them_is_named() -> None:
    rows = [ended(f"r{number}", OutcomeState.REGISTERED) for number in range(MAX_ROWS + 5)]
    rows = [replace(row, beats=Beats(sent=3), standing="registered") for row in rows]
    rows[3] = replace(rows[3], beats=Beats(sent=3, missed=3, missed_in_a_row=3), standing="missing beats")

    assert text_of(rows) == [
        "25 registrations, 1.0s, 75 beats sent, 3 missed",
        "  24 registered",
        "   1 missing beats: r3",
    ]


def test_what_is_undone_shows_no_beats_any_more() -> None:
    row = ended("web", OutcomeState.DEREGISTERED)
    outcome = stay(
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations:\n"
        "  web: {request: {method: PUT, path: /w}, heartbeat: {every: 10s, request: {path: /beat}},"
        " deregister: {request: {method: DELETE, path: /w}}}\n",
        "[{status: 200}]",
        leave_at_s=15,
        with_app=False,
    ).outcome

    assert kept(row, outcome) is row

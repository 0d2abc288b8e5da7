"""Heartbeats: a fixed cadence whose next beat is the retry, and registering again when we were forgotten.

Virtual time: an hour of beats takes milliseconds.
"""

import itertools
import json
import re
from datetime import timedelta

import pytest
from lifecycle.staying import stay

from runner.model.lifecycle import Cause
from runner.report.json_report import render_json
from runner.report.prometheus import render_prometheus
from runner.retry.cadence import next_beat_s

FILE = """\
version: 1
endpoints: {plane: {url: "http://plane"}}
registrations:
  web:
    request: {method: PUT, path: /web}
    heartbeat: {every: 10s, request: {method: POST, path: /web/beat}%s}
    deregister: {request: {method: DELETE, path: /web}}
"""
OK = "{step: register}, {step: deregister}"


def test_beats_come_at_a_fixed_cadence_from_the_registration_on() -> None:
    stayed = stay(FILE % "", f"[{OK}, {{step: heartbeat}}]", leave_at_s=35)

    assert stayed.times_s("heartbeat") == [0, 10, 20, 30]


def test_a_slow_beat_does_not_shift_the_cadence() -> None:
    stayed = stay(FILE % "", f"[{OK}, {{step: heartbeat, latency: 3s}}]", leave_at_s=35)

    assert stayed.times_s("heartbeat") == [0, 10, 20, 30]


def test_a_beat_that_gets_no_answer_ends_before_the_next_one() -> None:
    stayed = stay(
        FILE % "",
        f"[{OK}, {{step: heartbeat, error: total-timeout, times: 2}}, {{step: heartbeat}}]",
        leave_at_s=45,
    )

    assert stayed.times_s("heartbeat") == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    "failure", ["error: connect-refused", "status: 503", "error: read-timeout", "status: 429"]
)
def test_the_next_beat_is_the_retry_and_nothing_ends(failure: str) -> None:
    stayed = stay(FILE % "", f"[{OK}, {{step: heartbeat, {failure}}}]", leave_at_s=1000)

    beats = stayed.times_s("heartbeat")
    assert len(beats) >= 40
    assert min(later - earlier for earlier, later in itertools.pairwise(beats)) >= 10
    assert stayed.steps().count("register") == 1
    assert stayed.outcome.class_name is None


def test_each_address_is_tried_within_one_beat() -> None:
    text = (FILE % "").replace('url: "http://plane"', 'urls: ["http://one", "http://two"]')
    stayed = stay(
        text, f"[{OK}, {{step: heartbeat, error: connect-refused}}, {{step: heartbeat}}]", leave_at_s=15
    )

    assert stayed.times_s("heartbeat") == [0, 0, 10]


def test_a_policy_of_the_heartbeat_retries_within_the_beat() -> None:
    text = FILE % ", policy: quick" + "retry_policies: {quick: {attempts: 3, deadline: 5s}}\n"
    stayed = stay(text, f"[{OK}, {{step: heartbeat, status: 503}}]", leave_at_s=5)

    assert len(stayed.times_s("heartbeat")) == 3


def test_a_server_that_asks_for_time_is_not_called_before() -> None:
    given = f"[{OK}, {{step: heartbeat, status: 429, headers: {{Retry-After: '25'}}}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "", given, leave_at_s=55)

    assert stayed.times_s("heartbeat") == [0, 30, 40, 50]


def test_who_was_forgotten_registers_again() -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: 404}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "", given, leave_at_s=35)

    assert stayed.steps()[:5] == ["register", "heartbeat", "heartbeat", "register", "heartbeat"]
    assert stayed.times_s("register") == [0, 10]
    assert "it is no longer registered" in stayed.notes()
    assert [ready for _, _, ready in stayed.told.states][:3] == [True, False, True]


def test_a_class_of_the_file_can_say_that_we_were_forgotten_with_a_200() -> None:
    text = (
        FILE
        % ", failure_classes: [{name: expired-lease, match: {body: {ttl: {exists: false}}}, action: start_over}]"
    )
    given = f"[{OK}, {{step: heartbeat, body: {{}}}}, {{step: heartbeat, body: {{ttl: 5}}}}]"

    assert stay(text, given, leave_at_s=15).times_s("register") == [0, 0]


def test_an_outage_while_registering_again_ends_nothing() -> None:
    given = (
        "[{step: register}, {step: heartbeat, status: 404}, {step: register, error: connect-refused, for: 600s},"
        " {step: register}, {step: heartbeat}, {step: deregister}]"
    )
    stayed = stay(FILE % "", given, leave_at_s=1000)

    assert stayed.outcome.state == "deregistered"
    assert stayed.told.verdicts[0][1].exit_status == 0
    assert len(stayed.told.verdicts) == 1
    assert stayed.told.states[-2][2] is True


def test_three_registrations_without_a_good_beat_in_between_are_a_failure() -> None:
    stayed = stay(FILE % "", f"[{OK}, {{step: heartbeat, status: 404}}]", cause=Cause.FAILURE, leave_at_s=100)
    at_s, report = stayed.told.verdicts[-1]

    assert stayed.times_s("register") == [0, 0, 10, 20]
    assert (at_s, report.exit_status) == (30, 75)
    assert "registered again 3 times without a good beat" in (report.outcomes[0].message or "")


def test_a_good_beat_in_between_forgives_what_was_lost_before() -> None:
    lost = "{step: heartbeat, status: 404}, {step: heartbeat}"
    stayed = stay(FILE % "", f"[{OK}, {', '.join([lost] * 6)}]", leave_at_s=200)

    assert stayed.steps().count("register") == 7
    assert len(stayed.told.verdicts) == 1


@pytest.mark.parametrize(("status", "exit_status"), [(403, 77), (401, 77), (400, 76)])
def test_a_beat_that_is_refused_for_good_is_a_failure_at_once(status: int, exit_status: int) -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: {status}}}]"
    stayed = stay(FILE % "", given, cause=Cause.FAILURE, leave_at_s=100)
    at_s, report = stayed.told.verdicts[-1]

    assert (at_s, report.exit_status) == (10, exit_status)
    assert stayed.steps()[-1] == "deregister"


def test_an_application_that_goes_on_hears_that_a_registration_which_stood_has_failed_for_good() -> None:
    text = FILE % "" + "lifecycle: {on_failure: keep_running}\n"
    stayed = stay(text, f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: 401}}]", leave_at_s=100)
    at_s, report = stayed.told.verdicts[-1]

    assert [report.exit_status for _, report in stayed.told.verdicts] == [0, 77]
    assert (at_s, report.outcomes[0].verb) == (10, "heartbeat")


def test_a_recovery_from_such_a_failure_is_told_and_so_is_the_next_failure() -> None:
    text = FILE % "" + "lifecycle: {on_failure: keep_running, retry_later: 30s}\n"
    given = f"[{OK}, {{step: heartbeat, status: 401}}, {{step: heartbeat}}, {{step: heartbeat, status: 403}}]"
    stayed = stay(text, given, leave_at_s=45)

    assert [(at_s, report.exit_status) for at_s, report in stayed.told.verdicts] == [
        (0, 0), (0, 77), (30, 0), (40, 77)
    ]  # fmt: skip


def test_what_else_there_is_to_keep_is_kept_after_such_a_failure() -> None:
    other = "  db: {request: {method: PUT, path: /db}, heartbeat: {every: 10s, request: {path: /db/beat}}}\n"
    given = f"[{OK}, {{step: heartbeat, status: 401}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "" + other + "lifecycle: {on_failure: keep_running}\n", given, leave_at_s=35)

    assert [report.exit_status for _, report in stayed.told.verdicts] == [0, 77]
    assert [each.at_s for each in stayed.sent if str(each.request.url).endswith("/db/beat")] == [
        0,
        10,
        20,
        30,
    ]


def test_an_optional_registration_that_is_refused_ends_nothing_else() -> None:
    text = (FILE % "").replace(
        "request: {method: PUT, path: /web}", "required: false\n    request: {method: PUT, path: /web}"
    )
    stayed = stay(text, f"[{OK}, {{step: heartbeat, status: 403}}]", leave_at_s=100)

    assert [report.exit_status for _, report in stayed.told.verdicts] == [0]


def test_values_are_read_again_for_each_beat() -> None:
    text = """\
version: 1
endpoints: {plane: {url: "http://plane", auth: {bearer: "${TOKEN}"}}}
registrations:
  web: {request: {method: PUT, path: /web}, heartbeat: {every: 10s, request: {method: PUT, path: /beat}}}
"""
    tokens = iter(["one-111111", "two-222222", "three-3333", "four-44444"])
    stayed = stay(text, "[{status: 200}]", leave_at_s=15, environment=lambda: {"TOKEN": next(tokens)})
    sent = [dict(each.request.headers)["Authorization"] for each in stayed.sent]

    assert [getattr(each, "value", None) for each in sent] == [
        "Bearer one-111111", "Bearer two-222222", "Bearer three-3333"
    ]  # fmt: skip


def test_values_that_cannot_be_read_for_a_while_are_told_once_and_the_last_ones_used() -> None:
    text = """\
version: 1
endpoints: {plane: {url: "http://plane", auth: {bearer: "${TOKEN}"}}}
registrations:
  web: {request: {method: PUT, path: /web}, heartbeat: {every: 10s, request: {method: PUT, path: /beat}}}
"""
    values = iter([{"TOKEN": "one-111111"}, {}, {}, {"TOKEN": "two-222222"}, {}, {}, {}])
    stayed = stay(text, "[{status: 200}]", leave_at_s=45, environment=lambda: next(values))
    sent = [getattr(dict(each.request.headers)["Authorization"], "value", "")[-6:] for each in stayed.sent]

    assert sent == ["111111", "111111", "111111", "222222", "222222", "222222"]
    assert stayed.notes().count("the last ones are used until they can") == 2


def test_a_beat_uses_what_registering_captured_and_so_does_the_goodbye() -> None:
    text = """\
version: 1
endpoints: {plane: {url: "http://plane"}}
registrations:
  lease:
    request: {method: PUT, path: /lease}
    capture: {id: id}
    heartbeat: {every: 10s, request: {method: PUT, path: "/lease/${register.id}"}}
    deregister: {request: {method: DELETE, path: "/lease/${register.id}"}}
"""
    given = "[{step: register, body: {id: a1}}, {step: register, body: {id: b2}}, {step: deregister}, {step: heartbeat}, {step: heartbeat, status: 404}, {step: heartbeat}]"
    stayed = stay(text, given, leave_at_s=25)

    assert [str(each.request.url).rpartition("/")[2] for each in stayed.sent] == [
        "lease", "a1", "a1", "lease", "b2", "b2"
    ]  # fmt: skip


def test_the_first_registration_that_failed_for_the_moment_is_made_at_the_cadence() -> None:
    text = (
        FILE % ""
        + "lifecycle: {on_failure: keep_running}\nretry_policies: {default: {attempts: 2, deadline: 5s}}\n"
    )
    given = (
        "[{step: register, status: 503, times: 3}, {step: register}, {step: heartbeat}, {step: deregister}]"
    )
    stayed = stay(text, given, leave_at_s=45)

    assert [report.exit_status for _, report in stayed.told.verdicts] == [75, 0]
    assert stayed.steps()[-1] == "deregister"
    assert [int(at_s) for at_s in stayed.times_s("register")] == [0, 0, 10, 10]
    assert [int(at_s) for at_s in stayed.times_s("heartbeat")] == [20, 30, 40]


def test_a_failure_for_good_is_not_tried_again_by_a_heartbeat() -> None:
    text = FILE % "" + "lifecycle: {on_failure: keep_running}\n"
    stayed = stay(text, "[{status: 400}]", leave_at_s=1000)

    assert stayed.steps() == ["register"]
    assert stayed.ended_s < 1


def test_who_asks_hears_of_beats_that_are_missed_and_that_they_are_over() -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: 503, times: 4}}, {{step: heartbeat}}]"
    heard = [
        states["web"].partition(", last good beat")[0]
        for _, states, ready in stay(FILE % "", given, leave_at_s=100).told.states
        if ready
    ]

    assert heard == ["registered", "registered, 3 beats missed", "registered, 4 beats missed", "registered"]


def test_missed_beats_are_told_once_they_matter_and_when_they_are_over() -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: 503, times: 4}}, {{step: heartbeat}}]"
    notes = stay(FILE % "", given, leave_at_s=100).notes()

    assert notes.count("3 beats in a row have failed") == 1
    assert "the heartbeat is back after 4 that failed" in notes
    assert "the next beat is the retry" in notes


@pytest.mark.parametrize(
    ("last_s", "not_before_s", "due_s"),
    [(0, 0, 10), (0, 9.9, 10), (0, 10, 10), (0, 10.1, 20), (20, 55, 60), (5, 5, 15)],
)
def test_the_next_beat_is_on_the_cadence_and_what_was_missed_is_left_out(
    last_s: float, not_before_s: float, due_s: float
) -> None:
    assert next_beat_s(last_s, 10, not_before_s) == due_s


def test_a_report_tells_what_has_come_of_the_beats() -> None:
    given = f"[{OK}, {{step: heartbeat, times: 2}}, {{step: heartbeat, status: 503, times: 4}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "", given, leave_at_s=55)
    beats = stayed.outcome.beats

    assert beats is not None
    assert (beats.sent, beats.missed, beats.missed_in_a_row) == (6, 4, 4)
    assert beats.last_good_at == stayed.report.started_at + timedelta(seconds=10)
    assert json.loads(render_json(stayed.report))["registrations"][0]["heartbeat"]["sent"] == 6
    assert "enlist_registration_missed_beats_total" in render_prometheus(stayed.report)


def test_many_missed_beats_are_a_state_of_their_own_until_one_is_taken() -> None:
    given = f"[{OK}, {{step: heartbeat, status: 503, times: 3}}, {{step: heartbeat}}]"
    missing = stay(FILE % "", given, leave_at_s=25, cause=Cause.EXIT).told.states

    assert missing[-2][1]["web"].startswith("registered, 3 beats missed")
    assert missing[-2][2], "an outage of the control plane takes no application out of service"


def test_who_asks_hears_of_the_last_good_beat_now_and_then() -> None:
    text = (FILE % "").replace("every: 10s", "every: 1s")
    told = stay(text, f"[{OK}, {{step: heartbeat}}]", leave_at_s=10.5).told.refreshes

    assert [at_s for at_s, _, _ in told] == [0, 5, 10]
    assert re.fullmatch(r"registered, last good beat \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*", told[-1][1]["web"])

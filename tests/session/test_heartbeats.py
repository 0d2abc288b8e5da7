"""Heartbeats: a fixed cadence whose next beat is the retry, and registering again when we were forgotten.

Virtual time: an hour of beats takes milliseconds.
"""

import itertools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from support.staying import Stayed, Told, stay

from runner.engine.hearts import Hearts
from runner.language.terms import Cause
from runner.model.ended import Ended
from runner.model.why import Forgotten
from runner.report.json_report import render_json
from runner.report.prometheus import render_prometheus
from runner.report.story import message_of
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


def test_who_is_registered_again_three_times_without_a_good_beat_is_lost_and_tried_on() -> None:
    stayed = stay(FILE % "", f"[{OK}, {{step: heartbeat, status: 404}}]", leave_at_s=45)
    at_s, report = stayed.told.verdicts[-1]

    assert stayed.times_s("register") == [0, 0, 10, 20, 30, 40]
    assert (at_s, report.exit_status, report.outcomes[0].state) == (20, 75, "lost")
    assert report.outcomes[0].why == Forgotten(times=3)


def test_a_beat_follows_at_once_when_it_was_registered_again() -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: 404}}, {{step: heartbeat}}]"

    assert stay(FILE % "", given, leave_at_s=25).times_s("heartbeat") == [0, 10, 10, 20]


def test_a_good_beat_in_between_forgives_what_was_lost_before() -> None:
    lost = "{step: heartbeat, status: 404}, {step: heartbeat}"
    stayed = stay(FILE % "", f"[{OK}, {', '.join([lost] * 6)}]", leave_at_s=200)

    assert stayed.steps().count("register") == 7
    assert len(stayed.told.verdicts) == 1


@pytest.mark.parametrize(("status", "exit_status"), [(403, 77), (401, 77), (400, 76)])
def test_three_refused_beats_in_a_row_make_it_lost_and_the_application_goes_on(
    status: int, exit_status: int
) -> None:
    given = f"[{OK}, {{step: heartbeat}}, {{step: heartbeat, status: {status}}}]"
    stayed = stay(FILE % "", given, leave_at_s=101)
    at_s, report = stayed.told.verdicts[-1]

    assert (at_s, report.exit_status, report.outcomes[0].state) == (30, exit_status, "lost")
    assert stayed.told.ends_app == [False, False]
    assert stayed.times_s("heartbeat") == list(range(0, 101, 10))


def test_on_lost_can_end_the_application() -> None:
    text = FILE % "" + "lifecycle: {on_lost: stop_app}\n"
    stayed = stay(text, f"[{OK}, {{step: heartbeat, status: 403}}]", cause=Cause.FAILURE, leave_at_s=30)

    assert stayed.told.ends_app == [False, True]
    assert stayed.told.verdicts[-1][0] == 20


def test_without_an_application_on_lost_ends_the_run() -> None:
    text = FILE % "" + "lifecycle: {on_lost: stop_app}\n"
    stayed = stay(text, f"[{OK}, {{step: heartbeat, status: 403}}]", with_app=False)

    assert stayed.report.exit_status == 77
    assert stayed.ended_s == 20


def test_refusals_that_a_good_beat_interrupts_do_not_add_up() -> None:
    refused = "{step: heartbeat, status: 403, times: 2}, {step: heartbeat}"
    stayed = stay(FILE % "", f"[{OK}, {', '.join([refused] * 4)}]", leave_at_s=200)

    assert len(stayed.told.verdicts) == 1


def test_give_up_after_says_how_many_refusals_there_may_be() -> None:
    given = f"[{OK}, {{step: heartbeat, status: 403}}]"
    stayed = stay(FILE % ", give_up_after: 5", given, leave_at_s=100)

    assert [at_s for at_s, _ in stayed.told.verdicts] == [0, 40]


def test_what_was_lost_is_registered_again_as_soon_as_a_beat_is_taken() -> None:
    given = f"[{OK}, {{step: heartbeat, status: 403, times: 4}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "", given, leave_at_s=100)

    assert [(at_s, report.exit_status) for at_s, report in stayed.told.verdicts] == [
        (0, 0),
        (20, 77),
        (40, 0),
    ]
    assert stayed.notes().count("it is registered again") == 1


def test_a_re_registration_that_is_refused_is_a_refusal_and_ends_nothing() -> None:
    given = "[{step: register}, {step: heartbeat, status: 404}, {step: register, status: 403}]"
    stayed = stay(FILE % "", given, leave_at_s=45)
    at_s, report = stayed.told.verdicts[-1]

    assert stayed.times_s("register") == [0, 0, 10, 20, 30, 40]
    assert (at_s, report.exit_status, report.outcomes[0].state) == (20, 77, "lost")


def test_the_failure_to_register_another_one_again_is_no_reason_to_end() -> None:
    other = "  db: {request: {method: PUT, path: /db}, heartbeat: {every: 10s, request: {path: /db/beat}}}\n"
    given = (
        "[{step: register, times: 2}, {step: heartbeat, times: 1}, {step: heartbeat, status: 404, times: 1},"
        " {step: register, error: connect-refused}, {step: heartbeat, status: 403}]"
    )
    stayed = stay(FILE % "" + other, given, leave_at_s=150)

    assert stayed.told.ends_app == [False, False]


def test_what_else_there_is_to_keep_is_kept_after_a_loss() -> None:
    other = "  db: {request: {method: PUT, path: /db}, heartbeat: {every: 10s, request: {path: /db/beat}}}\n"
    given = f"[{OK}, {{step: heartbeat, status: 401, times: 6}}, {{step: heartbeat}}]"
    stayed = stay(FILE % "" + other, given, leave_at_s=35)

    assert [report.exit_status for _, report in stayed.told.verdicts][-1] == 0
    assert [each.at_s for each in stayed.sent if str(each.request.url).endswith("/db/beat")] == [
        0,
        10,
        20,
        30,
    ]


@pytest.mark.parametrize("retry_after", ["honor: false, max: 1s", "max: 1s", "max: 60s"])
def test_a_retry_after_silences_beats_for_no_longer_than_the_policy_allows(retry_after: str) -> None:
    text = FILE % "" + f"retry_policies: {{default: {{deadline: 60s, retry_after: {{{retry_after}}}}}}}\n"
    given = f"[{OK}, {{step: heartbeat, status: 429, headers: {{Retry-After: '86400'}}}}]"
    pause_s = 60 if "60s" in retry_after else 10

    assert stay(text, given, leave_at_s=65).times_s("heartbeat") == list(range(0, 66, pause_s))


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
        "lease", "a1", "a1", "lease", "b2", "b2", "b2"
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
    assert [int(at_s) for at_s in stayed.times_s("heartbeat")] == [10, 20, 30, 40]


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
    ("last_s", "now_s", "pause_s", "due_s"),
    [
        (0, 0, 0, 10),
        (0, 9.9, 0, 10),
        (0, 10.1, 0, 10),
        (20, 55, 0, 50),
        (5, 5, 0, 15),
        (0, 3, 7.1, 20),
        (20, 21, 34, 60),
    ],
)
def test_the_next_beat_is_on_the_cadence_and_of_those_that_were_missed_the_last_is_due_at_once(
    last_s: float, now_s: float, pause_s: float, due_s: float
) -> None:
    assert next_beat_s(last_s, 10, now_s, pause_s) == due_s


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


def test_a_heart_begins_once_its_own_registration_is_there_whatever_others_wait_for() -> None:
    slow = "  slow: {steps: [{name: slow, request: {method: PUT, path: /slow}}]}\n"
    given = f"[{{step: slow, latency: 12s}}, {OK}, {{step: heartbeat}}]"
    stayed = stay(FILE % "" + slow, given, leave_at_s=15)

    assert stayed.times_s("heartbeat") == [0, 10]
    assert [at_s for at_s, _ in stayed.told.verdicts] == [12], "which is that of all"


def test_no_heart_begins_after_a_failure_that_ends_all() -> None:
    slow = "  slow: {steps: [{name: slow, request: {method: PUT, path: /slow}}]}\n"
    given = "[{step: slow, status: 403}, {step: register, latency: 5s}, {step: heartbeat}]"
    stayed = stay(FILE % "" + slow, given, leave_at_s=15)

    assert stayed.times_s("heartbeat") == []


def forty(every: str, latency: str) -> Stayed:
    """Keep 40 registrations that share one connection, for a while."""
    text = "version: 1\nendpoints: {plane: {url: 'http://plane', max_concurrency: 1}}\nregistrations:\n"
    for number in range(40):
        beat = f"{{every: {every}, request: {{path: /beat}}}}"
        text += f"  r{number}: {{request: {{method: PUT, path: /r{number}}}, heartbeat: {beat}}}\n"
    return stay(text, f"[{{step: register}}, {{step: heartbeat, {latency}}}]", leave_at_s=90)


def warnings_of(stayed: Stayed) -> Sequence[str]:
    return [message_of(each) for each in stayed.events if each.event == "note" and each.level == "warning"]


def test_more_beats_than_there_is_room_for_do_not_keep_out_what_is_still_to_be_registered() -> None:
    ((verdict_s, report),) = forty("2s", "latency: 100ms").told.verdicts

    assert report.exit_status == 0
    assert verdict_s < 5


def test_a_cadence_that_cannot_be_held_is_told_once_with_figures() -> None:
    (told,) = (
        each for each in warnings_of(forty("2s", "latency: 100ms")) if not each.startswith("3 beats in a row")
    )

    assert re.fullmatch(
        r"40 heartbeats are 20.0 beats a second, which cannot be held: of the last \d+ beats \d+ came late,"
        r" by up to [0-9.]+s; .* max_concurrency would help",
        told,
    )


def test_a_cadence_that_is_held_is_not_told() -> None:
    assert warnings_of(forty("5s", "latency: 100ms")) == []


def test_a_server_that_takes_no_beat_is_not_blamed_on_the_machine() -> None:
    told = warnings_of(forty("2s", "latency: 100ms, status: 503"))

    assert told
    assert not any("cannot be held" in each for each in told)


def test_what_is_registered_is_handed_over_before_it_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[object] = []
    holds, start = Told.holds, Hearts.start

    def noted_holds(self: Told, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:
        order.append(list(held))
        return holds(self, held, undo_on)

    def noted_start(self: Hearts, *what: Any) -> None:
        order.append("beats")
        start(self, *what)

    monkeypatch.setattr(Told, "holds", noted_holds)
    monkeypatch.setattr(Hearts, "start", noted_start)
    stay(FILE % "", f"[{OK}, {{step: heartbeat}}]", leave_at_s=1)

    assert ["web"] in order[: order.index("beats")]


def test_who_asks_hears_of_the_last_good_beat_now_and_then() -> None:
    text = (FILE % "").replace("every: 10s", "every: 1s")
    told = stay(text, f"[{OK}, {{step: heartbeat}}]", leave_at_s=10.5).told.refreshes

    assert [at_s for at_s, _, _ in told] == [0, 0, 5, 10]  # the first when it was registered, before it beat
    assert re.fullmatch(r"registered, last good beat \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*", told[-1][1]["web"])

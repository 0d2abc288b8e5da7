"""The course of a run that stays: the application is awaited, everything registered, and in the end undone."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace
from support.harness import plan_of
from support.staying import Stayed, registered, stay

from runner.engine.context import now_s
from runner.engine.sending import left_open
from runner.language.terms import Cause, OutcomeState
from runner.model.secret import Secret, Value
from runner.model.why import Killed, NotReady, Why
from runner.report.story import message_of
from runner.report.summary import render_cause, render_summary
from runner.session.session import Session
from runner.values.handover import pack, unpack

HEAD = 'version: 1\nendpoints: {plane: {url: "http://plane"}}\n'
WEB = """\
registrations:
  web:
    request: {method: PUT, path: /web}
    deregister: {%srequest: {method: DELETE, path: /web}}
"""
TWO = """\
registrations:
  first: {request: {method: PUT, path: /first}, deregister: {request: {method: DELETE, path: /first}}}
  second: {needs: [first], request: {method: PUT, path: /second}, deregister: {request: {method: DELETE, path: /second}}}
"""
BEATS = "    heartbeat: {every: 10s, request: {method: PUT, path: /beat}}\n"
READY = "lifecycle: {ready: {tcp: 127.0.0.1:3000, every: 1s, deadline: 30s}}\n"
LATER = "lifecycle: {on_failure: keep_running, retry_later: 10s, ready: {tcp: 127.0.0.1:3000, every: 1s, deadline: 30s}}\n"
ANY = "[{status: 200}]"


def sent(stayed: Stayed) -> list[str]:
    return [
        f"{each.request.method} {str(each.request.url).removeprefix('http://plane')}" for each in stayed.sent
    ]


def test_registering_waits_until_the_application_is_started_and_ready() -> None:
    stayed = stay(HEAD + WEB % "" + READY, ANY, started_at_s=2, ready_at_s=5.5)

    assert stayed.times_s("register") == [6]
    assert "the application is ready after 4s" in stayed.notes()


def test_an_application_that_does_not_become_ready_is_a_failure_that_a_restart_may_help() -> None:
    stayed = stay(HEAD + WEB % "" + READY, ANY, ready_at_s=1000, cause=Cause.FAILURE, leave_at_s=100)
    at_s, report = stayed.told.verdicts[0]

    assert (at_s, report.exit_status) == (30, 75)
    assert sent(stayed) == []
    assert render_summary(report, closing=False).splitlines() == [
        "failed web",
        "  enlist.yaml:7:13 lifecycle.ready: the application was not ready within 30s: tcp says no",
        "  deadline reached; restarting may help",
    ]
    assert "not ready within 30s: tcp says no\n" in f"{stayed.notes()}\n"
    assert render_cause(report).startswith("enlist.yaml:7:13 lifecycle.ready: ")


def test_waiting_for_the_application_is_told_at_once_and_then_at_a_calm_pace() -> None:
    told = stay(HEAD + WEB % "" + READY, ANY, ready_at_s=25).notes().splitlines()

    assert [each for each in told if each.startswith("waiting")] == [
        "waiting for 127.0.0.1:3000: tcp says no, 0s of 30s",
        "waiting for 127.0.0.1:3000: tcp says no, 10s of 30s",
        "waiting for 127.0.0.1:3000: tcp says no, 20s of 30s",
    ]


def test_at_once_nothing_is_waited_for() -> None:
    assert stay(HEAD + WEB % "", ANY, started_at_s=100).times_s("register") == [0]


def test_a_run_that_registers_and_ends_waits_for_no_application() -> None:
    assert stay(HEAD + WEB % "" + READY, ANY, ready_at_s=1000, with_app=False).times_s("register") == [0]


def test_a_run_that_stays_beside_an_application_waits_until_that_is_ready_though_it_never_starts_it() -> None:
    text = HEAD + WEB % "" + BEATS + READY
    stayed = stay(text, ANY, ready_at_s=4, started_at_s=1000, with_app=False, leave_at_s=20)

    assert stayed.times_s("register") == [4]


def test_a_run_without_anything_to_keep_ends_after_its_verdict_and_hands_over_what_undoing_needs() -> None:
    stayed = stay(HEAD + WEB % "", ANY)
    captures, causes = stayed.told.held[-1]

    assert stayed.ended_s == 0
    assert sent(stayed) == ["PUT /web"]
    assert (list(captures), set(causes)) == (["web"], set(Cause))


@pytest.mark.parametrize(
    ("when", "causes"),
    [
        ("always", set(Cause)),
        ("on_signal", {Cause.SIGNAL}),
        ("on_exit", {Cause.EXIT, Cause.SUCCESS}),
        ("on_success", {Cause.SIGNAL, Cause.SUCCESS}),
        ("never", set[Cause]()),
    ],
)
def test_what_is_undone_depends_on_why_the_run_ends(when: str, causes: set[Cause]) -> None:
    text = HEAD + WEB % f"when: {when}, "
    undone = {
        cause for cause in Cause if "DELETE /web" in sent(stay(text + BEATS, ANY, cause=cause, leave_at_s=5))
    }

    assert undone == causes
    assert set(stay(text, ANY).told.held[-1][1]) == causes


def test_what_another_process_registered_is_undone_with_what_it_captured() -> None:
    text = (
        (HEAD + WEB % "")
        .replace("path: /web}}", 'path: "/web/${register.id}"}}')
        .replace("path: /web}", "path: /web}\n    capture: {id: id}", 1)
    )
    stayed = stay(text, ANY, undo_only=True, held={"web": {"register": {"id": "a1"}}})

    assert sent(stayed) == ["DELETE /web/a1"]
    assert stayed.outcome.state == "deregistered"


def test_undoing_goes_in_the_reverse_order_of_needs() -> None:
    stayed = stay(HEAD + TWO, ANY, undo_only=True, held={"first": {}, "second": {}})

    assert sent(stayed) == ["DELETE /second", "DELETE /first"]


def test_only_what_this_run_registered_is_undone() -> None:
    given = "[{step: register, status: 200}, {step: register, error: connect-refused, for: 100s}, {step: deregister}]"
    stayed = stay(HEAD + TWO, given, leave_at_s=5)

    assert sent(stayed)[0] == "PUT /first"
    assert [each for each in sent(stayed) if each.startswith("DELETE")] == ["DELETE /first"]
    assert [each.state for each in stayed.report.outcomes] == ["deregistered", "cancelled"]


def test_a_request_that_was_cut_off_may_have_taken_effect_and_is_undone() -> None:
    stayed = stay(HEAD + WEB % "", "[{step: register, latency: 10s}, {step: deregister}]", leave_at_s=5)

    assert sent(stayed) == ["PUT /web", "DELETE /web"]


@pytest.mark.parametrize("verb", ["register", "heartbeat"])
def test_what_is_under_way_at_the_end_is_answered_before_it_is_undone(verb: str) -> None:
    """Else the server may process it after the deregistration, and the instance stays registered for ever."""
    given = f"[{{step: {verb}, latency: 1.2s}}, {{status: 200}}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=0.1)

    assert stayed.times_s("deregister") == [pytest.approx(1.2)]
    assert stayed.outcome.state == "deregistered"


def test_what_a_late_answer_captures_is_known_to_the_deregistration() -> None:
    text = HEAD + WEB.replace("DELETE, path: /web", 'DELETE, path: "/web/${register.id}"') % ""
    text = text.replace("path: /web}\n", "path: /web}\n    capture: {id: id}\n", 1)

    given = "[{step: register, latency: 1s, body: {id: a1}}, {step: deregister}]"
    assert sent(stay(text, given, leave_at_s=0.5)) == ["PUT /web", "DELETE /web/a1"]


def test_a_late_refusal_leaves_nothing_to_undo() -> None:
    given = "[{step: register, status: 400, latency: 1s}]"

    assert sent(stay(HEAD + WEB % "", given, leave_at_s=0.5)) == ["PUT /web"]


def test_a_request_that_outlasts_the_time_leaves_it_unknown_whether_it_is_there() -> None:
    given = "[{step: register}, {step: heartbeat, latency: 10s}, {step: deregister}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=1, within_s=2)

    assert stayed.times_s("deregister") == [2.5]
    assert stayed.outcome.state == "unknown"
    assert "it may still be registered" in stayed.notes()


def test_who_is_in_a_hurry_waits_for_no_answer() -> None:
    given = "[{step: register}, {step: heartbeat, latency: 10s}, {step: deregister}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=1, within_s=2, hurry_at_s=1.3)

    assert stayed.ended_s == pytest.approx(1.3)


def test_what_nothing_will_undo_is_not_awaited_at_the_end() -> None:
    stayed = stay(
        HEAD + WEB % "when: never, ", "[{step: register, latency: 10s}]", leave_at_s=0.5, within_s=2
    )

    assert stayed.ended_s == pytest.approx(0.5)


def test_a_look_that_is_under_way_at_the_end_is_not_awaited() -> None:
    text = HEAD + WEB.replace("deregister:", "verify: {request: {path: /web}}\n    deregister:") % ""
    given = "[{step: register}, {step: verify, latency: 1s}, {step: deregister}]"

    assert stay(text, given, leave_at_s=0.5).times_s("deregister") == [0.5]


def test_what_was_refused_leaves_nothing_to_undo() -> None:
    stayed = stay(HEAD + WEB % "", "[{step: register, status: 400}]", cause=Cause.FAILURE, leave_at_s=5)

    assert sent(stayed) == ["PUT /web"]


def existing(action: str) -> str:
    """A file whose registration is there already, and says whose that is."""
    return (
        HEAD
        + WEB % ""
        + BEATS
        + f"failure_classes: [{{name: exists, match: {{status: 409}}, action: {action}}}]\n"
    )


def test_what_somebody_else_registered_is_never_undone() -> None:
    stayed = stay(existing("succeed"), "[{step: register, status: 409}, {step: heartbeat}]", leave_at_s=5)

    assert "DELETE /web" not in sent(stayed)
    assert stayed.outcome.state == "already_registered"
    assert stayed.told.held[-1][1] == []


def test_what_an_earlier_life_registered_is_kept_and_undone_like_what_this_run_made() -> None:
    given = "[{step: register, status: 409}, {step: heartbeat}, {step: deregister}]"
    stayed = stay(existing("adopt"), given, leave_at_s=5)

    assert sent(stayed) == ["PUT /web", "PUT /beat", "DELETE /web"]
    assert [report.outcomes[0].state for _, report in stayed.told.verdicts] == ["registered"]
    assert stayed.outcome.state == "deregistered"


def test_what_was_adopted_is_undone_though_its_verification_failed() -> None:
    text = existing("adopt").replace("deregister:", "verify: {request: {path: /web}}\n    deregister:")
    given = "[{step: register, status: 409}, {step: verify, status: 403}, {step: deregister}]"

    stayed = stay(text, given, cause=Cause.FAILURE, leave_at_s=5)

    assert sent(stayed) == ["PUT /web", "GET /web", "DELETE /web"]


def test_what_somebody_else_registered_is_kept_and_made_anew_once_it_is_gone_and_is_ours_then() -> None:
    given = (
        "[{step: register, status: 409}, {step: heartbeat}, {step: heartbeat, status: 404}, {step: register},"
        " {step: heartbeat}, {step: deregister}]"
    )
    stayed = stay(existing("succeed"), given, leave_at_s=25)

    assert sent(stayed) == ["PUT /web", *["PUT /beat"] * 2, "PUT /web", *["PUT /beat"] * 2, "DELETE /web"]


def test_what_turns_out_to_be_somebody_elses_is_no_longer_undone() -> None:
    given = (
        "[{step: register}, {step: heartbeat, status: 404}, {step: register, status: 409}, {step: heartbeat}]"
    )

    assert "DELETE /web" not in sent(stay(existing("succeed"), given, leave_at_s=25))


def test_an_order_to_leave_ends_the_waiting_at_once() -> None:
    stayed = stay(HEAD + WEB % "", "[{error: connect-refused}]", leave_at_s=5.05)

    assert stayed.ended_s == pytest.approx(5.05)
    assert (stayed.report.exit_status, stayed.report.interrupted) == (130, True)
    assert stayed.told.verdicts == []


def test_an_order_to_leave_ends_the_wait_for_the_application() -> None:
    stayed = stay(HEAD + WEB % "" + READY, ANY, ready_at_s=1000, leave_at_s=5.05)

    assert stayed.ended_s == pytest.approx(5.05)
    assert sent(stayed) == []
    assert "the application is ready" not in stayed.notes()


def test_a_dead_control_plane_costs_the_goodbye_no_more_than_its_time() -> None:
    given = "[{step: register}, {step: heartbeat}, {step: deregister, error: connect-refused}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=5, within_s=2)

    assert 5 < stayed.ended_s <= 7
    assert stayed.outcome.state == "failed"


@pytest.mark.parametrize(("with_app", "status"), [(True, 0), (False, 75)])
def test_a_deregistration_that_fails_is_the_status_of_a_run_alone_and_not_of_one_beside_an_application(
    with_app: bool, status: int
) -> None:
    """The process of a run with an application ends with that one's status, and its reports say no other."""
    given = "[{step: register}, {step: heartbeat}, {step: deregister, error: connect-refused}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=5, with_app=with_app)

    assert stayed.report.exit_status == status
    assert stayed.outcome.deregistration == "failed"


def test_the_status_of_the_application_is_that_of_the_report_where_it_is_known() -> None:
    stayed = stay(HEAD + WEB % "" + BEATS, ANY, leave_at_s=5, cause=Cause.EXIT, final_status=3)

    assert stayed.report.exit_status == 3


def test_a_run_whose_exit_status_somebody_else_decides_has_undone_everything_before_and_ends_after() -> None:
    stayed = stay(HEAD + WEB % "" + BEATS, ANY, leave_at_s=5, final_status=143, over_at_s=9)
    (told_s, told), *_ = stayed.told.undone_with

    assert (told_s, told.outcomes[0].state) == (5, "deregistered")
    assert (stayed.ended_s, stayed.report.exit_status) == (9, 143)
    assert message_of(stayed.events[-1]) == "ends with exit status 143"


def test_a_run_that_leaves_its_application_alone_tells_of_no_end() -> None:
    text = HEAD + WEB % ""
    alone, beside = (stay(text, ANY, with_app=with_app) for with_app in (False, True))

    assert alone.events[-1].event == "run_finished"
    assert beside.events[-1].event == "registration_finished"


def test_why_a_registration_failed_stays_its_outcome_though_it_was_deregistered_afterwards() -> None:
    given = "[{step: register}, {step: heartbeat, status: 403}, {step: deregister}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, with_app=False)

    assert stayed.steps()[-1] == "deregister"
    assert (stayed.outcome.class_name, stayed.report.exit_status) == ("denied", 77)
    assert stayed.outcome.deregistration == "deregistered"
    assert "  deregistered afterwards" in render_summary(stayed.report).splitlines()


def test_a_goodbye_that_hangs_is_cut_off_at_its_time() -> None:
    given = "[{step: register}, {step: heartbeat}, {step: deregister, latency: 10s}]"

    assert stay(HEAD + WEB % "" + BEATS, given, leave_at_s=5, within_s=2).ended_s == 7


def test_a_second_order_cuts_the_goodbye_short() -> None:
    given = "[{step: register}, {step: heartbeat}, {step: deregister, latency: 10s}]"

    assert stay(HEAD + WEB % "" + BEATS, given, leave_at_s=5, within_s=4, hurry_at_s=6).ended_s == 6


SLOW_GOODBYE = "[{step: register}, {step: heartbeat}, {step: deregister, latency: 10s}]"


def test_a_goodbye_that_is_cut_short_ends_with_the_status_of_the_signal() -> None:
    text = HEAD + WEB % "" + BEATS
    report = stay(text, SLOW_GOODBYE, leave_at_s=5, within_s=4, hurry_at_s=6, signal_status=143).report

    assert (report.exit_status, report.interrupted) == (143, True)


def test_a_failure_whose_goodbye_a_signal_cuts_short_keeps_its_status() -> None:
    given = "[{step: register}, {step: heartbeat, status: 401}, {step: deregister, latency: 10s}]"
    text = (
        HEAD
        + WEB % ""
        + BEATS.replace("every:", "give_up_after: 1, every:")
        + "lifecycle: {on_lost: stop_app}\n"
    )
    stayed = stay(text, given, with_app=False, hurry_at_s=1, signal_status=143)

    assert (stayed.ended_s, stayed.report.exit_status) == (1, 77)


def test_what_a_goodbye_that_is_cut_short_leaves_is_told_with_its_place() -> None:
    stayed = stay(
        HEAD + TWO, SLOW_GOODBYE, undo_only=True, held={"first": {}, "second": {}}, within_s=4, hurry_at_s=1
    )

    assert render_summary(stayed.report, closing=False).splitlines() == [
        "cancelled first",
        "  enlist.yaml:4:49 registrations.first.deregister: interrupted before it began",
        "  it may still be registered",
        "unknown second (1 request in 1s)",
        "  enlist.yaml:5:67 registrations.second.deregister: interrupted, and a request may have taken effect",
        "  it may still be registered",
    ]
    assert stayed.notes().count("; it may still be registered") == 2


def test_nothing_is_made_anew_after_its_goodbye() -> None:
    given = "[{step: register}, {step: heartbeat, status: 404, latency: 3s}, {step: deregister}]"
    stayed = stay(HEAD + WEB % "" + BEATS, given, leave_at_s=1)

    assert sent(stayed) == ["PUT /web", "PUT /beat", "DELETE /web"]


def test_the_goodbye_binds_the_file_again() -> None:
    text = HEAD.replace('"http://plane"', '"http://plane", auth: {bearer: "${TOKEN}"}') + WEB % "" + BEATS

    def environment() -> Mapping[str, str]:
        return {"TOKEN": "first-token" if _at_s() < 5 else "second-token"}

    last = stay(text, ANY, leave_at_s=5, environment=environment).sent[-1]

    assert last.request.method == "DELETE"
    assert getattr(dict(last.request.headers)["Authorization"], "value", None) == "Bearer second-token"


def _at_s() -> float:
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return 0.0


def test_with_retry_later_what_failed_is_tried_again() -> None:
    text = HEAD + WEB % "" + "lifecycle: {on_failure: keep_running, retry_later: 30s}\n"
    given = "[{step: register, status: 400, times: 2}, {step: register}, {step: deregister}]"
    stayed = stay(text, given, leave_at_s=1000)

    assert stayed.times_s("register") == [0, 30, 60]
    assert [(at_s, report.exit_status) for at_s, report in stayed.told.verdicts] == [(0, 76), (60, 0)]
    assert stayed.ended_s == 60


def test_retry_later_registers_again_only_what_failed() -> None:
    text = HEAD + TWO + "lifecycle: {on_failure: keep_running, retry_later: 30s}\n"
    given = "[{step: register}, {step: register, status: 400}, {step: register}]"

    assert sent(stay(text, given)) == ["PUT /first", "PUT /second", "PUT /second"]


def test_a_later_try_begins_with_the_application_as_long_as_that_has_never_been_ready() -> None:
    text = HEAD + WEB % "" + LATER
    stayed = stay(text, ANY, ready_at_s=100)

    assert stayed.notes().count("was not ready within 30s") == 2
    assert stayed.times_s("register") == [100]
    assert [(at_s, report.exit_status) for at_s, report in stayed.told.verdicts] == [(30, 75), (100, 0)]


def test_an_order_to_leave_ends_the_wait_for_the_application_of_a_later_try() -> None:
    stayed = stay(HEAD + WEB % "" + LATER, ANY, ready_at_s=1000, leave_at_s=55.05)

    assert stayed.ended_s == pytest.approx(55.05)
    assert sent(stayed) == []


def test_a_later_try_does_not_ask_again_whether_an_application_is_ready_that_has_been() -> None:
    given = "[{step: register, status: 400}, {step: register}]"
    stayed = stay(HEAD + WEB % "" + LATER, given, ready_until_s=5)

    assert stayed.times_s("register") == [0, 10]


def test_who_takes_over_takes_an_application_for_ready_that_was_so_for_its_predecessor() -> None:
    given = "[{step: register, status: 400}, {step: register}]"
    stayed = stay(HEAD + TWO + LATER, given, held={"first": {}}, ready_at_s=1000)

    assert stayed.times_s("register") == [0, 10]


def test_who_takes_over_keeps_what_stands_and_registers_what_is_missing() -> None:
    text = HEAD + TWO.replace(
        "path: /first},", "path: /first}, heartbeat: {every: 10s, request: {path: /beat}},"
    )
    stayed = stay(text, ANY, held={"first": {}}, leave_at_s=5, cause=Cause.EXIT)

    assert set(sent(stayed)[:2]) == {"PUT /second", "GET /beat"}
    assert sent(stayed)[2:] == ["DELETE /second", "DELETE /first"]
    assert [report.exit_status for _, report in stayed.told.verdicts] == [0]


def test_a_splay_delays_the_registration_of_a_run_that_stays() -> None:
    (at_s,) = stay(HEAD + WEB % "" + "lifecycle: {splay: 10s}\n", ANY).times_s("register")

    assert 0 < at_s < 10


def test_captures_are_handed_over_with_their_secrecy() -> None:
    captures: dict[str, dict[str, Value]] = {
        "login": {"token": Secret("s3cret-value", "***"), "n": [1, None, {"a": True}]}
    }
    held = {"web": registered("web", captures), "none": registered("none")}

    packed = pack(held)

    assert unpack(packed) == held
    assert "s3cret-value" not in repr(unpack(packed))


def test_why_something_failed_is_handed_over_and_whether_it_is_ours_and_known() -> None:
    given = "[{error: read-timeout}]"
    stayed = stay(HEAD + ONCE % "", given, leave_at_s=20)
    ((_, ended),) = stayed.told.held[-1][0].items()
    again = unpack(pack({"web": ended}))["web"]

    assert (again.unsure, again.leaves_traces, again.outcome.exit_status) == (True, True, 74)
    assert (again.outcome.class_name, again.outcome.span) == (ended.outcome.class_name, ended.outcome.span)


@pytest.mark.parametrize("why", [NotReady(deadline_s=60.0, problem="answered 503"), Killed(), None])
def test_what_no_answer_says_of_an_end_is_handed_over_as_it_is(why: Why | None) -> None:
    ended = registered("web")
    ended = replace(ended, outcome=replace(ended.outcome, state=OutcomeState.FAILED, why=why))

    assert unpack(pack({"web": ended})) == {"web": ended}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"x": 1}', "nonsense", '{"m": {"a": 3}}', '{"m": {"state": "odd"}}']
)
def test_what_is_no_handover_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no handover"):
        unpack(text)


ONCE = """\
registrations:
  web:
    request: {method: POST, path: /web}
    %sderegister: {request: {method: DELETE, path: /web}}
lifecycle: {on_failure: keep_running, retry_later: 10s}
"""
VERIFY = "verify: {request: {path: /web}}\n    "


def test_a_later_try_never_repeats_a_request_that_may_have_been_processed() -> None:
    """Nobody can look, so nobody knows; the outcome stays unknown, and it is not sent again."""
    stayed = stay(HEAD + ONCE % "", "[{error: disconnected-before-response}]", leave_at_s=100)

    assert sent(stayed) == ["POST /web"]
    assert (stayed.outcome.state, len(stayed.outcome.attempts)) == ("unknown", 1)


def test_a_later_try_looks_first_whether_the_request_was_processed() -> None:
    given = "[{step: register, error: read-timeout}, {step: verify, status: 403}, {step: verify}]"
    stayed = stay(HEAD + ONCE % VERIFY, given, leave_at_s=100)

    assert sent(stayed) == ["POST /web", "GET /web", "GET /web"]
    assert [report.outcomes[0].state for _, report in stayed.told.verdicts] == ["unknown", "registered"]


def test_a_later_try_sends_again_what_surely_had_no_effect() -> None:
    given = (
        "[{step: register, error: read-timeout}, {step: verify, status: 403}, {step: verify, status: 404, for: 30s},"
        " {step: register}, {step: verify}]"
    )
    stayed = stay(HEAD + ONCE % VERIFY, given, leave_at_s=100)

    assert stayed.steps().count("register") == 2
    assert stayed.told.verdicts[-1][1].outcomes[0].state == "registered"


def test_what_was_accepted_and_could_not_be_verified_is_looked_for_and_not_made_twice() -> None:
    given = "[{step: register, status: 201}, {step: verify, status: 403}, {step: verify}]"
    stayed = stay(HEAD + ONCE % VERIFY, given, leave_at_s=100)

    assert sent(stayed) == ["POST /web", "GET /web", "GET /web"]
    assert stayed.told.verdicts[-1][1].outcomes[0].state == "registered"


def test_what_needs_a_registration_that_is_not_tried_again_is_not_tried_either() -> None:
    text = HEAD + TWO.replace("PUT, path: /first", "POST, path: /first") + LATER
    stayed = stay(text, "[{step: register, error: read-timeout}, {status: 200}]", leave_at_s=100)

    assert "PUT /second" not in sent(stayed)


def test_after_an_unknown_end_a_beat_finds_out() -> None:
    text = HEAD + ONCE.replace("web:\n", "web:\n" + BEATS) % ""
    given = "[{step: register, error: read-timeout}, {step: heartbeat}]"
    stayed = stay(text, given, leave_at_s=100)

    assert sent(stayed).count("POST /web") == 1
    assert [report.outcomes[0].state for _, report in stayed.told.verdicts] == ["unknown", "registered"]


def test_who_takes_over_does_not_repeat_what_may_have_been_processed() -> None:
    text = HEAD + ONCE % ""
    held = stay(text, "[{error: read-timeout}]", leave_at_s=20).told.held[-1][0]
    stayed = stay(text, ANY, held=held, leave_at_s=5, cause=Cause.EXIT)

    assert sent(stayed) == []
    assert [report.exit_status for _, report in stayed.told.verdicts] == [74]


def test_who_takes_over_knows_what_is_somebody_elses() -> None:
    text = existing("succeed")
    held = stay(text, "[{step: register, status: 409}, {step: heartbeat}]", leave_at_s=5).told.held[-1][0]
    stayed = stay(text, ANY, held=held, leave_at_s=5)

    assert sent(stayed) == ["PUT /beat"]
    assert stayed.outcome.state == "already_registered"


def test_what_may_stand_is_handed_over_before_it_is_sent_and_settled_once_its_end_is_known() -> None:
    stayed = stay(HEAD + WEB % "", "[{step: register, latency: 3s}, {step: deregister}]", leave_at_s=5)

    (begun, *_), (settled, *_) = stayed.told.under_way[0], stayed.told.under_way[-1]
    assert (begun, settled) == (0, 3)
    assert set(stayed.told.under_way[0][2] or ()) == set(Cause)
    assert stayed.told.under_way[-1][1:] == ("web", None)


def test_what_its_steps_capture_is_handed_over_while_it_is_under_way() -> None:
    steps = """
    steps:
      - {name: find, request: {path: /find}, capture: {at: {header: x-at}}}
      - {name: create, request: {method: POST, path: /web}, capture: {id: {header: x-id}}}
      - {name: join, request: {method: PUT, path: "/web/${create.id}"}}
"""
    given = "[{step: find, headers: {x-at: here}}, {step: create, headers: {x-id: '7'}}, {step: join, latency: 3s}]"
    told = stay(f"{HEAD}registrations:\n  web:{steps}", given, leave_at_s=5).told

    found, created = {"find": {"at": "here"}}, {"find": {"at": "here"}, "create": {"id": "7"}}
    assert told.captures_under_way == [found, created]


def test_what_never_left_is_not_handed_over() -> None:
    assert stay(HEAD + WEB % "", "[{error: connect-refused}]", leave_at_s=5).told.under_way == []


def test_what_a_killed_process_may_have_registered_is_registered_again_where_that_may_be_repeated() -> None:
    text = HEAD + WEB % ""
    stayed = stay(text, ANY, held={"web": left_open(plan_of(text).registrations["web"])}, leave_at_s=5)

    assert sent(stayed) == ["PUT /web"]
    assert stayed.outcome.state == "registered"


def test_what_a_killed_process_may_have_registered_is_undone_though_it_was_never_seen() -> None:
    text = HEAD + WEB % ""
    held = {"web": left_open(plan_of(text).registrations["web"])}

    assert sent(stay(text, ANY, held=held, undo_only=True)) == ["DELETE /web"]


@pytest.mark.parametrize(
    ("given", "posts"),
    [("[{step: verify, status: 404, for: 30s}, {status: 200}]", 1), ("[{status: 200}]", 0)],
    ids=["not there", "there"],
)
def test_what_a_killed_process_may_have_registered_is_looked_for_before_it_is_repeated(
    given: str, posts: int
) -> None:
    text = HEAD + WEB.replace("PUT", "POST") % "" + "    verify: {request: {path: /web}}\n"
    held = {"web": left_open(plan_of(text).registrations["web"])}
    stayed = stay(text, given, held=held, leave_at_s=100)

    assert sent(stayed)[0] == "GET /web"
    assert sent(stayed).count("POST /web") == posts
    assert stayed.outcome.state == "registered"


def test_what_a_killed_process_may_have_registered_is_never_repeated_where_nobody_can_look() -> None:
    text = HEAD + WEB.replace("PUT", "POST") % ""
    held = {"web": left_open(plan_of(text).registrations["web"])}
    stayed = stay(text, ANY, held=held, leave_at_s=5)

    assert sent(stayed) == ["DELETE /web"]
    assert [report.outcomes[0].state for _, report in stayed.told.verdicts] == ["unknown"]


def test_a_shutdown_between_the_registration_and_the_verdict_interrupts_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = Session._register_when_ready

    async def register_and_shut_down(self: Session, *how: Any) -> None:
        await register(self, *how)
        self._shutdown.request(Cause.SIGNAL, now_s() + 2, 143)

    monkeypatch.setattr(Session, "_register_when_ready", register_and_shut_down)
    stayed = stay(HEAD + WEB % "" + BEATS, "[{status: 200}]", with_app=False)

    assert sent(stayed)[-1] == "DELETE /web"
    assert stayed.report.exit_status == 0

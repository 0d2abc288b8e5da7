"""What verification and ``start_over`` mean for a registration."""

import pytest
from support.harness import play
from support.rule_files import EXACT, classes_of, ended, file_of

SECOND = "backoff: {initial: 1s, max: 1s, jitter: none}"
VERIFY = "verify: {request: {path: /r}, expect: {body: {state: RUNNING}}}"


def test_a_404_waits_until_the_registration_shows() -> None:
    """Right after a registration its absence is a delay and not a refusal."""
    played = play(
        file_of(more=VERIFY),
        "[{step: register}, {step: verify, status: 404, times: 3}, {step: verify, body: {state: RUNNING}}]",
    )

    assert classes_of(played) == [None, "missing", "missing", "missing", None]
    assert played.outcome.state == "registered"


def test_a_state_that_is_not_yet_right_is_waited_for() -> None:
    """``expect.body`` not yet is ``pending``, which retries."""
    given = "[{step: register}, {step: verify, body: {state: STARTING}, times: 2}, {step: verify, body: {state: RUNNING}}]"

    assert classes_of(play(file_of(more=VERIFY), given)) == [None, "pending", "pending", None]


def test_what_never_shows_is_failed_and_says_that_verification_did_not_confirm_it() -> None:
    """Two hundred at the registration is not enough when the verification never agrees."""
    text = file_of(policy=f"deadline: 5s, {SECOND}", more=VERIFY)

    absent = play(text, "[{step: register}, {step: verify, status: 404}]").outcome
    wrong = play(text, "[{step: register}, {step: verify, body: {state: FAILED}}]").outcome

    assert ended(absent) == ("failed", "missing", "verify", 75)
    assert ended(wrong) == ("failed", "pending", "verify", 75)
    assert (absent.verb, absent.step) == ("verify", "verify")


def test_a_server_that_goes_away_before_it_confirms_is_not_a_no() -> None:
    """The reason is the deadline and not the verification: nobody said that it is not there."""
    text = file_of(policy=f"deadline: 5s, {SECOND}", more=VERIFY)

    assert ended(play(text, "[{step: register}, {step: verify, status: 503}]").outcome) == (
        "failed",
        "unavailable",
        "deadline",
        75,
    )


def test_a_refused_verification_ends_at_once() -> None:
    """Who may not look is denied, and the registration does not count as standing."""
    played = play(file_of(more=VERIFY), "[{step: register}, {step: verify, status: 403}]")

    assert ended(played.outcome) == ("failed", "denied", "fatal", 77)


def test_a_class_can_give_a_verification_up() -> None:
    """A task that is FAILED will not become RUNNING by itself."""
    more = VERIFY[:-1] + ", failure_classes: [{name: broken, match: {body: {state: FAILED}}, action: fail}]}"
    played = play(file_of(more=more), "[{step: register}, {step: verify, body: {state: FAILED}}]")

    assert ended(played.outcome) == ("failed", "broken", "fatal", 76)
    assert len(played.sent) == 2


def test_verification_has_steps_and_sees_what_registering_captured() -> None:
    """The identifier of the created object is what is looked for."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    request: {method: PUT, path: /r}
    capture: {id: id}
    verify:
      steps:
        - {name: find, request: {path: "/r/${register.id}"}, capture: {task: task}}
        - {name: look, request: {path: "/t/${find.task}"}}
"""
    played = play(text, "[{step: register, body: {id: 7}}, {step: find, body: {task: t1}}, {step: look}]")

    assert [each.request.url for each in played.sent] == ["http://h/r", "http://h/r/7", "http://h/t/t1"]


def test_a_verification_of_what_was_there_already_leaves_it_already_registered() -> None:
    """The proof changes nothing about who registered it."""
    classes = "{name: exists, match: {status: 409}, action: succeed}"
    played = play(
        file_of(classes=classes, more=VERIFY),
        "[{step: register, status: 409}, {step: verify, body: {state: RUNNING}}]",
    )

    assert played.outcome.state == "already_registered"


START_OVER = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {%s}}
failure_classes: [{name: gone, match: {status: 404, body: {code: lease}}, action: start_over}]
registrations:
  r:
    steps:
      - {name: grant, request: {method: POST, path: /grant}, capture: {id: id}}
      - {name: put, request: {method: PUT, path: "/put/${grant.id}"}}
    verify: {request: {path: "/look/${grant.id}"}}
"""


def test_start_over_begins_with_the_first_step_and_what_it_captures_anew() -> None:
    """The lease is gone, so the old one is of no use: the second round works with its own."""
    given = "[{step: grant, body: {id: 1}}, {step: grant, body: {id: 2}}, {step: put, status: 404, body: {code: lease}}, {status: 200}]"
    played = play(START_OVER % EXACT, given)

    assert [str(each.request.url)[len("http://h") :] for each in played.sent] == [
        "/grant",
        "/put/1",
        "/grant",
        "/put/2",
        "/look/2",
    ]
    assert played.times_s == [0, 0, 1, 1, 1]
    assert played.outcome.state == "registered"


def test_start_over_from_the_verification_registers_again() -> None:
    """What the verification finds gone is made again."""
    given = "[{step: grant, body: {id: 1}, times: 2}, {step: verify, status: 404, body: {code: lease}}, {status: 200}]"
    steps = [each.request.step for each in play(START_OVER % EXACT, given).sent]

    assert steps == ["grant", "put", "verify", "grant", "put", "verify"]


def test_start_over_spends_attempts_and_never_goes_on_for_ever() -> None:
    """Three failures are three attempts, however often it began again."""
    given = "[{step: grant, body: {id: 1}}, {step: put, status: 404, body: {code: lease}}]"
    played = play(START_OVER % f"attempts: 3, {EXACT}", given)

    assert ended(played.outcome) == ("failed", "gone", "attempts", 75)
    assert len(played.sent) == 6


def test_start_over_is_bounded_by_the_deadline() -> None:
    """Beginning again does not begin the deadline again."""
    given = "[{step: grant, body: {id: 1}}, {step: put, status: 404, body: {code: lease}}]"
    played = play(START_OVER % f"deadline: 5s, {EXACT}", given)

    assert ended(played.outcome) == ("failed", "gone", "deadline", 75)
    assert played.report.elapsed_s <= 5


def test_start_over_forgets_what_was_captured() -> None:
    """A capture of the first round must not slip into the second, where the step ended without one."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
failure_classes: [{name: gone, match: {status: 404}, action: start_over}, {name: exists, match: {status: 409}, action: succeed}]
registrations:
  r:
    steps:
      - {name: grant, request: {method: POST, path: /grant}, capture: {id: {body: id, default: none}}}
      - {name: put, request: {method: PUT, path: "/put/${grant.id}"}}
"""
    given = (
        "[{step: grant, body: {id: 1}}, {step: put, status: 404}, {step: grant, status: 409}, {step: put}]"
    )
    played = play(text, given)

    assert [str(each.request.url)[len("http://h") :] for each in played.sent] == [
        "/grant",
        "/put/1",
        "/grant",
        "/put/none",
    ]


def test_a_verification_is_not_asked_when_registering_failed_for_good() -> None:
    """What was refused is not looked for."""
    played = play(file_of(more=VERIFY), "[{step: register, status: 400}, {step: verify}]")

    assert [each.request.step for each in played.sent] == ["register"]


def test_a_registration_that_nobody_needs_to_undo_is_skipped() -> None:
    """A file without ``deregister`` sends nothing at the end, which is no failure."""
    played = play(file_of(), "[{status: 200}]", undo=True)

    assert (played.outcome.state, len(played.sent), played.report.exit_status) == ("skipped", 0, 0)


@pytest.mark.parametrize(
    "not_yet", ["{step: verify, body: {state: STARTING}, times: 2}", "{step: verify, status: 404, times: 2}"]
)
def test_a_verification_by_post_is_waited_for_as_well(not_yet: str) -> None:
    """A verification looks and changes nothing; with etcd even looking is a POST."""
    more = "verify: {request: {method: POST, path: /look}, expect: {body: {state: RUNNING}}}"
    played = play(
        file_of(more=more), f"[{{step: register}}, {not_yet}, {{step: verify, body: {{state: RUNNING}}}}]"
    )

    assert played.outcome.state == "registered"


@pytest.mark.parametrize("status", [201, 202, 204])
def test_another_success_than_the_one_that_is_awaited_is_waited_for(status: int) -> None:
    """202 says that it is being made."""
    more = "verify: {request: {path: /r}, expect: {status: 200}}"
    played = play(
        file_of(more=more), f"[{{step: register}}, {{step: verify, status: {status}}}, {{step: verify}}]"
    )

    assert classes_of(played) == [None, "pending", None]


def test_another_success_than_the_one_that_is_awaited_is_refused_elsewhere() -> None:
    """A registration that answers otherwise than the file says has done something else."""
    played = play(file_of(more="expect: {status: 201}"), "[{status: 202}]")

    assert ended(played.outcome) == ("failed", "unexpected", "fatal", 76)

"""Rules 8, 34 and 35, and what a class can ask: how an attempt finds its class."""

import json
from typing import Any

import pytest
from support.harness import play
from support.rule_files import EXACT, POST, classes_of, ended, file_of

from runner.config.loader import load
from runner.model.decision import Decided

CATCH_ALL = "{name: all, match: {processed: [never, maybe, started]}, action: retry}"
OUR_OWN = "[invalid-url, request-invalid, internal, cancelled]"

EMPTY_FAN_OUT = """
version: 1
endpoints: {e: {url: "http://h"}}
failure_classes: [%s]
registrations:
  r:
    steps:
      - {name: discover, request: {path: /datacenters}, capture: {names: names}}
      - name: upsert
        request: {method: PUT, path: /r, json: {$for_each: "${discover.names}", $key: "${item}", $value: {}}}
"""


@pytest.mark.parametrize(
    ("kind", "exit_status"),
    [("invalid-url", 76), ("request-invalid", 76), ("internal", 70), ("cancelled", 76)],
)
def test_rule_08_a_catch_all_never_takes_our_own_mistakes(kind: str, exit_status: int) -> None:
    """What we did wrong is not the server's doing, and repeating it would only hide it; a bug says so."""
    played = play(file_of(classes=CATCH_ALL), f"[{{error: {kind}}}, {{status: 200}}]")

    assert ended(played.outcome) == ("failed", "unexpected", "fatal", exit_status)
    assert len(played.sent) == 1


def test_rule_08_nor_does_a_class_that_names_them() -> None:
    """Not even a class that lists the kinds makes a bug retryable."""
    classes = f"{{name: ours, match: {{errors: {OUR_OWN}}}, action: retry}}"

    assert play(file_of(classes=classes), "[{error: internal}]").outcome.class_name == "unexpected"


def test_rule_08_a_catch_all_takes_everything_else() -> None:
    """Any answer and any transport failure: that is what it is for."""
    given = "[{error: protocol-error}, {error: tls-verify}, {status: 404}, {status: 501}, {error: connect-refused}]"
    played = play(file_of(policy=f"attempts: 5, {EXACT}", classes=CATCH_ALL), given)

    assert classes_of(played) == ["all"] * 5


@pytest.mark.parametrize("classes", ["", "{name: unsent, match: {processed: never}, action: retry}"])
def test_rule_08_an_empty_fan_out_is_not_sent_and_not_retried(classes: str) -> None:
    """A replacement by nothing has deleted people's pools; no class can make it go out."""
    played = play(EMPTY_FAN_OUT % classes, "[{step: discover, body: {names: []}}, {step: upsert}]")

    assert [each.request.step for each in played.sent] == ["discover"]
    assert ended(played.outcome) == ("failed", "unexpected", "fatal", 76)
    assert played.outcome.attempts[-1].error_kind == "request-invalid"
    assert "$allow_empty" in str(played.outcome.message)


def test_rule_08_a_value_that_cannot_stand_in_a_path_is_not_sent_and_not_retried() -> None:
    """A captured name of ``..`` would climb to another path; the request is refused here and at once."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    failure_classes: [{name: unsent, match: {processed: never}, action: retry}]
    steps:
      - {name: find, request: {path: /pools}, capture: {name: name}}
      - {name: remove, request: {method: DELETE, path: "/pools/${find.name}"}}
"""
    played = play(text, "[{step: find, body: {name: '..'}}, {step: remove}]")

    assert [each.request.step for each in played.sent] == ["find"]
    assert ended(played.outcome) == ("failed", "unexpected", "fatal", 76)


def test_rule_34_a_declared_class_takes_an_answer_of_200() -> None:
    """Rivet answers 200 to a preflight that failed: only the body says so."""
    classes = "{name: unreachable-app, match: {status: 200, body: {failure: {exists: true}}}, action: retry}"
    given = "[{body: {failure: {error: refused}}, times: 2}, {body: {success: {version: 1}}}]"
    played = play(file_of(classes=classes), given)

    assert classes_of(played) == ["unreachable-app", "unreachable-app", None]


def test_rule_34_a_class_is_asked_before_the_expectation() -> None:
    """An answer that is as expected can still be one that the file calls a failure."""
    classes = "{name: dead, match: {body: {result.TTL: {exists: false}}}, action: fail}"
    text = file_of(classes=classes, more="expect: {status: 200}")

    assert play(text, "[{status: 200, body: {result: {}}}]").outcome.class_name == "dead"


def test_rule_34_status_headers_body_and_text_can_all_be_asked() -> None:
    """All parts of one match must hold; any one that does not lets the answer through."""
    match = "{status: 500, headers: {x-kind: odd}, body: {code: 5}, text: {contains: oops}}"
    text = file_of(
        classes=f"{{name: all-of-it, match: {match}, action: fail, exit_code: 9}}", policy="attempts: 1"
    )
    full: dict[str, Any] = {"status": 500, "headers": {"X-Kind": "odd"}, "body": {"code": 5, "m": "oops"}}
    assert play(text, json.dumps([full])).outcome.class_name == "all-of-it"

    for part, other in (
        ("status", 502),
        ("headers", {}),
        ("body", {"code": 4, "m": "oops"}),
        ("body", {"code": 5}),
    ):
        assert play(text, json.dumps([full | {part: other}])).outcome.class_name == "unavailable"


def test_rule_34_a_list_of_matches_takes_what_one_of_them_takes() -> None:
    """Parts of a map all hold; of a list of maps one is enough."""
    classes = "{name: either, match: [{status: 404}, {errors: protocol-error}], action: fail}"

    assert play(file_of(classes=classes), "[{status: 404}]").outcome.class_name == "either"
    assert play(file_of(classes=classes), "[{error: protocol-error}]").outcome.class_name == "either"
    assert play(file_of(classes=classes), "[{status: 409}]").outcome.class_name == "rejected"


def test_rule_34_a_status_set_can_leave_some_out() -> None:
    """``5xx`` with ``except: 503``."""
    text = file_of(
        classes="{name: server, match: {status: 5xx, except: 503}, action: fail}", policy="attempts: 1"
    )

    assert play(text, "[{status: 502}]").outcome.class_name == "server"
    assert play(text, "[{status: 503}]").outcome.class_name == "unavailable"


def test_rule_34_a_text_condition_sees_eight_kilobytes() -> None:
    """The bound keeps a huge page from stalling the loop; what stands beyond it is not seen."""
    text = file_of(classes="{name: found, match: {text: {matches: needle}}, action: fail}")

    assert play(text, json.dumps([{"body": "x" * 8000 + "needle"}])).outcome.class_name == "found"
    assert play(text, json.dumps([{"body": "x" * 8192 + "needle"}])).outcome.state == "registered"


@pytest.mark.parametrize(
    "part",
    ["status: 2xx", "body: {a: {exists: false}}", "text: {empty: true}", "headers: {x: {exists: false}}"],
)
def test_rule_34_conditions_on_an_answer_need_an_answer(part: str) -> None:
    """A refused connection has neither status nor body, text or headers that a class could be about."""
    text = file_of(classes=f"{{name: mine, match: {{{part}}}, action: fail}}")
    played = play(text, "[{error: connect-refused}, {status: 500}]")

    assert classes_of(played)[0] == "unreachable"


def test_rule_35_not_ready_yet_is_its_own_class_with_its_own_policy() -> None:
    """Waiting for a state is no error: another count, another gap."""
    text = file_of(
        policy=f"attempts: 2, {EXACT}",
        policies="patient: {attempts: 50, backoff: {initial: 500ms, max: 500ms, jitter: none}}",
        classes="{name: pending, policy: patient}",
        more="expect: {body: {state: RUNNING}}",
    )
    played = play(text, "[{body: {state: STARTING}, times: 30}, {body: {state: RUNNING}}]")

    assert played.outcome.state == "registered"
    assert classes_of(played) == ["pending"] * 30 + [None]


def test_rule_35_202_can_be_a_class_that_waits() -> None:
    """Accepted is not done, if the file says so."""
    text = file_of(classes="{name: accepted, match: {status: 202}, action: retry}")

    assert classes_of(play(text, "[{status: 202}, {status: 200}]")) == ["accepted", None]


@pytest.mark.parametrize("body", ["<html>hello</html>", "", "{ 'a': 1 }", "NaN", "[1, 2", "1" * 5000])
def test_a_body_that_cannot_be_read_is_not_one_that_is_not_ready(body: str) -> None:
    """Waiting does not turn a login page into JSON: it ends at once."""
    text = file_of(more="expect: {body: {state: RUNNING}}")

    assert ended(play(text, json.dumps([{"body": body}])).outcome) == ("failed", "unexpected", "fatal", 76)


def test_a_status_that_was_not_expected_is_not_one_that_is_not_ready() -> None:
    """204 where 200 was expected is another answer and not an early one."""
    text = file_of(more="expect: {status: 200}")

    assert ended(play(text, "[{status: 204}]").outcome) == ("failed", "unexpected", "fatal", 76)


def test_a_status_that_was_expected_is_a_success_whatever_it_is() -> None:
    """Who expects 304 or 404 gets it."""
    assert play(file_of(more="expect: {status: [200, 304]}"), "[{status: 304}]").outcome.state == "registered"
    assert play(file_of(more="expect: {status: 404}"), "[{status: 404}]").outcome.state == "registered"


def test_an_expected_header_is_expected() -> None:
    """The status alone is not enough where the file asks for more."""
    text = file_of(more="expect: {headers: {etag: {exists: true}}}", policy="attempts: 1")

    assert play(text, "[{status: 200}]").outcome.class_name == "pending"
    assert play(text, "[{status: 200, headers: {ETag: x}}]").outcome.state == "registered"


@pytest.mark.parametrize(
    ("answer", "verb", "failure_class", "decided"),
    [
        ("{error: connect-refused}", "register", "unreachable", "retry"),
        ("{error: dns-temporary}", "register", "unreachable", "retry"),
        ("{status: 429}", "register", "throttled", "retry"),
        ("{status: 503, headers: {Retry-After: '1'}}", "register", "throttled", "retry"),
        ("{status: 503}", "register", "unavailable", "retry"),
        ("{status: 500}", "register", "unavailable", "retry"),
        ("{status: 408}", "register", "unavailable", "retry"),
        ("{status: 425}", "register", "unavailable", "retry"),
        ("{status: 501}", "register", "unexpected", "fail"),
        ("{status: 404}", "register", "missing", "fail"),
        ("{status: 410}", "register", "missing", "fail"),
        ("{status: 404}", "verify", "missing", "retry"),
        ("{status: 410}", "verify", "missing", "retry"),
        ("{status: 404}", "deregister", "missing", "succeed"),
        ("{status: 410}", "deregister", "missing", "succeed"),
        ("{status: 401}", "register", "denied", "fail"),
        ("{status: 403}", "verify", "denied", "fail"),
        ("{status: 403}", "deregister", "denied", "fail"),
        ("{error: tls-verify}", "register", "untrusted", "fail"),
        ("{error: tls-verify}", "deregister", "untrusted", "fail"),
        ("{status: 400}", "register", "rejected", "fail"),
        ("{status: 409}", "verify", "rejected", "fail"),
        ("{status: 302}", "register", "rejected", "fail"),
        ("{error: local-resource}", "register", "local", "retry"),
        ("{error: protocol-error}", "register", "unexpected", "fail"),
        ("{error: payload-too-large}", "verify", "unexpected", "fail"),
        ("{error: connect-refused}", "deregister", "unreachable", "retry"),
        ("{status: 500}", "verify", "unavailable", "retry"),
    ],
)
def test_the_built_in_classes_are_the_table_of_the_design(
    answer: str, verb: str, failure_class: str, decided: str
) -> None:
    """What each class takes, and what each verb does about it."""
    text = file_of(more="verify: {request: {path: /v}}, deregister: {request: {method: DELETE, path: /r}}")
    given = f"[{{step: {verb}, {answer[1:]}, {{status: 200}}]"
    attempts = play(text, given, undo=verb == "deregister", chance=lambda: 0.0).outcome.attempts
    mine = [each for each in attempts if each.verb == verb]
    words = {
        "retry": Decided.RETRY,
        "fail": Decided.GIVE_UP,
        "succeed": Decided.SUCCEED,
    }

    assert failure_class == mine[0].class_name
    assert mine[0].decided is words[decided]


@pytest.mark.parametrize(
    ("retuned", "given", "expected"),
    [
        ("{name: missing, action: retry}", "[{status: 404}, {status: 200}]", ("registered", None, None, 0)),
        ("{name: unavailable, action: fail}", "[{status: 500}]", ("failed", "unavailable", "fatal", 76)),
        ("{name: denied, exit_code: 42}", "[{status: 403}]", ("failed", "denied", "fatal", 42)),
        ("{name: rejected, action: succeed}", "[{status: 409}]", ("already_registered", None, None, 0)),
        ("{name: unavailable, policy: once}", "[{status: 500}]", ("failed", "unavailable", "attempts", 75)),
    ],
)
def test_an_entry_with_a_built_ins_name_and_no_match_retunes_it(
    retuned: str, given: str, expected: tuple[str, str | None, str | None, int]
) -> None:
    """What the entry says replaces that part of the built-in; the rest of it stays."""
    assert expected == ended(play(file_of(classes=retuned, policies="once: {attempts: 1}"), given).outcome)


def test_a_retuned_class_keeps_its_place_and_what_it_takes() -> None:
    """A built-in is asked last whether or not it was retuned; only declared classes come before it."""
    classes = "{name: missing, action: retry}, {name: gone, match: {status: 404}, action: fail}"

    assert play(file_of(classes=classes), "[{status: 404}]").outcome.class_name == "gone"


def test_the_innermost_retuning_wins_part_by_part() -> None:
    """The file's action and the registration's hint live in one class."""
    text = file_of(
        classes="{name: missing, action: fail, hint: of the file, exit_code: 9}",
        more="failure_classes: [{name: missing, hint: of the registration}]",
    )
    outcome = play(text, "[{status: 404}]").outcome

    assert (outcome.hint, outcome.exit_status) == ("of the registration", 9)


def test_a_retuning_of_one_verb_leaves_the_others() -> None:
    """Who lets the verification fail on 404 still deregisters what is gone."""
    more = (
        "verify: {request: {path: /v}, failure_classes: [{name: missing, action: fail}]},"
        "deregister: {request: {method: DELETE, path: /r}}"
    )

    assert (
        play(file_of(more=more), "[{step: register}, {step: verify, status: 404}]").outcome.state == "failed"
    )
    assert play(file_of(more=more), "[{status: 404}]", undo=True).outcome.state == "deregistered"


@pytest.mark.parametrize(
    "entry", ["{name: mising}", "{name: my-own, action: fail}", "{name: mine, match: {status: 404}}"]
)
def test_a_class_that_decides_nothing_is_a_finding(entry: str) -> None:
    """A misspelled built-in, a class without a match, a match without an action."""
    assert load(file_of(classes=entry).encode(), "f").plan is None


CONDITIONS: list[tuple[str, Any, bool]] = [
    ("1", 1, True),
    ("1", 1.0, True),
    ("1", True, False),
    ("true", 1, False),
    ("true", True, True),
    ("1", "1", False),
    ("a", "a", True),
    ("a", "A", False),
    ("null", None, True),
    ("null", 0, False),
    ("{equals: [eu, us]}", ["eu", "us"], True),
    ("{equals: [eu, us]}", ["us", "eu"], False),
    ("{equals: [1]}", [True], False),
    ("{equals: {a: {b: 1}}}", {"a": {"b": 1.0}}, True),
    ("{equals: {a: 1}}", {"a": 1, "b": 2}, False),
    ("{equals: []}", [], True),
    ("{equals: []}", {}, False),
    ("{in: [a, b]}", "b", True),
    ("{in: [a, b]}", "c", False),
    ("{in: [1]}", True, False),
    ("{in: [[1], [2]]}", [2], True),
    ("{contains: ell}", "hello", True),
    ("{contains: Ell}", "hello", False),
    ("{contains: 2}", [1, 2], True),
    ("{contains: 1}", [True], False),
    ("{contains: a}", {"a": 0}, True),
    ("{contains: b}", {"a": 0}, False),
    ("{contains: 1}", 1, False),
    ("{contains: 1}", "1", False),
    ("{contains: a}", None, False),
    ('{matches: "^v[0-9]+$"}', "v12", True),
    ('{matches: "v[0-9]"}', "see v1 there", True),
    ('{matches: "^v$"}', "x", False),
    ("{matches: '1'}", 1, False),
    ("{exists: true}", 0, True),
    ("{exists: true}", "", True),
    ("{exists: true}", None, False),
    ("{exists: false}", None, True),
    ("{exists: false}", False, False),
    ("{empty: true}", "", True),
    ("{empty: true}", [], True),
    ("{empty: true}", {}, True),
    ("{empty: true}", None, True),
    ("{empty: true}", 0, False),
    ("{empty: true}", False, False),
    ("{empty: false}", "x", True),
    ("{empty: false}", [0], True),
    ("{empty: false}", None, False),
    ("{min: 2}", 2, True),
    ("{min: 2}", 1.9, False),
    ("{min: 2}", "10", True),
    ("{min: 2}", "two", False),
    ("{min: 0}", True, False),
    ("{min: 0}", None, False),
    ("{min: 0}", [1], False),
    ("{max: 2}", 2, True),
    ("{max: 2}", 2.1, False),
    ("{max: 2}", "1", True),
    ("{max: 2}", "-inf", False),
    ("{min: 2}", "1_000", False),
    ("{min: 2}", "nan", False),
]


@pytest.mark.parametrize(("condition", "value", "expected"), CONDITIONS)
def test_conditions_say_what_their_words_say(condition: str, value: Any, expected: bool) -> None:
    """Each operator on values of each type; types are never converted, but for numbers that travel as texts."""
    text = file_of(classes=f"{{name: hit, match: {{body: {{v: {condition}}}}}, action: fail}}")
    played = play(text, json.dumps([{"status": 200, "body": {"v": value}}]))

    assert expected == (played.outcome.class_name == "hit")


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["huge", "hugely-negative"])
def test_a_number_larger_than_any_float_is_still_compared(value: int) -> None:
    """A server can write 400 digits; the comparison must not end the run with a traceback."""
    text = file_of(classes="{name: hit, match: {body: {v: {min: 1}}}, action: fail}")
    played = play(text, json.dumps([{"status": 200, "body": f'{{"v": {value}}}'}]))

    assert (value > 0) == (played.outcome.class_name == "hit")


def test_a_list_is_not_contained_in_a_map_and_asking_ends_no_run() -> None:
    """A capture can be a list where a word was meant: the condition does not hold, and nothing breaks."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 1}}
registrations:
  r:
    steps:
      - {name: discover, request: {path: /datacenters}, capture: {names: names}}
      - name: look
        request: {path: /pools}
        expect: {body: {pools: {contains: "${discover.names}"}}}
"""
    played = play(text, "[{step: discover, body: {names: [eu]}}, {step: look, body: {pools: {eu: {}}}}]")

    assert played.outcome.class_name == "pending"


TYPE_ERRORS = [
    "length(v)",
    "sort(v)",
    "max(v)",
    "keys(v)",
    "sum(v)",
    "contains(v, `1`)",
    "sort_by(v, &a)",
    "join(',', v)",
]


@pytest.mark.parametrize("path", TYPE_ERRORS)
@pytest.mark.parametrize(
    "condition", ["{exists: true}", "{exists: false}", "{empty: true}", "null", "{max: 5}"]
)
def test_a_jmespath_type_error_means_that_the_condition_does_not_hold(path: str, condition: str) -> None:
    """Asking for the length of a number is neither true nor false, and never a crash."""
    text = file_of(classes=f'{{name: hit, match: {{body: {{"{path}": {condition}}}}}, action: fail}}')

    assert play(text, "[{status: 200, body: {v: 7}}]").outcome.state == "registered"


def test_a_jmespath_type_error_in_an_expectation_is_not_ready_yet() -> None:
    """``keys(datacenters)`` of null is what a list looks like before it is there."""
    text = file_of(more='expect: {body: {"keys(pools)": {contains: eu}}}')
    played = play(text, "[{body: {pools: null}, times: 2}, {body: {pools: {eu: {}}}}]")

    assert classes_of(played) == ["pending", "pending", None]


def test_a_condition_can_compare_with_what_was_captured() -> None:
    """An earlier step's value is compared with its type."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    steps:
      - {name: create, request: {method: PUT, path: /a}, capture: {id: id}}
      - {name: look, request: {path: /b}, expect: {body: {id: "${create.id}"}}}
"""
    given = "[{step: create, body: {id: 7}}, {step: look, body: {id: '7'}}, {step: look, body: {id: 7}}]"

    assert classes_of(play(text, given)) == [None, "pending", None]


def test_a_condition_whose_own_value_cannot_be_had_is_not_waited_for() -> None:
    """A quote in a captured name makes the path unusable for ever: no state will come that mends it."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    request: {method: PUT, path: /pools}
    capture: {name: name}
    verify: {request: {path: /pools}, expect: {body: {'pools."${register.name}"': {exists: true}}}}
"""
    given = [{"step": "register", "body": {"name": 'a"b'}}, {"step": "verify", "body": {"pools": {}}}]
    played = play(text, json.dumps(given))

    assert len(played.sent) == 2
    assert (played.outcome.state, played.outcome.reason, played.outcome.exit_status) == (
        "failed",
        "fatal",
        76,
    )


def test_an_unmet_condition_is_told_in_words_of_the_file() -> None:
    """Who reads the report sees the list that was expected, and not how the program holds it."""
    text = file_of(more="expect: {body: {names: {equals: [eu, us]}}}", policy="attempts: 1")
    message = str(play(text, "[{body: {names: [eu]}}]").outcome.message)

    assert "ListNode" not in message
    assert "eu" in message


@pytest.mark.parametrize("nesting", [100, 400, 900])
def test_a_deeply_nested_answer_is_captured_or_refused_but_breaks_nothing(nesting: int) -> None:
    """A hostile or broken server must not end the run with a traceback."""
    text = file_of(more="capture: {all: '@'}")
    played = play(text, json.dumps([{"body": "[" * nesting + "]" * nesting}]))

    assert played.outcome.state in {"registered", "failed"}


@pytest.mark.parametrize("nesting", [100, 400, 900])
@pytest.mark.parametrize("entry", ['{name: odd, match: {status: 400}, action: fail, message: "@"}', ""])
def test_a_deeply_nested_failure_breaks_nothing(nesting: int, entry: str) -> None:
    """The server's own words are looked for with care."""
    body = '{"error":' * nesting + '"x"' + "}" * nesting

    assert play(file_of(classes=entry), json.dumps([{"status": 400, "body": body}])).outcome.state == "failed"


def test_the_servers_own_words_come_from_the_classs_path() -> None:
    """``message`` says where a control plane hides them."""
    classes = (
        "{name: bad, match: {status: 400}, action: fail, message: 'errors[0].detail', hint: read the manual}"
    )
    outcome = play(
        file_of(classes=classes), "[{status: 400, body: {errors: [{detail: no such pool}]}}]"
    ).outcome

    assert (outcome.server_message, outcome.hint) == ("no such pool", "read the manual")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("no such pool", "no such pool"),
        ("...", "..."),
        ("word " * 100, "word " * 59 + "wo..."),
        ("x" * 1000, "x" * 297 + "..."),
        ("error: " + "x" * 1000, "error: " + "x" * 290 + "..."),
    ],
)
def test_the_servers_own_words_are_cut_so_that_their_beginning_is_seen(words: str, shown: str) -> None:
    """Cutting between words would leave nothing of a token without a space, which is one word, however long."""
    outcome = play(file_of(), json.dumps([{"status": 400, "body": {"error": words}}])).outcome

    assert outcome.server_message == shown


def test_a_declared_retry_that_is_given_up_is_transient_and_a_fail_is_not() -> None:
    """75 says that a restart may help, 76 that it will not; ``exit_code`` says otherwise."""
    retry = "{name: mine, match: {status: 400}, action: retry%s}"
    fail = "{name: mine, match: {status: 400}, action: fail%s}"

    def status(entry: str) -> int:
        return play(
            file_of(classes=entry, policy=f"attempts: 2, {EXACT}"), "[{status: 400}]"
        ).report.exit_status

    assert [
        status(entry)
        for entry in (retry % "", fail % "", retry % ", exit_code: 10", fail % ", exit_code: 11")
    ] == [75, 76, 10, 11]


def test_a_success_by_class_still_captures_what_is_there() -> None:
    """409 with the existing object is as good as 201 for the steps after it."""
    text = f"""
version: 1
endpoints: {{e: {{url: "http://h"}}}}
registrations:
  r:
    steps:
      - name: create
        request: {POST}
        capture: {{id: id}}
        failure_classes: [{{name: exists, match: {{status: 409, body: {{id: {{exists: true}}}}}}, action: succeed}}]
      - {{name: tag, request: {{method: PUT, path: "/r/${{create.id}}"}}}}
"""
    played = play(text, "[{step: create, status: 409, body: {id: 7}}, {step: tag}]")

    assert played.sent[1].request.url == "http://h/r/7"


def test_already_registered_is_what_the_last_writing_step_says() -> None:
    """The namespace existed and the pool is new: that is a registration; the other way round it is not."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
failure_classes: [{name: exists, match: {status: 409}, action: succeed}]
registrations:
  r:
    steps:
      - {name: namespace, request: {method: POST, path: /n}}
      - {name: pool, request: {method: POST, path: /p}}
      - {name: look, request: {path: /p}}
    verify: {request: {path: /v}}
"""
    first = play(text, "[{step: namespace, status: 409}, {status: 200}]").outcome
    last = play(text, "[{step: pool, status: 409}, {status: 200}]").outcome
    reading = play(text, "[{step: look, status: 409}, {status: 200}]").outcome

    assert [first.state, last.state, reading.state] == ["registered", "already_registered", "registered"]


HOSTILE = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    steps:
      - {name: look, request: {path: /a}, capture: {id: {body: id, secret: %s}}}
      - {name: use, request: {method: PUT, path: %s, %s}}
"""
PLACES = {
    "path": ('"/b/${look.id}"', "headers: {}"),
    "query": ("/b", 'query: {id: "${look.id}"}'),
    "header": ("/b", 'headers: {X-Id: "${look.id}"}'),
    "json": ("/b", 'json: {id: "${look.id}"}'),
    "form": ("/b", 'form: {id: "${look.id}"}'),
    "text": ("/b", 'text: "${look.id}"'),
}


@pytest.mark.parametrize("secret", ["true", "false"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", ["1e999", '"\\ud800-half-a-character"'], ids=["infinite", "surrogate"])
def test_a_captured_value_that_cannot_be_sent_ends_the_registration_and_not_the_program(
    value: str, place: str, secret: str
) -> None:
    """JSON can say numbers and characters that cannot travel on; a server that does must not crash us."""
    given = json.dumps([{"step": "look", "body": f'{{"id": {value}}}'}, {"step": "use"}])
    played = play(HOSTILE % (secret, *PLACES[place]), given)

    assert played.outcome.state in {"registered", "failed"}
    if played.outcome.state == "failed":
        assert played.outcome.attempts[-1].error_kind in {"request-invalid", None}

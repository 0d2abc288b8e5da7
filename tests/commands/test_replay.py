"""``enlist explain FILE --report REPORT``: what happened, beside what the file would have made of the same answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.harness import play
from support.report_runs import HEAD, HOSTILE, RUNS

from runner.cli import main
from runner.report.json_report import render_json

STEPS = """\
registrations:
  pool:
    steps:
      - {name: look, request: {path: /a}, expect: {body: {ready: true}}, capture: {names: names}}
      - {name: write, request: {method: PUT, path: "/b/${look.names}"}}
"""
BODIES = "report: {bodies: true}\n"
LOOKS = "{step: look, body: {ready: true, names: eu}}"
GONE = "failure_classes: [{name: gone, match: {status: 503, body: {code: gone}}, action: fail}]\n"
JITTER = HEAD.replace("attempts: 3, deadline: 20s", "attempts: 20, deadline: 9s").replace(
    "jitter: none", "jitter: full"
)

Explain = Callable[..., list[str]]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a file in virtual time and leave its report, as the command would."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, given: str, **options: Any) -> dict[str, Any]:
        Path("r.json").write_text(render_json(play(text, given, **options).report))
        Path("enlist.yaml").write_text(text)
        document: dict[str, Any] = json.loads(Path("r.json").read_text())
        return document

    return run


@pytest.fixture
def explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Explain the report with a file as it is now; return what is printed, with single spaces."""
    monkeypatch.chdir(tmp_path)

    def run(text: str | None = None, *more: str, status: int = 0) -> list[str]:
        if text is not None:
            Path("enlist.yaml").write_text(text)
        ended = main(["explain", "--report", "r.json", *more])
        said = capsys.readouterr()
        assert (ended, said.err if status == 0 else "") == (status, "")
        return [" ".join(line.split()) for line in (said.out or said.err).splitlines()]

    return run


def test_a_class_that_is_new_stops_at_once_what_was_tried_to_the_end(record: Any, explain: Explain) -> None:
    text = HEAD + STEPS + BODIES
    record(text, f"[{LOOKS}, {{step: write, status: 503, body: {{code: gone}}}}]")
    said = explain(text + GONE)

    assert said[1] == "now enlist.yaml, which has changed since; same answers, virtual time"
    assert said[4:8] == [
        "# request answer then now",
        "1 look 200 ok ok",
        "2 write 503 unavailable, wait 1s gone, end",
        "3 write 503 unavailable, wait 1s not asked",
    ]
    assert "then failed: unavailable, all attempts used; 4 requests in 2s; exit status 75" in said
    assert "now failed: gone, not retried; 2 requests in 0ms; exit status 76" in said
    assert (
        "they part at 2, register.write: then unavailable, wait 1s; now gone, end (enlist.yaml:10:26)" in said
    )
    assert said[-1] == "exit status: 75 then, 76 now"


@pytest.mark.parametrize("name", [name for name in RUNS if name != "a bug" and "interrupted" not in name])
def test_a_file_that_did_not_change_makes_the_same_of_every_run(
    record: Any, explain: Explain, name: str
) -> None:
    text, given, options = RUNS[name]
    record(HEAD + text, given, **options)
    said = explain()

    assert "which is the same" in said[1]
    partings = {line for line in said if line.startswith("they ")}
    assert partings == {"they part nowhere"}, said
    assert said[-1].split()[2] == said[-1].split()[4]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["full", "equal"])
def test_a_wait_that_the_policy_can_still_draw_is_drawn_again(
    record: Any, explain: Explain, seed: int, kind: str
) -> None:
    text = JITTER.replace("full", kind) + RUNS["registered"][0]
    record(text, "[{status: 503, latency: 5ms}]", seed=seed)

    assert "they part nowhere" in explain()


def test_the_time_that_a_busy_machine_took_beside_the_waits_counts_again(
    record: Any, explain: Explain
) -> None:
    text = (
        HEAD.replace("attempts: 3, deadline: 20s", "attempts: unlimited, deadline: 6s")
        + RUNS["registered"][0]
    )
    document = record(text, "[{status: 503}]")
    attempts = document["registrations"][0]["attempts"]
    del attempts[4:]
    for number, attempt in enumerate(attempts):
        attempt["started_s"] = attempt["ended_s"] = number * 1.6
    attempts[-1] |= {"wait_s": None, "decided": "give_up", "reason": "deadline"}
    document["registrations"][0] |= {"reason": "deadline"}
    Path("r.json").write_text(json.dumps(document))
    said = explain(text.replace("jitter: none", "jitter: equal").replace("max: 1s", "max: 2s"))

    assert "4 register 503 unavailable, end unavailable, end" in said


def test_a_wait_that_the_policy_cannot_draw_any_more_is_the_mean_one(record: Any, explain: Explain) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 503}, {status: 200}]")
    said = explain(
        HEAD.replace("1s, max: 1s, jitter: none", "4s, max: 4s, jitter: equal") + RUNS["registered"][0]
    )

    assert "they part at 1, register: then unavailable, wait 1s; now unavailable, wait 3s" in said
    assert said[-1] == "exit status: 0 then, 0 now"


def test_where_the_recording_ends_and_the_policy_would_go_on_nothing_is_invented(
    record: Any, explain: Explain
) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 503}]")
    said = explain(HEAD.replace("attempts: 3", "attempts: 9") + RUNS["registered"][0])

    assert "3 register 503 unavailable, end unavailable, wait 1s" in said
    assert "now not decided: the recording ends here; the policy would try again in 1s" in said
    assert said[-1] == "exit status: 75 then, not decided now"


def test_an_interrupted_run_ends_where_it_was_interrupted(record: Any, explain: Explain) -> None:
    text, given, options = RUNS["interrupted while under way"]
    record(HEAD + text, given, **options)
    said = explain()

    assert "1 register nothing, cancelled end not asked" not in said
    assert (
        "now not decided: the recording ends here; register comes next, and was never answered then" in said
    )
    assert said[-1] == "exit status: 130 (interrupted) then, not decided now"


def test_a_step_that_is_new_was_never_answered_and_one_that_is_gone_is_not_asked(
    record: Any, explain: Explain
) -> None:
    text = HEAD + STEPS
    record(text, f"[{LOOKS}, {{step: write, status: 503}}]")
    said = explain(text.replace("name: write", "name: create"))

    assert "2 write 503 unavailable, wait 1s not asked" in said
    assert (
        "now not decided: the recording ends here; register.create comes next, and was never answered then"
        in said
    )


def test_a_registration_is_named_that_is_only_in_the_file_or_only_in_the_report(
    record: Any, explain: Explain
) -> None:
    two = "registrations:\n  a: {request: {method: PUT, path: /a}}\n  b: {request: {method: PUT, path: /b}}\n"
    record(HEAD + two, "[{status: 200}]")
    said = explain(HEAD + two.replace("b: {r", "c: {needs: [a], r"))

    assert said[said.index("b") + 1 : said.index("b") + 6] == [
        "# request answer then now",
        "1 register 200 ok not asked",
        "then registered; 1 request in 0ms; exit status 0",
        "now not in the file any more",
        "",
    ]
    assert said[said.index("c") + 1 :][:2] == [
        "then not in the recording",
        "now not decided: the recording ends here; register comes next, and was never answered then",
    ]


def test_what_needs_something_undecided_is_undecided_too(record: Any, explain: Explain) -> None:
    text = "registrations:\n  a: {request: {method: PUT, path: /a}}\n  b: {needs: [a], request: {method: PUT, path: /b}}\n"
    record(HEAD + text, "[{status: 503}]")
    said = explain(HEAD.replace("attempts: 3", "attempts: 9") + text)

    assert "now not decided: it needs a, which is not decided" in said


def test_one_registration_can_be_asked_about(record: Any, explain: Explain) -> None:
    record(HEAD + RUNS["several"][0], RUNS["several"][1])

    said = explain(None, "--registration", "c")
    assert [line for line in said if line in {"a", "b", "c"}] == ["c"]
    (line,) = explain(None, "--registration", "nope", status=2)
    assert line == "r.json: the report cannot be used: no registration nope; there is a, b, c"


VERIFIED = (
    HEAD
    + "registrations:\n  r:\n    request: {method: PUT, path: /a}\n    verify: {request: {path: /a}, expect: {body: {ready: true}}}\n"
)
NOT_READY = "[{step: register, status: 200}, {step: verify, body: {ready: false}, times: 2}, {step: verify, body: {ready: true}}]"


def test_without_bodies_what_was_expected_is_taken_as_it_was_and_that_is_said(
    record: Any, explain: Explain
) -> None:
    record(VERIFIED, NOT_READY)
    said = explain()

    assert "2 verify 200 pending, wait 1s pending, wait 1s" in said
    assert "they part nowhere" in said
    assert "assumed: the 200 of verify is still not as expected: its body was not kept" in said
    assert "assumed: the 200 of verify is still as expected: its body was not kept" in said


def test_with_bodies_nothing_need_be_assumed_and_a_new_expectation_is_asked(
    record: Any, explain: Explain
) -> None:
    record(VERIFIED + BODIES, NOT_READY)

    assert not any(line.startswith("assumed") for line in explain())
    said = explain((VERIFIED + BODIES).replace("ready: true", "ready: false"))
    assert "they part at 2, verify: then pending, wait 1s; now ok" in said


def test_a_class_that_asks_for_a_body_that_was_not_kept_is_said_not_to_take_it(
    record: Any, explain: Explain
) -> None:
    text = HEAD + STEPS
    record(text, f"[{LOOKS}, {{step: write, status: 503, body: {{code: gone}}}}]")

    assert "assumed: class gone does not take the 503 of register.write: its body was not kept" in explain(
        text + GONE
    )


def test_a_class_that_took_an_answer_by_its_body_is_taken_to_take_it_again(
    record: Any, explain: Explain
) -> None:
    text = HEAD + STEPS + GONE
    record(text, f"[{LOOKS}, {{step: write, status: 503, body: {{code: gone}}}}]")
    said = explain()

    assert "they part nowhere" in said
    assert "assumed: class gone takes the 503 of register.write: its body was not kept" in said


def test_the_wait_that_a_server_asked_for_is_asked_for_again(record: Any, explain: Explain) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 503, headers: {Retry-After: '5'}}, {status: 200}]")
    honours = HEAD.replace("attempts: 3", "retry_after: {max: 2s}, attempts: 3")
    said = explain(honours + RUNS["registered"][0])

    assert any(line.startswith("they part at 1, register: then throttled, wait 7.") for line in said) or any(
        line.startswith("they part at 1, register: then throttled, wait 5") for line in said
    )
    assert "the server asked to wait longer than allowed" in said[-4]


def test_an_answer_that_came_too_late_for_a_shorter_time_out_is_a_time_out_now(
    record: Any, explain: Explain
) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 200, latency: 4s}]")
    said = explain(
        HEAD.replace('url: "http://h"', 'url: "http://h", attempt_timeout: 2s') + RUNS["registered"][0]
    )

    assert "they part at 1, register: then ok; now unavailable, wait 1s" in said


def test_a_login_is_replayed_for_whoever_needs_it_first(record: Any, explain: Explain) -> None:
    head = HEAD.replace(
        'url: "http://h"',
        'url: "http://h", login: {request: {method: POST, path: /l}, capture: {token: token}}, auth: {bearer: "${login.token}"}',
    )
    two = "registrations:\n  a: {request: {method: PUT, path: /a}}\n  b: {request: {method: PUT, path: /b}}\n"
    record(head + two, "[{step: login, body: {token: granted-token}}, {status: 200}]")
    said = explain()

    assert said.count("they part nowhere") == 2
    assert said[-1] == "exit status: 0 then, 0 now"


def test_neither_credentials_nor_values_of_requests_are_needed(record: Any, explain: Explain) -> None:
    text = (HEAD + STEPS).replace('"http://h"', '"${URL}", auth: {bearer: "${file:/nowhere/token}"}')
    record(HEAD + STEPS, f"[{LOOKS}, {{step: write, status: 200}}]")

    assert explain(text)[-1] == "exit status: 0 then, 0 now"


def test_a_value_that_a_condition_compares_with_must_be_there(record: Any, explain: Explain) -> None:
    record(VERIFIED, NOT_READY)
    said = explain(VERIFIED.replace("ready: true", 'ready: {equals: "${WANTED}"}'), status=1)

    assert "WANTED is not set" in said[0]


def test_long_runs_of_the_same_are_folded_and_the_parting_is_shown(record: Any, explain: Explain) -> None:
    more = HEAD.replace("attempts: 3, deadline: 20s", "attempts: 30, deadline: 60s")
    record(more + RUNS["registered"][0], "[{status: 503}]")
    said = explain(more.replace("attempts: 30", "attempts: 10") + RUNS["registered"][0])

    assert [line.split()[0] for line in said[4:13]] == ["#", "1", "...", "9", "10", "11", "...", "29", "30"]
    assert max(map(len, said)) <= 80


@pytest.mark.parametrize(
    ("text", "why", "status"),
    [
        ("", "it is not JSON (line 1)", 1),
        ("{", "it is not JSON (line 1)", 1),
        ("[" * 100_000, "it is not JSON", 1),
        ('{"format": NaN}', "it is not JSON", 1),
        ("[]", "it is JSON, and not what --report json=FILE writes", 1),
        ('{"format": 2, "registrations": []}', "it has format 2, and this version of enlist reads 1", 1),
        ('{"format": "\\u001b[31m", "registrations": []}', "it has format \\u001b[31m, and this version of enlist reads 1", 1),
        ('{"format": 1, "registrations": []}', "file is missing", 1),
    ],
)  # fmt: skip
def test_what_is_no_report_is_one_clear_line(
    record: Any, explain: Explain, text: str, why: str, status: int
) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 200}]")
    Path("r.json").write_text(text)

    assert explain(status=status) == [f"r.json: the report cannot be used: {why}"]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("status", "503", "registrations[0].attempts[0].status is no number that can be"),
        ("started_s", -1, "registrations[0].attempts[0].started_s is no number that can be"),
        ("wait_s", 1e300, "registrations[0].attempts[0].wait_s is no number that can be"),
        ("ended_s", True, "registrations[0].attempts[0].ended_s is no number that can be"),
        ("verb", "dance", "registrations[0].attempts[0].verb is a word that this version of enlist does not know"),
        ("step", None, "registrations[0].attempts[0].step is missing"),
        ("class", [], "registrations[0].attempts[0].class is no text"),
        ("number", 1.5, "registrations[0].attempts[0].number is no number that can be"),
    ],
)  # fmt: skip
def test_a_report_with_a_wrong_value_is_refused_at_its_place(
    record: Any, explain: Explain, key: str, value: object, why: str
) -> None:
    document = record(HEAD + RUNS["registered"][0], "[{status: 503}]")
    document["registrations"][0]["attempts"][0][key] = value
    Path("r.json").write_text(json.dumps(document))

    assert explain(status=1) == [f"r.json: the report cannot be used: {why}"]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("started_at", "yesterday", "started_at is no date"),
        ("started_at", 5, "started_at is no text"),
        ("registrations", {}, "registrations is no list"),
        ("registrations", [1], "registrations[0] is no object"),
        ("exit_status", "0", "exit_status is no number that can be"),
    ],
)
def test_a_run_with_a_wrong_value_is_refused_at_its_place(
    record: Any, explain: Explain, key: str, value: object, why: str
) -> None:
    document = record(HEAD + RUNS["registered"][0], "[{status: 503}]")
    Path("r.json").write_text(json.dumps(document | {key: value}))

    assert explain(status=1) == [f"r.json: the report cannot be used: {why}"]


def test_a_report_of_another_file_and_one_that_is_not_there_are_usage(record: Any, explain: Explain) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 200}]")
    other = explain(HEAD + STEPS, status=2)
    Path("r.json").unlink()
    absent = explain(status=2)

    assert other == [
        "r.json: the report cannot be used: it is of enlist.yaml, and has no registration of enlist.yaml"
    ]
    assert absent == ["r.json: the report cannot be used: no such file or directory"]


def test_a_report_that_is_too_large_is_not_read(
    record: Any, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 200}]")
    monkeypatch.setattr("runner.commands.replay.MAX_BYTES", 100)

    assert explain(status=1) == ["r.json: the report cannot be used: it is larger than 0 MiB"]


def test_what_a_later_version_adds_to_a_report_is_passed_over(record: Any, explain: Explain) -> None:
    document = record(HEAD + RUNS["registered"][0], "[{status: 200}]")
    document["more"] = document["registrations"][0]["more"] = document["registrations"][0]["attempts"][0][
        "more"
    ] = []
    Path("r.json").write_text(json.dumps(document))

    assert "they part nowhere" in explain()


def test_hostile_words_in_a_report_make_no_line_and_no_colour(record: Any, explain: Explain) -> None:
    document = record(HEAD + RUNS["several"][0], RUNS["several"][1])
    hostile = HOSTILE.encode("utf-8", "replace").decode()
    document["file"] = document["registrations"][1]["name"] = hostile
    for key in ("step", "class", "message", "decision", "body_note"):
        document["registrations"][2]["attempts"][0][key] = hostile
    Path("r.json").write_text(json.dumps(document))
    said = explain()

    assert all(line.isprintable() for line in said)
    assert len([line for line in said if "# TYPE" in line]) <= 6


def test_a_secret_of_the_present_environment_is_masked_in_an_old_report(
    record: Any, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "variables: {t: {env: T, secret: true}}\n"
    text = VERIFIED.replace("ready: true", 'ready: {equals: "${var.t}"}') + secret
    document = record(
        text, "[{step: register, status: 200}, {step: verify, status: 500}]", environment={"T": "t0p-secret"}
    )
    document["file"] = "t0p-secret.yaml"
    document["registrations"][0]["attempts"][1]["class"] = "x-t0p-secret"
    Path("r.json").write_text(json.dumps(document))
    monkeypatch.setenv("T", "t0p-secret")
    said = "\n".join(explain())

    assert "t0p-secret" not in said
    assert "x-***" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--status", "200"), "not allowed with"),
        (("--error", "dns"), "not allowed with"),
        (("--body", "x"), "a report has its own answers"),
        (("--header", "A: b"), "a report has its own answers"),
        (("--step", "x"), "a report has its own answers"),
        (("--verb", "verify"), "a report has its own answers"),
        (("--attempt", "2"), "a report has its own answers"),
    ],
)
def test_a_report_and_an_answer_exclude_each_other(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", "f.yaml", "--report", "r.json", *arguments])

    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_body_in_which_something_was_masked_is_as_good_as_none(
    record: Any, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "variables: {t: {env: T, secret: true}}\n"
    text = VERIFIED.replace("ready: true", 'key: {equals: "${var.t}"}') + secret + BODIES
    given = "[{step: register, status: 200}, {step: verify, body: {key: t0p-secret}}]"
    record(text, given, environment={"T": "t0p-secret"})
    monkeypatch.setenv("T", "t0p-secret")
    said = explain()

    assert "they part nowhere" in said
    assert "assumed: the 200 of verify is still as expected: its body was not kept" in said


def test_what_is_compared_with_a_capture_that_nobody_knows_is_taken_as_it_was(
    record: Any, explain: Explain
) -> None:
    verify = '    verify: {request: {path: /c}, expect: {body: {name: {equals: "${look.names}"}}}}\n'
    look = f"{{step: look, body: {{ready: true, names: eu, more: {'x' * 5000}}}}}"
    record(HEAD + STEPS + verify + BODIES, f"[{look}, {{step: write}}, {{step: verify, body: {{name: eu}}}}]")
    said = explain()

    assert "they part nowhere" in said
    assert "assumed: the 200 of register.look is still as expected: its body was not kept" in said


def test_a_login_is_given_to_whoever_asks_first_now(record: Any, explain: Explain) -> None:
    head = HEAD.replace(
        'url: "http://h"',
        'url: "http://h", login: {request: {method: POST, path: /l}, capture: {token: token}}, auth: {bearer: "${login.token}"}',
    )
    a, b = (f"  {name}: {{request: {{method: PUT, path: /{name}}}}}\n" for name in "ab")
    record(head + "registrations:\n" + a + b, "[{step: login, body: {token: granted-token}}, {status: 200}]")
    said = explain(head + "registrations:\n" + b + a)

    assert not any("not decided" in line for line in said)
    assert said[-1] == "exit status: 0 then, 0 now"


def test_the_first_of_many_that_waits_otherwise_is_not_folded_away(record: Any, explain: Explain) -> None:
    more = HEAD.replace("attempts: 3, deadline: 20s", "attempts: 20, deadline: 60s")
    record(more + RUNS["registered"][0], "[{status: 503}]")
    said = explain(more.replace("max: 1s", "max: 2s") + RUNS["registered"][0])

    assert "2 register 503 unavailable, wait 1s unavailable, wait 2s" in said
    assert "they part at 2, register: then unavailable, wait 1s; now unavailable, wait 2s" in said


def test_a_report_with_a_strange_name_makes_no_line_of_its_own(record: Any, explain: Explain) -> None:
    record(HEAD + RUNS["registered"][0], "[{status: 200}]")
    Path("r.json").rename("r\n\x1b[31m.json")

    assert explain(None, "--report", "r\n\x1b[31m.json")[0].startswith("then r\\n\\u001b[31m.json: a run of ")

"""Whole lives in a file's own tests: readiness, beats, an end, deregistering; and what a test can expect of them."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from runner.cli import main
from runner.commands.playing import play

FILE = """
version: 1
endpoints: {engine: {urls: ["http://10.0.0.1", "http://10.0.0.2"]}}
registrations:
  web:
    request: {method: PUT, path: /services/web, query: {region: eu}, json: {Port: 80}}
    heartbeat: {every: 5s, request: {method: PUT, path: /beats/web, text: up}}
    deregister: {when: %s, request: {method: DELETE, path: "/services/${HOSTNAME}"}}
lifecycle: {ready: {http: "http://127.0.0.1:3000/", every: 1s, deadline: 10s}, on_lost: %s}
tests:
  - name: it
    environment: {HOSTNAME: web-1}
"""
OK = "[{status: 200}]"


def played(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    test: str,
    *options: str,
    **lifecycle: str,
) -> str:
    """Run the one test of a file; return what is said of it, which begins with ok or FAILED."""
    path = tmp_path / "enlist.yaml"
    body = indent(dedent(test).strip() + "\n", "    ")
    path.write_text(
        FILE % (lifecycle.get("when", "always"), lifecycle.get("on_lost", "keep_running")) + body,
        encoding="utf-8",
    )
    status = main(["test", str(path), *options])
    printed = capsys.readouterr()
    assert not printed.err
    assert status == (not printed.out.startswith("ok"))
    return printed.out


HOLDS = {
    "an application that ends by itself is deregistered and gives its exit status": """
        until: 20s
        end: 3
        given: [{status: 200}]
        then: {outcome: registered, exit_status: 3, deregistered: true, requests_by_step: {deregister: 1}}""",
    "an application that a signal ends has the status that shells give it": """
        until: 20s
        end: signal
        given: [{status: 200}]
        then: {exit_status: 143}""",
    "beats keep their cadence from the registration to the end": """
        until: 20s
        given: [{status: 200}]
        then: {requests_by_step: {register: 1, heartbeat: {min: 4, max: 5}}}""",
    "the application is ready only when the test says": """
        until: 20s
        ready_after: 3s
        given: [{status: 200}]
        then: {states: [{at: 2s, state: registering}, {at: 4s, state: registered}],
               not_sent: [{within: 2900ms}]}""",
    "an application that is not ready in time ends all": """
        until: 20s
        ready_after: 15s
        given: [{status: 200}]
        then: {outcome: failed, exit_status: 75, requests: 0}""",
    "an outage in the middle is waited for": """
        until: 60s
        given: [{error: connect-refused, after: 20s, until: 40s}, {status: 200}]
        then: {outcome: registered, requests_by_step: {register: 1},
               states: [{at: 39s, state: registered}]}""",
    "a server that forgets is registered at anew": """
        until: 60s
        given: [{verb: heartbeat, status: 404, after: 20s, times: 1}, {status: 200}]
        then: {outcome: registered, sent: [{step: register, times: 2}, {step: register, not_before: 20s, times: 1}]}""",
    "refused beats lose it until they are taken again": """
        until: 60s
        given: [{verb: heartbeat, status: 403, after: 20s, until: 41s}, {status: 200}]
        then: {states: [{at: 19s, state: registered}, {at: 40s, state: lost}, {at: 60s, state: registered}]}""",
    "what was refused at first is told with the class of the answer": """
        until: 60s
        given: [{status: 403}]
        then: {outcome: failed, class: denied, reason: fatal, exit_status: 77, requests: 1, deregistered: false}""",
    "answers can be for one address of several": """
        until: 20s
        given: [{address: "http://10.0.0.1", status: 503}, {status: 200}]
        then: {outcome: registered, requests_by_step: {register: 2}}""",
    "answers can be for one endpoint": """
        until: 20s
        given: [{endpoint: engine, status: 200}, {status: 503}]
        then: {outcome: registered, requests_by_step: {register: 1}}""",
    "an application that ends while registering is deregistered where that may have taken effect": """
        until: 5s
        given: [{step: register, latency: 6s}, {status: 200}]
        then: {outcome: cancelled, deregistered: true}""",
    "what was sent is looked at as a whole": """
        until: 20s
        given: [{status: 200}]
        then:
          {sent: [{step: register, verb: register, method: PUT, path: /services/web, query: {region: eu},
                   body: {Port: {min: 80}}, headers: {content-type: {contains: json}}, times: 1},
                  {verb: heartbeat, text: up, times: {min: 4}}, {path: {contains: web-1}}],
           not_sent: [{method: POST}, {step: register, not_before: 1s}]}""",
}


@pytest.mark.parametrize("test", HOLDS.values(), ids=HOLDS.keys())
def test_a_life(test: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert played(tmp_path, capsys, test).startswith("ok     it (")


def test_a_loss_ends_the_application_where_the_file_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = """
        until: 60s
        given: [{verb: heartbeat, status: 403, after: 20s}, {status: 200}]
        then: {outcome: lost, exit_status: 77, requests: {max: 10}}"""

    assert played(tmp_path, capsys, test, on_lost="stop_app").startswith("ok")


def test_what_has_no_heartbeat_is_deregistered_at_the_end_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line for line in FILE.splitlines() if "heartbeat" not in line]
    monkeypatch.setitem(globals(), "FILE", "\n".join((*lines, "")))
    test = "until: 20s\ngiven: [{status: 200}]\nthen: {deregistered: true, sent: [{step: deregister, not_before: 20s}]}"

    assert played(tmp_path, capsys, test).startswith("ok")


def test_only_the_ends_that_the_file_names_deregister(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = f"until: 20s\ngiven: {OK}\nthen: {{deregistered: false}}"

    assert played(tmp_path, capsys, test, when="on_signal").startswith("ok")
    assert played(tmp_path, capsys, f"end: signal\n{test}", when="on_signal").startswith("FAILED")


WRONG = {
    "outcome is registered and should be lost": "{outcome: lost}",
    "exit_status is 0 and should be 75": "{exit_status: 75}",
    "deregistered is true and should be false": "{deregistered: false}",
    "requests are 7 and should be at least 9": "{requests: {min: 9}}",
    "requests are 7 and should be at least 1 and at most 2": "{requests: {min: 1, max: 2}}",
    "requests are 7 and should be 8": "{requests: 8}",
    "requests of register are 1 and should be 0": "{requests_by_step: {register: 0}}",
    "the state at 10s is registered and should be lost": "{states: [{at: 10s, state: lost}]}",
    "the time it took is 0ms and should be at least 1s": "{not_before: 1s}",
    "the number of requests like sent[1] is 0 and should be at least 1": (
        "{sent: [{step: register}, {step: register, method: POST}]}"
    ),
    "the number of requests like sent[0] is 1 and should be 2": "{sent: [{step: register, times: 2}]}",
    "the number of requests like not_sent[0] is 1 and should be 0": "{not_sent: [{method: DELETE}]}",
    "the number of requests like sent[0] is 0 and should be 1": "{sent: [{body: {Port: 81}, times: 1}]}",
    "the number of requests like sent[0] is 0 and should be 3": "{sent: [{query: {region: us}, times: 3}]}",
    "the number of requests like sent[0] is 0 and should be 4": "{sent: [{text: down, times: 4}]}",
    "the number of requests like sent[0] is 0 and should be 5": "{sent: [{path: /, times: 5}]}",
    "the number of requests like sent[0] is 0 and should be 6": "{sent: [{headers: {x-a: b}, times: 6}]}",
}


@pytest.mark.parametrize(("said", "then"), WRONG.items())
def test_what_is_otherwise_than_expected_is_said(
    said: str, then: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = played(tmp_path, capsys, f"until: 22s\ngiven: {OK}\nthen: {then}")

    assert printed.splitlines()[1] == f"       seed 0: {said}"


def test_a_failing_seed_is_named_and_can_be_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = "given: [{status: 503, times: 8}, {status: 200}]\nthen: {within: 5s}"

    line = played(tmp_path, capsys, test).splitlines()[1].strip()
    seed = line.partition(":")[0].removeprefix("seed ")

    assert int(seed) > 0
    assert line in played(tmp_path, capsys, test, "--seed", seed)
    assert played(tmp_path, capsys, test, "--seed", str(int(seed) - 1)).startswith("ok     it (1 seed, ")


def test_a_long_story_is_folded_and_shows_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = played(tmp_path, capsys, f"until: 600s\ngiven: {OK}\nthen: {{outcome: lost}}").splitlines()

    assert len(printed) < 26
    assert "web.register: PUT answered 200" in printed[3]
    assert printed[5].endswith("more ...")
    assert "deregistered after 1 request" in printed[-2]


def test_as_many_seeds_are_played_as_show_enough_and_one_where_nothing_is_left_to_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = []

    def counted(*arguments: object) -> object:
        seeds.append(arguments[-1])
        return play(*arguments)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("runner.commands.test.play", counted)
    played(tmp_path, capsys, f"given: {OK}\nthen: {{outcome: registered}}")
    assert seeds == [0]
    played(tmp_path, capsys, "given: [{status: 503, times: 3}, {status: 200}]\nthen: {outcome: registered}")
    assert seeds == [0, *range(75)]
    played(
        tmp_path,
        capsys,
        "seeds: 3\ngiven: [{status: 503, times: 3}, {status: 200}]\nthen: {outcome: registered}",
    )
    assert seeds == [0, *range(75), *range(3)]

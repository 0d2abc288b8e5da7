"""Values that variables give in place of durations and numbers: checked with the file, settled when it is bound."""

import asyncio
from collections.abc import Mapping

import pytest
from support.harness import NoFiles, plan_of

import runner
from runner.config.binding.late import settle
from runner.config.lint.lint import lint
from runner.config.loader import load
from runner.model.plan import Plan

BEATING = """\
version: 1
variables:
  beat: {env: BEAT, type: duration}
  tries: {env: TRIES, type: integer, default: 2}
endpoints: {registry: {url: "http://registry:8080", max_concurrency: "${var.tries}"}}
retry_policies: {default: {attempts: "${var.tries}", deadline: "${var.beat}"}}
registrations:
  web:
    request: {method: PUT, path: /web, json: {ttl: "${var.beat}"}}
    heartbeat: {every: "${var.beat}", request: {method: PUT, path: /beat}}
"""


def settled(environment: Mapping[str, str], text: str = BEATING) -> Plan:
    plan, findings = settle(plan_of(text), environment, NoFiles())
    assert plan is not None, findings
    return plan


def test_a_cadence_is_what_its_variable_says() -> None:
    plan = settled({"BEAT": "1500ms", "TRIES": "5"})

    assert plan.registrations["web"].heartbeat_every_s == 1.5
    assert plan.registrations["web"].policy.deadline_s == 1.5
    assert plan.registrations["web"].policy.attempts == 5
    assert plan.endpoints["registry"].max_concurrency == 5


def test_a_default_serves_where_the_environment_has_nothing() -> None:
    assert settled({"BEAT": "5s"}).registrations["web"].policy.attempts == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "BEAT is not set"),
        ({"BEAT": "5"}, '"5" is not a duration'),
        ({"BEAT": "0s"}, "no time at all"),
        ({"BEAT": "5s", "TRIES": "0"}, "${var.tries} is 0, and attempts is at least 1"),
        ({"BEAT": "5s", "TRIES": "2000"}, "${var.tries} is 2000, and max_concurrency is at most 1024"),
    ],
)
def test_a_value_of_the_environment_is_checked_as_if_it_stood_in_the_file(
    environment: Mapping[str, str], said: str
) -> None:
    plan, findings = settle(plan_of(BEATING), environment, NoFiles())

    assert plan is None
    assert said in " ".join(each.message for each in findings)


def test_rules_between_keys_hold_for_a_value_of_the_environment() -> None:
    text = BEATING.replace('deadline: "${var.beat}"', 'backoff: {initial: "${var.beat}", max: 2s}')
    plan, findings = settle(plan_of(text), {"BEAT": "3s"}, NoFiles())

    assert plan is None
    assert [each.code for each in findings] == ["E330"]


def test_a_host_program_is_told_of_a_value_that_cannot_stand_there() -> None:
    with pytest.raises(runner.InvalidFile, match="BEAT is not set"):
        asyncio.run(runner.run(plan_of(BEATING), environment={}))


def test_a_files_own_test_gives_the_variable() -> None:
    text = (
        BEATING
        + "tests: [{name: t, variables: {beat: 1s, tries: 3}, given: [{status: 500}], then: {outcome: failed}}]\n"
    )
    plan = plan_of(text)
    given, findings = settle(plan, {}, NoFiles(), plan.tests[0].variables)

    assert given is not None, findings
    assert given.registrations["web"].policy.attempts == 3


def test_what_only_the_environment_gives_is_warned_of_by_nobody() -> None:
    text = BEATING.replace('PUT, path: /web, json: {ttl: "${var.beat}"}', "PUT, path: /web, json: {ttl: 10s}")

    assert [each.code for each in lint(load(text.encode(), "f.yaml"))] == []

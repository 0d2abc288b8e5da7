"""What steps can say beside their requests: parts of what they found, bodies from files."""

import asyncio
import json
import platform

import pytest
from support.harness import NoFiles, bound_of, plan_of, play
from support.rule_files import file_of

from runner.adapters.http.own_address import own_ip
from runner.config.binding.bind import bind
from runner.config.binding.binder import MAX_FILE_BYTES, MAX_PARSED_BYTES
from runner.language.terms import TransportKind
from runner.model.exchange import TransportFailure
from runner.report.story import message_of


def test_a_pattern_keeps_the_id_of_a_location_wherever_it_leads() -> None:
    text = file_of(
        "{method: POST, path: /clients}",
        more='capture: {id: {header: Location, pattern: "([^/]+)$"}}, verify: {request: {path: "/clients/${register.id}/roles"}}',
    )
    answer = "{step: register, status: 201, headers: {Location: 'https://public.example/admin/clients/7f3a'}}"

    played = play(text, f"[{answer}, {{step: verify}}]")

    assert [str(each.request.url) for each in played.sent][1] == "http://h/clients/7f3a/roles"


def test_a_pattern_that_is_not_found_gives_the_default() -> None:
    text = file_of(
        "{method: POST, path: /r}",
        more='capture: {id: {body: name, pattern: "^web-([0-9]+)$", default: "0"}}, verify: {request: {path: "/r/${register.id}"}}',
    )

    played = play(text, "[{step: register, body: {name: web}}, {step: verify}]")

    assert str(played.sent[1].request.url) == "http://h/r/0"


def test_a_pattern_without_a_default_must_be_found() -> None:
    text = file_of(
        "{method: POST, path: /r}",
        more='capture: {id: {body: id, pattern: "^[0-9]+$"}}, verify: {request: {path: "/r/${register.id}"}}',
    )

    played = play(text, "[{step: register, body: {id: web}}]")

    assert "^[0-9]+$" in (played.outcome.message or "")


FOUND_BY_NAME = file_of(
    "{method: GET, path: /pools}",
    more="""capture: {id: 'pools."${POOL}".id'}, verify: {request: {path: "/r/${register.id}"}}""",
)


def test_a_placeholder_in_the_path_of_a_capture_is_the_name_that_is_asked_for() -> None:
    given = "[{step: register, body: {pools: {eu-1: {id: 7}}}}, {step: verify}]"

    played = play(FOUND_BY_NAME, given, environment={"POOL": "eu-1"})

    assert str(played.sent[1].request.url) == "http://h/r/7"


def test_a_value_that_would_leave_its_quotes_in_the_path_of_a_capture_is_refused_before_anything_is_sent() -> (
    None
):
    bound, findings = bind(plan_of(FOUND_BY_NAME), {"POOL": 'x".id || "y'}, NoFiles())

    assert bound is None
    assert [finding.code for finding in findings] == ["E409"]


WORDS_BY_NAME = file_of(
    "{method: PUT, path: /r}",
    more="""failure_classes: [{name: taken, match: {status: 409}, action: fail, message: 'errors."${POOL}"'}]""",
)


@pytest.mark.parametrize(
    "failure_class",
    [
        """{name: taken, match: {status: 409}, action: fail, message: 'errors."${POOL}"'}""",
        """{name: taken, match: {body: {'errors."${POOL}"': {exists: true}}}, action: fail}""",
    ],
)
def test_a_value_that_would_leave_its_quotes_in_a_failure_class_is_refused_before_anything_is_sent(
    failure_class: str,
) -> None:
    text = file_of("{method: PUT, path: /r}", more=f"failure_classes: [{failure_class}]")

    bound, findings = bind(plan_of(text), {"POOL": 'x" || "y'}, NoFiles())

    assert bound is None
    assert [(finding.code, str(finding.span).count(":")) for finding in findings] == [("E409", 2)]


def test_a_capture_that_would_leave_its_quotes_is_said_beside_the_words_from_the_usual_place() -> None:
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    steps:
      - {name: look, request: {path: /a}, capture: {id: id}}
      - name: make
        request: {method: PUT, path: /b}
        failure_classes: [{name: taken, match: {status: 409}, action: fail, message: 'errors."${look.id}"'}]
"""
    given = (
        """[{step: look, body: {id: 'x" || "y'}}, {step: make, status: 409, body: {message: is closed}}]"""
    )

    played = play(text, given)

    assert played.outcome.server_message == "is closed"
    assert any("${look.id} has a quote or a backslash" in message_of(event) for event in played.events)


def test_a_placeholder_in_the_path_to_the_servers_words_is_the_name_that_is_asked_for() -> None:
    played = play(
        WORDS_BY_NAME,
        "[{step: register, status: 409, body: {errors: {eu-1: the pool is closed}}}]",
        environment={"POOL": "eu-1"},
    )

    assert played.outcome.server_message == "the pool is closed"


PARSED = file_of('{method: PUT, path: /r, json: {service: {$parse: "${file:service.json}"}, id: 1}}')


def test_json_text_of_a_file_is_sent_as_a_value_and_numbers_stay_numbers() -> None:
    played = play(
        PARSED, "[{step: register}]", files={"service.json": b'{"name": "web", "port": 80, "tags": ["a"]}\n'}
    )

    assert json.loads(played.sent[0].request.body or b"") == {
        "service": {"name": "web", "port": 80, "tags": ["a"]},
        "id": 1,
    }


def test_a_placeholder_in_a_parsed_file_is_a_text_like_others() -> None:
    played = play(PARSED, "[{step: register}]", files={"service.json": b'"${TEAM}"'})

    assert played.sent[0].request.body == b'{"service":"${TEAM}","id":1}'


def test_a_parsed_file_is_a_secret_wherever_it_is_shown() -> None:
    text = file_of('{method: GET, path: /r, query: {q: {$parse: "${file:service.json}"}}}')

    played = play(text, "[{step: register}]", files={"service.json": b'["first-one", 2]'})

    assert "first-one" not in str(played.sent[0].request.url)


@pytest.mark.parametrize(
    "text",
    [
        PARSED,
        PARSED.replace("${file:service.json}", "${var.s}") + "variables: {s: {file: service.json}}\n",
        PARSED.replace('{$parse: "${file:service.json}"}', '{$json: {$parse: "${file:service.json}"}}'),
    ],
    ids=["file", "variable", "within-another-directive"],
)
def test_a_parsed_file_may_have_a_mebibyte(text: str) -> None:
    full = b'"' + b"x" * (MAX_PARSED_BYTES - 2) + b'"'

    bound_of(text, files={"service.json": full})
    bound, findings = bind(plan_of(text), {}, NoFiles({"service.json": full + b" "}))

    assert bound is None
    assert "larger than 1024 KiB" in findings[0].message


def test_another_file_may_not() -> None:
    text = file_of('{method: PUT, path: /r, text: "${file:service.json}"}')

    bound, findings = bind(plan_of(text), {}, NoFiles({"service.json": b"x" * (MAX_FILE_BYTES + 1)}))

    assert bound is None
    assert "larger than 64 KiB" in findings[0].message


def steps_of(*steps: str, more: str = "") -> str:
    listed = ", ".join(steps)
    return f'version: 1\nendpoints: {{e: {{url: "http://h"}}}}\nregistrations: {{r: {{steps: [{listed}], {more}}}}}\n'


LOOK_UP = "{name: look-up, request: {path: /r}, capture: {id: {body: id, default: null}}}"
CREATE = "{name: create, when: {look-up.id: {exists: false}}, request: {method: POST, path: /r}}"
READ = "{name: read, request: {path: /r}, capture: {id: id}}"
ENSURE = steps_of(
    LOOK_UP,
    CREATE,
    READ,
    more='deregister: {request: {method: DELETE, path: "/r/${read.id}"}}',
)


def test_what_a_look_up_does_not_find_is_created() -> None:
    played = play(ENSURE, "[{step: look-up, body: {}}, {step: create}, {step: read, body: {id: 7}}]")

    assert [each.request.step for each in played.sent] == ["look-up", "create", "read"]
    assert played.outcome.state == "registered"


def test_what_a_look_up_finds_is_not_created_and_is_somebody_elses() -> None:
    played = play(ENSURE, "[{step: look-up, body: {id: 7}}, {step: read, body: {id: 7}}]")

    assert [each.request.step for each in played.sent] == ["look-up", "read"]
    assert played.outcome.state == "already_registered"
    assert "r: create is skipped, since ${look-up.id} exists false does not hold" in [
        message_of(each) for each in played.events
    ]


def test_a_step_that_runs_after_a_skipped_one_makes_it_this_runs() -> None:
    update = "{name: update, request: {method: PUT, path: /r}}"

    played = play(steps_of(LOOK_UP, CREATE, update), "[{step: look-up, body: {id: 7}}, {step: update}]")

    assert played.outcome.state == "registered"


def test_the_captures_of_a_skipped_step_are_absent() -> None:
    """A step that asks for them is skipped with it."""
    create = CREATE.replace("path: /r}}", "path: /r}, capture: {id: id}}")
    bind_it = (
        '{name: bind, when: {create.id: {exists: true}}, request: {method: PUT, path: "/b/${create.id}"}}'
    )
    text = steps_of(LOOK_UP, create, bind_it)

    there = play(text, "[{step: look-up, body: {id: 7}}]")
    created = play(text, "[{step: look-up, body: {}}, {step: create, body: {id: 8}}, {step: bind}]")

    assert [each.request.step for each in there.sent] == ["look-up"]
    assert str(created.sent[-1].request.url) == "http://h/b/8"


def test_a_step_asks_for_all_of_its_conditions() -> None:
    first = "{name: a, request: {path: /a}, capture: {x: x, y: y}}"
    text = steps_of(first, "{name: b, when: {a.x: 1, a.y: {min: 2}}, request: {method: PUT, path: /b}}")

    assert len(play(text, "[{step: a, body: {x: 1, y: 1}}]").sent) == 1
    assert len(play(text, "[{step: a, body: {x: 1, y: 2}}, {step: b}]").sent) == 2


def test_a_verb_skips_steps_by_what_registering_captured() -> None:
    text = steps_of(
        LOOK_UP,
        "{name: update, request: {method: PUT, path: /r}}",
        more="verify: {steps: [{name: state, when: {look-up.id: {exists: true}}, request: {path: /state}}]}",
    )

    assert [each.request.step for each in play(text, "[{step: look-up, body: {}}, {step: update}]").sent] == [
        "look-up",
        "update",
    ]


OWN = file_of('{method: PUT, path: "/r/${self:hostname}", json: {Address: "${self:ip}"}}')


def test_a_file_knows_the_host_it_runs_on_and_its_address() -> None:
    played = play(OWN, "[{step: register}]")

    assert str(played.sent[0].request.url) == f"http://h/r/{platform.node()}"
    assert played.sent[0].request.body == b'{"Address":"192.0.2.1"}'


def test_an_answer_can_be_compared_with_the_own_address() -> None:
    text = file_of(more='verify: {request: {path: /r}, expect: {body: {Address: "${self:ip}"}}}')

    played = play(text, "[{step: register}, {step: verify, body: {Address: 192.0.2.1}}]")

    assert played.outcome.state == "registered"


@pytest.mark.parametrize(
    ("url", "address"), [("http://127.0.0.1:1", "127.0.0.1"), ("http://[::1]:1/v1", "::1")]
)
def test_the_own_address_is_that_of_the_way_to_the_endpoint(url: str, address: str) -> None:
    assert asyncio.run(own_ip(url, 3.0)) == address


def test_an_endpoint_whose_name_is_not_there_leaves_the_own_address_unknown() -> None:
    found = asyncio.run(own_ip("http://nobody.invalid:1", 3.0))

    assert isinstance(found, TransportFailure)
    assert found.kind in {TransportKind.DNS, TransportKind.DNS_TEMPORARY}

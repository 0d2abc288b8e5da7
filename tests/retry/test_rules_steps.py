"""What steps can say beside their requests: parts of what they found, bodies from files."""

import json

import pytest
from harness import NoFiles, bound_of, plan_of, play
from retry.files import file_of

from runner.config.bind import MAX_FILE_BYTES, MAX_PARSED_BYTES, bind


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

    assert "^[0-9]+$" in played.outcome.message


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

"""The schema file is a contract with editors as much as with the loader, so its form is tested too.

Editors ignore what stands beside a ``$ref``, answer ``oneOf`` with the wrong branch and show a definition's
name where a title is missing; none of that would fail a test of behaviour. And a mistake in a file must cost
one message at the right place: each wrong file here gives exactly one error.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from runner.language.late import VARIABLE, without_variable

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schemas" / "enlist.v1.schema.json").read_text(encoding="utf-8"),
)

MINIMAL = """\
version: 1
endpoints:
  engine: {url: "http://127.0.0.1:6420"}
registrations:
  web:
    endpoint: engine
    request: {method: PUT, path: /services/web}
"""

DESIGN = """\
# yaml-language-server: $schema=../../schemas/enlist.v1.schema.json
version: 1

variables:
  engine_url: {env: RIVET_ENDPOINT, default: "http://127.0.0.1:6420"}
  token:      {env: RIVET_TOKEN, default: dev, secret: true}
  namespace:  {env: RIVET_NAMESPACE, default: default}
  pool:       {env: RIVET_POOL, default: default}
  public_url: {env: PUBLIC_URL, description: the URL under which the engine calls this service}
  lifespan:   {env: REQUEST_LIFESPAN, type: integer, default: 3600}

endpoints:
  engine:
    url: "${var.engine_url}"
    auth: {bearer: "${var.token}"}
    attempt_timeout: 15s

retry_policies:
  default: {deadline: 60s, attempts: 20, backoff: {initial: 200ms, multiplier: 2, max: 5s}}
  boot:    {deadline: 3s, attempts: unlimited, backoff: {initial: 50ms, multiplier: 1.5, max: 250ms}}

failure_classes:
  - name: still-booting          # the engine answers before it is ready; after 3 s it is a wrong namespace
    match: {status: 400, body: {group: namespace, code: not_found}}
    action: retry
    policy: boot
    exit_code: 76
    hint: the namespace does not exist; check RIVET_NAMESPACE

registrations:
  pool:
    endpoint: engine
    steps:
      - name: discover
        request: {method: GET, path: /datacenters, query: {namespace: "${var.namespace}"}}
        capture: {names: "sort(datacenters[].name)"}
      - name: upsert
        request:
          method: PUT
          path: "/runner-configs/${var.pool}"
          query: {namespace: "${var.namespace}"}
          json:
            datacenters:
              $for_each: "${discover.names}"
              $key: "${item}"
              $value:
                serverless: {url: "${var.public_url}", request_lifespan: "${var.lifespan}", drain_grace_period: 1800}
    verify:
      request: {method: GET, path: /runner-configs, query: {namespace: "${var.namespace}", limit: 500}}
      expect: {body: {'sort(keys(runner_configs."${var.pool}".datacenters))': {equals: "${discover.names}"}}}
    deregister:
      when: never                # the pool is shared: an old replica must not remove what a new one registered
      request: {method: DELETE, path: "/runner-configs/${var.pool}", query: {namespace: "${var.namespace}"}}

lifecycle:
  register: when_ready           # before_start | when_ready | at_once
  ready: {http: "http://127.0.0.1:3000/api/rivet/metadata", deadline: 60s}
  on_failure: stop_app           # stop_app | keep_running
  stop: {deadline: 9s, deregister: 2s}

tests:
  - name: the engine starts ten seconds late
    registration: pool
    variables: {public_url: "http://app:3000/api/rivet"}
    given:
      - {error: connect-refused, for: 10s}
      - {step: discover, status: 200, body: {datacenters: [{name: eu}]}}
      - {step: upsert, status: 200, body: {}}
      - {step: verify, status: 200, body: {runner_configs: {default: {datacenters: {eu: {}}}}}}
    then: {outcome: registered, within: 12s}
"""

PATTERNS = {
    "name": "^[a-z][a-z0-9_-]*$",
    "environment variable": "^[A-Za-z_][A-Za-z0-9_]*$",
    "duration": "^([0-9]+([.][0-9]+)?(ms|s|m|h|d))+$|[$][{]",
    "size": "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$|[$][{]",
    "url": "^https?://|[$][{]",
    "path": "^/|[$][{]",
    "host and port": ":(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[0-5]?[0-9]{1,4})$|[$][{]",
    "status codes": "^([0-9]{3}|[1-5]xx|[0-9]{3}-[0-9]{3})$",
    "attempts": "^unlimited$",
    "end of a life": "^signal$",
    "captured values": "^[a-z][a-z0-9_-]*[.][A-Za-z_][A-Za-z0-9_-]*$",
    "one placeholder": "^[$][{].+[}]$",
}

Place = tuple[str | int, ...]


def subschemas(schema: Any, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every schema within a schema, with where it stands; names of properties are not mistaken for keywords."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for keyword in ("properties", "patternProperties", "definitions", "dependencies"):
        for name, part in schema.get(keyword, {}).items():
            yield from subschemas(part, (*place, keyword, name))
    for keyword in (
        "items",
        "additionalProperties",
        "propertyNames",
        "if",
        "then",
        "else",
        "not",
        "contains",
    ):
        yield from subschemas(schema.get(keyword), (*place, keyword))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(schema.get(keyword, ())):
            yield from subschemas(part, (*place, keyword, index))


ALL = list(subschemas(SCHEMA))
DESCRIBED = [
    (place, part)
    for place, part in ALL
    if "$ref" not in part
    and "if" not in place
    and (not place or place[-2:-1] in {("properties",), ("patternProperties",), ("definitions",)})
]


def within(part: dict[str, Any]) -> Draft7Validator:
    """A validator for one part that still finds the definitions."""
    return Draft7Validator({**part, "definitions": SCHEMA["definitions"]})


def found(document: Any) -> list[tuple[Place, str, str]]:
    """Where each error stands, which keyword raised it, and its text for when a test fails."""
    errors = Draft7Validator(SCHEMA).iter_errors(document)
    return [(tuple(error.absolute_path), str(error.validator), error.message) for error in errors]


def test_the_schema_is_a_valid_draft_07_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_no_schema_offers_alternatives_that_an_editor_would_have_to_guess_between() -> None:
    guesses = [place for place, part in ALL if {"oneOf", "anyOf"} & part.keys()]
    several = {place: part["allOf"] for place, part in ALL if "allOf" in part}

    assert guesses == []
    assert {place for place in several if place != ("definitions", "registration")} == set()
    assert all(each.keys() == {"if", "then"} for parts in several.values() for each in parts)


def test_nothing_stands_beside_a_ref_since_draft_07_would_ignore_it() -> None:
    ignored = [place for place, part in ALL if "$ref" in part and len(part) > 1]

    assert ignored == []


def test_every_ref_leads_to_a_definition_and_every_definition_is_used() -> None:
    used = {part["$ref"].removeprefix("#/definitions/") for _, part in ALL if "$ref" in part}

    assert used == set(SCHEMA["definitions"])


def test_every_map_with_known_keys_refuses_unknown_ones() -> None:
    open_maps = [
        place
        for place, part in ALL
        if "properties" in part
        and part.get("additionalProperties") is not False
        and "allOf" not in place[-3:]
    ]

    assert open_maps == []


def test_only_the_top_level_takes_extensions() -> None:
    places = [place for place, part in ALL if "patternProperties" in part]

    assert places == [()]
    assert list(SCHEMA["patternProperties"]) == ["^x-"]


def test_every_part_has_title_description_and_examples() -> None:
    incomplete = [
        place
        for place, part in DESCRIBED
        if not (part.get("title") and part.get("description") and part.get("examples"))
    ]

    assert incomplete == []


def test_every_example_is_itself_valid() -> None:
    wrong = [
        (place, example, error.message)
        for place, part in DESCRIBED
        for example in part["examples"]
        for error in within(part).iter_errors(example)
    ]

    assert wrong == []


def test_every_default_is_itself_valid_and_is_named_in_the_description() -> None:
    defaults = [(place, part) for place, part in ALL if "default" in part]
    wrong = [place for place, part in defaults if not within(part).is_valid(part["default"])]
    unsaid = [
        place
        for place, part in defaults
        if str(part["default"]).lower().removeprefix("-") not in part["description"].lower()
    ]

    assert defaults
    assert wrong == []
    assert unsaid == []


def test_patterns_are_a_closed_list_without_look_around_or_classes_that_engines_read_differently() -> None:
    patterns = {pattern for _, part in ALL if (pattern := without_variable(part).get("pattern"))}

    assert patterns == set(PATTERNS.values())
    assert not [pattern for pattern in (*patterns, VARIABLE) if re.search(r"\\|\(\?", pattern)]


def test_every_map_of_names_holds_its_names_to_the_one_rule() -> None:
    for key in ("variables", "endpoints", "retry_policies", "registrations"):
        assert SCHEMA["properties"][key]["propertyNames"] == {"$ref": "#/definitions/name"}


def test_the_file_of_the_design_page_is_valid() -> None:
    assert found(yaml.safe_load(DESIGN)) == []


def test_a_file_of_seven_lines_is_enough() -> None:
    assert len(MINIMAL.splitlines()) == 7
    assert found(yaml.safe_load(MINIMAL)) == []


@pytest.mark.parametrize("key", ["version", "endpoints", "registrations"])
def test_a_file_without_a_required_key_gets_one_error_at_the_top(key: str) -> None:
    document = yaml.safe_load(MINIMAL)
    del document[key]

    assert [(place, keyword) for place, keyword, _ in found(document)] == [((), "required")]


@pytest.mark.parametrize(
    "fragment",
    [
        pytest.param("x-anchors: [anything, {at: all}]", id="an extension may hold anything"),
        pytest.param(
            "retry_policies: {default: {attempts: unlimited, deadline: 1m30s}}", id="unlimited attempts"
        ),
        pytest.param(
            "retry_policies: {default: {deadline: '${var.deadline}'}}", id="a placeholder for a duration"
        ),
        pytest.param(
            "endpoints: {engine: {urls: ['${URL}'], max_response: '${SIZE}'}}", id="urls and placeholders"
        ),
        pytest.param(
            "endpoints: {engine: {url: 'http://localhost', socket: /run/engine.sock}}", id="a unix socket"
        ),
        pytest.param(
            "failure_classes: [{name: rejected, hint: ask Ann}]", id="a built-in retuned without a match"
        ),
        pytest.param(
            "failure_classes: [{name: a, match: [{status: [429, 5xx, 500-599]}, {errors: [dns], processed: never}]}]",
            id="a match as a list of maps",
        ),
        pytest.param(
            "failure_classes: [{name: a, match: {body: {a: 1, b: null, c: {in: [x]}, d: {exists: false}}}}]",
            id="conditions as plain values and as maps",
        ),
        pytest.param(
            "registrations: {web: {endpoint: engine, use: consul/service, with: {name: a, id: b, address: c, port: 8080}, needs: [other]}}",
            id="a recipe",
        ),
        pytest.param(
            "registrations: {web: {for_each: {jsonl: pools.jsonl, id: '${each.id}'}, steps: [{name: a, request: {path: /}}]}}",
            id="many alike from a file",
        ),
        pytest.param(
            "lifecycle: {ready: {exec: [pg_isready]}, on_failure: keep_running, retry_later: 5m, status: {listen: ':80'}}",
            id="a lifecycle",
        ),
        pytest.param("report: {json: out.json, html: out.html, bodies: true}", id="reports"),
    ],
)
def test_what_the_language_allows_is_valid(fragment: str) -> None:
    assert found(yaml.safe_load(MINIMAL) | yaml.safe_load(fragment)) == []


WRONG: list[tuple[str, str, Place, str]] = [
    ("an unknown version", "version: 2", ("version",), "const"),
    ("a version in quotes", "version: '1'", ("version",), "const"),
    ("a misspelt top-level key", "registration: {}", (), "additionalProperties"),
    ("no endpoint at all", "endpoints: {}", ("endpoints",), "minProperties"),
    ("endpoints as a list", "endpoints: [{url: 'http://a'}]", ("endpoints",), "type"),
    ("an endpoint's name in upper case", "endpoints: {Engine: {url: 'http://a'}}", ("endpoints",), "pattern"),
    ("an endpoint as a bare url", "endpoints: {engine: 'http://a'}", ("endpoints", "engine"), "type"),
    ("an endpoint without a url", "endpoints: {engine: {proxy: env}}", ("endpoints", "engine"), "required"),
    (
        "a url without a scheme",
        "endpoints: {engine: {url: 'a:80'}}",
        ("endpoints", "engine", "url"),
        "pattern",
    ),
    (
        "a duration without a unit",
        "endpoints: {engine: {url: 'http://a', attempt_timeout: 15}}",
        ("endpoints", "engine", "attempt_timeout"),
        "type",
    ),
    (
        "a duration in words",
        "retry_policies: {default: {backoff: {max: 5 seconds}}}",
        ("retry_policies", "default", "backoff", "max"),
        "pattern",
    ),
    (
        "a size with half a unit",
        "endpoints: {engine: {url: 'http://a', max_response: 1M}}",
        ("endpoints", "engine", "max_response"),
        "pattern",
    ),
    (
        "two ways to authenticate",
        "endpoints: {engine: {url: 'http://a', auth: {bearer: a, basic: {username: a, password: b}}}}",
        ("endpoints", "engine", "auth"),
        "maxProperties",
    ),
    (
        "a misspelt way to authenticate",
        "endpoints: {engine: {url: 'http://a', auth: {token: a}}}",
        ("endpoints", "engine", "auth"),
        "additionalProperties",
    ),
    (
        "no attempt at all",
        "retry_policies: {default: {attempts: 0}}",
        ("retry_policies", "default", "attempts"),
        "minimum",
    ),
    (
        "attempts in words",
        "retry_policies: {default: {attempts: forever}}",
        ("retry_policies", "default", "attempts"),
        "pattern",
    ),
    (
        "a misspelt jitter",
        "retry_policies: {default: {backoff: {jitter: ful}}}",
        ("retry_policies", "default", "backoff", "jitter"),
        "enum",
    ),
    ("a variable of no type", "variables: {a: {type: int}}", ("variables", "a", "type"), "enum"),
    ("a map as a variable's value", "variables: {a: {value: {b: c}}}", ("variables", "a", "value"), "type"),
    (
        "a failure class without a name",
        "failure_classes: [{action: fail}]",
        ("failure_classes", 0),
        "required",
    ),
    (
        "a match that is neither a map nor a list",
        "failure_classes: [{name: a, match: 5xx}]",
        ("failure_classes", 0, "match"),
        "type",
    ),
    (
        "a misspelt key in a match",
        "failure_classes: [{name: a, match: {stauts: 500}}]",
        ("failure_classes", 0, "match"),
        "additionalProperties",
    ),
    (
        "a misspelt key in the second map of a match",
        "failure_classes: [{name: a, match: [{status: 500}, {eror: dns}]}]",
        ("failure_classes", 0, "match", 1),
        "additionalProperties",
    ),
    (
        "an unknown transport error",
        "failure_classes: [{name: a, match: {errors: conn-refused}}]",
        ("failure_classes", 0, "match", "errors"),
        "enum",
    ),
    (
        "an unknown transport error in a list",
        "failure_classes: [{name: a, match: {errors: [dns, refused]}}]",
        ("failure_classes", 0, "match", "errors", 1),
        "enum",
    ),
    (
        "a status class in upper case",
        "failure_classes: [{name: a, match: {status: [429, 5XX]}}]",
        ("failure_classes", 0, "match", "status", 1),
        "pattern",
    ),
    (
        "a status that does not exist",
        "failure_classes: [{name: a, match: {status: 42}}]",
        ("failure_classes", 0, "match", "status"),
        "minimum",
    ),
    (
        "a condition with two tests",
        "failure_classes: [{name: a, match: {text: {contains: a, matches: b}}}]",
        ("failure_classes", 0, "match", "text"),
        "maxProperties",
    ),
    (
        "an unknown test in a condition",
        "failure_classes: [{name: a, match: {body: {code: {equal: 1}}}}]",
        ("failure_classes", 0, "match", "body", "code"),
        "additionalProperties",
    ),
    (
        "a list as a condition",
        "failure_classes: [{name: a, match: {body: {code: [1, 2]}}}]",
        ("failure_classes", 0, "match", "body", "code"),
        "type",
    ),
    (
        "an exit code that no process can have",
        "failure_classes: [{name: a, exit_code: 300}]",
        ("failure_classes", 0, "exit_code"),
        "maximum",
    ),
    (
        "an unknown method",
        "registrations: {web: {request: {method: put, path: /a}}}",
        ("registrations", "web", "request", "method"),
        "enum",
    ),
    (
        "a request without a path",
        "registrations: {web: {request: {method: PUT}}}",
        ("registrations", "web", "request"),
        "required",
    ),
    (
        "a path without a slash",
        "registrations: {web: {request: {path: services}}}",
        ("registrations", "web", "request", "path"),
        "pattern",
    ),
    (
        "a step without a name",
        "registrations: {web: {steps: [{request: {path: /a}}]}}",
        ("registrations", "web", "steps", 0),
        "required",
    ),
    (
        "a capture of no known kind",
        "registrations: {web: {request: {path: /a}, capture: {id: {json: id}}}}",
        ("registrations", "web", "capture", "id"),
        "additionalProperties",
    ),
    (
        "a heartbeat without a cadence",
        "registrations: {web: {heartbeat: {request: {path: /a}}}}",
        ("registrations", "web", "heartbeat"),
        "required",
    ),
    (
        "an unknown time to deregister",
        "registrations: {web: {deregister: {when: sometimes}}}",
        ("registrations", "web", "deregister", "when"),
        "enum",
    ),
    (
        "a for_each over nothing",
        "registrations: {web: {for_each: {id: a}}}",
        ("registrations", "web", "for_each"),
        "required",
    ),
    ("an unknown signal", "lifecycle: {stop: {signal: SIGTERM}}", ("lifecycle", "stop", "signal"), "enum"),
    (
        "a command as one text",
        "lifecycle: {ready: {exec: pg_isready -q}}",
        ("lifecycle", "ready", "exec"),
        "type",
    ),
    ("an extension below the top", "lifecycle: {x-note: a}", ("lifecycle",), "additionalProperties"),
    (
        "a test that expects nothing",
        "tests: [{name: a, given: [{status: 200}], then: {}}]",
        ("tests", 0, "then"),
        "minProperties",
    ),
    (
        "a test in which nothing is answered",
        "tests: [{name: a, given: [], then: {outcome: failed}}]",
        ("tests", 0, "given"),
        "minItems",
    ),
    (
        "an outcome that does not exist",
        "tests: [{name: a, given: [{status: 200}], then: {outcome: ok}}]",
        ("tests", 0, "then", "outcome"),
        "enum",
    ),
]


@pytest.mark.parametrize(
    ("fragment", "place", "keyword"), [pytest.param(*case, id=name) for name, *case in WRONG]
)
def test_a_mistake_gives_exactly_one_error_at_its_place(fragment: str, place: Place, keyword: str) -> None:
    errors = found(yaml.safe_load(MINIMAL) | yaml.safe_load(fragment))

    assert [(place, keyword)] == [(where, what) for where, what, _ in errors], errors

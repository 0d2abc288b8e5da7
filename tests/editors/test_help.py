"""What an editor offers while one writes: keys where they are allowed, the words of a closed list, descriptions."""

import json
from typing import Any

import pytest
from support.language_server import SCHEMA, LanguageServer

LANGUAGE: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
HEAD = """\
version: 1
endpoints:
  engine:
    url: "http://127.0.0.1:6420"
"""


def offered(server: LanguageServer, text: str) -> set[str]:
    """Return what is offered at the end of this text."""
    return server.complete(server.open(text), text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = LANGUAGE["definitions"][name]["properties"]
    return found


def test_at_the_top_every_key_is_offered_that_is_not_there(server: LanguageServer) -> None:
    missing = set(LANGUAGE["properties"]) - {"version", "endpoints"}
    found = offered(server, HEAD)

    assert missing <= found
    assert not {"version", "endpoints"} & found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{HEAD}registrations:\n  web:\n    ", "registration"),
        (f"{HEAD}registrations:\n  web:\n    request:\n      ", "request"),
        (f"{HEAD}    ", "endpoint"),
        (f"{HEAD}retry_policies:\n  default:\n    ", "retry_policy"),
        (f"{HEAD}failure_classes:\n  - ", "failure_class"),
    ],
    ids=lambda value: value if "\n" not in value else "",
)
def test_within_a_part_every_key_of_it_is_offered(server: LanguageServer, text: str, name: str) -> None:
    keys = set(part(name)) - ({"url"} if name == "endpoint" else set())

    assert keys <= offered(server, text)


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        (f"{HEAD}failure_classes:\n  - name: busy\n    action: ", "failure_class", "action"),
        (f"{HEAD}registrations:\n  web:\n    request:\n      method: ", "request", "method"),
        (f"{HEAD}lifecycle:\n  on_failure: ", "lifecycle", "on_failure"),
        (f"{HEAD}variables:\n  port:\n    type: ", "variable", "type"),
    ],
    ids=lambda value: value if "\n" not in value else "",
)
def test_where_only_some_words_are_allowed_these_are_offered(
    server: LanguageServer, text: str, name: str, key: str
) -> None:
    assert offered(server, text) == set(part(name)[key]["enum"])


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        (f"{HEAD}    attempt_timeout: 5s\n", "endpoint", "attempt_timeout"),
        (f"{HEAD}failure_classes:\n  - name: busy\n    action: retry\n", "failure_class", "action"),
        (f"{HEAD}registrations:\n  web:\n    request:\n      path: /a\n", "request", "path"),
    ],
    ids=lambda value: value if "\n" not in value else "",
)
def test_over_a_key_stands_what_the_schema_says_of_it(
    server: LanguageServer, text: str, name: str, key: str
) -> None:
    last = text.splitlines()[-1]
    shown = server.hover(server.open(text), text.count("\n"), last.index(key) + 2)
    said = part(name)[key]

    assert said["title"] in shown
    assert " ".join(said["description"].split()) in " ".join(shown.split())


def test_in_a_file_with_a_mistake_help_goes_on(server: LanguageServer) -> None:
    text = f"{HEAD}    atempt_timeout: 5s\nfailure_classes:\n  - name: busy\n    action: "

    assert "start_over" in offered(server, text)
    assert "URL" in server.hover(server.open(text), 4, 6)


def test_beside_each_word_of_a_closed_list_stands_what_it_means(server: LanguageServer) -> None:
    text = f"{HEAD}failure_classes:\n  - name: busy\n    action: retry\n"
    shown = server.hover(server.open(text), 7, 14)
    meanings = part("failure_class")["action"]

    for word, meaning in zip(meanings["enum"], meanings["enumDescriptions"], strict=True):
        assert f"`{word}`: {meaning}" in shown


def test_the_names_of_recipes_are_offered_and_what_one_takes(server: LanguageServer) -> None:
    named = offered(server, f"{HEAD}registrations:\n  web:\n    use: ")
    taken = offered(server, f"{HEAD}registrations:\n  web:\n    use: consul/service\n    with:\n      ")

    assert {"consul/service", "rivet/serverless-pool"} <= named
    assert {"name", "ttl", "check"} <= taken

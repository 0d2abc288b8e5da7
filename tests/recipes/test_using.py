"""What ``use`` and ``with`` come to: a registration as if it had been written out, with what stands beside them."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.harness import NoFiles, play

from runner.config.binding.bind import bind
from runner.config.lint.lint import lint
from runner.config.loader import Loaded, load
from runner.language.terms import VerbName
from runner.model.plan import Registration
from runner.model.secret import reveal
from runner.values.document import render_document, revealed

OWN = b"""\
version: 1
title: an entry
parameters:
  name: {description: its name}
  size: {type: integer, default: null, description: how many}
  tags: {type: list, default: [], description: its tags}
  ttl: {type: duration, default: 30s, min: 3s, description: how long it lives}
  mode: {choices: [plain, strict], default: plain, description: how it is checked}
  token: {default: null, description: a token}
rules:
  - {that: "mode != 'strict' || size > `1`", message: strict takes more than one, hint: raise size}
endpoint:
  attempt_timeout: 2s
  headers: {X-Token: "${with.token}", X-From: recipe}
retry_policies:
  short: {deadline: 3s}
registration:
  steps:
    - name: put
      request:
        method: PUT
        path: "/entries/${with.name}"
        json:
          name: "${with.name}"
          size: "${with.size}"
          tags: "${with.tags}"
          ttl: "${with.ttl.seconds}"
          text: "${with.ttl.seconds}s and $${with.name}"
          "key-${with.name}": 1
          either: {$if: {mode: strict}, $then: S, $else: P}
          dollar: "${with.name}{X}"
          half: {$unless: size, none: true}
    - {$if: {mode: strict}, name: check, request: {path: /check}}
  failure_classes:
    - {name: busy, match: {status: 409}, action: retry, policy: short, hint: wait}
  heartbeat: {every: "${with.ttl / 3}", request: {path: "/entries/${with.name}"}}
  # enlist: ignore[W512] the name is that of one instance
  deregister: {request: {method: DELETE, path: "/entries/${with.name}"}}
"""
HEAD = """\
version: 1
endpoints: {plane: {url: "http://plane:80"}}
registrations:
  entry:
    use: ./own.recipe.yaml
"""


def loaded(text: str, file: str = "enlist.yaml") -> Loaded:
    """Load a file beside which the recipe lies."""
    folder = file.rpartition("/")[0]
    recipes = NoFiles({f"{folder}/own.recipe.yaml".lstrip("/"): OWN, "own.recipe.yaml": OWN})
    return load(text.encode(), file, lambda path, most: recipes.read(path.replace("./", ""), most))


def registration(text: str) -> Registration:
    """Return the only registration of a file that must be right."""
    made = loaded(text)
    assert made.plan is not None, made.diagnostics
    (only,) = made.plan.registrations.values()
    return only


def words(text: str) -> list[str]:
    """Return what is found in a file, with its line."""
    return [f"{each.span.line}: {each.message}" for each in loaded(text).diagnostics]


def body_of(given: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    """Return the body and the URL that the recipe sends with some values."""
    monkeypatch.setattr("support.harness.load", lambda raw, file: loaded(raw.decode(), file))
    played = play(HEAD + f"    with: {given}\n", "[{status: 200}]", environment=environment)
    sent = played.sent[0].request
    assert sent.body is not None
    return json.loads(sent.body), reveal(sent.url)


def test_values_keep_their_types_and_what_has_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    body, _ = body_of("{name: web, tags: [a, b], ttl: 1m}", monkeypatch)

    assert body == {
        "name": "web", "tags": ["a", "b"], "ttl": 60, "text": "60s and ${with.name}", "key-web": 1,
        "either": "P", "half": {"none": True}, "dollar": "web{X}",
    }  # fmt: skip


def test_what_the_environment_gives_is_read_as_the_type_of_the_parameter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = '{name: "${NAME}", size: "${SIZE}", tags: "${TAGS:-x}", ttl: "${TTL}"}'
    text = HEAD + f"    with: {given}\n    heartbeat: {{every: 5s}}\n"
    monkeypatch.setattr("support.harness.load", lambda raw, file: loaded(raw.decode(), file))
    played = play(text, "[{status: 200}]", environment={"NAME": "7", "SIZE": "3", "TTL": "1m"})
    body = json.loads(played.sent[0].request.body or b"")

    assert (body["name"], body["size"], body["tags"], body["ttl"]) == ("7", 3, ["x"], 60)


def test_a_value_in_a_path_is_one_segment_whatever_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, url = body_of('{name: "a/b ${NAME}?"}', monkeypatch, NAME="x/y")

    assert url == "http://plane:80/entries/a%2Fb%20x%2Fy%3F"


def test_two_texts_do_not_make_a_placeholder_together(monkeypatch: pytest.MonkeyPatch) -> None:
    body, _ = body_of('{name: "$"}', monkeypatch, X="secret")

    assert body["dollar"] == "${X}"


def test_what_stands_beside_use_wins() -> None:
    made = registration(
        HEAD.replace("registrations", "retry_policies: {patient: {deadline: 5m}}\nregistrations")
        + "    with: {name: web}\n    policy: patient\n    required: false\n"
        + "    heartbeat: {every: 7s, give_up_after: 9}\n    deregister: {when: on_signal}\n"
    )

    assert (made.policy.deadline_s, made.required) == (300, False)
    assert (made.heartbeat_every_s, made.give_up_after) == (7, 9)
    assert made.deregister_when == "on_signal"
    assert made.deregister is not None
    assert str(made.deregister.steps[0].request.path) == "/entries/web"


def test_the_classes_of_the_file_come_first_and_one_of_the_same_name_retunes_the_recipe_s() -> None:
    made = registration(
        HEAD + "    with: {name: web}\n    failure_classes:\n"
        "      - {name: busy, hint: ask Ann}\n      - {name: mine, match: {status: 409}, action: fail}\n"
    )
    busy, mine = made.register.steps[0].declared

    assert (busy.name, busy.hint, busy.action, mine.name) == ("busy", "ask Ann", "retry", "mine")
    assert busy.policy is not None
    assert busy.policy.deadline_s == 3


@pytest.mark.parametrize(
    "heartbeat",
    [
        '{$if: {mode: strict}, $then: {every: 1s, request: {path: /s}}, $else: {every: "${with.ttl / 3}", request: {path: /p}}}',
        '{$if: size, every: "${with.ttl}", request: {path: /p}}',
    ],
)
def test_a_cadence_beside_use_wins_where_the_recipe_has_beats_on_a_condition_too(heartbeat: str) -> None:
    kept = [line for line in OWN.decode().splitlines() if not line.startswith("  heartbeat: ")]
    recipe = "\n".join(kept).replace("registration:\n", f"registration:\n  heartbeat: {heartbeat}\n").encode()
    text = HEAD + '    with: {name: web, ttl: "${TTL}"}\n    heartbeat: {every: 7s}\n'
    plan = load(text.encode(), "enlist.yaml", NoFiles({"own.recipe.yaml": recipe}).read).plan
    assert plan is not None
    made = plan.registrations["entry"]

    assert made.heartbeat is not None
    assert (made.heartbeat_every_s, str(made.heartbeat.steps[0].request.path)) == (7, "/p")


def test_an_own_request_of_a_verb_replaces_the_recipe_s() -> None:
    made = registration(HEAD + "    with: {name: web}\n    heartbeat: {every: 7s, request: {path: /mine}}\n")

    assert made.heartbeat is not None
    assert [str(step.request.path) for step in made.heartbeat.steps] == ["/mine"]


def test_ttl_and_cadence_come_from_one_value() -> None:
    assert registration(HEAD + "    with: {name: web, ttl: 45s}\n").heartbeat_every_s == 15


def test_what_the_file_says_of_its_endpoint_wins() -> None:
    text = HEAD.replace(
        '"http://plane:80"', '"http://plane:80", attempt_timeout: 9s, headers: {X-From: file}'
    )
    made = loaded(text + "    with: {name: web, token: abc}\n")
    assert made.plan is not None
    endpoint = made.plan.endpoints["plane"]

    assert endpoint.attempt_timeout_s == 9
    assert {name: str(value) for name, value in endpoint.headers} == {"X-From": "file", "X-Token": "abc"}


def test_a_step_stands_there_only_with_the_value_that_it_asks_for() -> None:
    plain = registration(HEAD + "    with: {name: web}\n")
    strict = registration(HEAD + "    with: {name: web, mode: strict, size: 2}\n")

    assert [step.name for step in plain.register.steps] == ["put"]
    assert [step.name for step in strict.register.steps] == ["put", "check"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("{}", '6: registrations.entry.with needs the key "name"'),
        ("{name: web, siez: 3}", '6: unknown key "siez" in registrations.entry.with'),
        ("{name: web, ttl: 1s}", "6: ttl is too small"),
        ("{name: web, mode: strict, size: 1}", "6: strict takes more than one"),
        (
            "{name: web, size: many}",
            '6: "many" is not a placeholder, which is the only text that can stand here',
        ),
    ],
)
def test_what_is_given_is_checked_at_its_line(given: str, found: str) -> None:
    assert words(HEAD + f"    with: {given}\n") == [found]


def test_a_rule_is_not_asked_of_what_only_the_environment_knows() -> None:
    assert words(HEAD + '    with: {name: web, mode: strict, size: "${SIZE}"}\n') == []


def test_a_missing_value_is_told_at_the_line_that_gives_it() -> None:
    made = loaded(HEAD + '    with:\n      name: "${NAME}"\n')
    assert made.plan is not None
    _, missing = bind(made.plan, {}, NoFiles(), verbs=(VerbName.REGISTER,))

    assert {(each.span.file, each.span.line) for each in missing} == {("enlist.yaml", 7)}


def test_a_finding_within_a_recipe_names_both_lines() -> None:
    recipe = OWN.replace(b"path: /check", b'path: "/${put.id}"')
    read = NoFiles({"./own.recipe.yaml": recipe, "own.recipe.yaml": recipe}).read
    text = HEAD + "    with: {name: web, mode: strict, size: 2}\n"
    (finding,) = load(text.encode(), "enlist.yaml", read).diagnostics

    assert (finding.span.file, finding.span.line) == ("enlist.yaml", 5)
    assert finding.message.startswith("own.recipe.yaml:33:58: ")
    assert [(span.file, span.line) for span, _ in finding.related] == [("own.recipe.yaml", 33)]


def test_a_warning_within_a_recipe_is_silenced_there_or_where_it_is_used() -> None:
    text = HEAD.replace("http:", "https:").replace(":80", "") + "    with: {name: web}\n"
    quiet = OWN.replace(b'          dollar: "${with.name}{X}"\n', b"")
    loud = quiet.replace(b"  # enlist: ignore[W512] the name is that of one instance\n", b"")

    def warnings(recipe: bytes, file: str) -> list[str]:
        read = NoFiles({"./own.recipe.yaml": recipe, "own.recipe.yaml": recipe}).read
        return [each.code for each in lint(load(file.encode(), "enlist.yaml", read))]

    silenced = text.replace("own.recipe.yaml", "own.recipe.yaml  # enlist: ignore[W512] one instance")
    assert (warnings(quiet, text), warnings(loud, text), warnings(loud, silenced)) == ([], ["W512"], [])


def test_the_path_of_a_recipe_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "own.recipe.yaml").write_bytes(OWN)
    asked: list[str] = []

    def read(path: str, _: int) -> bytes:
        asked.append(path)
        return Path(path).read_bytes()

    text = HEAD + "    with: {name: web}\n"
    assert load(text.encode(), f"{tmp_path}/enlist.yaml", read).plan is not None
    assert asked == [f"{tmp_path}/own.recipe.yaml"]


def test_a_recipe_is_a_part_of_what_was_checked() -> None:
    text = (HEAD + "    with: {name: web}\n").encode()
    one, other = (
        load(text, "enlist.yaml", NoFiles({"./own.recipe.yaml": raw, "own.recipe.yaml": raw}).read).plan
        for raw in (OWN, OWN + b"# changed\n")
    )
    assert one is not None
    assert other is not None
    assert one.sha256 != other.sha256


def test_one_recipe_serves_several_registrations() -> None:
    made = loaded(
        HEAD + "    with: {name: web}\n  other:\n    use: ./own.recipe.yaml\n    with: {name: api, ttl: 9s}\n"
    )
    assert made.plan is not None
    beats = {name: each.heartbeat_every_s for name, each in made.plan.registrations.items()}

    assert beats == {"entry": 10, "other": 3}


def test_a_recipe_cannot_use_a_recipe() -> None:
    recipe = OWN.replace(b"registration:\n  steps:", b"registration:\n  use: ./own.recipe.yaml\n  steps:")
    read = NoFiles({"./own.recipe.yaml": recipe, "own.recipe.yaml": recipe}).read
    (finding,) = load((HEAD + "    with: {name: web}\n").encode(), "enlist.yaml", read).diagnostics

    assert (finding.code, finding.span.line) == ("E304", 5)


def test_more_values_than_a_file_may_have_are_refused_before_they_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runner.config.recipes.expand.MAX_NODES", 1000)
    many = "".join(
        f"  entry{number}:\n    use: ./own.recipe.yaml\n    with: {{name: a}}\n" for number in range(50)
    )
    (finding,) = loaded(HEAD.partition("  entry")[0] + many).diagnostics

    assert finding.code == "E109"


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ("hunter-leak", ""),
        ("${SECRET}", ""),
        ("${var.mine}", "variables: {mine: {env: SECRET}}\n"),
        ("${var.mine}", "variables: {mine: {value: hunter-leak}}\n"),
    ],
)
def test_what_is_given_as_a_secret_is_one_wherever_the_recipe_puts_it(given: str, variables: str) -> None:
    recipe = OWN.replace(b"  token: {", b"  token: {secret: true, ").replace(
        b'"${with.name}{X}"', b'"${with.token}"'
    )
    text = (
        variables.join(["version: 1\n", HEAD.removeprefix("version: 1\n")])
        + f'    with: {{name: web, token: "{given}"}}\n'
    )
    plan = load(text.encode(), "enlist.yaml", NoFiles({"own.recipe.yaml": recipe}).read).plan
    assert plan is not None
    bound, _ = bind(plan, {"SECRET": "hunter-leak"}, NoFiles())

    assert bound is not None
    assert "hunter-leak" in {reveal(each) for each in bound.secrets}
    (body,) = [step.request.body for step in plan.registrations["entry"].register.steps]
    assert "hunter-leak" in str(revealed(render_document(body, bound.scope)))
    assert "hunter-leak" not in str(render_document(body, bound.scope))


def test_a_secret_is_masked_wherever_it_is_given() -> None:
    made = loaded(HEAD + "    with: {name: web, token: hunter-leak, siez: hunter-leak}\n")

    assert all("hunter" not in each.message for each in made.diagnostics)
    assert all("hunter" not in line for line in made.lines)


def test_a_recipe_with_more_parameters_than_anybody_gives_is_refused_before_they_are_asked() -> None:
    many = b"".join(b"  p%d: {description: one of many}\n" % number for number in range(101))
    recipe = OWN.replace(b"parameters:\n", b"parameters:\n" + many)
    read = NoFiles({"own.recipe.yaml": recipe}).read
    (finding,) = load((HEAD + "    with: {name: web}\n").encode(), "enlist.yaml", read).diagnostics

    assert (finding.code, finding.span.line) == ("E209", 5)


def found_with(recipe: str, *, uses: int, given: str) -> list[str]:
    """Return the codes of what is found where so many registrations use a recipe."""
    users = "".join(f"  r{number}: {{use: ./own.recipe.yaml, with: {given}}}\n" for number in range(uses))
    text = f'version: 1\nendpoints: {{plane: {{url: "http://plane:80"}}}}\nregistrations:\n{users}'
    made = load(text.encode(), "enlist.yaml", lambda *_: recipe.encode())
    return [finding.code for finding in made.diagnostics]


def test_a_rule_that_would_take_too_long_on_what_is_given_is_not_asked() -> None:
    recipe = """\
version: 1
title: an entry
parameters: {name: {description: its name}, many: {type: list, default: [], description: others}}
rules: [{that: "length(many[?@ == `1`].[@, @, @, @][]) == `1`", message: there is one only}]
registration: {request: {method: PUT, path: "/entries/${with.name}"}}
"""

    assert found_with(recipe, uses=1, given=f"{{name: a, many: [{','.join(['1'] * 60_000)}]}}") == ["E341"]


def test_what_a_recipe_leaves_out_is_counted_where_very_many_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.config.recipes.expand._MAX_FILLED", 2_000)
    left_out = "".join(
        f"    - {{$if: {{all: true}}, name: s{number}, request: {{method: PUT, path: /{number}}}}}\n"
        for number in range(20)
    )
    recipe = f"""\
version: 1
title: an entry
parameters: {{name: {{description: its name}}, all: {{type: boolean, default: false, description: whether all}}}}
registration:
  steps:
    - {{name: put, request: {{method: PUT, path: "/entries/${{with.name}}"}}}}
{left_out}"""

    assert found_with(recipe, uses=5, given="{name: a}") == []
    assert found_with(recipe, uses=50, given="{name: a}") == ["E109"]

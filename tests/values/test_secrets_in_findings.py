"""What is said about a file, and its excerpts, spread no secret that stands in it or in its environment."""

import pytest

from runner.adapters.files import LocalFiles
from runner.config import loader
from runner.config.binding.bind import bind
from runner.config.lint.lint import lint
from runner.report.findings import CheckedFile, Setting, render_text
from runner.report.findings_github import render_github
from runner.report.findings_json import render_json
from runner.report.findings_sarif import render_sarif
from runner.report.variables import render_variables

LINE = (
    "version: 1\nendpoints:\n  e: {{url: 'http://h', {}, typo: 1}}\n"
    "registrations: {{r: {{request: {{method: PUT, path: /a}}}}}}\n"
)
VARIABLE = (
    "version: 1\nvariables: {{t: {}}}\nendpoints: {{e: {{url: 'http://h'{}}}}}\n"
    "registrations: {{r: {{request: {{method: PUT, path: '/a/${{var.t}}'}}}}}}\n{}"
)
TEST = "tests: [{name: t, variables: {t: hunter2-leak-99}, given: [{status: 200}], then: {outcome: registered}}]\n"
SETTING = Setting(version="0", folder="/w", root="/w")
WRITTEN = {
    "a bearer token of letters": LINE.format("auth: {bearer: hunter-leak}"),
    "one of several words": LINE.format('auth: {bearer: "hunter leak 99"}'),
    "a header": LINE.format('headers: {Authorization: "Bearer hunter-leak-99"}'),
    "a header of another name": LINE.format("headers: {client_secret: hunter-leak-99}"),
    "a password with a dollar": LINE.format('auth: {basic: {username: a, password: "hunter$leak-99"}}'),
    "a password with an ampersand": LINE.format('auth: {basic: {username: a, password: "hunter&leak-99"}}'),
    "the default of a placeholder": LINE.format('auth: {bearer: "${T:-hunter-leak-99}"}'),
    "the default of a placeholder in a URL": LINE.replace("http://h", "http://u:${{T:-hunter-leak-99}}@h").format("a: 1"),
    "the default of a secret": VARIABLE.format("{env: T, default: hunter-leak-99, secret: true, typo: 1}", "", ""),
    "a secret of another type": VARIABLE.format("{env: T, type: integer, secret: true, default: hunter-leak-99}", "", ""),
    "one that is used in auth": VARIABLE.format(
        "{env: T, type: integer, default: hunter-leak-99}", ", auth: {bearer: '${var.t}'}", ""
    ),
    "what a test gives": VARIABLE.format("{env: T, type: integer, secret: true}", "", TEST),
}  # fmt: skip


def said_in_all_forms(text: str) -> str:
    loaded = loader.load(text.encode(), "f.yaml")
    checked = [CheckedFile("f.yaml", loaded.diagnostics, loaded.lines)]
    assert loaded.diagnostics
    forms = [render(checked, SETTING) for render in (render_json, render_github, render_sarif)]
    return "\n".join([render_text(checked), *forms])


@pytest.mark.parametrize("what", WRITTEN)
def test_no_secret_that_stands_in_a_file_is_said_again(what: str) -> None:
    said = said_in_all_forms(WRITTEN[what])

    assert "hunter" not in said
    assert "leak" not in said


def test_no_secret_that_stands_in_a_file_is_said_again_in_a_warning() -> None:
    text = "version: 1\nendpoints: {e: {url: 'http://h', auth: {bearer: hunter-leak-99}}}\nvariables: {hunter-leak-99: {env: A}}\n"
    loaded = loader.load(f"{text}registrations: {{r: {{request: {{path: /a}}}}}}\n".encode(), "f.yaml")
    warnings = lint(loaded)

    assert "W501" in {each.code for each in warnings}
    assert "hunter" not in render_text([CheckedFile("f.yaml", warnings, loaded.lines)])


def test_of_a_file_with_more_secrets_than_can_be_known_nothing_but_places_is_said() -> None:
    secrets = "".join(f"{number:06}" for number in range(60_000)) + "hunter-leak-99"
    said = said_in_all_forms(LINE.format(f"auth: {{bearer: {secrets}}}"))

    assert "f.yaml:3:" in said
    assert "too much of the file is secret" in said
    assert "hunter" not in said
    assert "059999" not in said


def test_the_caret_stays_below_its_place_where_a_secret_stands_before_it() -> None:
    loaded = loader.load(LINE.format("auth: {bearer: hunter-leak}").encode(), "f.yaml")
    said = render_text([CheckedFile("f.yaml", loaded.diagnostics, loaded.lines)]).splitlines()
    excerpt = next(at for at, line in enumerate(said) if "typo: 1" in line)

    assert said[excerpt].index("typo") == said[excerpt + 1].index("^")


@pytest.mark.parametrize(
    ("variable", "auth", "value"),
    [
        ("{env: T, type: integer}", ", auth: {bearer: '${var.t}'}", "hunter-leak-99"),
        ("{env: T, type: duration, secret: true}", "", "86753099"),
        ("{env: T, secret: true}", ", tls: {ca_file: '${var.t}'}", "/nowhere/hunter-leak-99"),
    ],
)
def test_what_the_environment_gives_a_secret_is_not_said_where_it_cannot_be_used(
    variable: str, auth: str, value: str
) -> None:
    plan = loader.load(VARIABLE.format(variable, auth, "").encode(), "f.yaml").plan
    assert plan is not None
    bound, findings = bind(plan, {"T": value}, LocalFiles())

    assert bound is None
    assert value not in repr(findings)


@pytest.mark.parametrize("endpoint", ["url: 'http://h', auth: {bearer: '${T:-hunter-leak-99}'}", "url: 'http://u:${T:-hunter-leak-99}@h'"])  # fmt: skip
def test_the_table_of_variables_shows_no_default_of_a_credential(endpoint: str) -> None:
    text = f"version: 1\nendpoints: {{e: {{{endpoint}}}}}\nregistrations: {{r: {{request: {{path: /a}}}}}}\n"
    plan = loader.load(text.encode(), "f.yaml").plan
    assert plan is not None

    assert "hunter" not in render_variables(plan, ())

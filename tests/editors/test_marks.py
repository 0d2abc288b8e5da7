"""What an editor marks is what ``enlist validate`` finds, at the same line; and right files have no marks.

Both read one schema, but not with one program: an editor's reading of draft-07 is its own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.language_server import SCHEMA, LanguageServer, Mark

from runner.config.loader import load

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.enlist.yaml"))
SHIPPED = sorted((ROOT / "runner" / "recipes").rglob("*.enlist.yaml"))
RIGHT = sorted(
    [
        *SHIPPED,
        *(ROOT / "tests" / "config" / "right").glob("*.yaml"),
        *(ROOT / "tests" / "retry" / "control_planes").glob("*.yaml"),
    ]
)
WRONG_SHAPES = sorted((ROOT / "tests" / "config" / "wrong").glob("shape-*.yaml"))
FILE = """\
version: 1
endpoints:
  engine:
    url: "http://127.0.0.1:6420"
    attempt_timeout: 5s
retry_policies:
  default: {deadline: 60s}
failure_classes:
  - name: busy
    match: {status: 409}
    action: retry
registrations:
  web:
    endpoint: engine
    request:
      method: PUT
      path: /services/web
"""

MISTAKES = [
    ("an unknown key at the top", "retry_policies:", "retry_policy:", 6, "retry_policy is not allowed"),
    ("an unknown key below", "attempt_timeout:", "timeout:", 5, "timeout is not allowed"),
    ("an unknown key in a registration", "endpoint: engine", "endpont: engine", 14, "endpont is not allowed"),
    ("a word that is not among the known ones", "action: retry", "action: retri", 11, '"start_over"'),
    ("an unknown method", "method: PUT", "method: put", 16, '"PUT"'),
    ("a duration in words", "deadline: 60s", "deadline: 60 seconds", 7, "number with its unit: 500ms"),
    ("a duration without a unit", "attempt_timeout: 5s", "attempt_timeout: 5", 5, 'Expected "string"'),
    ("a missing key", "      path: /services/web\n", "", 15, 'Missing property "path"'),
    ("a missing url", '    url: "http://127.0.0.1:6420"\n', "", 3, 'Missing property "url"'),
    (
        "a map where a list is expected",
        FILE[FILE.index("\n  - name") : FILE.index("\nreg")],
        " {busy: {}}",
        8,
        "array",
    ),
    ("a text where a map is expected", "{deadline: 60s}", "60s", 7, 'Expected "Retry policy"'),
    ("an unknown version", "version: 1", "version: 2", 1, "must be 1"),
    ("a name in upper case", "  web:", "  Web:", 13, "lower-case letters"),
]


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every map within a schema."""
    if isinstance(schema, dict):
        yield schema
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(each)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"), [pytest.param(*case, id=name) for name, *case in MISTAKES]
)
def test_a_mistake_is_marked_once_at_the_line_at_which_validate_finds_it(
    server: LanguageServer, right: str, wrong: str, line: int, words: str
) -> None:
    text = FILE.replace(right, wrong, 1)
    marks = server.marks(server.open(text))
    findings = load(text.encode(), "enlist.yaml").diagnostics

    assert text != FILE
    assert [mark.line for mark in marks] == [line], marks
    assert re.search(words, marks[0].words), marks
    assert {finding.span.line for finding in findings} == {line}, findings


def test_several_mistakes_are_each_marked(server: LanguageServer) -> None:
    text = FILE.replace("version: 1", "version: 2").replace("5s", "5").replace("PUT", "put")

    assert [mark.line for mark in server.marks(server.open(text))] == [1, 5, 16]


def test_every_pattern_has_words_for_who_does_not_read_patterns() -> None:
    """An editor would show the pattern itself."""
    schemas = [part for part in parts(json.loads(SCHEMA.read_text(encoding="utf-8"))) if "type" in part]

    patterns = [part for part in schemas if isinstance(part.get("pattern"), str)]

    assert patterns
    assert [part for part in patterns if not part.get("patternErrorMessage", "").endswith(".")] == []


def test_every_word_of_a_closed_list_that_is_described_is_described() -> None:
    described = [
        part for part in parts(json.loads(SCHEMA.read_text(encoding="utf-8"))) if "enumDescriptions" in part
    ]

    assert described
    assert [part for part in described if len(part["enum"]) != len(part["enumDescriptions"])] == []


def test_a_mark_names_the_part_by_its_title(server: LanguageServer) -> None:
    (mark,) = server.marks(server.open(FILE.replace("5s", "5")))

    assert mark.source == "yaml-schema: Attempt timeout"


def without_merges(marks: list[Mark], text: str) -> list[Mark]:
    """Leave out that an editor takes the ``<<`` of YAML for a name where the keys of a map are names."""
    lines = text.splitlines()
    return [each for each in marks if not ("<<:" in lines[each.line - 1] and each.source.endswith("Name"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_finds_the_schema_by_its_own_first_line_and_has_no_marks(
    server: LanguageServer, path: Path
) -> None:
    folder = path.parent.as_uri()
    text = path.read_text(encoding="utf-8")
    as_it_is = server.open(text, folder=folder, ending=".yaml")
    with_a_mistake = server.open(f"{text}\nsurprise: 1\n", folder=folder, ending=".yaml")

    assert without_merges(server.marks(as_it_is), text) == []
    assert text.count("\n") + 2 in [mark.line for mark in server.marks(with_a_mistake)]


def test_no_right_file_has_marks(server: LanguageServer) -> None:
    """What comes with enlist has not even a warning; of other files only the schema's marks count."""
    texts = {path: path.read_text(encoding="utf-8") for path in RIGHT}
    offline = {path: re.sub(r"\$schema=\S+", f"$schema={SCHEMA.as_uri()}", texts[path]) for path in RIGHT}
    opened = {path: server.open(text) for path, text in offline.items()}
    marked = [
        (path.name, mark)
        for path, uri in opened.items()
        for mark in without_merges(server.marks(uri), texts[path])
        if path in SHIPPED or mark.source.startswith("yaml-schema")
    ]

    assert marked == []


def test_every_wrong_shape_that_validate_knows_is_marked_there_too(server: LanguageServer) -> None:
    """Where a whole part is of the wrong type, an editor marks its first line, and validate the key above it."""
    texts = {path: path.read_text(encoding="utf-8") for path in WRONG_SHAPES}
    opened = {path: server.open(text) for path, text in texts.items()}
    apart = []
    for path, uri in opened.items():
        found = {finding.span.line for finding in load(texts[path].encode(), path.name).diagnostics}
        marked = {mark.line for mark in server.marks(uri)}
        if found not in (marked, {line - 1 for line in marked}):
            apart.append((path.name, found, marked))

    assert len(opened) > 40
    assert apart == []

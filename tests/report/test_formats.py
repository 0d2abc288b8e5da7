"""What machines read of ``enlist validate``: JSON, GitHub's annotations, SARIF.

Each format says the same findings at the same places as the text does; each is alone on standard output, and the
exit status does not depend on it.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator, Draft7Validator
from support.npm_install import installed_or_skipped
from support.process import COMMAND, ENDS_WITHIN_S
from support.sarif_schema import installed_schema, read_schema

from runner.cli import main
from runner.language.span import Span
from runner.model.diagnostic import Diagnostic, Severity
from runner.report.codes import load_catalog
from runner.report.findings import CheckedFile, Setting
from runner.report.findings_github import render_github
from runner.report.findings_json import render_json
from runner.report.findings_sarif import render_sarif

ROOT = Path(__file__).parents[2]
WRONG_FILES = sorted((ROOT / "tests" / "config" / "wrong").glob("*.yaml"))
HERE = Setting(version="0.1.0", folder="/src/service", root="/src/service")
FORMATS = ("json", "github", "sarif")
RIGHT = 'version: 1\nendpoints: {e: {url: "http://127.0.0.1:1"}}\nregistrations: {r: {request: {path: /a}}}\n'
WRONG = RIGHT.replace("path:", "pfad:")
ADVICE = RIGHT + "retry_policies: {unused: {deadline: 20s}}\n"
FINDINGS_SCHEMA = json.loads((ROOT / "schemas" / "findings.v1.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sarif_schema() -> dict[str, Any]:
    """The published schema; without npm the test is skipped, which is a failure in CI."""
    return read_schema(installed_or_skipped(installed_schema, "THE SCHEMA OF SARIF"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a right file, a wrong one, and one that only has advice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    for name, text in (("right", RIGHT), ("wrong", WRONG), ("advice", ADVICE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def finding(
    message: str = "unknown key",
    *,
    file: str = "a.yaml",
    line: int = 1,
    severity: Severity = Severity.ERROR,
    hint: str | None = None,
    end_line: int | None = None,
) -> Diagnostic:
    span = Span(file, line, 3, end_line or line, 9)
    code = "E203" if severity is Severity.ERROR else "W501"
    return Diagnostic(code=code, span=span, message=message, severity=severity, hint=hint)


def checked(*findings: Diagnostic) -> list[CheckedFile]:
    return [CheckedFile("a.yaml", findings)]


def unescaped(text: str) -> str:
    """Read a value of a workflow command as GitHub's runner does."""
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def annotation(line: str) -> tuple[str, Mapping[str, str], str]:
    """Take a workflow command apart: its name, its properties, its message."""
    found = re.fullmatch(r"::([a-z]+) ([^:]*)::(.*)", line)
    assert found, line
    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(found[3])


def places_in_text(text: str) -> list[tuple[str, int, int, str]]:
    found = re.findall(r"^(\S+):([0-9]+):([0-9]+): (?:error|warning)\[([EW][0-9]{3})\]", text, re.MULTILINE)
    return [(file, int(line), int(column), code) for file, line, column, code in found]


@pytest.mark.parametrize("form", ["text", *FORMATS])
@pytest.mark.parametrize(
    ("names", "status"), [(["right"], 0), (["wrong"], 1), (["right", "wrong"], 1), (["advice"], 0)]
)
def test_the_exit_status_does_not_depend_on_the_format(
    folder: Path, form: str, names: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.is_dir()
    assert main(["validate", "--format", form, *(f"{name}.yaml" for name in names)]) == status
    assert ("error" in capsys.readouterr().err) == (status == 1)


def test_an_unknown_format_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["validate", "--format", "xml", "a.yaml"])

    assert ended.value.code == 2
    assert "sarif" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["right", "wrong", "advice"])
def test_json_is_one_document_of_the_published_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "--format", "json", f"{name}.yaml"])
    document = json.loads(capsys.readouterr().out)

    Draft7Validator.check_schema(FINDINGS_SCHEMA)
    Draft7Validator(FINDINGS_SCHEMA).validate(document)
    assert document["format"] == 1
    assert document["files"] == [f"{name}.yaml"]
    counts = {"right": (0, 0), "wrong": (2, 0), "advice": (0, 1)}[name]
    assert (document["errors"], document["warnings"]) == counts
    assert len(document["findings"]) == sum(counts)


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_document_has_what_the_text_has_for_every_wrong_file(
    form: str,
    sarif_schema: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(WRONG_FILES[0].parent)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    names = [path.name for path in WRONG_FILES]
    main(["validate", *names])
    text = capsys.readouterr().out
    main(["validate", "--format", form, *names])
    document = json.loads(capsys.readouterr().out)

    if form == "json":
        Draft7Validator(FINDINGS_SCHEMA).validate(document)
        said = [(each["file"], each["line"], each["column"], each["code"]) for each in document["findings"]]
    else:
        Draft4Validator(sarif_schema).validate(document)
        said = [
            (place["artifactLocation"]["uri"], region["startLine"], region["startColumn"], each["ruleId"])
            for each in document["runs"][0]["results"]
            for place in [each["locations"][0]["physicalLocation"]]
            for region in [place["region"]]
        ]
    assert said == places_in_text(text)
    assert len(said) >= len(WRONG_FILES) - sum(name.startswith("env-") for name in names)


def test_every_key_of_the_findings_schema_says_what_it_is() -> None:
    parts = [*FINDINGS_SCHEMA["properties"].values(), *FINDINGS_SCHEMA["definitions"].values()]
    parts += [
        below
        for part in FINDINGS_SCHEMA["definitions"].values()
        for below in part.get("properties", {}).values()
    ]

    assert [
        part for part in parts if "$ref" not in part and not {"title", "description"} <= part.keys()
    ] == []
    assert [part for part in parts if "$ref" in part and len(part) > 1] == []


def test_related_places_and_hints_are_in_the_documents() -> None:
    place = Span("a.yaml", 2, 1, 2, 4)
    one = Diagnostic(
        code="E116",
        span=Span("a.yaml", 3, 1, 3, 4),
        message="twice",
        related=((place, "first here"),),
        hint="remove one",
    )
    document = json.loads(render_json(checked(one), HERE))
    (result,) = json.loads(render_sarif(checked(one), HERE))["runs"][0]["results"]

    Draft7Validator(FINDINGS_SCHEMA).validate(document)
    assert document["findings"][0]["related"] == [
        {"file": "a.yaml", "line": 2, "column": 1, "end_line": 2, "end_column": 4, "message": "first here"}
    ]
    assert document["findings"][0]["hint"] == "remove one"
    assert result["relatedLocations"][0]["message"]["text"] == "first here"
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert result["message"]["text"] == "twice\nremove one"


@pytest.mark.parametrize("render", [render_json, render_github, render_sarif])
def test_no_format_carries_characters_that_a_terminal_would_obey(render: Any) -> None:
    text = render(checked(finding("a\x1b[31m\u202eb", hint="\x07")), HERE)

    assert text.replace("\n", "").isprintable()
    assert "\\\\u001b" in text or "\\u001b" in text


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_document_survives_a_stream_that_knows_ascii_only(tmp_path: Path, form: str) -> None:
    (tmp_path / "größe.yaml").write_text(WRONG.replace("pfad", "gräße"))
    ended = subprocess.run(
        [COMMAND, "validate", "--format", form, "größe.yaml"],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii"},
        capture_output=True, check=False, timeout=ENDS_WITHIN_S,
    )  # fmt: skip

    assert ended.returncode == 1, ended
    assert "gräße" in json.dumps(json.loads(ended.stdout), ensure_ascii=False)


def test_an_annotation_names_the_place_and_the_code() -> None:
    line = render_github(checked(finding("unknown key", hint='did you mean "path"?')), HERE)

    assert annotation(line) == (
        "error",
        {"file": "a.yaml", "line": "1", "col": "3", "endLine": "1", "endColumn": "9", "title": "enlist E203"},
        'a.yaml:1:3: unknown key\nhelp: did you mean "path"?',
    )


def test_a_place_of_several_lines_has_no_columns_as_github_refuses_them() -> None:
    _, properties, _ = annotation(render_github(checked(finding(end_line=4)), HERE))

    assert properties == {"file": "a.yaml", "line": "1", "endLine": "4", "title": "enlist E203"}


@pytest.mark.parametrize("file", ["a,b.yaml", "c:d.yaml", "50%.yaml", "%2C.yaml", "a::b.yaml"])
def test_what_a_command_is_made_of_is_escaped(file: str) -> None:
    said = "100% of a,b::c"
    line = render_github(checked(finding(said, file=file, hint="x")), HERE)
    kind, properties, message = annotation(line)

    assert (kind, properties["file"]) == ("error", file)
    assert message == f"{file}:1:3: {said}\nhelp: x"
    assert "\n" not in line


def test_errors_come_before_warnings_and_a_notice_tells_of_those_that_are_not_shown() -> None:
    warnings = [finding(f"w{line}", line=line, severity=Severity.WARNING) for line in range(1, 13)]
    errors = [finding(f"e{line}", line=line) for line in range(1, 15)]
    lines = render_github(checked(*warnings, *errors), HERE).splitlines()
    kinds = [annotation(line)[0] for line in lines]

    assert kinds == ["error"] * 14 + ["warning"] * 12 + ["notice"]
    assert "4 errors, 2 warnings more" in lines[-1]


def test_ten_of_each_need_no_notice() -> None:
    both = [finding(severity=each) for each in Severity for _ in range(10)]

    assert "::notice" not in render_github(checked(*both), HERE)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("form", ["github", "text"])
def test_a_clean_file_gets_no_line_at_all(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "--format", form, "right.yaml"])

    assert capsys.readouterr() == ("", "")


def test_standard_input_has_no_file_to_annotate() -> None:
    _, properties, message = annotation(render_github(checked(finding(file="<stdin>")), HERE))

    assert properties == {"title": "enlist E203"}
    assert message.startswith("<stdin>:1:3: ")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("names", [["right"], ["wrong"], ["right", "wrong", "advice", "missing"]])
def test_sarif_is_of_the_published_schema_and_alone_on_standard_output(
    names: list[str], sarif_schema: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["validate", "--format", "sarif", *(f"{name}.yaml" for name in names)])
    log = json.loads(capsys.readouterr().out)

    Draft4Validator(sarif_schema).validate(log)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["columnKind"] == "unicodeCodePoints"
    assert bool(run["results"]) == (names != ["right"])
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_the_rules_of_every_code_are_of_the_published_schema(sarif_schema: dict[str, Any]) -> None:
    findings = [
        Diagnostic(code=code, span=Span("a.yaml", 1, 1, 1, 1), message="wrong", severity=entry.severity)
        for code, entry in load_catalog().items()
    ]
    log = json.loads(render_sarif(checked(*findings), HERE))

    Draft4Validator(sarif_schema).validate(log)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(load_catalog())
    assert [rule["shortDescription"]["text"] for rule in rules] == [
        entry.title for entry in load_catalog().values()
    ]


def test_a_column_counts_code_points_and_an_end_is_exclusive(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wide.yaml").write_text(RIGHT.replace("path: /a", 'json: {"\U0001f600": 1}, path: a'))
    main(["validate", "--format", "sarif", "wide.yaml"])
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    line = (folder / "wide.yaml").read_text().splitlines()[region["startLine"] - 1]

    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "a"


@pytest.mark.parametrize(
    ("file", "root", "uri"),
    [
        ("a.yaml", "/src/service", "a.yaml"),
        ("./deploy/../a.yaml", "/src/service", "a.yaml"),
        ("a.yaml", "/src", "service/a.yaml"),
        ("/src/service/a.yaml", "/src", "service/a.yaml"),
        ("../other/a.yaml", "/src/service", "file:///src/other/a.yaml"),
        ("a b#c?.yaml", "/src/service", "a%20b%23c%3F.yaml"),
        ("1:2.yaml", "/src/service", "1%3A2.yaml"),
        ("gr\u00f6\u00dfe.yaml", "/src/service", "gr%C3%B6%C3%9Fe.yaml"),
        ("gr\udcf6.yaml", "/src/service", "gr%F6.yaml"),
        ("<stdin>", "/src/service", "%3Cstdin%3E"),
    ],
)
def test_a_path_is_a_uri_from_the_checkout(file: str, root: str, uri: str) -> None:
    setting = Setting(version="0.1.0", folder="/src/service", root=root)
    log = json.loads(render_sarif(checked(finding(file=file)), setting))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]

    assert location == {"uri": uri}
    assert unquote(urlsplit(uri).path, errors="surrogateescape").endswith(Path(file).name)


@pytest.mark.parametrize(("workspace", "expected"), [("..", "service/wrong.yaml"), ("", "wrong.yaml")])
def test_in_a_subfolder_of_a_checkout_paths_begin_at_the_checkout(
    folder: Path,
    workspace: str,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = folder / "service"
    service.mkdir()
    (service / "wrong.yaml").write_text(WRONG)
    monkeypatch.chdir(service)
    monkeypatch.setenv("GITHUB_WORKSPACE", str((service / workspace).resolve()) if workspace else "")
    main(["validate", "--format", "github", "wrong.yaml"])

    assert annotation(capsys.readouterr().out.splitlines()[0])[1]["file"] == expected


def test_a_finding_about_the_environment_is_in_the_documents(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
    (folder / "env.yaml").write_text(RIGHT.replace("/a", '"/${NOT_SET_AT_ALL}"'))

    assert main(["validate", "--env", "--format", "json", "env.yaml"]) == 1
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["findings"]] == ["E405"]


def test_standard_input_is_called_so(tmp_path: Path) -> None:
    ended = subprocess.run(
        [COMMAND, "validate", "--format", "json", "-"],
        cwd=tmp_path, input=WRONG.encode(), capture_output=True, check=False, timeout=ENDS_WITHIN_S,
    )  # fmt: skip
    document = json.loads(ended.stdout)

    assert document["files"] == ["<stdin>"]
    assert {each["file"] for each in document["findings"]} == {"<stdin>"}

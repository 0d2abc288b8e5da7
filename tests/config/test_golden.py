"""Files and what is said about them: the golden pairs, and that reading never ends in an exception.

Each file in ``wrong/`` has one mistake that somebody can make, or one thing that is hardly meant (a warning), and beside it, in a file of the same name with
``.out``, what ``enlist validate`` prints about it, word for word. Each file in ``right/`` is right, and together
they use all of the language. No test code is needed for a new one: put it there, and let

    ENLIST_UPDATE_GOLDEN=1 pytest tests/config/test_golden.py

write what is printed now; then read it as somebody who has never seen the tool. Files whose name begins with
``env-`` are validated with ``--env``, in an empty environment.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runner.cli import main
from runner.config.lint.lint import lint
from runner.config.loader import load
from runner.model.diagnostic import Severity

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WRONG = sorted((HERE / "wrong").glob("*.yaml"))
RIGHT = sorted((HERE / "right").glob("*.yaml"))
UPDATE = os.environ.get("ENLIST_UPDATE_GOLDEN") == "1"
FINDING = re.compile(r"^\S+:[0-9]+:[0-9]+: (error|warning)\[([EW][0-9]{3})\]: ", re.MULTILINE)
NEEDS_NO_PAIR = {
    "E100": "a file that cannot be read has no text; tests/commands",
    "E101": "a file of more than 1 MiB; test_source.py",
    "E120": "a file with more than a hundred findings; test_findings.py",
    "E206": "what a keyword says that the schema does not use",
    "E501": "what the language has and run cannot do yet: validate says nothing about it; tests/commands",
}
"""The codes that no golden pair shows, and why."""


def stems(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


def validate(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Run ``enlist validate`` in the file's folder; return its exit status and standard output."""
    monkeypatch.chdir(path.parent)
    options = []
    if path.stem.startswith("env-"):
        options = ["--env"]
        for name in list(os.environ):
            monkeypatch.delenv(name)
    status = main(["validate", *options, path.name])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("path", WRONG, ids=stems(WRONG))
def test_a_wrong_file_is_refused_in_these_words(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = validate(path, monkeypatch, capsys)
    golden = path.with_suffix(".out")
    if UPDATE and printed:
        golden.write_text(printed, encoding="utf-8")

    assert status == (1 if ": error[" in printed else 0)
    assert printed == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WRONG, ids=stems(WRONG))
def test_a_finding_takes_at_most_five_lines_and_begins_with_its_place(path: Path) -> None:
    printed = path.with_suffix(".out").read_text(encoding="utf-8")
    starts = [found.start() for found in FINDING.finditer(printed)]

    assert starts
    assert starts[0] == 0
    findings = [printed[one:end] for one, end in zip(starts, [*starts[1:], None], strict=True)]
    assert [finding for finding in findings if len(finding.splitlines()) > 5] == []


@pytest.mark.parametrize("path", RIGHT, ids=stems(RIGHT))
def test_a_right_file_is_accepted_without_a_word(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(path, monkeypatch, capsys) == (0, "")


def test_every_golden_answer_belongs_to_a_file() -> None:
    answers = {path.stem for path in (HERE / "wrong").glob("*.out")}

    assert answers == set(stems(WRONG))


def test_every_code_of_the_language_front_end_has_a_golden_pair() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "runner" / "config").rglob("*.py"))
    known = set(re.findall(r'"([EW][0-9]{3})"', sources))
    shown = {
        code
        for path in (HERE / "wrong").glob("*.out")
        for _, code in FINDING.findall(path.read_text(encoding="utf-8"))
    }

    assert known - shown - NEEDS_NO_PAIR.keys() == set()


def keys_used(data: Any, part: Any, where: str, schema: Any) -> Iterator[str]:
    """Walk a file along the schema; yield each key that both know, as the part of the schema and the key."""
    if "$ref" in part:
        where = part["$ref"].rpartition("/")[2]
        part = schema["definitions"][where]
    if isinstance(data, list):
        for item in data:
            yield from keys_used(item, part.get("items", {}), f"{where}[]", schema)
    for keyword in ("then", "else") if "type" in part.get("if", {}) else ():
        yield from keys_used(data, part[keyword], where, schema)
    for key, below in data.items() if isinstance(data, dict) else ():
        known = part.get("properties", {})
        if key in known:
            yield f"{where}.{key}"
        rest = part.get("additionalProperties", False)
        yield from keys_used(below, known.get(key, rest) or {}, f"{where}.{key}", schema)


def keys_known(part: Any, where: str) -> Iterator[str]:
    """Every key of a part of the schema and of the maps written within it."""
    for key, below in part.get("properties", {}).items():
        yield f"{where}.{key}"
        yield from keys_known(below, f"{where}.{key}")


def test_the_right_files_use_every_key_of_the_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "enlist.v1.schema.json").read_text(encoding="utf-8"))
    known = set(keys_known(schema, "file"))
    for name, part in schema["definitions"].items():
        known |= set(keys_known(part, name))
    texts = [path.read_text(encoding="utf-8") for path in RIGHT]
    used = {key for text in texts for key in keys_used(yaml.safe_load(text), schema, "file", schema)}

    assert sorted(known - used) == []


SEEDS = [path.read_bytes() for path in RIGHT]
BITS = [
    b"${", b"}", b"$for_each", b"&a ", b"*a", b"<<: ", b"\t", b"\n", b"---\n", b"...\n", b"!!binary ", b"!x ",
    b"null", b"0x" + b"f" * 4000, b"9" * 400 + b"s", b"9" * 5000, b"1e999", b".nan", b"[", b"{", b"]", b'"', b"'",
    b": ", b"- ", b"#", b"\xff", b"\x00", "\u2028ü\U0001f600".encode(), b"\xef\xbb\xbf", b"200.0", b"yes", b"%YAML 9.9\n",
    b"${each.a}", b"${item}", b"${var.a}", b"$$", b"\\ud800", b"(a+)+", b"[?", b"?", b"|", b">", b"@", b"`",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A right file with a few bytes cut out, doubled or replaced by something that has meaning."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 12)))
        bit = draw(st.sampled_from(BITS) | st.binary(max_size=3) | st.just(raw[start:end] * 2))
        raw = raw[:start] + bit + raw[end:]
    return raw


@settings(
    max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(mutated())
@example("é".encode() * 10 + b"\x01")
@example(b"version: 0x" + b"f" * 5000)
def test_a_damaged_file_never_ends_in_an_exception(raw: bytes) -> None:
    loaded = load(raw, "damaged.yaml")
    warnings = lint(loaded)

    assert (loaded.plan is None) == any(each.severity == "error" for each in loaded.diagnostics)
    assert {each.severity for each in warnings} <= {Severity.WARNING}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_that_are_no_file_never_end_in_an_exception(raw: bytes) -> None:
    loaded = load(raw, "noise.yaml")

    assert loaded.plan is None
    assert loaded.diagnostics

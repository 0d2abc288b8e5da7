"""Hostile text in every place of a file, of the environment and of a server's answer: never a traceback, never 70."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.cli import main

RIGHT = [
    path
    for path in sorted((Path(__file__).parents[1] / "config" / "right").glob("*.yaml"))
    if "<<" not in path.read_text(encoding="utf-8")
]
HOSTILE = (
    "", " ", "\0", "\n", "\r\nX-Forged: 1", "\x1b[31m", "\u202e", "\ufeff", "\u2028", "\ud800", "\U0001f600" * 100, "%", "%00", "%zz",
    "a" * 9000, "9" * 5000, "-0", "1e999", "NaN", "http://[::1", "//[", "http://a℀b/", "http://h:99999", "http://\u202e.example",
    "//evil.example/", "../..", "${", "${A", "${A:-${A:-${A}}}", "${file:/dev/zero}", "${file:-}", "${file:/proc/self/mem}",
    "${file:\0}", "${self:ip}", "$${x}", "(" * 200, "[" * 200, "{" * 200, "\\", "'", '"', "`", "a[?", "@", "(?<!a)", "*", "5xx", "1h1h",
    "--", "-", "/", ".", "~", "::error::x", "<script>", "\\u0000", "İ",
)  # fmt: skip
COMMANDS = (
    ("validate", "--env"),
    ("validate", "--format", "sarif"),
    ("plan", "--vars"),
    ("plan",),
    ("test",),
)


def places_in(part: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Go through all scalars and keys of a document."""
    items: Any = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places_in(value, (*path, key))


def replaced(document: Any, place: tuple[str | int, ...], text: Any, *, at_key: bool) -> None:
    """Put a text in the place of a value, or of its key."""
    for part in place[:-1]:
        document = document[part]
    if at_key and isinstance(document, dict):
        document[text] = document.pop(place[-1])
    else:
        document[place[-1]] = text


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_hostile_text_is_never_a_bug(
    data: st.DataObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(json.dumps(yaml.safe_load(data.draw(st.sampled_from(RIGHT)).read_text("utf-8"))))
    place = data.draw(st.sampled_from(list(places_in(document))))
    text = data.draw(st.sampled_from(HOSTILE))
    replaced(document, place, text, at_key=data.draw(st.booleans()))
    (tmp_path / "f.yaml").write_text(
        json.dumps(document, ensure_ascii=data.draw(st.booleans())), "utf-8", "surrogatepass"
    )
    monkeypatch.chdir(tmp_path)

    status = main([*data.draw(st.sampled_from(COMMANDS)), "f.yaml"])

    printed = capsys.readouterr()
    assert status != 70, printed
    assert "Traceback" not in printed.out + printed.err


OTHER_KINDS: tuple[Any, ...] = (
    None, 5, -1.5, True, "x", [], {}, [1], ["x", "y"], [[]], {"x": 1}, {"x": {"y": [{}]}}, {"use": "consul/service"},
    "${var.x}", "${with.name}", "5s",
)  # fmt: skip
RECIPE = RIGHT[0].parent / "recipes" / "own.recipe.yaml"


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), in_recipe=st.booleans())
def test_a_value_of_another_kind_in_any_place_is_never_a_bug(
    data: st.DataObject,
    *,
    in_recipe: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    using = RECIPE.parents[1] / "recipe.yaml"
    source = RECIPE if in_recipe else data.draw(st.sampled_from([using, *RIGHT]))
    document = json.loads(json.dumps(yaml.safe_load(source.read_text("utf-8"))))
    place = data.draw(st.sampled_from(list(places_in(document))))
    replaced(document, place, data.draw(st.sampled_from(OTHER_KINDS)), at_key=False)
    (tmp_path / "recipes").mkdir(exist_ok=True)
    (tmp_path / "recipes" / RECIPE.name).write_bytes(RECIPE.read_bytes())
    (tmp_path / "f.yaml").write_bytes(using.read_bytes())
    (tmp_path / ("recipes" if in_recipe else "") / (RECIPE.name if in_recipe else "f.yaml")).write_text(
        json.dumps(document), "utf-8"
    )
    monkeypatch.chdir(tmp_path)

    statuses = [main([*command, "f.yaml"]) for command in (("validate",), ("plan",))]
    statuses += [main(["validate", f"recipes/{RECIPE.name}"])] if in_recipe else []

    printed = capsys.readouterr()
    assert 70 not in statuses, printed
    assert "Traceback" not in printed.out + printed.err


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.sampled_from([each for each in HOSTILE if "\0" not in each]),
    kind=st.sampled_from(["string", "integer", "number", "boolean", "duration", "list"]),
)
def test_hostile_environment_is_never_a_bug(
    text: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.yaml").write_text(
        f"version: 1\nvariables: {{v: {{env: HOSTILE, type: {kind}}}}}\n"
        "endpoints: {e: {url: '${HOSTILE:-http://h}', auth: {bearer: '${HOSTILE}'}}}\n"
        "registrations: {r: {request: {path: '/${var.v}', headers: {x-a: '${HOSTILE}'}, query: {a: '${var.v}'}}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOSTILE", text if "\ud800" not in text else "\udc80")

    for command in (("validate", "--env"), ("plan", "--vars"), ("run", "--dry-run")):
        try:
            status = main([*command, "f.yaml"])
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        assert status != 70, printed
        assert "Traceback" not in printed.out + printed.err

"""The command line itself: what is wrong with it costs status 2 and one line that says so."""

from pathlib import Path

import pytest
from support.process import Enlist

from runner.cli import main
from runner.commands.status import run_probe

USAGE = [
    ([], "COMMAND"),
    (["bogus"], '"bogus" is none of validate, plan, explain, run, '),
    (["validat"], 'did you mean "validate"?'),
    (["explain", "--error", "foo"], '"foo" is none of dns, dns-temporary, connect-refused, '),
    (["explain", "--error", "conect-refused"], 'did you mean "connect-refused"?'),
    (["explain", "--verb", "verifi"], 'did you mean "verify"?'),
    (["run", "a.yaml", "b.yaml"], "b.yaml"),
    (["run", "a.yaml", "sleep", "5"], "a command stands after --: enlist run a.yaml -- sleep 5"),
    (["validate", "--bogus"], "--bogus"),
    (["run", "--log-level", "loud"], "loud"),
    (["run", "--log-format", "xml"], "xml"),
    (["run", "--report", "xml=a"], "xml=a"),
    (["run", "--report", "json="], "json="),
    (["run", "--report", "json"], "json"),
    (["test", "--seeds", "0"], "0"),
    (["test", "--seeds", "many"], "many"),
    (["run", "f.yaml", "--exec"], "--exec"),
    (["deregister", "f.yaml", "--", "sleep", "1"], "--"),
    (["status", "--ready", "--live"], "--live"),
    (["validate", "f.yaml", "--", "sleep", "1"], "--"),
]


@pytest.mark.parametrize(
    ("arguments", "words"), USAGE, ids=[" ".join(arguments) or "nothing" for arguments, _ in USAGE]
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()

    assert ended.value.code == 2
    assert printed.out == ""
    assert words in printed.err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["validate", "-h"], ["--version"]])
def test_help_and_version_go_to_standard_output_and_end_well(enlist: Enlist, arguments: list[str]) -> None:
    ended = enlist(*arguments)

    assert ended.status == 0
    assert ended.out
    assert ended.err == ""


def test_the_help_of_run_names_every_exit_status(enlist: Enlist) -> None:
    words = enlist("run", "--help").out

    for status in ("0", "2", "70", "74", "75", "76", "77", "78", "128+n"):
        assert f"\n  {status} " in words


@pytest.mark.parametrize(
    "words",
    [[], ["f.yaml"], ["--ready", "--live"], ["--ready", "--help"], ["--live", "a", "b"], ["--read"]],
    ids=" ".join,
)
def test_what_is_no_probe_is_left_to_the_parser_of_all_commands(words: list[str]) -> None:
    assert run_probe(words) is None


@pytest.mark.parametrize(
    "words", [["--ready"], ["--live"], ["--ready", "f.yaml"], ["f.yaml", "--live"]], ids=" ".join
)
def test_a_probe_without_anything_to_look_at_gets_no(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENLIST_STATE_DIR", str(tmp_path))

    assert run_probe(words) == main(["status", *words]) == 1
    assert len(set(capsys.readouterr().err.splitlines())) == 1

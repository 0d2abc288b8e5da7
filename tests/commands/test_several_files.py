"""``enlist test`` with several files, as a hook calls it: each file is named, and all count together."""

import re
from pathlib import Path

import pytest

from runner.cli import main
from runner.commands.init import template

GOOD = template("minimal")
FAILING = GOOD.replace("exit_status: 77", "exit_status: 75")
UNTESTED = GOOD[: GOOD.index("\ntests:")]
WRONG = GOOD.replace("method: PUT", "methd: PUT")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of each kind, in which the command runs."""
    for name, text in (("a", GOOD), ("b", FAILING), ("c", UNTESTED), ("d", WRONG), ("e", GOOD)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("names", "status", "last"),
    [
        ("a", 0, "3 passed, 0 failed"),
        ("a e", 0, "6 passed, 0 failed"),
        ("a b e", 1, "8 passed, 1 failed"),
        ("a c", 1, "3 passed, 0 failed"),
        ("a d", 1, "3 passed, 0 failed"),
        ("c d", 1, None),
    ],
)
@pytest.mark.usefixtures("here")
def test_all_files_count_together_and_one_that_cannot_be_tested_fails(
    capsys: pytest.CaptureFixture[str], names: str, status: int, last: str | None
) -> None:
    found = main(["test", "--seeds", "2", *(f"{name}.yaml" for name in names.split())])
    lines = capsys.readouterr().out.splitlines()

    assert found == status
    assert (lines[-1] if lines else None) == last


@pytest.mark.usefixtures("here")
def test_each_file_is_named_once_in_the_order_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for order in ("e a b", "b e a a", "a b e"):
        main(["test", "--seeds", "2", *(f"{name}.yaml" for name in order.split())])
        said.append(capsys.readouterr().out)

    assert re.findall(r"^\S+:$", said[0], re.MULTILINE) == ["a.yaml:", "b.yaml:", "e.yaml:"]
    assert len(set(said)) == 1


@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_one_file_goes_to_standard_error_and_the_others_are_tested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["test", "a.yaml", "c.yaml", "d.yaml"])
    said = capsys.readouterr()

    assert "c.yaml: no tests" in said.err
    assert re.search(r"^d\.yaml:\d+:\d+: error\[", said.err, re.MULTILINE)
    assert "methd" not in said.out


@pytest.mark.usefixtures("here")
def test_one_file_alone_is_not_named_again(capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", "a.yaml"])

    assert capsys.readouterr().out.splitlines()[0].startswith("ok     ")

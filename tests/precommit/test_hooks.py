"""The hooks in the hands of the real pre-commit: which files they get, in which processes, and what they say.

pre-commit shuffles the files and shares them out among processes; a finding must look the same all the same.
After the first installation no run needs a network.
"""

import re
import subprocess

import pytest
from precommit.conftest import Project
from support.hook_repository import PRE_COMMIT, ROOT

from runner.commands.arguments import KINDS
from runner.commands.init import template

GOOD = template("minimal")
BAD = GOOD.replace("method: PUT", "methd: PUT")
BAD_AT = next(number for number, line in enumerate(BAD.splitlines(), 1) if "methd" in line)
FAILING = GOOD.replace("exit_status: 77", "exit_status: 75")


def lines_with(words: str, ended: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ended.stdout.splitlines() if words in line]


def test_the_manifest_is_one_that_pre_commit_takes() -> None:
    ended = subprocess.run(
        [PRE_COMMIT, "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


def test_right_files_pass_both_hooks(project: Project) -> None:
    for kind in KINDS:
        project.write(f"deploy/{kind}/enlist.yaml", template(kind))
    ended = project.run_hooks()

    assert ended.returncode == 0, ended.stdout
    assert len(lines_with("Passed", ended)) == 2
    assert lines_with("passed, 0 failed", ended)


def test_a_finding_names_the_file_and_the_line_and_only_that_file(project: Project) -> None:
    project.use("enlist-validate")
    project.write("deploy/good.enlist.yaml", GOOD)
    project.write("deploy/bad.enlist.yaml", BAD)
    ended = project.run_hooks()

    assert ended.returncode == 1
    assert re.search(rf"^deploy/bad\.enlist\.yaml:{BAD_AT}:\d+: error\[E\d+\]: ", ended.stdout, re.MULTILINE)
    assert "good.enlist.yaml" not in ended.stdout


def test_a_test_that_fails_is_named_with_its_file(project: Project) -> None:
    project.use("enlist-test")
    project.write("good.enlist.yaml", GOOD)
    project.write("failing.enlist.yaml", FAILING)
    ended = project.run_hooks()

    assert ended.returncode == 1
    assert len(lines_with("FAILED a wrong token is not tried twice (failing.enlist.yaml:", ended)) == 1
    assert lines_with("passed, 1 failed", ended)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("enlist.yaml", True),
        ("a/b/enlist.yaml", True),
        ("a/pool.enlist.yaml", True),
        ("a/pool.enlist.yml", True),
        ("with a space/größe.enlist.yaml", True),
        ("values.yaml", False),
        ("my-enlist.yaml", False),
        ("enlist.yaml.j2", False),
        ("a/.enlist.yaml", False),
    ],
)
def test_the_hooks_take_our_files_and_no_others(project: Project, name: str, taken: bool) -> None:
    project.use("enlist-validate")
    project.write(name, BAD)
    ended = project.run_hooks()

    assert ended.returncode == (1 if taken else 0), ended.stdout
    assert bool(lines_with(f"{name}:{BAD_AT}:", ended)) == taken
    assert bool(lines_with("(no files to check)", ended)) != taken


@pytest.mark.parametrize("hook", ["enlist-validate", "enlist-test"])
def test_what_is_said_does_not_depend_on_the_order_of_the_files(project: Project, hook: str) -> None:
    project.use(hook)
    names = [f"{letter}.enlist.yaml" for letter in "abcdefg"]
    for number, name in enumerate(names):
        project.write(name, (GOOD, BAD, FAILING)[number % 3])
    ended = [project.run_hooks(*order) for order in (names, names[::-1], names[3:] + names[:3])]
    said = {re.sub(r"- duration: \S+", "", each.stdout) for each in ended}

    assert [each.returncode for each in ended] == [1, 1, 1]
    assert len(said) == 1, said


def test_many_files_cost_one_process(project: Project) -> None:
    for number in range(30):
        project.write(f"{number}.enlist.yaml", BAD if number % 2 else GOOD)
    ended = project.run_hooks()

    assert len(lines_with("error[E", ended)) == 2 * 15
    assert len(lines_with("15 errors", ended)) == 1
    assert lines_with(" passed, ", ended) == ["45 passed, 0 failed"]


def test_a_commit_with_a_wrong_file_is_refused_and_without_it_goes_through(project: Project) -> None:
    assert project.pre_commit("install").returncode == 0
    project.write("enlist.yaml", BAD)
    project.git("add", "-A")
    refused = subprocess.run(
        ["git", "commit", "-m", "wrong"], cwd=project.folder, env=project.variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    project.write("enlist.yaml", GOOD)
    project.git("add", "-A")

    assert refused.returncode == 1
    assert f"enlist.yaml:{BAD_AT}:" in refused.stdout + refused.stderr
    assert "Passed" in project.git("commit", "-m", "right")


def test_an_application_s_own_runner_package_does_not_shadow_ours(project: Project) -> None:
    for name in ("runner.py", "re.py", "src/runner.py"):
        project.write(name, "raise SystemExit('this is the application')\n")
    project.write("enlist.yaml", GOOD)
    project.variables["PYTHONPATH"] = str(project.folder / "src")
    ended = project.run_hooks()

    assert ended.returncode == 0, ended.stdout

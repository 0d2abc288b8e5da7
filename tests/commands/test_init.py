"""``enlist init`` as a command: what it names, what it refuses, and what it prints instead of a file."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.init_command import COMMAND, ROOT, run

from runner.commands.arguments import KINDS
from runner.commands.init import template

WITHOUT_SHTAB = "import sys; sys.modules['shtab'] = None; from runner.cli import entry; entry()"


def test_it_writes_a_minimal_enlist_yaml_and_names_the_commands_that_come_next(tmp_path: Path) -> None:
    ended = run("init", cwd=tmp_path)
    commands = [line.split("  # ")[0].strip() for line in ended.stderr.splitlines()[1:]]

    assert ended.returncode == 0
    assert (tmp_path / "enlist.yaml").read_text(encoding="utf-8") == template("minimal")
    assert commands == [
        "enlist test enlist.yaml",
        "enlist sandbox --run enlist.yaml",
        "enlist run enlist.yaml",
    ]


def test_the_commands_that_it_names_can_be_pasted(tmp_path: Path) -> None:
    ended = run("init", "minimal", "my file.enlist.yaml", cwd=tmp_path)
    first = ended.stderr.splitlines()[1]
    pasted = subprocess.run(
        first,
        shell=True,
        cwd=tmp_path,
        env={"PATH": f"{COMMAND.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert pasted.returncode == 0, pasted.stderr
    assert ", 0 failed" in pasted.stdout


@pytest.mark.parametrize(
    ("arguments", "name", "kind"),
    [
        ((), "enlist.yaml", "minimal"),
        (("consul",), "enlist.yaml", "consul"),
        (("etcd", "a.enlist.yaml"), "a.enlist.yaml", "etcd"),
        (("pool.yaml",), "pool.yaml", "minimal"),
        (("rivet", "with.other-ending"), "with.other-ending", "rivet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_kind_and_file_may_each_be_left_out(
    tmp_path: Path, arguments: tuple[str, ...], name: str, kind: str
) -> None:
    ended = run("init", *arguments, cwd=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == template(kind)


def test_the_file_is_as_readable_as_any_other_new_file(tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    (tmp_path / "other").write_text("")

    assert stat.filemode((tmp_path / "enlist.yaml").stat().st_mode) == stat.filemode(
        (tmp_path / "other").stat().st_mode
    )


@pytest.mark.parametrize("arguments", [("-",), ("kafka-connect", "-")], ids=" ".join)
def test_a_dash_prints_the_file_and_nothing_else(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run("init", *arguments, cwd=tmp_path)
    kind = arguments[0] if arguments[0] in set(KINDS) else "minimal"

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, template(kind), "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["file", "folder", "dangling link"])
def test_what_is_there_is_never_replaced(tmp_path: Path, there: str) -> None:
    target = tmp_path / "enlist.yaml"
    if there == "file":
        target.write_text("mine\n")
    elif there == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    ended = run("init", "rivet", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "enlist.yaml: is there already, and was not touched" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["enlist.yaml"]
    assert there != "file" or target.read_text() == "mine\n"


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run("init", "rivet", "no/such/enlist.yaml", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "no/such/enlist.yaml: cannot be written: no such file or directory\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rivit",), "kafka-connect"),
        (("a.yaml", "rivet"), "enlist init KIND a.yaml"),
        (("rivet", "--schema"), "not allowed with"),
        (("--schema", "--completion", "bash"), "not allowed with"),
        (("--completion", "powershell"), "fish"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_status_2_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ended = run("init", *arguments, cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_printed_as_it_is_bundled(tmp_path: Path) -> None:
    ended = run("init", "--schema", cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (ROOT / "schemas" / "enlist.v1.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_every_command_and_its_options(tmp_path: Path, shell: str) -> None:
    ended = run("init", "--completion", shell, cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    for word in ("validate", "deregister", "sandbox", "init", "completion", "seeds", *KINDS):
        assert word in ended.stdout, word


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_can_read_its_completion(tmp_path: Path, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} on this machine")
    script = run("init", "--completion", shell, cwd=tmp_path).stdout
    ended = subprocess.run(
        [found, "-n"], input=script, capture_output=True, text=True, timeout=20, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["enlist", "va"], {"validate"}),
        (["enlist", "init", "kaf"], {"kafka-connect"}),
        (["enlist", "test", "--se"], {"--seed", "--seeds"}),
        (["enlist", "init", "--completion", ""], {"bash", "zsh", "fish"}),
        (["enlist", "run", "po"], {"pool.enlist.yaml"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bash_completes_commands_kinds_options_and_files(
    tmp_path: Path, typed: list[str], offered: set[str]
) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash on this machine")
    (tmp_path / "pool.enlist.yaml").write_text("")
    script = run("init", "--completion", "bash", cwd=tmp_path).stdout
    words = " ".join(f"'{word}'" for word in typed)
    ask = f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _shtab_enlist; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    ended = subprocess.run(
        [bash, "--norc", "-c", f"{script}\n{ask}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert {line.strip() for line in ended.stdout.splitlines()} == offered, ended.stderr


def test_without_shtab_completion_says_how_to_get_it_and_the_rest_works(tmp_path: Path) -> None:
    without = (sys.executable, "-I", "-c", WITHOUT_SHTAB)
    asked = run("init", "--completion", "zsh", cwd=tmp_path, command=without)
    other = run("init", cwd=tmp_path, command=without)

    assert (asked.returncode, asked.stdout) == (2, "")
    assert "pip install 'enlist[completion]'" in asked.stderr
    assert other.returncode == 0


def test_init_costs_no_library(tmp_path: Path) -> None:
    program = (
        "import os, sys; from runner.cli import main; assert main(['init']) == 0;"
        "print({'yaml', 'jsonschema', 'aiohttp', 'asyncio', 'loguru', 'shtab'} & set(sys.modules))"
    )
    ended = run("-I", "-c", program, cwd=tmp_path, command=(sys.executable,))

    assert ended.stdout == f"set(){os.linesep}", ended.stderr

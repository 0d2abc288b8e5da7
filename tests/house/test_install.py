"""What is built is what is needed: nothing of it missing where it is installed, and nothing in it that is not ours.

An editable install finds files that a wheel forgot; so the wheel is built, installed into an environment of its
own, and used from another folder.
"""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.distribution import distribution, folder_of_run, installed

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rivet" / "serverless-pool.enlist.yaml"
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def run(
    *words: "str | Path", cwd: Path = Path("/"), variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=cwd,
        env={**ENVIRONMENT, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist."""
    return distribution(folder_of_run(tmp_path_factory))


@pytest.fixture(scope="module")
def in_wheel(built: Path) -> set[str]:
    """The names of the files in the wheel."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment in which the wheel is installed."""
    return installed(folder_of_run(tmp_path_factory))


def test_the_wheel_has_every_module_and_every_file_that_is_read_at_run_time(in_wheel: set[str]) -> None:
    ours = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "runner").rglob("*")
        if path.suffix in {".py", ".yaml", ".toml", ".typed"}
    }
    schemas = {
        f"runner/schemas/{path.name}"
        for path in (ROOT / "schemas").glob("*")
        if path.suffix in {".py", ".json"}
    }

    assert (ours | schemas) - in_wheel == set()
    assert [name for name in in_wheel if name.endswith(".data/scripts/enlist")]
    assert {
        "runner/py.typed",
        "runner/schemas/enlist.v1.schema.json",
        "runner/recipes/__init__.py",
    } <= in_wheel


def test_the_wheel_has_nothing_else(in_wheel: set[str]) -> None:
    strange = {
        name for name in in_wheel if not re.match(r"runner/|enlist-[0-9.]+\.(dist-info|data/scripts)/", name)
    }

    assert strange == set()
    assert {name for name in in_wheel if "test_" in name or "/tests/" in name or "harness" in name} == set()


def test_the_sdist_has_what_a_build_from_it_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "schemas/enlist.v1.schema.json",
        "runner/cli.py",
    } <= names


def test_the_installed_command_works_from_any_folder(scripts: Path) -> None:
    command = scripts / "enlist"
    version, checked, tested = (
        run(command, "--version"),
        run(command, "validate", EXAMPLE),
        run(command, "test", EXAMPLE),
    )

    assert (version.returncode, (version.stdout + version.stderr).split()[0]) == (0, "enlist")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert ", 0 failed" in tested.stdout


@pytest.mark.parametrize(
    "module", ["re", "enum", "types", "keyword", "functools", "runner", "enlist_launcher", "sitecustomize"]
)
def test_the_command_starts_with_nobody_elses_modules(scripts: Path, tmp_path: Path, module: str) -> None:
    # sitecustomize is imported by the interpreter, before anything that is installed; it must not be by what stays.
    (tmp_path / f"{module}.py").write_text("import os; os.write(2, b'SHADOWED')\n", encoding="utf-8")
    ended = run(scripts / "enlist", "validate", EXAMPLE, variables={"PYTHONPATH": str(tmp_path)})

    assert (ended.returncode, ended.stderr.count("SHADOWED")) == (0, int(module == "sitecustomize"))


@pytest.mark.parametrize(
    ("name", "value"), [("PYTHONINSPECT", "1"), ("PYTHONWARNINGS", "error"), ("PYTHONOPTIMIZE", "2")]
)
def test_a_variable_for_interpreters_changes_no_exit_status(
    scripts: Path, tmp_path: Path, name: str, value: str
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("version: 2\n", encoding="utf-8")

    assert run(scripts / "enlist", "validate", wrong, variables={name: value}).returncode == 1
    assert run(scripts / "enlist", "run", EXAMPLE, "--", "false", variables={name: value}).returncode == 78


def test_the_installed_package_runs_isolated_and_is_typed(scripts: Path) -> None:
    python = scripts / "python"

    assert run(python, "-I", "-m", "runner", "validate", EXAMPLE).returncode == 0
    found = run(
        python,
        "-I",
        "-c",
        "from importlib import resources; print(resources.files('runner').joinpath('py.typed').is_file())",
    )
    assert found.stdout == "True\n", found.stderr


def test_the_installed_package_finds_no_test_dependency(scripts: Path) -> None:
    names = run(
        sys.executable, "-m", "pip", "--python", scripts / "python", "list", "--format", "freeze"
    ).stdout.lower()

    assert "aiohttp" in names
    assert not re.search(r"^(pytest|hypothesis|mypy|ruff|uvloop|matplotlib|rich)==", names, re.MULTILINE)


def test_an_editable_install_finds_the_schema_too(tmp_path: Path) -> None:
    # This environment's own install is an editable one; asked from a folder that is not the tree.
    program = "import runner.schemas, runner; from runner.config.shape.schema import load_schema; print(load_schema()['title'], runner.__file__)"
    ended = run(sys.executable, "-I", "-c", program, cwd=tmp_path)

    assert ended.stdout.startswith("enlist, version 1"), ended.stderr
    assert str(ROOT) in ended.stdout

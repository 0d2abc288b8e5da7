"""What lies around in the working directory or in PYTHONPATH is somebody else's and never becomes ours.

The package is called ``runner``, and so is a file of many an application.
"""

import os
import sys
from pathlib import Path

import pytest
from support.process import Enlist

MINIMAL = (
    'version: 1\nendpoints: {e: {url: "http://127.0.0.1:1"}}\nregistrations: {r: {request: {path: /a}}}\n'
)
HOSTILE = "raise SystemExit('this is somebody else')\n"
NAMES = (
    "runner.py",
    "yaml.py",
    "json.py",
    "jsonschema.py",
    "asyncio.py",
    "aiohttp.py",
    "loguru.py",
    "sitecustomize.py",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory whose modules are called like ours."""
    for name in NAMES:
        (tmp_path / name).write_text(HOSTILE)
    (tmp_path / "f.yaml").write_text(MINIMAL)
    (tmp_path / "schemas").mkdir()
    return tmp_path


def test_python_in_isolation_runs_our_package(enlist: Enlist, hostile: Path) -> None:
    ended = enlist(
        "validate",
        "f.yaml",
        command=[sys.executable, "-I", "-m", "runner"],
        environment={"PYTHONPATH": str(hostile)},
    )

    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_the_command_does_not_import_from_the_working_directory(enlist: Enlist, hostile: Path) -> None:
    assert hostile.exists()
    ended = enlist("validate", "f.yaml")

    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_the_command_runs_our_package_whatever_pythonpath_says(enlist: Enlist, hostile: Path) -> None:
    (hostile / "sitecustomize.py").unlink()  # Python itself imports that one before any of ours
    ended = enlist("validate", "f.yaml", environment={"PYTHONPATH": str(hostile)})

    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_a_bug_of_ours_is_status_70_and_not_that_of_a_failed_run(enlist: Enlist, hostile: Path) -> None:
    program = (
        "import sys; from runner import cli; cli.main = lambda _: 1 / 0; sys.argv = ['enlist']; cli.entry()"
    )
    ended = enlist(command=[sys.executable, "-I", "-c", program], may_crash=True)

    assert hostile.exists()
    assert ended.status == 70
    assert "ZeroDivisionError" in ended.err


def test_a_folder_that_is_gone_is_no_place_but_no_bug_either(enlist: Enlist) -> None:
    words = "mkdir gone; cd gone; rmdir ../gone; exec enlist --version"
    ended = enlist(
        command=["/bin/sh", "-c", words],
        environment={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )

    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize(
    "variables",
    [
        {"LOGURU_AUTOINIT": "perhaps"},
        {"LOGURU_DEBUG_NO": "many"},
        {"LOGURU_FORMAT": "{x", "LOGURU_LEVEL": "LOUD"},
        {"SSL_CERT_FILE": "pipe"},
        {"SSLKEYLOGFILE": "pipe"},
    ],
    ids="+".join,
)
def test_libraries_do_not_obey_what_nobody_meant_for_them(
    enlist: Enlist, tmp_path: Path, variables: dict[str, str]
) -> None:
    os.mkfifo(tmp_path / "pipe")  # whoever opened it would wait without end
    (tmp_path / "f.yaml").write_text(f"retry_policies: {{default: {{deadline: 200ms}}}}\n{MINIMAL}")
    ended = enlist("run", "f.yaml", command=[sys.executable, "-m", "runner"], environment=variables)

    assert ended.status == 75

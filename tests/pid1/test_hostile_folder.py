"""An application whose folder has modules of the names that we import: it gets its own, and we get ours."""

import sys
from collections.abc import Sequence

import pytest
from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.subjects import APP, PATIENT, WITH_UNDO, Subject, Way, both_ways, for_ours

SHADOW = "raise SystemExit('the module of the application was loaded')\n"
SHADOWS = dict.fromkeys(
    [
        "runner.py",
        "json.py",
        "signal.py",
        "select.py",
        "asyncio.py",
        "aiohttp.py",
        "loguru.py",
        "yaml.py",
        "ctypes.py",
    ],
    SHADOW,
)
ISOLATED = (
    sys.executable,
    "-I",
    "-c",
    "import os, sys; os.execv(sys.executable, [sys.executable, '-I', '-m', 'runner', *sys.argv[2:]])",
)
"""Starts the command after it without its script: an interpreter that obeys these variables ends before any script."""
IMPORTS_ITS_OWN = "import runner; print(runner.__file__)"


@pytest.mark.parametrize("path", [".", "/proc/self/cwd"])
@for_ours
@both_ways
def test_modules_beside_the_application_are_not_ours(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, path: str
) -> None:
    running = start(
        subject,
        way,
        [*APP, "report", "listen=15:3"],
        environment={"PYTHONPATH": path},
        files=SHADOWS,
        top=WITH_UNDO,
        lifecycle={"stop": PATIENT},
    )
    running.await_word("listens")
    running.await_registered()
    running.send(15)

    assert running.wait() == 3
    assert plane.requests == ["PUT /service", "DELETE /service"]
    assert running.values("pythonpath") == [path]


@for_ours
@both_ways
def test_variables_that_no_interpreter_can_start_with_are_the_applications_alone(
    start: Start, subject: Subject, way: Way
) -> None:
    tells = 'echo "$PYTHONHOME $PYTHONIOENCODING $PYTHONPLATLIBDIR"'
    running = start(
        subject,
        way,
        ["sh", "-c", tells],
        before=ISOLATED,
        environment={
            "PYTHONHOME": "/nowhere",
            "PYTHONIOENCODING": "nonsense",
            "PYTHONPLATLIBDIR": "nolib",
        },
        lifecycle={"register": "before_start"},
    )

    assert running.wait() == 0
    assert running.out == "/nowhere nonsense nolib\n"
    assert "service: registered" in running.err


@pytest.mark.parametrize("words", [(sys.executable,), (sys.executable, "-s")], ids=["python", "python -s"])
@for_ours
def test_the_application_imports_its_own(start: Start, subject: Subject, words: Sequence[str]) -> None:
    own = {"runner.py": "", "sitecustomize.py": ""}
    running = start(
        subject,
        Way.PROCESS,
        [*words, "-c", IMPORTS_ITS_OWN],
        environment={"PYTHONPATH": "."},
        files=own,
    )

    assert running.wait() == 0
    assert running.out.strip().endswith("0/runner.py")

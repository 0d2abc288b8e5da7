"""Starts subjects for the tests, each in a folder of its own, and leaves no process behind."""

import functools
import itertools
import shutil
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from support.control_plane import SILENT, ControlPlane, control_plane
from support.debian_package import FetchError, NoAptError, fetched
from support.running import Running, launch, sweep
from support.subjects import FILE, PEERS, Subject, Way, command_of, enlist_yaml, stubbed_init

STARTED = pytest.StashKey[list[Running]]()
MARK = "ENLIST_TEST_MARK"
"""Stands in the environment of all processes of a test, and of no other."""
PEER_NAMES = {each.name for each in PEERS}
PID_1 = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


class Start(Protocol):
    """Starts a subject with an application."""

    def __call__(
        self,
        subject: Subject,
        way: Way,
        command: Sequence[str],
        *,
        options: Sequence[str] = (),
        before: Sequence[str] = (),
        lifecycle: Mapping[str, Any] | None = None,
        top: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> Running:
        """Start it.

        Args:
            subject: who.
            way: as PID 1 or not.
            command: the application.
            options: of the subject itself.
            before: words before the subject's, of a program that starts it in its own place.
            lifecycle: what the file says of it; only for ours.
            top: what else the file says; only for ours.
            environment: beside the usual one.
            files: that lie in the folder already.
            stdin: standard input; empty by default.
        """


@functools.cache
def unshare_words() -> tuple[str, ...] | None:
    """Return how to start something as PID 1 here; None where that is not allowed."""
    for words in (PID_1, (*PID_1, "--user", "--map-root-user")):
        if (
            shutil.which(words[0])
            and subprocess.run([*words, "true"], capture_output=True, check=False, timeout=20).returncode == 0
        ):
            return words
    return None


@functools.cache
def peer(name: str) -> str | NoAptError | FetchError:
    """Return a peer's program, or why there is none."""
    try:
        return str(fetched(name, name))
    except (NoAptError, FetchError) as error:
        return error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the processes said."""
    report = yield
    if report.failed:
        for each in item.stash.get(STARTED, []):
            report.sections.append((f"process {each.process.pid} in {each.folder}", str(each)))
    return report


@pytest.fixture
def plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """The control plane that the test's subject meets; one that nobody asks for a peer."""
    callspec = getattr(request.node, "callspec", None)
    subject = callspec.params.get("subject") if callspec is not None else None
    mood = subject.plane if isinstance(subject, Subject) else None
    answers = {"PUT /service": (SILENT,)} if mood == "silent" else None
    with control_plane(answers, dead=mood == "dead") as plane:
        yield plane


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest, plane: ControlPlane) -> Iterator[Start]:
    """Start subjects, and end them after the test."""
    started: list[Running] = []
    numbers = itertools.count()  # tests may start subjects from several threads
    request.node.stash[STARTED] = started

    def start_one(
        subject: Subject,
        way: Way,
        command: Sequence[str],
        *,
        options: Sequence[str] = (),
        before: Sequence[str] = (),
        lifecycle: Mapping[str, Any] | None = None,
        top: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> Running:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        stubbed = stubbed_init(lifecycle or {}) if subject.is_stubbed and not (top or options) else None
        own = stubbed or command_of(subject, way, options, _programs(subject))
        words = [*_as_pid_1(way), *before, *own, *command]
        if subject.is_ours:
            text = enlist_yaml(plane.url, lifecycle, **(top or {}))
            (folder / FILE).write_text(text, encoding="utf-8")
        running = launch(
            words,
            folder,
            {**(environment or {}), MARK: str(tmp_path)},
            below_unshare=way is Way.PID_1,
            stdin=stdin,
        )
        started.append(running)
        return running

    try:
        yield start_one
    finally:
        for each in started:
            each.end()
        sweep(f"{MARK}={tmp_path}")


def _as_pid_1(way: Way) -> Sequence[str]:
    if way is Way.PROCESS:
        return ()
    words = unshare_words()
    if words is None:
        pytest.skip("NOT TESTED AS PID 1: this machine lets us make no PID namespace")
    return words


def _programs(subject: Subject) -> Mapping[str, str]:
    if subject.name not in PEER_NAMES:
        return {}
    found = peer(subject.name)
    if not isinstance(found, str):
        pytest.skip(f"NOT COMPARED WITH {subject.name}: {found}")
    return {subject.name: found}

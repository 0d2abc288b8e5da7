"""The command as people run it: a process with an environment of its own, and what it left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import warm

ENDS_WITHIN_S = 12.0
RUN_S = 90.0
"""No run of the example takes longer: its deadline is 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A finished run."""

    status: int
    out: str
    err: str
    report_text: str
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report."""
        report: dict[str, Any] = json.loads(self.report_text)
        return report

    @property
    def outcome(self) -> dict[str, Any]:
        """The only registration of the report."""
        (outcome,) = self.report["registrations"]
        assert isinstance(outcome, dict)
        return outcome

    @property
    def asked(self) -> list[tuple[str, int | None, str | None]]:
        """Step, status and class of each attempt."""
        return [(each["step"], each["status"], each["class"]) for each in self.outcome["attempts"]]

    def __str__(self) -> str:
        return f"exit status {self.status} after {self.seconds:.3f} s\n{self.out}{self.err}"


@dataclass(slots=True)
class Running:
    """A run under way."""

    process: subprocess.Popen[bytes] | warm.WarmProcess
    folder: Path
    secret: str
    """Its token, which no output may show."""
    began_s: float = field(default_factory=time.monotonic)

    @property
    def said(self) -> str:
        """What it has printed so far to standard error."""
        return (self.folder / "err").read_text(encoding="utf-8")

    def await_words(self, words: str, within_s: float = 20.0) -> None:
        """Wait until it has printed this to standard error."""
        until_s = time.monotonic() + within_s
        while words not in self.said:
            assert time.monotonic() < until_s, f'it never said "{words}":\n{self.said}'
            assert self.process.poll() is None, f'it ended and never said "{words}":\n{self.said}'
            time.sleep(0.005)

    def send(self, number: signal.Signals) -> float:
        """Send it a signal; returns the seconds until it has ended."""
        sent_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(RUN_S)
        return time.monotonic() - sent_s

    def finish(self) -> Ended:
        """Wait for its end. Whatever a run prints or writes, its token is not in it."""
        status = self.process.wait(RUN_S)
        seconds = time.monotonic() - self.began_s
        out, err, report = (self._read(name) for name in ("out", "err", "report.json"))
        for text in (out, err, report):
            assert self.secret not in text, f"the token is in what it says:\n{text}"
        return Ended(status=status, out=out, err=err, report_text=report, seconds=seconds)

    def end(self) -> None:
        """Leave nothing behind, an application under the command included: it ends with an order, not with a kill."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait(ENDS_WITHIN_S)

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""


@dataclass(slots=True)
class EnlistCommand:
    """Runs ``enlist`` in a folder of its own, with nothing of the environment but what is given here."""

    folder: Path
    environment: Mapping[str, str]
    _runs: list[Running] = field(default_factory=list)

    def start(self, file: Path, *options: str, command: str = "run", **environment: str) -> Running:
        """Begin a run.

        Args:
            file: the YAML file.
            options: of the command.
            command: run or deregister.
            environment: variables beside the usual ones, or in their place.
        """
        folder = self.folder / f"run-{len(self._runs)}"
        folder.mkdir(parents=True)
        arguments = [command, str(file), "--report", f"json={folder / 'report.json'}", *options]
        values = {**self.environment, **environment}
        # What becomes PID 1 is started as it is; the others need not import what they are made of.
        begin = _start if "--" in options else warm.start
        streams = [Path(os.devnull), folder / "out", folder / "err"]
        process = begin(
            arguments, folder, {"PATH": os.environ["PATH"], "HOME": str(folder), **values}, streams
        )
        self._runs.append(Running(process, folder, secret=values["RIVET_TOKEN"]))
        return self._runs[-1]

    def run(self, file: Path, *options: str, command: str = "run", **environment: str) -> Ended:
        """Run to the end; see ``start``."""
        return self.start(file, *options, command=command, **environment).finish()

    def end(self) -> None:
        """Leave nothing behind."""
        for each in self._runs:
            each.end()


def _start(
    words: Sequence[str], cwd: Path, environment: Mapping[str, str], streams: Sequence[Path]
) -> subprocess.Popen[bytes]:
    read, out, err = streams
    with read.open("rb") as stdin, out.open("wb") as stdout, err.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *words],
            cwd=cwd,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

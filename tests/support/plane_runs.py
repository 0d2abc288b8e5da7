"""Runs of enlist that register with a real control plane as a recipe says."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.plane_server import Server
from support.process import COMMAND
from support.processes import await_that

ENDS_S = 20.0


@dataclass(slots=True)
class Run:
    """A run of enlist that stays."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def said(self) -> str:
        """What it has written so far."""
        return (self.folder / "err").read_text(encoding="utf-8")

    def await_registered(self) -> None:
        """Wait until it is registered, and not about to be so again."""
        await_that(self._is_registered, lambda: self.said, within_s=40)

    def _is_registered(self) -> bool:
        return self.said.count("registered after") > self.said.count("being registered again")

    def end(self) -> int:
        """Tell it to stop, and return how it ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(ENDS_S)


class Runs:
    """Makes runs that register as a recipe says; those that are left at the end are killed."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        self._server = server
        self._runs: list[Run] = []

    def start(self, **differs: Any) -> Run:
        """Start a run and come back at once."""
        folder = self._folder / f"run-{len(self._runs)}"
        folder.mkdir()
        (folder / "enlist.yaml").write_text(json.dumps(self._file(differs)), encoding="utf-8")
        with (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [COMMAND, "run", "--plain", "enlist.yaml"],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=err,
                stderr=err,
            )
        self._runs.append(Run(process, folder))
        return self._runs[-1]

    def ended(self, **differs: Any) -> tuple[int, str, float]:
        """Run to the end: its exit status, what it said, and how many seconds it took."""
        began_s = time.monotonic()
        run = self.start(**differs)
        return run.process.wait(20), run.said, time.monotonic() - began_s

    def _file(self, differs: Any) -> Any:
        plane = self._server.plane
        registration: dict[str, Any] = {"use": plane.recipe, "with": {**plane.given, **differs}}
        registration["heartbeat"] = {"every": plane.every}
        if plane.goes:
            registration["deregister"] = {"when": "always"}
        return {
            "version": 1,
            "endpoints": {"plane": {"url": self._server.url, **plane.endpoint}},
            "retry_policies": {
                "default": {"deadline": "60s", "backoff": {"initial": "50ms", "max": "500ms"}}
            },
            "registrations": {"it": registration},
            "lifecycle": {"stop": {"deregister": "6s"}},
        }

    def kill(self) -> None:
        """End those that are left."""
        for each in self._runs:
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait()

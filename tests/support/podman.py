"""Podman with a configuration and a storage of its own: what the user's podman has and does is left alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORK_S = 90.0
"""No command of podman takes longer, a build the longest."""

_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "{folder}/tmp"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
# Without the limits podman asks for more than root may have without CAP_SYS_RESOURCE. runc, since crun refuses hosts
# with both versions of control groups. The locks of other podmans are in shared memory, under one name for all.

_STORAGE = """\
[storage]
driver = "{driver}"
runroot = "{folder}/run"
graphroot = "{folder}/graph"
"""


class PodmanError(Exception):
    """Podman itself failed."""


@dataclass(frozen=True, slots=True)
class Podman:
    """The command, with everything of its own in one folder."""

    folder: Path

    def set_up(self) -> None:
        """Write its configuration, with the fastest storage that this file system can do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        conf = _CONTAINERS.format(folder=self.folder)
        (self.folder / "containers.conf").write_text(conf, encoding="utf-8")
        for driver in ("overlay", "vfs"):
            storage = _STORAGE.format(folder=self.folder, driver=driver)
            (self.folder / "storage.conf").write_text(storage, encoding="utf-8")
            if self.run("info", check=False).returncode == 0:
                return

    def run(
        self, *words: str, check: bool = True, within_s: float = WORK_S
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end.

        Raises:
            PodmanError: it failed, and that is not what is asked.
        """
        done = subprocess.run(
            ["podman", *words],
            cwd=self.folder,  # where the monitor leaves a note when the kernel kills for memory
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        if check and done.returncode != 0:
            raise PodmanError(
                f"podman {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def clean_up(self) -> None:
        """Leave nothing behind: no container, no mount, no file."""
        if not self.folder.exists():
            return
        if (self.folder / "storage.conf").exists():
            # The stopped ones go with the folder.
            running = self.run("ps", "--quiet").stdout.split()
            if running:
                self.run("rm", "--force", "--depend", "--ignore", "--time=0", *running)
        for mount in _mounts_in(self.folder):
            subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False, timeout=20)
        shutil.rmtree(self.folder)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            # Where systemd is not there to run the checks, a test asks for them itself.
            "DISABLE_HC_SYSTEMD": "true",
        }


@dataclass(frozen=True, slots=True)
class Process:
    """A process in a container, as the host sees it."""

    pid: int

    @property
    def words(self) -> str:
        """Its command line."""
        return _text_of(f"/proc/{self.pid}/cmdline").replace("\0", " ")

    @property
    def is_zombie(self) -> bool:
        """Whether it has ended and was not waited for."""
        return bool(re.search(r"^State:\s+Z", self._status, re.MULTILINE))

    @property
    def resident_kib(self) -> int:
        """Its memory."""
        found = re.search(r"^VmRSS:\s+(\d+)", self._status, re.MULTILINE)
        return int(found[1]) if found else 0

    @property
    def exists(self) -> bool:
        """Whether it is still there."""
        return self.pid > 0 and Path(f"/proc/{self.pid}").exists()

    @property
    def _status(self) -> str:
        return _text_of(f"/proc/{self.pid}/status")


def _family_of(pid: int) -> Iterator[Process]:
    """A process and those that descend from it."""
    if _text_of(f"/proc/{pid}/comm"):
        yield Process(pid)
    for child in _text_of(f"/proc/{pid}/task/{pid}/children").split():
        yield from _family_of(int(child))


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _mounts_in(folder: Path) -> list[str]:
    """The mount points in a folder, the innermost first."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return sorted((at for line in lines if (at := line.split()[4]).startswith(f"{folder}/")), reverse=True)


@dataclass(slots=True)
class Container:
    """A container that was started.

    Each question to podman takes a fifth of a second of a processor; so what is asked over and over is read where
    podman's monitor and the kernel keep it.
    """

    podman: Podman
    id: str
    _pid: int = field(init=False)
    """Of its process 1; 0 where that had ended already when we first looked."""
    _status: int | None = None

    def __post_init__(self) -> None:
        """Look for process 1."""
        path = self._kept("run", "pidfile")
        self._pid = int(_text_of(str(path)) or 0) if path else 0

    def inspect(self) -> dict[str, Any]:
        """What podman knows of it."""
        (found,) = json.loads(self.podman.run("container", "inspect", self.id).stdout)
        assert isinstance(found, dict)
        return found

    @property
    def log(self) -> str:
        """What its processes have printed, to whichever stream."""
        path = self._kept("graph", "ctr.log")
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        # Time, stream, F (a full line) or P (a part of one), words.
        parts = [line.split(" ", 3) for line in lines]
        return "".join(part[3] + ("\n" if part[2] == "F" else "") for part in parts if len(part) == 4)

    @property
    def lines(self) -> list[str]:
        """Its log, line by line."""
        return self.log.splitlines()

    @property
    def status(self) -> int | None:
        """The exit status that an orchestrator sees; none while it runs."""
        if self._status is None and not Process(self._pid).exists:
            state = self.inspect()["State"]
            self._status = int(state["ExitCode"]) if state["Status"] == "exited" else None
        return self._status

    @property
    def processes(self) -> list[Process]:
        """What runs in it, process 1 first."""
        return list(_family_of(self._pid))

    def await_words(self, words: str, within_s: float = 20.0) -> None:
        """Wait until this stands in its log."""
        self._await(lambda: re.search(words, self.log), f'it never said "{words}"', within_s)

    def await_processes(self, count: int, within_s: float = 20.0) -> list[Process]:
        """Wait until so many processes run in it."""
        self._await(lambda: len(self.processes) == count, f"there were never {count} processes", within_s)
        return self.processes

    def await_restarts(self, count: int, within_s: float = 30.0) -> dict[str, Any]:
        """Wait until it was restarted so often and has ended again; returns what podman knows of it then."""
        until_s = time.monotonic() + within_s
        while (found := self.inspect())["RestartCount"] < count or found["State"]["Status"] != "exited":
            assert time.monotonic() < until_s, f"it was not restarted {count} times:\n{self.log}"
            time.sleep(0.3)
        return found

    def wait(self, within_s: float = 30.0) -> int:
        """Wait for its end; returns the exit status."""
        self._await(lambda: self.status is not None, "it did not end", within_s)
        assert self.status is not None
        return self.status

    def stop(self, grace_s: int) -> tuple[int, float]:
        """Stop it as an orchestrator does; returns its exit status, and how long that took."""
        began_s = time.monotonic()
        self.podman.run("stop", f"--time={grace_s}", self.id)
        lasted_s = time.monotonic() - began_s
        return self.wait(), lasted_s

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process 1."""
        self.podman.run("kill", f"--signal={number.name}", self.id)

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as a probe does."""
        return self.podman.run("exec", self.id, *words, check=False, within_s=20)

    def remove(self) -> None:
        """Let nothing of it run on; what it left in the storage goes with that."""
        if self.processes or self._status is None:
            self.podman.run("rm", "--force", "--depend", "--ignore", "--time=0", self.id)

    def _kept(self, kind: str, name: str) -> Path | None:
        found = list((self.podman.folder / kind).glob(f"*-containers/{self.id}/userdata/{name}"))
        return found[0] if found else None

    def _await(self, holds: Callable[[], object], otherwise: str, within_s: float) -> None:
        until_s = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < until_s, f"{otherwise}:\n{self.log}"
            assert self.status is None or holds(), (
                f"it ended with {self.status}, and {otherwise}:\n{self.log}"
            )
            time.sleep(0.05)

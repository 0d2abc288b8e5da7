"""The command as people type it, in a folder and an environment of their own."""

import subprocess
import sys
from pathlib import Path

from support import warm

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("enlist")


def run(
    *arguments: str, cwd: Path, command: "tuple[str | Path, ...] | None" = None
) -> subprocess.CompletedProcess[str]:
    """Run ``enlist``, or what else is its command, to its end; nothing it does may end in a traceback."""
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    ended = warm.run(arguments, cwd, environment, command=command)
    out, err = ended.stdout.decode(), ended.stderr.decode()
    assert "Traceback" not in out + err, err
    return subprocess.CompletedProcess(ended.args, ended.returncode, out, err)

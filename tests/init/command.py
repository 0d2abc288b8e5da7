"""The command as people type it, in a folder and an environment of their own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("enlist")


def run(
    *arguments: str, cwd: Path, command: "tuple[str | Path, ...]" = (COMMAND,)
) -> subprocess.CompletedProcess[str]:
    """Run ``enlist`` to its end; nothing it does may end in a traceback."""
    ended = subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
    return ended

"""The start-up line blocks signals until there is somebody to take them: a run without an application takes them too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FILE = """\
version: 1
endpoints: {plane: {url: "http://127.0.0.1:9"}}
retry_policies: {default: {deadline: 30s, attempts: unlimited, backoff: {initial: 50ms, max: 100ms}}}
registrations:
  web: {request: {method: PUT, path: /services/web}}
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("when", ["at once", "while it tries"])
def test_a_signal_that_was_blocked_at_the_start_ends_the_run(
    tmp_path: Path, number: signal.Signals, when: str
) -> None:
    file = tmp_path / "enlist.yaml"
    file.write_text(FILE, encoding="utf-8")
    line = ["env", "--block-signal=TERM,INT,HUP,QUIT", sys.executable, "-m", "runner", "run", str(file)]
    with subprocess.Popen(line, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]}) as run:
        try:
            if when == "while it tries":
                assert run.stderr is not None
                assert b"unreachable" in run.stderr.readline()
            run.send_signal(number)
            status = run.wait(10)
        finally:
            run.kill()

    # At once may be before env has blocked anything: then the signal itself ends it.
    assert status == 128 + number or (when == "at once" and status == -number)

"""A registrar that is killed while it registers: whoever comes after knows what the steps have captured by then."""

import os
import signal
import sys

from session.conftest import LONG_S, Command, Plane, becomes, registrar_of

CAPTURES = """\
  other:
    steps:
      - {name: create, request: {method: POST, path: /other}, capture: {id: {header: x-id}}}
    verify: {request: {path: /other}}
    deregister: {request: {method: DELETE, path: "/other/${create.id}"}}
"""


def test_what_was_captured_before_the_kill_is_what_is_undone(command: Command, plane: Plane) -> None:
    command.add(CAPTURES)
    plane.may_get.clear()
    process = command.start("run", "f.yaml", "--", sys.executable, "-c", "import time; time.sleep(60)")
    assert becomes(lambda: "GET /other" in plane.asked)
    os.kill(registrar_of(process.pid), signal.SIGKILL)
    process.send_signal(signal.SIGTERM)
    status = process.wait(LONG_S)

    assert status == 143, command.err
    assert "DELETE /other/7" in plane.asked, command.err

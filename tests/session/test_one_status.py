"""Beside an application the exit status is decided by init, and every report tells the same one as the process."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from session.conftest import LONG_S, Command, Plane, becomes, registrar_of

FORMS = ("json", "junit", "prometheus", "html", "jsonl")
FORGOTTEN = "import os, signal, time; signal.signal(signal.SIGTERM, {}); print(1, flush=True); time.sleep(60)"
ENDS = "import os, sys, time\nwhile not os.path.exists('o.json'): time.sleep(0.01)\nsys.exit({})"
"""Once the registration has come to an end."""


def start(command: Command, program: str, *more: str) -> Callable[[], int]:
    """Begin a run with all its reports; returns what waits for its end."""
    words = [word for form in FORMS for word in ("--report", f"{form}=o.{form}")]
    process = command.start("run", "f.yaml", *words, *more, "--", sys.executable, "-c", program)
    return lambda: process.wait(LONG_S)


def told(folder: Path) -> dict[str, int]:
    """Return the exit status that each report tells."""
    text = {form: (folder / f"o.{form}").read_text() for form in FORMS}
    last = json.loads(text["jsonl"].splitlines()[-1])
    found = {
        "junit": re.search(r'"enlist.exit_status" value="(\d+)"', text["junit"]),
        "prometheus": re.search(
            r"^enlist_run_last_exit_status\{.*\} (\d+)$", text["prometheus"], re.MULTILINE
        ),
        "html": re.search(r"exit status</dt><dd[^>]*>(\d+)", text["html"]),
        "jsonl": re.search(r"^ends with exit status (\d+)$", last["message"]),
    }
    statuses = {form: int(match[1]) for form, match in found.items() if match is not None}
    return {"json": json.loads(text["json"])["exit_status"], **statuses}


def outcome(folder: Path) -> str:
    """Return how the only registration stands, by the last report."""
    report = folder / "o.json"
    return str(json.loads(report.read_text())["registrations"][0]["outcome"]) if report.exists() else ""


@pytest.mark.parametrize("beats", [True, False], ids=["beats", "registered once"])
@pytest.mark.parametrize(
    ("program", "status"),
    [
        (FORGOTTEN.format("signal.SIG_DFL"), 143),
        (FORGOTTEN.format("lambda *_: os._exit(5)"), 5),
        (FORGOTTEN.format("lambda *_: os._exit(0)"), 0),
        (FORGOTTEN.format("signal.SIG_IGN"), 137),
        (ENDS.format(3), 3),
    ],
    ids=["ended by the signal", "ends otherwise", "ends well", "must be killed", "ends by itself"],
)
def test_every_report_tells_the_exit_status_of_the_process(
    command: Command, program: str, status: int, beats: bool
) -> None:
    command.add("lifecycle: {stop: {deadline: 2s, deregister: 1s}}\n")
    if not beats:
        command.drop_heartbeat()
    ends = start(command, program)
    assert becomes(lambda: outcome(command.folder) == "registered" and command.out == "1\n" * (status != 3))
    if status != 3:
        os.kill(command.pid, signal.SIGTERM)

    assert ends() == status, command.err
    assert told(command.folder) == dict.fromkeys(FORMS, status)
    assert outcome(command.folder) == "deregistered"


def test_a_failure_that_the_application_survives_stays_the_cause_and_its_end_the_status(
    command: Command, plane: Plane
) -> None:
    plane.status = 403
    command.add("lifecycle: {on_failure: keep_running}\n")
    ends = start(command, ENDS.format(3))

    assert ends() == 3, command.err
    assert told(command.folder) == dict.fromkeys(FORMS, 3)
    (registration,) = json.loads((command.folder / "o.json").read_text())["registrations"]
    assert (registration["outcome"], registration["class"], registration["exit_status"]) == (
        "failed",
        "denied",
        77,
    )


def test_who_is_in_a_hurry_skips_the_deregistration_and_every_report_tells_it(
    command: Command, plane: Plane
) -> None:
    plane.may_delete.clear()
    ends = start(command, FORGOTTEN.format("lambda *_: os._exit(5)"))
    assert becomes(lambda: outcome(command.folder) == "registered" and command.out == "1\n")
    os.kill(command.pid, signal.SIGTERM)
    assert becomes(lambda: "DELETE /web" in plane.asked)
    os.kill(command.pid, signal.SIGINT)

    assert ends() == 5, command.err
    assert told(command.folder) == dict.fromkeys(FORMS, 5)
    assert outcome(command.folder) == "unknown"
    assert len(re.findall("WARNING.*may still be registered", command.err)) == 1


def test_a_registrar_that_is_killed_while_it_deregisters_is_replaced_and_the_reports_go_on(
    command: Command, plane: Plane
) -> None:
    plane.may_delete.clear()
    command.add("lifecycle: {stop: {deadline: 20s, deregister: 9s}}\n")
    ends = start(command, FORGOTTEN.format("signal.SIG_DFL"))
    assert becomes(lambda: outcome(command.folder) == "registered" and command.out == "1\n")
    os.kill(command.pid, signal.SIGTERM)
    assert becomes(lambda: "DELETE /web" in plane.asked)
    os.kill(registrar_of(command.pid), signal.SIGKILL)
    plane.may_delete.set()

    assert ends() == 143, command.err
    assert told(command.folder) == dict.fromkeys(FORMS, 143)
    assert outcome(command.folder) == "deregistered"
    events = [json.loads(line) for line in (command.folder / "o.jsonl").read_text().splitlines()]
    assert [each["outcome"] for each in events if "outcome" in each] == ["registered", "deregistered"]

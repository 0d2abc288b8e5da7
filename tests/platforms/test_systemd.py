"""The unit file: known to systemd, and fitting to what enlist does with signals, time and exit statuses."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support.platform_files import EXAMPLES, STOP_S

from runner.language.units import parse_duration_s
from runner.model.outcome import ExitStatus

UNIT = EXAMPLES / "systemd" / "enlist-example.service"
TEXT = UNIT.read_text(encoding="utf-8")


def settings() -> dict[str, str]:
    """The keys of the unit; none is set twice."""
    lines = [line for line in TEXT.splitlines() if re.match(r"[A-Z]\w*=", line)]
    read = dict(line.split("=", 1) for line in lines)
    assert len(read) == len(lines)
    return read


def seconds(text: str) -> float:
    """A length of time as systemd writes it, where that is as we do."""
    return parse_duration_s(text.replace("min", "m"))


def test_systemd_has_nothing_to_say_against_the_unit() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip(
            "NOT CHECKED BY SYSTEMD: there is no systemd-analyze; the tests beside this one read the keys"
        )
    done = subprocess.run(
        [program, "verify", "--man=no", str(UNIT)], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_would_see_a_misspelt_key(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze")
    wrong = tmp_path / UNIT.name
    wrong.write_text(TEXT.replace("KillMode=", "KilMode="), encoding="utf-8")
    done = subprocess.run(
        [program, "verify", "--man=no", str(wrong)], capture_output=True, text=True, check=False, timeout=60
    )

    assert "KilMode" in done.stdout + done.stderr


def test_enlist_itself_says_when_it_is_ready_and_takes_the_stop_first() -> None:
    expected = {"Type": "notify", "NotifyAccess": "main", "KillMode": "mixed", "RuntimeDirectory": "enlist"}

    assert {key: settings()[key] for key in expected} == expected


def test_the_command_is_the_start_up_line_that_loses_no_signal() -> None:
    words = shlex.split(settings()["ExecStart"])

    assert words[:2] == ["/usr/bin/env", "--block-signal=TERM,INT,HUP,QUIT"]
    assert (Path(words[2]).name, words[3], words[5]) == ("enlist", "run", "--")


def test_systemd_waits_longer_than_the_end_may_take() -> None:
    assert seconds(settings()["TimeoutStopSec"]) > parse_duration_s(STOP_S)


def test_what_a_restart_cannot_mend_is_not_restarted() -> None:
    final = {int(word) for word in settings()["RestartPreventExitStatus"].split()}

    assert settings()["Restart"] == "on-failure"
    assert {ExitStatus.REJECTED, ExitStatus.DENIED, ExitStatus.CONFIG} <= final
    assert {ExitStatus.TRANSIENT, ExitStatus.BUG, 1} & final == set()


def test_an_application_that_ends_by_the_stop_is_no_failure() -> None:
    assert settings()["SuccessExitStatus"] == "143"


def test_a_comment_says_what_each_exit_status_means() -> None:
    lines = [line for line in TEXT.splitlines() if re.match(r"#   \d", line)]
    said = {int(number) for line in lines for number in re.findall(r"\b\d+\b", line[:18])}

    assert {0, 143, *(each for each in ExitStatus if 70 <= each < 80)} <= said


@pytest.mark.parametrize("key", ["DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp"])
def test_the_service_has_no_more_rights_than_it_needs(key: str) -> None:
    assert settings()[key] == "yes"

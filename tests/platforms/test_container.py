"""The image and the compose file, read and compared with the file of ours in them; tests/containers builds and runs."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.dockerfile import instructions
from support.platform_files import EXAMPLES, enlist_file

from runner.language.units import parse_duration_s

FOLDER = EXAMPLES / "container"
ENLIST = enlist_file((FOLDER / "enlist.yaml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def final_stage() -> dict[str, Any]:
    """The last of each instruction of the final stage."""
    return {each.name: each.value for each in instructions(FOLDER / "Dockerfile") if each.stage == 1}


def pinned() -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each pinned distribution."""
    text = (FOLDER / "requirements.txt").read_text(encoding="utf-8")
    found = {name: (version, hashes.count("sha256:")) for name, version, hashes in PINNED.findall(text)}
    assert len(found) == sum(1 for line in text.splitlines() if "==" in line), "one of them has another form"
    return found


def needed(name: str = "enlist") -> set[Requirement]:
    """What a distribution needs on Linux, without extras, and what that needs."""
    found: set[Requirement] = set()
    for text in requires(name) or []:
        each = Requirement(text)
        if each.marker is None or each.marker.evaluate({"extra": "", "python_version": "3.11"}):
            found |= {each} | needed(each.name)
    return found


def test_the_start_up_line_is_the_one_that_loses_no_signal() -> None:
    assert final_stage()["ENTRYPOINT"] == [
        "env", "--block-signal=TERM,INT,HUP,QUIT", "enlist", "run", "/etc/enlist.yaml", "--",
    ]  # fmt: skip


def test_images_without_python_take_the_folder_over_alike() -> None:
    alike = {"RUN", "HEALTHCHECK", "ENTRYPOINT"}
    node, scratch = (
        [
            each.value
            for each in instructions(EXAMPLES / "any-image" / f"{name}.Dockerfile")
            if each.name in alike
        ]
        for name in ("node", "scratch")
    )

    assert node == scratch
    assert node[-1] == ["/opt/enlist/bin/enlist", "run", "/etc/enlist.yaml", "--"]


def test_the_application_is_given_as_a_list_so_no_shell_stands_in_between() -> None:
    assert isinstance(final_stage()["CMD"], list)


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final_stage()["USER"])


def test_healthy_means_registered_and_failures_count_once_starting_is_over() -> None:
    check = final_stage()["HEALTHCHECK"]
    start = re.search(r"--start-period=(\S+)", check)

    assert check.endswith('CMD ["enlist", "status", "--ready"]')
    assert start
    assert parse_duration_s(start[1]) >= ENLIST.start_s


def test_what_is_built_with_stays_in_the_first_stage() -> None:
    stages = {each.stage for each in instructions(FOLDER / "Dockerfile")}
    copied = [each for each in instructions(FOLDER / "Dockerfile") if each.stage == 1 and each.name == "COPY"]

    assert stages == {-1, 0, 1}
    assert [each.value for each in copied] == [
        "--from=build /opt/enlist /opt/enlist",
        "enlist.yaml /etc/enlist.yaml",
    ]


def test_all_that_enlist_needs_is_pinned_in_a_version_that_fits_and_nothing_else() -> None:
    wanted, versions = needed(), pinned()

    assert {canonicalize_name(each.name) for each in wanted} == set(versions)
    assert [
        str(each) for each in wanted if versions[canonicalize_name(each.name)][0] not in each.specifier
    ] == []


def test_each_pin_has_the_hash_of_one_pure_wheel_or_of_one_for_each_of_two_machines() -> None:
    assert {hashes for _, hashes in pinned().values()} == {1, 2}


def test_compose_s_own_schema_accepts_the_file() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, str(FOLDER / "compose.yaml")], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_end_fits_into_the_time_that_compose_gives() -> None:
    grace_s = parse_duration_s(COMPOSE["services"]["web"]["stop_grace_period"])

    assert ENLIST.stop_s < grace_s
    assert ENLIST.platform_stop_s == grace_s


def test_compose_waits_for_nothing_since_enlist_does() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "depends_on" in service] == []


def test_compose_checks_health_as_the_image_does() -> None:
    check = COMPOSE["services"]["web"]["healthcheck"]
    options = dict(re.findall(r"--([a-z-]+)=(\S+)", final_stage()["HEALTHCHECK"]))

    assert check["test"] == ["CMD", "enlist", "status", "--ready"]
    assert {key.replace("_", "-"): str(value) for key, value in check.items() if key != "test"} == options


def test_compose_gives_the_environment_that_the_file_needs() -> None:
    # HOSTNAME is set in every container.
    assert ENLIST.needed_environment - set(COMPOSE["services"]["web"]["environment"]) == {"HOSTNAME"}


@pytest.mark.parametrize("key", ["read_only", "cap_drop", "security_opt", "tmpfs"])
def test_compose_gives_the_service_no_more_rights_than_it_needs(key: str) -> None:
    assert COMPOSE["services"]["web"][key]


def test_the_comments_name_no_file_that_is_not_there() -> None:
    for path in sorted([*FOLDER.iterdir(), *(EXAMPLES / "kubernetes").iterdir()]):
        if path.suffix in {".yaml", ""} and path.is_file():
            named = re.findall(r"(?<![\w/])(\.\./[\w./-]+[\w-])", path.read_text(encoding="utf-8"))
            missing = [each for each in named if not (path.parent / each).exists()]

            assert missing == [], path
    assert Path(FOLDER / "requirements.txt").exists()

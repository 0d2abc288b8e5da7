"""The manifests: right by Kubernetes' own schemas, and fitting to the file of ours that they carry.

No cluster takes part. The rules of podFailurePolicy are evaluated here as Kubernetes documents them.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.platform_files import EXAMPLES, EnlistFile, enlist_file

from runner.model.outcome import ExitStatus

FILES = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
SIDECARS_SINCE = "1.29"
"""The first version with restartPolicy on an init container."""

Object = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One file's objects, one of each kind."""

    objects: dict[str, Object]

    @property
    def enlist(self) -> EnlistFile:
        """The file of ours that it carries."""
        return enlist_file(self.objects["ConfigMap"]["data"]["enlist.yaml"])

    @property
    def workload(self) -> Object:
        """What runs pods."""
        return self.objects.get("Deployment") or self.objects["Job"]

    @property
    def pod(self) -> Object:
        """The pod's spec."""
        pod: Object = self.workload["spec"]["template"]["spec"]
        return pod

    @property
    def containers(self) -> list[Object]:
        """All containers of the pod."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def ours(self) -> Object:
        """The container in which enlist runs: the one that mounts its file."""
        (found,) = (each for each in self.containers if "enlist" in mounts_of(each))
        return found


def mounts_of(container: Object) -> dict[str, Object]:
    return {each["name"]: each for each in container.get("volumeMounts", [])}


def manifest(path: Path) -> Manifest:
    objects = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    by_kind = {each["kind"]: each for each in objects}
    assert len(by_kind) == len(objects)
    return Manifest(objects=by_kind)


every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def probes_of(container: Object) -> Iterator[Object]:
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in container:
            yield container[name]


def test_there_is_one_manifest_for_each_way_to_run_in_a_pod() -> None:
    assert {path.stem for path in FILES} == {"entrypoint", "init-container", "job", "sidecar"}


@every_file
@pytest.mark.parametrize("version", [SIDECARS_SINCE, kubernetes_validate.latest_version()])
def test_kubernetes_own_schema_accepts_each_object(path: Path, version: str) -> None:
    for each in manifest(path).objects.values():
        kubernetes_validate.validate(each, version, strict=True)


def test_the_schema_would_see_a_misspelt_key() -> None:
    job = manifest(EXAMPLES / "kubernetes" / "job.yaml").objects["Job"]
    job["spec"]["podFailurePolicies"] = job["spec"].pop("podFailurePolicy")

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, SIDECARS_SINCE, strict=True)


@every_file
def test_the_file_of_ours_is_right_and_its_tests_pass(path: Path, tmp_path: Path) -> None:
    ours = manifest(path).enlist

    assert ours.findings() == []
    assert ours.tests_end_with(tmp_path) == 0


@every_file
def test_the_file_of_ours_is_where_the_command_looks_for_it(path: Path) -> None:
    ours = manifest(path).ours
    mount = mounts_of(ours)["enlist"]
    whole = mount["mountPath"] if "subPath" in mount else f"{mount['mountPath']}/enlist.yaml"

    # Without a command it is the image's, which ../container/Dockerfile sets.
    assert whole in ours.get("command", ["/etc/enlist.yaml"])
    assert mount["readOnly"]


@every_file
def test_each_file_that_ours_reads_is_in_the_mounted_secret(path: Path) -> None:
    whole = manifest(path)
    folder = mounts_of(whole.ours)["secret"]["mountPath"]
    keys = set(whole.objects["Secret"]["stringData"])

    assert {PurePosixPath(each) for each in whole.enlist.read_files} == {
        PurePosixPath(folder, key) for key in keys
    }


@every_file
def test_the_pod_gives_the_environment_that_ours_needs(path: Path) -> None:
    whole = manifest(path)
    given = {each["name"] for each in whole.ours.get("env", [])}

    # HOSTNAME is set in every container, to the pod's name.
    assert whole.enlist.needed_environment - given - {"HOSTNAME"} == set()


@every_file
def test_no_secret_is_in_the_environment(path: Path) -> None:
    given = [each for container in manifest(path).containers for each in container.get("env", [])]

    assert [each for each in given if "secretKeyRef" in each.get("valueFrom", {})] == []


@every_file
def test_the_end_fits_into_the_time_that_kubernetes_gives(path: Path) -> None:
    whole = manifest(path)
    # An init container that ends by itself is not there any more when the pod is stopped.
    if "restartPolicy" not in whole.ours and whole.ours in whole.pod.get("initContainers", []):
        return

    assert whole.enlist.stop_s < whole.pod["terminationGracePeriodSeconds"]
    assert whole.enlist.platform_stop_s == whole.pod["terminationGracePeriodSeconds"]


@every_file
def test_the_startup_probe_waits_as_long_as_starting_may_take(path: Path) -> None:
    whole = manifest(path)
    probe = whole.ours.get("startupProbe")
    if probe is None:
        assert path.stem in {"init-container", "job"}, "nothing waits for these but their own end"
        return

    assert probe["periodSeconds"] * probe["failureThreshold"] > whole.enlist.start_s


@every_file
def test_every_probe_asks_whether_the_registrations_stand_and_none_of_them_restarts(path: Path) -> None:
    ours = manifest(path).ours
    asked = [probe["exec"]["command"] for probe in probes_of(ours)]

    assert asked == [["enlist", "status", "--ready"]] * len(asked)
    assert "livenessProbe" not in ours


@every_file
def test_the_cause_of_an_end_is_shown_by_kubectl(path: Path) -> None:
    ours = manifest(path).ours

    assert ours["terminationMessagePath"] == "/dev/termination-log"
    assert ours["terminationMessagePolicy"] == "FallbackToLogsOnError"


@every_file
def test_nothing_runs_as_root_or_writes_into_its_image(path: Path) -> None:
    whole = manifest(path)

    assert whole.pod["securityContext"]["runAsNonRoot"]
    assert whole.pod["securityContext"]["runAsUser"] > 0
    for each in whole.containers:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@every_file
def test_ours_can_make_its_folder_for_the_state(path: Path) -> None:
    whole = manifest(path)
    volumes = {each["name"]: each for each in whole.pod["volumes"]}

    assert mounts_of(whole.ours)["run"]["mountPath"] == "/run/enlist"
    assert "emptyDir" in volumes["run"]


@every_file
def test_where_a_command_is_given_it_is_the_start_up_line_that_loses_no_signal(path: Path) -> None:
    command = manifest(path).ours.get("command")

    if command is not None:
        assert command[:4] == ["env", "--block-signal=TERM,INT,HUP,QUIT", "enlist", "run"]


def decided(rules: Sequence[Object], container: str, status: int) -> str:
    """What Kubernetes does with a pod whose container failed with a status: the first rule that matches decides."""
    for rule in rules:
        asked = rule.get("onExitCodes")
        if asked is None or asked.get("containerName", container) != container:
            continue
        if (status in asked["values"]) == (asked["operator"] == "In"):
            return str(rule["action"])
    return "Count"


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (ExitStatus.FINDINGS, "Count"),
        (ExitStatus.USAGE, "Count"),
        (ExitStatus.BUG, "Count"),
        (ExitStatus.UNKNOWN, "FailJob"),
        (ExitStatus.TRANSIENT, "Count"),
        (ExitStatus.REJECTED, "FailJob"),
        (ExitStatus.DENIED, "FailJob"),
        (ExitStatus.CONFIG, "FailJob"),
        (137, "Count"),
        (143, "Count"),
    ],
)
def test_a_job_is_tried_again_exactly_where_that_can_help(status: int, action: str) -> None:
    job = manifest(EXAMPLES / "kubernetes" / "job.yaml")
    rules = job.workload["spec"]["podFailurePolicy"]["rules"]

    assert decided(rules, job.ours["name"], status) == action


def test_the_job_s_rules_are_about_the_container_that_runs_enlist_and_need_pods_that_never_restart() -> None:
    job = manifest(EXAMPLES / "kubernetes" / "job.yaml")
    rules = job.workload["spec"]["podFailurePolicy"]["rules"]

    assert {each["onExitCodes"]["containerName"] for each in rules if "onExitCodes" in each} == {
        job.ours["name"]
    }
    assert job.pod["restartPolicy"] == "Never"


def test_only_the_sidecar_is_started_again_beside_the_application() -> None:
    policies = {path.stem: manifest(path).ours.get("restartPolicy") for path in FILES}

    assert policies == {"entrypoint": None, "init-container": None, "job": None, "sidecar": "Always"}
    assert "heartbeat" in manifest(EXAMPLES / "kubernetes" / "sidecar.yaml").enlist.text

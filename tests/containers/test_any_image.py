"""The folder that runs enlist where there is no Python, no shell, another C library or none."""

import gzip
import json
import re
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers.conftest import Start
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from support.any_image import ENLIST, FOLDER, MUSL, OLD, SCRATCH, build_any_images
from support.container_files import enlist_yaml
from support.image import EXAMPLE, build, wheels
from support.npm_install import only_one
from support.podman import Podman

LOCKED = ("--user=65532:65532", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
READY = ("/opt/enlist/bin/enlist", "status", "--ready")
MIB = 1e6
SIGNAL_AT_MS = (0, 5, 10, 20, 40, 80, 160)


@pytest.fixture(scope="module", autouse=True)
def images(podman: Podman) -> None:
    """The images of the example, built once for all workers."""
    built = podman.folder / "any-images-built"
    with only_one(podman.folder.parent / "any-images.lock"):
        if not built.exists():
            build_any_images(podman)
            built.touch()


@pytest.fixture(scope="module")
def folder(podman: Podman) -> Iterator[Path]:
    """What the image `enlist` has in it, as the host sees it."""
    mounted = podman.run("image", "mount", ENLIST).stdout.strip()
    yield Path(mounted) / "opt" / "enlist"
    podman.run("image", "unmount", ENLIST)


@pytest.mark.parametrize("image", [SCRATCH, MUSL, OLD])
def test_in_any_image_without_any_right_it_registers_is_ready_and_deregisters(
    start: Start, image: str
) -> None:
    container = start(image=image, options=LOCKED, REGISTRY_URL="http://127.0.0.1:3000", HOSTNAME="web-1")
    container.await_words("web: registered after")
    container.await_processes(2)  # the registrar has nothing left to do until the end
    ready = container.execute(*READY)
    status, _ = container.stop(20)

    assert (ready.returncode, ready.stderr, status) == (0, "", 0), container.log
    said = [line for line in container.lines if line.startswith("app: ") and "preload" not in line]
    assert said[0].startswith("app: serving as process")
    assert said[1:] == ["app: PUT /services/web-1", "app: DELETE /services/web-1", "app: told to stop"]


def test_where_its_state_can_be_written_to_the_image_itself_any_user_is_ready(start: Start) -> None:
    container = start(image=SCRATCH, options=("--user=123456:0",), REGISTRY_URL="http://127.0.0.1:3000")
    container.await_words("web: registered after")

    assert container.execute(*READY).returncode == 0, container.log


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--volume={resolv}:/etc/resolv.conf:ro", "registry.example.test"),
        ("--add-host=registry:127.0.0.1", "registry"),
    ],
    ids=["server", "file"],
)
def test_names_are_looked_up_as_the_container_says(
    start: Start, tmp_path: Path, option: str, name: str
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    container = start(
        image=SCRATCH,
        options=("--user=0", option.format(resolv=tmp_path / "resolv.conf")),
        REGISTRY_URL=f"http://{name}:3000",
    )
    container.await_words("web: registered after")


def test_with_exec_the_application_takes_its_place(start: Start) -> None:
    file = enlist_yaml(
        register="before_start", on_failure="keep_running", undo=False, policy="{deadline: 300ms}"
    )
    container = start(
        "run", "/etc/enlist.yaml", "--exec", "--", "/app",
        image=SCRATCH, options=(*LOCKED, "--entrypoint=/opt/enlist/bin/enlist"), enlist=file,
    )  # fmt: skip
    container.await_words("app: serving as process 1")

    assert [each.words for each in container.processes] == ["/app "]


def test_what_an_image_tells_its_own_loader_reaches_the_application_and_nobody_else(start: Start) -> None:
    container = start(
        image=OLD, options=LOCKED, REGISTRY_URL="http://127.0.0.1:3000", LD_PRELOAD="/lib/mine.so"
    )
    container.await_words("web: registered after")

    assert "app: preload /lib/mine.so" in container.lines
    assert container.log.count("cannot be preloaded") == 1, container.log


def test_in_an_image_without_authorities_there_are_some_to_trust(start: Start) -> None:
    ask = "from runner.adapters.http.authorities import no_authorities_installed as none; print(none())"
    container = start("-I", "-c", ask, image=SCRATCH, options=("--entrypoint=/opt/enlist/bin/python3",))

    assert container.wait() == 0
    assert container.log == "False\n"


def test_the_build_of_an_image_refuses_a_mistake_in_its_file(podman: Podman, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "context")
    file = tmp_path / "context" / "enlist.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("lifecycle:", "lifcycle:"), encoding="utf-8")
    (tmp_path / "context" / "app").touch()
    said = build(
        podman,
        tmp_path / "context",
        wheels(),
        "localhost/enlist-refused",
        file="scratch.Dockerfile",
        check=False,
    )

    assert "lifcycle" in said
    assert "Successfully tagged" not in said


def test_no_signal_is_lost_from_the_first_moment(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        enlist_yaml(register="before_start", policy="{deadline: 60s}"), encoding="utf-8"
    )
    words: list[str | Path] = [
        "unshare",
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
        folder / "bin" / "enlist",
        "run",
        "f.yaml",
        "--",
        "/bin/true",
    ]

    assert [_status_of_a_stop(words, tmp_path, at_ms) for at_ms in SIGNAL_AT_MS] == [143] * len(SIGNAL_AT_MS)


def _status_of_a_stop(words: list[str | Path], cwd: Path, at_ms: int) -> int:
    """Return how it ends that gets a TERM so long after the folder's loader has been started."""
    with subprocess.Popen(words, cwd=cwd, stderr=subprocess.DEVNULL) as outer:
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        until_s = time.monotonic() + 10
        while (
            not (found := children.read_text(encoding="ascii").split())
            or b"libexec" not in Path(f"/proc/{found[0]}/cmdline").read_bytes()
        ):
            assert time.monotonic() < until_s, "nothing began"
        time.sleep(at_ms / 1000)
        subprocess.run(["kill", f"-{signal.SIGTERM.value}", found[0]], check=True)
        try:
            return outer.wait(10)
        except subprocess.TimeoutExpired:
            outer.kill()
            return -1


def test_the_folder_is_small(folder: Path, tmp_path: Path) -> None:
    size = sum(each.lstat().st_size for each in folder.rglob("*"))
    with (
        gzip.open(tmp_path / "layer.tar.gz", "wb", compresslevel=1) as out,
        tarfile.open(fileobj=out, mode="w|") as layer,
    ):
        layer.add(folder, "enlist")

    assert size / MIB < 60
    assert (tmp_path / "layer.tar.gz").stat().st_size / MIB < 25


def test_the_list_of_what_is_in_it_is_of_the_published_form(folder: Path) -> None:
    text = (folder / "sbom.cdx.json").read_text(encoding="utf-8")

    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None


def test_all_that_is_in_it_is_listed_with_its_version(folder: Path) -> None:
    bill = json.loads((folder / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {each["name"]: each["version"] for each in bill["components"]}
    pinned = re.findall(
        r"^([a-z0-9-]+)==(\S+)", (EXAMPLE / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert bill["metadata"]["component"]["name"] == "enlist"
    assert dict(pinned).items() <= listed.items()
    assert {"cpython", "libc6", "libssl3", "libstdc++6", "ca-certificates"} <= set(listed)
    assert all(listed.values())


def test_its_bytecode_is_there_and_names_where_it_will_be(folder: Path) -> None:
    modules = list((folder / "lib").rglob("*.py"))
    without = [each for each in modules if not list((each.parent / "__pycache__").glob(f"{each.stem}.*.pyc"))]
    (sample,) = (folder / "lib").rglob("runner/__pycache__/cli.*.pyc")

    assert modules
    assert without == []
    assert b"/opt/enlist/lib/python3.11/runner/cli.py" in sample.read_bytes()

"""The image that the example's Dockerfile makes: what is in it, and what it refuses to be built from."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from containers.conftest import Start
from support.distribution import wheel
from support.image import BASE, EXAMPLE, IMAGE, build, example_context, wheels
from support.podman import Podman

WITHOUT_BYTECODE = """
import importlib.util, pathlib
files = pathlib.Path("/opt/enlist/lib").rglob("*.py")
print(sum(not pathlib.Path(importlib.util.cache_from_source(str(each))).exists() for each in files))
"""


def inspected(podman: Podman, image: str) -> dict[str, Any]:
    (found,) = json.loads(podman.run("image", "inspect", image).stdout)
    assert isinstance(found, dict)
    return found


def test_the_image_says_who_it_runs_as_what_it_starts_and_how_to_see_its_health(podman: Podman) -> None:
    image = inspected(podman, IMAGE)

    assert image["Config"]["User"] == "1000:1000"
    assert image["Config"]["Entrypoint"][-4:] == ["enlist", "run", "/etc/enlist.yaml", "--"]
    assert image["Healthcheck"]["Test"] == ["CMD", "enlist", "status", "--ready"]


def test_the_image_is_little_more_than_its_base(podman: Podman) -> None:
    sizes = [inspected(podman, each)["Size"] for each in (IMAGE, BASE)]

    assert (sizes[0] - sizes[1]) / 1e6 < 40


def test_all_of_enlist_is_there_as_bytecode_and_nothing_to_install_with(start: Start) -> None:
    container = start("-c", WITHOUT_BYTECODE, options=("--entrypoint=/opt/enlist/bin/python3",))
    container.wait()
    installed = start("-c", "import pip", options=("--entrypoint=/opt/enlist/bin/python3",))

    assert container.log == "0\n"
    assert installed.wait() == 1
    assert "No module named 'pip'" in installed.log


def test_the_application_s_own_python_is_left_alone(start: Start) -> None:
    container = start("-c", "import aiohttp", options=("--entrypoint=python3",))

    assert container.wait() == 1
    assert "No module named 'aiohttp'" in container.log


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        pytest.param("requirements.txt", "sha256:", "sha256:0", "DO NOT MATCH", id="another wheel than the pinned one"),
        pytest.param("enlist.yaml", "lifecycle:", "lifcycle:", "lifcycle", id="a mistake in enlist.yaml"),
    ],
)  # fmt: skip
def test_the_build_refuses(
    podman: Podman, tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    context = example_context(tmp_path / "context", wheel(podman.folder.parent))
    text = (EXAMPLE / file).read_text(encoding="utf-8")
    (context / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    if said == "DO NOT MATCH":
        (context / file).write_text(_with_another_hash(text), encoding="utf-8")
    out = build(podman, context, wheels(), "localhost/enlist-refused", check=False)
    shutil.rmtree(context)

    assert said in out
    assert "Successfully tagged" not in out


def _with_another_hash(text: str) -> str:
    """The requirements, with each hash of the first distribution turned round."""
    head, _, tail = text.partition("sha256:")
    return f"{head}sha256:{tail[:64][::-1]}{tail[64:]}"

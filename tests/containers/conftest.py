"""Gives each test an image of the project and containers of it; all workers of a test run share one storage.

Whoever of them comes first builds, whoever goes last cleans up.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.distribution import folder_of_run
from support.image import BASE, TESTED, build_images
from support.machine import NotHereError, install_podman
from support.npm_install import only_one
from support.podman import Container, Podman


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests beside this file run containers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.container)


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """Podman, with the images built."""
    try:
        install_podman()
    except NotHereError as error:
        pytest.skip(f"NOT TESTED IN CONTAINERS: {error}")
    shared = folder_of_run(tmp_path_factory)
    podman, users = Podman(shared / "podman"), shared / "podman-users"
    me = users / str(os.getpid())
    try:
        with only_one(shared / "podman.lock"):
            users.mkdir(exist_ok=True)
            me.touch()
            _build_once(podman)
        yield podman
    finally:
        with only_one(shared / "podman.lock"):
            me.unlink()
            if not list(users.iterdir()):
                podman.clean_up()


def _build_once(podman: Podman) -> None:
    built = podman.folder / "built"
    if built.exists():
        return
    podman.clean_up()
    podman.set_up()
    build_images(podman)
    probe = podman.run("run", "--rm", "--network=none", BASE, "true", check=False)
    if probe.returncode != 0:
        pytest.skip(f"NOT TESTED IN CONTAINERS: none can be run here: {probe.stderr}")
    built.touch()


Start = Callable[..., Container]


@pytest.fixture
def start(podman: Podman, tmp_path: Path) -> Iterator[Start]:
    """Start a container of the project's image; what runs at the end is removed.

    Called with the words of the application's command, and with ``options`` of podman, the ``enlist`` file's text
    in place of the example's, the ``image``, and other keywords as environment variables.
    """
    started: list[Container] = []

    def begin(
        *command: str,
        options: tuple[str, ...] = (),
        enlist: str = "",
        image: str = TESTED,
        **environment: Any,
    ) -> Container:
        mounts: list[str] = []
        if enlist:
            file = tmp_path / f"{len(started)}.enlist.yaml"
            file.write_text(enlist, encoding="utf-8")
            file.chmod(0o644)
            mounts = [f"--volume={file}:/etc/enlist.yaml:ro"]
        values = [f"--env={name}={value}" for name, value in environment.items()]
        network = [] if any(each.startswith("--network=") for each in options) else ["--network=none"]
        words = ["run", "--detach", *network, *mounts, *values, *options, image, *command]
        started.append(Container(podman, podman.run(*words).stdout.strip()))
        return started[-1]

    try:
        yield begin
    finally:
        for each in started:
            each.remove()

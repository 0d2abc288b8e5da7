"""The files that people copy, as they check them themselves: no engine, no network, nothing to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "rivet"
FILES = sorted(EXAMPLES.glob("*.yaml"))


def enlist(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with an empty environment."""
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("command", ["validate", "test", "plan"])
def test_an_example_passes_what_enlist_checks(file: Path, command: str) -> None:
    done = enlist(command, str(file))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_shows_editors_its_schema(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]

    marker, _, schema = first.partition("=")

    assert marker == "# yaml-language-server: $schema"
    assert (file.parent / schema).is_file()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_without_a_public_url_sends_nothing_and_says_what_is_missing(file: Path) -> None:
    done = enlist("run", str(file))

    assert done.returncode == 78, done.stdout + done.stderr
    assert "PUBLIC_URL" in done.stdout + done.stderr

"""The table of the README, made anew with few tries: what a loop does not notice, and what a recipe does about it."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "compare" / "compare.py"
pytestmark = pytest.mark.planes


def test_a_recipe_stops_or_mends_what_a_loop_does_not_notice() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--tries", "2"], capture_output=True, text=True, timeout=120, check=True
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()[2:]]
    ended = {(row[0].split()[0], row[1]): tuple(row[4:]) for row in rows}

    assert ended == {
        ("Rivet", "loop"): ("no", "0"),
        ("Rivet", "recipe"): ("no", "76"),
        ("Consul", "loop"): ("no", "0"),
        ("Consul", "recipe"): ("no", "77"),
        ("etcd", "loop"): ("no", "0"),
        ("etcd", "recipe"): ("yes", "0"),
    }

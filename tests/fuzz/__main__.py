"""``python -m tests.fuzz --runs 1000000``: coverage-guided fuzzing of all that ``validate`` does with bytes.

Run by hand; needs atheris. The corpus are the right and wrong files of the suite. What must hold: no
exception, no finding that cannot be shown, nothing over one second, no more than 200 MB. A crash, a hang or
too much memory ends the run and leaves the input beside where it was started.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["runner"]):
    from runner.config.loader import load
    from runner.report.diagnostics import render_diagnostic

from .mutate import mutated

CORPUS = Path(__file__).parents[1] / "config"


def check(raw: bytes) -> None:
    """Validate one input and say everything that was found."""
    loaded = load(raw, "fuzz.enlist.yaml")
    for finding in loaded.diagnostics:
        text = render_diagnostic(finding, loaded.lines)
        assert text.count("\n") < 5, text
        assert text.encode(), finding


def mutate(raw: bytes, max_size: int, seed: int) -> bytes:
    """Mutate the structure as often as the bytes."""
    return mutated(raw, max_size, seed) if seed % 2 else bytes(atheris.Mutate(raw, max_size))


def main() -> None:
    """Hand over to libFuzzer, which never returns."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--folder", default="/tmp/enlist-fuzz", help="where new inputs are kept")
    options = parser.parse_args()
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    flags = [
        f"-runs={options.runs}",
        "-timeout=1",
        "-rss_limit_mb=200",
        "-max_len=4096",
        "-print_final_stats=1",
    ]
    seeds = [str(CORPUS / "right"), str(CORPUS / "wrong")]
    atheris.Setup([sys.argv[0], *flags, options.folder, *seeds], check, custom_mutator=mutate)
    atheris.Fuzz()


main()

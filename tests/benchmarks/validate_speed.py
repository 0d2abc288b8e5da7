"""How ``enlist validate`` compares with check-jsonschema, the usual hook, in the same run.

Run by hand: ``python -m tests.benchmarks.validate_speed``; needs check-jsonschema and a non-editable install
of enlist beside this interpreter. Prints medians and ratios: one small file, cold; 300 files in one call; and
one long file, alone.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "examples" / "rivet" / "serverless-pool.enlist.yaml"
BIN = Path(sys.executable).parent
OURS = [str(BIN / "enlist"), "validate"]
PEER = [str(BIN / "check-jsonschema"), "--schemafile", str(ROOT / "schemas" / "enlist.v1.schema.json")]


def seconds(command: Sequence[str]) -> float:
    """Run a command once and return its wall time."""
    began_s = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began_s


def compare(what: str, files: Sequence[str], rounds: int) -> None:
    """Run both in turn and print the medians and the median of the ratios."""
    seconds([*OURS, *files]), seconds([*PEER, *files])
    pairs = [(seconds([*OURS, *files]), seconds([*PEER, *files])) for _ in range(rounds)]
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    sys.stdout.write(f"{what:<28} enlist {ours:.3f} s, check-jsonschema {peer:.3f} s, ratio {ratio:.2f}\n")


def main() -> None:
    """Print the comparisons."""
    compare("one small file, cold", [str(SMALL)], rounds=15)
    with tempfile.TemporaryDirectory() as folder:
        text = SMALL.read_text(encoding="utf-8")
        for number in range(300):
            (Path(folder) / f"{number}.enlist.yaml").write_text(text, encoding="utf-8")
        compare("300 files in one call", sorted(map(str, Path(folder).iterdir())), rounds=5)
    long = 'version: 1\nendpoints: {e: {url: "http://h"}}\nregistrations:\n' + "".join(
        f'  r{number}:\n    request: {{method: PUT, path: "/services/{number}", json: {{name: r{number}, port: {number}}}}}\n'
        f"    verify: {{request: {{path: /services/{number}}}, expect: {{body: {{name: r{number}}}}}}}\n"
        for number in range(2600)
    )
    with tempfile.NamedTemporaryFile("w", suffix=".enlist.yaml") as file:
        file.write(long)
        file.flush()
        took_s = statistics.median(seconds([*OURS, file.name]) for _ in range(5))
        sys.stdout.write(f"one file of {len(long) // 1000} kB         enlist {took_s:.3f} s\n")


main()

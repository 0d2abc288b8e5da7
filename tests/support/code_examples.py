"""Examples of the catalog put into their context: a whole file, and what is found in it."""

import re
import subprocess
from pathlib import Path

from support.harness import NoFiles

from runner.config.binding.bind import bind
from runner.config.lint.lint import lint
from runner.config.loader import load
from runner.language.terms import VerbName
from runner.model.diagnostic import Diagnostic
from runner.report.codes import Entry

CONTEXT = {
    "version": "version: 1\n",
    "endpoints": 'endpoints:\n  engine: {url: "http://127.0.0.1:6420"}\n',
    "registrations": "registrations:\n  web:\n    request: {method: PUT, path: /services/web}\n",
}
"""What is added to an example that has none of its own; it is right, and comes first."""
MOUNTED = {"/run/secrets/token": b"s3cret-token\n"}


def whole_file(example: str) -> str:
    """Return a part of a file with all that a file needs."""
    keys = set(re.findall(r"^([\w-]+):", example, re.MULTILINE))
    return "".join(text for key, text in CONTEXT.items() if key not in keys) + example


def found_in(code: str, raw: bytes) -> tuple[Diagnostic, ...]:
    """Return what is found in a file; where the code is about an environment, in an empty one too."""
    loaded = load(raw, "enlist.yaml")
    findings = (*loaded.diagnostics, *lint(loaded))
    if loaded.plan is None or not "E405" <= code <= "E599":
        return findings
    _, missing = bind(loaded.plan, {}, NoFiles(MOUNTED), verbs=tuple(VerbName))
    return (*findings, *missing, *loaded.plan.not_yet)


def made_by(command: str, folder: Path) -> bytes | None:
    """Run a command of an example in a folder with a right file; return what the file is then."""
    file = folder / "enlist.yaml"
    if not file.exists() and not (folder / "service.yaml").exists():
        file.write_text(whole_file(""))
    subprocess.run(["sh", "-e", "-c", command], cwd=folder, check=True, timeout=20)
    return file.read_bytes() if file.exists() else None


def example_of(entry: Entry, text: str, folder: Path) -> bytes | None:
    """Return the file that an example means; none where it makes one go away."""
    if entry.kind == "shell":
        return made_by(text, folder)
    return (text if entry.kind == "whole" else whole_file(text)).encode()

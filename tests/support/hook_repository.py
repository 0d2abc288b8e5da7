"""Our hooks as ``pre-commit`` gets them: a repository with one commit, and the environment that it makes of it.

Making the environment takes an index and seconds, so it is kept from one test run to the next for as long as
what would be installed is the same. The runs that the tests look at get no index and no network.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from support.npm_install import cache_folder, only_one

ROOT = Path(__file__).parents[2]
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
INSTALLED = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml", "runner", "schemas")
NOWHERE = "http://127.0.0.1:9"
KEPT_S = 3_600.0
"""How long the environment of other contents is kept: a parallel test run may be using it."""
_ENDS_WITHIN_S = 300.0


class HooksError(Exception):
    """A program that had to succeed did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """A repository with our hooks, and where ``pre-commit`` keeps what it made of it."""

    repository: Path
    revision: str
    home: Path

    def config(self, *ids: str) -> str:
        """Return the ``.pre-commit-config.yaml`` of somebody who uses these hooks."""
        hooks = "".join(f"      - id: {each}\n        verbose: true\n" for each in ids)
        return f"repos:\n  - repo: {self.repository}\n    rev: {self.revision}\n    hooks:\n{hooks}"


def environment(home: Path, *, offline: bool) -> dict[str, str]:
    """Return an environment without anybody's git configuration, and offline one without an index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    who = {
        f"GIT_{role}_{what}": "enlist@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    when = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_COLOR": "never"}
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    cut_off = {"PIP_NO_INDEX": "1", **proxies} if offline else {}
    return {**kept, **who, **when, **nothing, **cut_off, "PRE_COMMIT_HOME": str(home)}


def run(
    words: Sequence[str | Path], folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with both its streams as one."""
    return subprocess.run(
        words,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_ENDS_WITHIN_S,
        check=False,
    )


def must_run(words: Sequence[str | Path], folder: Path, variables: dict[str, str]) -> str:
    """Run a program that must end well; returns what it said.

    Raises:
        HooksError: it did not end well.
    """
    ended = run(words, folder, variables)
    if ended.returncode != 0:
        raise HooksError(f"{' '.join(map(str, words))} ended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def commit_all(folder: Path, variables: dict[str, str]) -> str:
    """Make a repository of a folder, with one commit; returns its revision."""
    must_run(["git", "init", "-q", "-b", "main"], folder, variables)
    must_run(["git", "add", "-A"], folder, variables)
    must_run(["git", "commit", "-q", "--no-verify", "-m", "as it is"], folder, variables)
    return must_run(["git", "rev-parse", "HEAD"], folder, variables).strip()


def installed_hooks() -> Hooks:
    """Return this checkout's hooks, with their environment made.

    Raises:
        HooksError: git or pre-commit failed.
    """
    cache = cache_folder("pre-commit")
    with only_one(cache / ".lock"):
        _forget_old(cache)
        base = cache / _digest()
        hooks = _made(base) or _make(base)
        os.utime(base)
    return hooks


def _files() -> Iterator[Path]:
    for name in INSTALLED:
        path = ROOT / name
        yield from sorted(path.rglob("*")) if path.is_dir() else [path]


def _digest() -> str:
    """Tell by the content what would be installed, and with what."""
    told = hashlib.sha256(f"{sys.version} {version('pre-commit')}".encode())
    for path in _files():
        if path.is_file() and "__pycache__" not in path.parts:
            told.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _made(base: Path) -> Hooks | None:
    revision = base / "revision"
    if not revision.exists():
        return None
    return Hooks(repository=base / "hooks", revision=revision.read_text().strip(), home=base / "home")


def _make(base: Path) -> Hooks:
    shutil.rmtree(base, ignore_errors=True)
    repository, user = base / "hooks", base / "user"
    for name in INSTALLED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        repository.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, repository / name)
    for cached in [*repository.rglob("__pycache__")]:
        shutil.rmtree(cached)
    variables = environment(base / "home", offline=False)
    hooks = Hooks(repository=repository, revision=commit_all(repository, variables), home=base / "home")
    user.mkdir()
    (user / ".pre-commit-config.yaml").write_text(hooks.config("enlist-validate", "enlist-test"))
    commit_all(user, variables)
    must_run([PRE_COMMIT, "install-hooks"], user, variables)
    (base / "revision").write_text(hooks.revision)
    return hooks


def _forget_old(cache: Path) -> None:
    for folder in cache.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)

"""Gives each test a repository of somebody who uses our hooks, without network."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.hook_repository import PRE_COMMIT, Hooks, environment, installed_hooks, must_run, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository that uses the hooks."""

    folder: Path
    hooks: Hooks
    variables: dict[str, str]

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def use(self, *ids: str) -> None:
        """Choose the hooks."""
        self.write(".pre-commit-config.yaml", self.hooks.config(*ids))

    def git(self, *arguments: str) -> str:
        """Run git, which must end well."""
        return must_run(["git", *arguments], self.folder, self.variables)

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pre-commit."""
        return run([PRE_COMMIT, *arguments], self.folder, self.variables)

    def run_hooks(self, *files: str) -> subprocess.CompletedProcess[str]:
        """Stage what was written and run the hooks, on all files or on these, in this order."""
        self.git("add", "-A")
        return self.pre_commit("run", *(("--files", *files) if files else ("--all-files",)))


@pytest.fixture(scope="session")
def hooks() -> Hooks:
    """Our hooks, installed by pre-commit."""
    if shutil.which("git") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no git")
        pytest.skip("NOT TESTED WITH PRE-COMMIT: there is no git")
    assert PRE_COMMIT.exists(), "pre-commit is among the dev dependencies: pip install -e '.[dev]'"
    return installed_hooks()


@pytest.fixture
def project(hooks: Hooks, tmp_path: Path) -> Project:
    """A repository that uses both hooks and has no files yet."""
    made = Project(folder=tmp_path, hooks=hooks, variables=environment(hooks.home, offline=True))
    made.git("init", "-q", "-b", "main")
    made.use("enlist-validate", "enlist-test")
    return made

"""The architecture is held by tools: imports point downward, and each command pays for itself.

Layers that stand only in prose are gone after a year. The contracts are in pyproject.toml; here they are run, and
what no contract can say is asked of a real process: what is loaded after a command has done its work.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

ROOT = Path(__file__).parents[2]
MINIMAL = 'version: 1\nendpoints: {e: {url: "http://127.0.0.1:1"}}\nregistrations: {r: {request: {path: "/${A:-a}"}}}\n'
HEAVY = {"aiohttp", "asyncio", "loguru", "jmespath", "multiprocessing"}


def loaded_after(program: str, *arguments: str) -> set[str]:
    """Return the modules of a fresh process that has run this program."""
    watched = f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-I", "-c", watched, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))


def ours(modules: set[str]) -> set[str]:
    return {module for module in modules if module == "runner" or module.startswith("runner.")}


def test_every_contract_on_imports_is_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " 0 broken" in ended.stdout


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_checking_a_file_loads_neither_event_loop_nor_http_nor_log(tmp_path: Path, command: str) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(MINIMAL)
    modules = loaded_after("from runner.cli import main\nassert main(sys.argv[1:]) == 0", command, str(file))

    assert "runner.config.loader" in modules
    assert modules & HEAVY == set()


def test_a_file_that_cannot_be_bound_costs_no_import_of_aiohttp(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(MINIMAL.replace("${A:-a}", "${NOWHERE_SET}"))
    modules = loaded_after("from runner.cli import main\nassert main(sys.argv[1:]) == 78", "run", str(file))

    assert modules & {"aiohttp", "loguru"} == set()


def test_a_run_does_not_read_all_authorities_of_the_system_for_aiohttp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, file = tmp_path / "ca.pem", tmp_path / "f.yaml"
    trustme.CA().cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    file.write_text(MINIMAL + "retry_policies: {default: {deadline: 100ms}}\n")
    contexts = (
        "connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED, ssl.create_default_context()"
    )
    loaded_after(
        "from runner.cli import main\nassert main(sys.argv[1:]) == 75\nimport ssl\nfrom aiohttp import connector\n"
        f"assert [each.cert_store_stats()['x509'] for each in ({contexts})] == [0, 0, 1]",
        "run",
        str(file),
    )


def test_init_loads_nothing_of_ours_and_little_of_the_standard_library() -> None:
    modules = loaded_after("import runner.pid1.main")

    assert {name for name in ours(modules) if not name.startswith("runner.pid1")} == {"runner"}
    heavy = {"dataclasses", "inspect", "subprocess", "socket", "argparse", "shutil", "ctypes"}
    assert modules & (HEAVY | heavy) == set()


def test_the_registrar_sends_its_terms_before_it_loads_what_talks_http() -> None:
    modules = loaded_after("import runner.commands.registrar, runner.adapters.link")

    assert modules & {"aiohttp", "loguru", "asyncio", "runner.report.html_report"} == set()


@pytest.mark.parametrize("words", [["--ready"], ["--live", "nobody.yaml"]])
def test_a_probe_loads_hardly_more_than_what_it_reads(words: list[str]) -> None:
    program = (
        "from runner.__main__ import entry\nsys.argv[1:1] = ['status']\n"
        "try: entry()\nexcept SystemExit as ended: assert ended.code == 1"
    )
    modules = loaded_after(program, *words)

    assert ours(modules) == {
        "runner", "runner.__main__", "runner.commands", "runner.commands.status", "runner.pid1", "runner.pid1.say",
        "runner.pid1.state_file", "runner.pid1.unsignalled", "runner.adapters", "runner.adapters.console", "runner.adapters.output",
        "runner.adapters.terminal", "runner.values", "runner.values.printable",
    }  # fmt: skip
    assert modules & (HEAVY | {"yaml", "jsonschema", "msgspec", "argparse", "inspect"}) == set()


def test_importing_the_package_imports_nothing_else_of_ours() -> None:
    assert ours(loaded_after("import runner")) == {"runner"}


@pytest.mark.parametrize(("package", "below"), [("language", ()), ("model", ("language",))])
def test_the_lowest_layers_need_nothing_but_each_other(package: str, below: tuple[str, ...]) -> None:
    program = (
        f"import pkgutil, importlib, runner.{package} as package\n"
        "for each in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "    importlib.import_module(each.name)"
    )
    allowed = tuple(f"runner.{name}" for name in (package, *below))

    assert {name for name in ours(loaded_after(program)) if not name.startswith(allowed)} == {"runner"}


def test_help_costs_no_library(tmp_path: Path) -> None:
    program = "from runner.cli import main\ntry: main(['--help'])\nexcept SystemExit as ended: assert ended.code == 0"
    modules = loaded_after(program, str(tmp_path))

    assert modules & (HEAVY | {"yaml", "jsonschema"}) == set()
